/** What stands above the table of epochs: the data, the network, the options that differ from the reference's run. */
import type { ConfigRecord } from '../config/options.js';
import type { StartEvent } from '../metrics/events.js';
import type { Objective } from '../model/objectives/objective.js';
import { grouped } from '../text/grouped.js';
import { columnsOf, padEndTo, truncated } from '../text/printable.js';
import { percent, plural } from './metric-text.js';
import { plannedLines } from './privacy-lines.js';
import { regularizationTexts } from './regularization-text.js';

/** @param bold  for the name of the program */
export function headerLines(event: StartEvent, objective: Objective, bold: (text: string) => string): string[] {
  const { config, dataset, columns = [], model, mpi, ensemble, resumed } = event;
  return [
    `${bold('Lockstep')} · ${machineText(event)}`,
    samplesText(dataset),
    ...columnLines(columns),
    `network ${model.layers.join('-')}: ${grouped(model.parameters)} parameters; batch ${config.batch_size}, ` +
      `learning rate ${config.lr}, ${config.reduction} of gradients, seed ${config.seed}`,
    ...choiceLines(event),
    ...(mpi ? [`ranks joined by ${mpi}`] : []),
    ...(dataset.targets ? [targetsText(dataset.targets, objective)] : []),
    ...optionsOf(config),
    ...plannedLines(event),
    ...(ensemble
      ? [`an ensemble of ${ensemble.members} networks with different seeds, ${ensemble.at_once} at the same time`]
      : []),
    ...(resumed
      ? [`resumed from ${resumed.file}: ${plural(resumed.epochs, 'epoch')}, step ${grouped(resumed.step)}`]
      : []),
  ];
}

/** `2 threads · kernel simd-fma (256 bits) · sliced · Node 24.21.0` */
function machineText({ config, threads, ranks, kernel, vector_bits: bits, node }: StartEvent): string {
  const who = `${ranks ? `${plural(ranks, 'rank')} of ` : ''}${plural(threads, 'thread')}`;
  const form = bits === undefined ? '' : ` (${bits} bits)`;
  return `${who} · kernel ${kernel}${form} · ${config.strategy}${config.exact ? ', exact' : ''} · Node ${node}`;
}

/** `mnist: 60,000 training, 10,000 test samples, 19.1 % of the inputs nonzero` */
function samplesText({ name, train, validation = 0, test, density }: StartEvent['dataset']): string {
  const held = validation > 0 ? `, ${grouped(validation)} validation` : '';
  const tested = test > 0 ? `, ${grouped(test)} test samples` : ', no test samples';
  const nonzero = density === undefined ? 'private' : `${percent(density, 1)} of the inputs nonzero`;
  return `${name}: ${grouped(train)} training${held}${tested}, ${nonzero}`;
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

const MOST_TARGETS = 8;

/** `estimates price, area; loss: squared error, standardized`. */
function targetsText(targets: readonly { readonly name: string }[], { metrics }: Objective): string {
  const first = targets.slice(0, MOST_TARGETS).map(({ name }) => name);
  const names = targets.length > MOST_TARGETS ? `${first.join(', ')}, …` : first.join(', ');
  return `estimates ${names}; loss: ${metrics[0]!.title}`;
}

/** Why a run does not use all cores, if it does not. */
function choiceLines({ threads, thread_choice: choice }: StartEvent): string[] {
  if (!choice || threads >= choice.cores) return [];
  const { cores, step_seconds: step, barrier_seconds: barrier } = choice;
  const wait = barrier === null ? '' : `, a barrier ${microseconds(barrier)}`;
  return [`threads ${threads} of ${cores}: a step takes ${microseconds(step)}${wait}`];
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
