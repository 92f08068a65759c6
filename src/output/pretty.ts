/** Events as text for people: a heading, a table of epochs, a summary. */
import { styleText } from 'node:util';
import type { ConfigRecord } from '../config/options.js';
import type { EndEvent, EpochEvent, MemberEvent, StartEvent, StepEvent, TrainEvent } from '../metrics/events.js';
import { noiseAdvice } from '../metrics/gradient-noise.js';
import { metricIn, SPLITS, type Split } from '../metrics/sums.js';
import { objectiveNamed } from '../model/objectives/index.js';
import type { Metric, Objective } from '../model/objectives/objective.js';
import { grouped } from '../text/grouped.js';
import { columnsOf, padEndTo, textsOnOneLine, truncated, wrapped } from '../text/printable.js';
import { plannedLines, spentLines } from './privacy-lines.js';
import { regularizationTexts } from './regularization-text.js';

export class PrettyFormat {
  readonly #bold: (text: string) => string;
  readonly #dim: (text: string) => string;
  readonly #columnsNow: () => number | undefined;
  #objective = objectiveNamed();
  #isNarrow = false;
  #table = columnsFor(this.#objective, false, false, false, false);
  #config: Pick<ConfigRecord, 'batch_size' | 'optimizer' | 'momentum' | 'dp_epsilon' | 'dp_seed'> | undefined;
  /** Of the last epoch. */
  #noiseScale: number | null | undefined;

  /**
   * @param color    whether the output is a terminal that shows colors
   * @param columns  of the terminal, which may change; undefined where there is none
   */
  constructor(color: boolean, columns: () => number | undefined = () => undefined) {
    this.#columnsNow = columns;
    const style = (name: 'bold' | 'dim') => (text: string) => (color ? styleText(name, text) : text);
    this.#bold = style('bold');
    this.#dim = style('dim');
  }

  /** The event as whole lines. */
  format(given: TrainEvent): string {
    const event = textsOnOneLine(given);
    switch (event.event) {
      case 'start':
        return this.#start(event);
      case 'step':
        return this.#step(event);
      case 'epoch':
        return this.#epoch(event);
      case 'checkpoint':
        // A line for each would drown the table.
        return '';
      case 'warning':
        return this.#lines([`${this.#bold('warning')}: ${event.message}`]);
      case 'member':
        return this.#member(event);
      case 'end':
        return this.#end(event);
    }
  }

  #start(event: StartEvent): string {
    const {
      config,
      dataset,
      objective,
      columns = [],
      model,
      threads,
      ranks,
      mpi,
      kernel,
      node,
      resumed,
      ensemble,
    } = event;
    const { vector_bits: bits, thread_choice: choice } = event;
    const { train, validation = 0 } = dataset;
    this.#objective = objectiveNamed(objective);
    const hasTest = dataset.test > 0 && config.test_at === 'every';
    this.#isNarrow = validation > 0 && hasTest;
    this.#table = columnsFor(this.#objective, validation > 0, hasTest, config.noise_scale, config.private);
    if (ensemble) this.#table = this.#table.filter(({ head }) => !['seconds', 'samples/s', 'waiting'].includes(head));
    this.#config = config;
    const held = validation > 0 ? `, ${grouped(validation)} validation` : '';
    const test = dataset.test > 0 ? `, ${grouped(dataset.test)} test samples` : ', no test samples';
    const lines = [
      `${this.#bold('Lockstep')} · ${ranks ? `${plural(ranks, 'rank')} of ` : ''}${plural(threads, 'thread')} · kernel ${kernel}${bits === undefined ? '' : ` (${bits} bits)`} · ${config.strategy}${config.exact ? ', exact' : ''} · Node ${node}`,
      `${dataset.name}: ${grouped(train)} training${held}${test}, ` +
        (dataset.density === undefined ? 'private' : `${percent(dataset.density, 1)} of the inputs nonzero`),
      ...columnLines(columns),
      `network ${model.layers.join('-')}: ${grouped(model.parameters)} parameters; batch ${config.batch_size}, ` +
        `learning rate ${config.lr}, ${config.reduction} of gradients, seed ${config.seed}`,
      ...(choice && threads < choice.cores ? [choiceText(threads, choice)] : []),
      ...(mpi ? [`ranks joined by ${mpi}`] : []),
      ...(dataset.targets ? [targetsText(dataset.targets, this.#objective)] : []),
      ...optionsOf(config),
      ...plannedLines(event),
      ...(ensemble
        ? [`an ensemble of ${ensemble.members} networks with different seeds, ${ensemble.at_once} at the same time`]
        : []),
      ...(resumed
        ? [`resumed from ${resumed.file}: ${plural(resumed.epochs, 'epoch')}, step ${grouped(resumed.step)}`]
        : []),
    ];
    // Rows have no more cells than the heading, even if the terminal becomes wider.
    const heading = row(
      this.#table.map(({ head, width }, i) => [ensemble && i === 0 ? ' seed' : head, width]),
      this.#room,
    );
    this.#table = this.#table.slice(0, heading.cells);
    return `${this.#lines(lines)}${config.epochs > 0 ? `\n${this.#bold(heading.text)}\n` : ''}`;
  }

  #step(event: StepEvent): string {
    const { epoch, step, seconds } = event;
    const metrics = metricsOfTable(this.#objective, this.#isNarrow);
    const cells = [`${epoch}`, ...metrics.map((metric) => metricText(event, metric))];
    const { text } = row(
      this.#table.slice(0, cells.length).map(({ width }, i) => [cells[i]!, width]),
      this.#room,
    );
    const where = `  step ${grouped(step)} at ${seconds.toFixed(2)} s`;
    return `${this.#dim(text.length + where.length <= this.#room ? text + where : text)}\n`;
  }

  #epoch(event: EpochEvent): string {
    this.#noiseScale = event.noise_scale;
    const cells = this.#table.map(({ cell, width }) => [cell(event), width] as const);
    return `${row(cells, this.#room).text}\n`;
  }

  /** A row as of an epoch, with the seed in front. */
  #member(event: MemberEvent): string {
    if (event.status !== 'completed') {
      const why = event.message === undefined ? '' : `: ${event.message}`;
      return this.#lines([`network ${event.member} (seed ${event.seed}) ${event.status}${why}`]);
    }
    const cells = this.#table.map(({ cell, width }, i) => {
      return [i === 0 ? `${event.seed}` : cell(event as unknown as EpochEvent), width] as const;
    });
    return `${row(cells, this.#room).text}\n`;
  }

  get #room(): number {
    return this.#columnsNow() || Number.POSITIVE_INFINITY;
  }

  /** Wrapped at the width of the terminal. */
  #lines(lines: readonly string[]): string {
    return lines.map((line) => `${wrapped(line, this.#room)}\n`).join('');
  }

  #end(event: EndEvent): string {
    const { status, epochs, seconds, best_epoch, stopped_by, weights_sha256, saved, audit, checkpoint, message } =
      event;
    const metrics = SPLITS.filter((split) => event[`${split}_loss`] !== undefined).map((split) => {
      const texts = this.#objective.metrics.map((metric) => `${metric.name} ${metricText(event, metric, split)}`);
      return `${split === 'train' ? 'training' : split} ${texts.join(', ')}`;
    });
    const lines = [
      `${this.#bold(status)}${message ? `: ${message}` : ''} · ${plural(epochs, 'epoch')} · ${seconds.toFixed(1)} s`,
      ...(stopped_by ? [STOPPED_BY[stopped_by]] : []),
      ...spentLines(event, this.#config),
      ...(metrics.length > 0 ? [metrics.join(' · ')] : []),
      ...gainLines(event, this.#objective),
      ...(best_epoch !== undefined ? [`lowest validation loss after epoch ${best_epoch}`] : []),
      ...this.#noise(),
      ...(saved ? [`saved as ${saved}`] : []),
      ...(audit ? [suspectsText(event.suspects ?? 0, audit)] : []),
      ...(checkpoint ? [`checkpoint ${checkpoint}: continue with --resume`] : []),
      ...(weights_sha256 ? [this.#dim(`weights sha256 ${weights_sha256}`)] : []),
    ];
    return `\n${this.#lines(lines)}`;
  }

  #noise(): string[] {
    if (!this.#config || this.#noiseScale === undefined) return [];
    const { batch_size, optimizer, momentum } = this.#config;
    return [noiseAdvice(this.#noiseScale, batch_size, optimizer === 'sgd' && momentum === 0)];
  }
}

/** `mean of the 5 single networks: test loss 0.061, error 1.75 %`, for an ensemble. */
export function gainLines(event: Pick<EndEvent, 'ensemble'>, { metrics }: Objective): string[] {
  const { ensemble } = event;
  if (!ensemble) return [];
  const { mean, members } = ensemble;
  const splits = (['validation', 'test'] as const).filter((split) => mean[`${split}_loss`] !== undefined);
  const texts = splits.map((split) => {
    const known = metrics.map((metric) => [metric.name, metricText(mean, metric, split)] as const);
    return `${split} ${known.flatMap(([name, text]) => (text === '' ? [] : [`${name} ${text}`])).join(', ')}`;
  });
  return texts.length > 0 ? [`mean of the ${members} single networks: ${texts.join(' · ')}`] : [];
}

function suspectsText(suspects: number, audit: string): string {
  return suspects > 0
    ? `${plural(suspects, 'label')} probably wrong: ${audit}`
    : `no label stands out; the most doubtful are first in ${audit}`;
}

/** More columns would drown the rest. */
const MOST_COLUMNS = 30;
const MOST_LEVELS = 6;
const MOST_NAME = 20;

/** A line for each input column of a table: `mass: number, 1 input, …`. */
function columnLines(columns: NonNullable<StartEvent['columns']>): string[] {
  const shown = columns.slice(0, MOST_COLUMNS);
  const width = Math.min(MOST_NAME, Math.max(0, ...shown.map(({ name }) => columnsOf(name))));
  const lines = shown.map(({ name, kind, inputs, missing, fill, levels }) => {
    const first = levels?.slice(0, MOST_LEVELS).map((level) => truncated(level, MOST_NAME));
    const facts = [
      `${kind.padEnd(8)}  ${plural(inputs, 'input')}`,
      ...(missing > 0 ? [`${grouped(missing)} missing${fill === null ? '' : `, filled with ${fill}`}`] : []),
      ...(first ? [`${first.join(', ')}${levels!.length > MOST_LEVELS ? ', …' : ''}`] : []),
    ];
    return `  ${padEndTo(truncated(name, MOST_NAME), width)}  ${facts.join('; ')}`;
  });
  const more = columns.length - shown.length;
  return more > 0 ? [...lines, `  and ${plural(more, 'more column')}`] : lines;
}

const STOPPED_BY = {
  patience: 'no improvement of the validation loss for --patience epochs',
  max_time: 'the time limit --max-time was reached',
  privacy_budget: 'another epoch would exceed the privacy budget --dp-epsilon',
};

interface Column {
  readonly head: string;
  /** Including the space before it. */
  readonly width: number;
  readonly cell: (event: EpochEvent) => string;
}

/** At most 79 columns in total: terminals have 80. */
function columnsFor(
  objective: Objective,
  hasValidation: boolean,
  hasTest: boolean,
  hasNoise: boolean,
  isPrivate: boolean,
): readonly Column[] {
  const narrow = hasValidation && hasTest ? 1 : 0;
  const column = (head: string, width: number, cell: Column['cell']): Column => ({ head, width, cell });
  const isOfNumbers = objective.metrics.some(({ unit }) => unit === 'ratio');
  const metrics = (split: Split, prefix: string) =>
    metricsOfTable(objective, narrow > 0).map((metric, i) => {
      const usual = i === 0 ? 11 : (split === 'train' ? 11 : 12) - narrow;
      const width = metric.unit === 'ratio' ? 10 : usual;
      return column(`${prefix}${metric.name}`, width, (event) => metricText(event, metric, split));
    });
  return [
    column('epoch', 5, ({ epoch }) => `${epoch}`),
    ...(isPrivate ? [column('epsilon', 11, ({ epsilon = 0 }) => epsilon.toFixed(4))] : metrics('train', '')),
    ...(hasValidation ? metrics('validation', 'val. ') : []),
    ...(hasTest ? metrics('test', 'test ') : []),
    // (No room for more.)
    ...(narrow || isOfNumbers
      ? [hasNoise ? column('noise', 9, noiseText) : column('seconds', 9, ({ seconds }) => seconds.toFixed(2))]
      : [
          column('seconds', 9, ({ seconds }) => seconds.toFixed(2)),
          ...(hasNoise ? [column('noise scale', 13, noiseText)] : []),
        ]),
    ...(narrow || isOfNumbers || hasNoise
      ? []
      : [
          column('samples/s', 11, ({ samples_per_second }) => grouped(Math.round(samples_per_second))),
          column('waiting', 9, ({ wait_fraction }) => percent(wait_fraction, 1)),
        ]),
  ];
}

function noiseText({ noise_scale: noise }: EpochEvent): string {
  if (noise == null) return '–';
  return noise < 1e6 ? grouped(Number(noise.toPrecision(3))) : noise.toExponential(1);
}

/** The summary at the end has all metrics. */
function metricsOfTable({ metrics }: Objective, isNarrow: boolean): readonly Metric[] {
  return metrics.filter(({ unit }, i) => i < 2 || (unit === 'ratio' && !isNarrow));
}

const MOST_TARGETS = 8;

/** `estimates price, area; loss: squared error, standardized`. */
function targetsText(targets: readonly { readonly name: string }[], { metrics }: Objective): string {
  const first = targets.slice(0, MOST_TARGETS).map(({ name }) => name);
  const names = targets.length > MOST_TARGETS ? `${first.join(', ')}, …` : first.join(', ');
  return `estimates ${names}; loss: ${metrics[0]!.title}`;
}

/** Why a run does not use all cores. */
function choiceText(threads: number, choice: NonNullable<StartEvent['thread_choice']>): string {
  const { cores, step_seconds: step, barrier_seconds: barrier } = choice;
  const wait = barrier === null ? '' : `, a barrier ${microseconds(barrier)}`;
  return `threads ${threads} of ${cores}: a step takes ${microseconds(step)}${wait}`;
}

/** Two digits at least: 0.35 µs, 12 µs, 1,234 µs. */
function microseconds(seconds: number): string {
  const value = seconds * 1e6;
  return `${value < 10 ? value.toPrecision(2) : grouped(Math.round(value))} µs`;
}

/** The options that differ from the reference's run, in words. */
function optionsOf(config: ConfigRecord): string[] {
  const { scale, weight, class_weights, stratify, weight_decay, clip_norm, schedule, warmup_steps, ema } = config;
  const said = [
    scale !== 'none' && `columns scaled (${scale})`,
    typeof weight === 'string' && `weights in column ${weight}`,
    class_weights !== null && class_weights !== undefined && `class weights ${class_weights.join(', ')}`,
    stratify === true && 'stratified splits',
    optimizerOf(config),
    ...regularizationTexts(config),
    weight_decay > 0 && `weight decay ${weight_decay}`,
    clip_norm !== null && `norm at most ${clip_norm}`,
    schedule !== 'constant' && `${schedule} schedule`,
    ema > 0 && `moving average of the weights (${ema})`,
    warmup_steps > 0 && `warm-up of ${plural(warmup_steps, 'step')}`,
  ].filter((text) => text !== false);
  return said.length > 0 ? [said.join(', ')] : [];
}

function optimizerOf({ optimizer, momentum, nesterov, centered, beta1, beta2 }: ConfigRecord): string | false {
  if (optimizer === 'adam' || optimizer === 'adamw')
    return `Adam${optimizer.slice(4).toUpperCase()} (${beta1}, ${beta2})`;
  if (optimizer === 'rmsprop') {
    return `${centered ? 'centered ' : ''}RMSprop (${beta2})${momentum > 0 ? ` with momentum ${momentum}` : ''}`;
  }
  if (optimizer === 'lion') return `Lion (${beta1}, ${beta2})`;
  if (optimizer !== 'sgd') return optimizer;
  return momentum > 0 && `${nesterov ? 'Nesterov ' : ''}momentum ${momentum}`;
}

/** The cells that have room, from the left. */
function row(cells: readonly (readonly [text: string, width: number])[], room: number) {
  let line = '';
  for (const [i, [text, width]] of cells.entries()) {
    const longer = line + text.padStart(width);
    if (i > 0 && longer.length > room) return { text: line, cells: i };
    line = longer;
  }
  return { text: line, cells: cells.length };
}

function plural(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;
}

/** Training samples are many: a percentage of them has another digit. */
export function metricText(event: object, metric: Metric, split?: Split): string {
  const value = metricIn(event, metric, split);
  if (value === undefined) return '';
  if (value === null) return '–';
  if (metric.unit === 'ratio') return value > -100 ? value.toFixed(4) : value.toExponential(1);
  if (metric.unit === 'target') return value > 0 && value < 1e-3 ? value.toExponential(3) : value.toPrecision(6);
  if (metric.unit === 'fraction') return percent(value, split === 'validation' || split === 'test' ? 2 : 3);
  return value < 1000 ? value.toFixed(5) : value.toPrecision(6);
}

function percent(fraction: number, digits: number): string {
  return `${(fraction * 100).toFixed(digits)} %`;
}
