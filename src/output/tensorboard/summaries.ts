/** Converts events to TensorBoard summaries. docs/tensorboard.md lists the tags. */
import { isRecord } from '../../files/type-guards.js';
import type { EndEvent, EpochEvent, StartEvent, StepEvent } from '../../metrics/events.js';
import type { GradientMetrics } from '../../metrics/gradient-noise.js';
import { metricIn, SPLITS } from '../../metrics/sums.js';
import { objectiveNamed } from '../../model/objectives/index.js';
import type { HParam, SummaryValue } from './event-proto.js';

/** Tags that the hparams plugin expects. */
const SESSION_START = '_hparams_/session_start_info';
const SESSION_END = '_hparams_/session_end_info';

export function ofStart(start: StartEvent, wallTime: number): SummaryValue[] {
  return [
    { tag: 'run', text: markdownTable(start) },
    { tag: SESSION_START, hparams: { hparams: hparamsOf(start), start_time_secs: wallTime } },
  ];
}

/** @param objective  name, as in the start event */
export function ofStep(event: StepEvent, objective: string): SummaryValue[] {
  const { metrics } = objectiveNamed(objective);
  return scalars({
    ...Object.fromEntries(metrics.map((metric) => [`${metric.name}/step`, metricIn(event, metric)])),
    ...gradientsOf(event, '/step'),
  });
}

/** @param rate  the learning rate, if it is constant and the event has none */
export function ofEpoch(event: EpochEvent, objective: string, rate: number): SummaryValue[] {
  const { forward, gradients, update, exchange, wait } = event.phase_fractions;
  return scalars({
    ...metricsOf(event, objective),
    ...gradientsOf(event, ''),
    lr: event.lr ?? rate,
    epsilon: event.epsilon,
    samples_per_second: event.samples_per_second,
    wait_fraction: event.wait_fraction,
    'phase/forward': forward,
    'phase/gradients': gradients,
    'phase/update': update,
    'phase/exchange': exchange,
    'phase/wait': wait,
  });
}

/** A run without epochs still has an evaluation. */
export function ofEvaluation(end: EndEvent, objective: string): SummaryValue[] {
  return scalars(metricsOf(end, objective));
}

/** None for a run that may be resumed, because it is not over. */
export function ofEnd({ status }: EndEvent, wallTime: number): SummaryValue[] {
  if (status === 'interrupted') return [];
  return [{ tag: SESSION_END, hparams: { isSuccess: status === 'completed', end_time_secs: wallTime } }];
}

function metricsOf(event: EpochEvent | EndEvent, objective: string): Record<string, number | null | undefined> {
  const { metrics } = objectiveNamed(objective);
  return Object.fromEntries(
    metrics.flatMap((metric) => SPLITS.map((split) => [`${metric.name}/${split}`, metricIn(event, metric, split)])),
  );
}

/** Of the whole gradient and of each layer. */
function gradientsOf(
  { layer_gradients: layers = [], ...whole }: Partial<GradientMetrics>,
  suffix: string,
): Record<string, number | null | undefined> {
  const entries = [whole, ...layers].flatMap(({ grad_norm, grad_norm_mean, noise_scale }, l) => {
    const part = l === 0 ? '' : `/layer${l}`;
    return Object.entries({ grad_norm, grad_norm_mean, noise_scale }).map(([name, value]) => [
      `${name}${part}${suffix}`,
      value,
    ]);
  });
  return Object.fromEntries(entries) as Record<string, number | null | undefined>;
}

/** Only the defined values. */
function scalars(values: Readonly<Record<string, number | null | undefined>>): SummaryValue[] {
  return Object.entries(values).flatMap(([tag, value]) => (value == null ? [] : [{ tag, simple_value: value }]));
}

/** Configuration (only set options), data set and kernel. */
function descriptionOf({ config, dataset, model, threads, kernel, node }: StartEvent): [string, HParam][] {
  const entries: [string, unknown][] = [
    ...Object.entries(config),
    ...Object.entries(dataset).map(([name, value]): [string, unknown] => [`dataset_${name}`, value]),
    ...Object.entries({ layers: model.layers, parameters: model.parameters, threads, kernel, node }),
  ];
  return entries.flatMap(([name, value]) => (value === null ? [] : [[name, plain(value)]]));
}

function plain(value: unknown): HParam {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (!Array.isArray(value)) return String(value);
  return value.map((each) => (isRecord(each) ? String(each.name) : String(each))).join('-');
}

/** Options that are not hyperparameters. */
const NO_HPARAMS: readonly string[] = ['save', 'checkpoint_dir', 'checkpoint_required', 'keep'];

function hparamsOf(start: StartEvent): Record<string, HParam> {
  return Object.fromEntries(descriptionOf(start).filter(([name]) => !NO_HPARAMS.includes(name)));
}

/** Markdown, which TensorBoard's text view renders. */
function markdownTable(start: StartEvent): string {
  const rows = descriptionOf(start).map(([name, value]) => `| ${name} | ${cell(String(value))} |`);
  return ['| | |', '| --- | --- |', `| time | ${start.time} |`, ...rows].join('\n');
}

/** Escapes Markdown, because paths may contain any character. */
function cell(text: string): string {
  return text.replaceAll(/[\\|`*_<>[\]]/g, (character) => `\\${character}`).replaceAll(/[\r\n]/g, ' ');
}
