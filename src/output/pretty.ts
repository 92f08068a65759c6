/** Events as text for people: a heading, a table of epochs, a summary. */
import { styleText } from 'node:util';
import type { ConfigRecord } from '../config/options.js';
import type { EndEvent, EpochEvent, StartEvent, StepEvent, TrainEvent } from '../metrics/events.js';
import { metricIn, SPLITS, type Split } from '../metrics/sums.js';
import { objectiveNamed } from '../model/objectives/index.js';
import type { Metric } from '../model/objectives/objective.js';
import { grouped } from '../text/grouped.js';
import { textsOnOneLine, wrapped } from '../text/printable.js';

export class PrettyFormat {
  readonly #bold: (text: string) => string;
  readonly #dim: (text: string) => string;
  readonly #columnsNow: () => number | undefined;
  #table = columnsFor(false, false);

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
      case 'end':
        return this.#end(event);
    }
  }

  #start({
    config,
    dataset,
    model,
    threads,
    thread_choice: choice,
    ranks,
    mpi,
    kernel,
    vector_bits: bits,
    node,
    resumed,
  }: StartEvent): string {
    const { train, validation = 0 } = dataset;
    this.#table = columnsFor(validation > 0, dataset.test > 0);
    const held = validation > 0 ? `, ${grouped(validation)} validation` : '';
    const test = dataset.test > 0 ? `, ${grouped(dataset.test)} test samples` : ', no test samples';
    const lines = [
      `${this.#bold('Lockstep')} · ${ranks ? `${plural(ranks, 'rank')} of ` : ''}${plural(threads, 'thread')} · kernel ${kernel}${bits === undefined ? '' : ` (${bits} bits)`} · ${config.strategy}${config.exact ? ', exact' : ''} · Node ${node}`,
      `${dataset.name}: ${grouped(train)} training${held}${test}, ` +
        `${percent(dataset.density, 1)} of the inputs nonzero`,
      `network ${model.layers.join('-')}: ${grouped(model.parameters)} parameters; batch ${config.batch_size}, ` +
        `learning rate ${config.lr}, ${config.reduction} of gradients, seed ${config.seed}`,
      ...(choice && threads < choice.cores ? [choiceText(threads, choice)] : []),
      ...(mpi ? [`ranks joined by ${mpi}`] : []),
      ...optionsOf(config),
      ...(resumed
        ? [`resumed from ${resumed.file}: ${plural(resumed.epochs, 'epoch')}, step ${grouped(resumed.step)}`]
        : []),
    ];
    // Rows have no more cells than the heading, even if the terminal becomes wider.
    const heading = row(
      this.#table.map(({ head, width }) => [head, width]),
      this.#room,
    );
    this.#table = this.#table.slice(0, heading.cells);
    return `${this.#lines(lines)}${config.epochs > 0 ? `\n${this.#bold(heading.text)}\n` : ''}`;
  }

  #step(event: StepEvent): string {
    const { epoch, step, seconds } = event;
    const cells = [`${epoch}`, ...objectiveNamed().metrics.map((metric) => metricText(event, metric))];
    const { text } = row(
      this.#table.slice(0, cells.length).map(({ width }, i) => [cells[i]!, width]),
      this.#room,
    );
    const where = `  step ${grouped(step)} at ${seconds.toFixed(2)} s`;
    return `${this.#dim(text.length + where.length <= this.#room ? text + where : text)}\n`;
  }

  #epoch(event: EpochEvent): string {
    const cells = this.#table.map(({ cell, width }) => [cell(event), width] as const);
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
    const { status, epochs, seconds, best_epoch, stopped_by, weights_sha256, saved, checkpoint, message } = event;
    const metrics = SPLITS.filter((split) => event[`${split}_loss`] !== undefined).map((split) => {
      const texts = objectiveNamed().metrics.map((metric) => `${metric.name} ${metricText(event, metric, split)}`);
      return `${split === 'train' ? 'training' : split} ${texts.join(', ')}`;
    });
    const lines = [
      `${this.#bold(status)}${message ? `: ${message}` : ''} · ${plural(epochs, 'epoch')} · ${seconds.toFixed(1)} s`,
      ...(stopped_by ? [STOPPED_BY[stopped_by]] : []),
      ...(metrics.length > 0 ? [metrics.join(' · ')] : []),
      ...(best_epoch !== undefined ? [`lowest validation loss after epoch ${best_epoch}`] : []),
      ...(saved ? [`saved as ${saved}`] : []),
      ...(checkpoint ? [`checkpoint ${checkpoint}: continue with --resume`] : []),
      ...(weights_sha256 ? [this.#dim(`weights sha256 ${weights_sha256}`)] : []),
    ];
    return `\n${this.#lines(lines)}`;
  }
}

const STOPPED_BY = {
  patience: 'no improvement of the validation loss for --patience epochs',
  max_time: 'the time limit --max-time was reached',
};

interface Column {
  readonly head: string;
  /** Including the space before it. */
  readonly width: number;
  readonly cell: (event: EpochEvent) => string;
}

/** 79 columns in total: terminals have 80. */
function columnsFor(hasValidation: boolean, hasTest: boolean): readonly Column[] {
  const narrow = hasValidation && hasTest ? 1 : 0;
  const column = (head: string, width: number, cell: Column['cell']): Column => ({ head, width, cell });
  const metrics = (split: Split, prefix: string) =>
    objectiveNamed().metrics.map((metric, i) => {
      const width = i === 0 ? 11 : (split === 'train' ? 11 : 12) - narrow;
      return column(`${prefix}${metric.name}`, width, (event) => metricText(event, metric, split));
    });
  return [
    column('epoch', 5, ({ epoch }) => `${epoch}`),
    ...metrics('train', ''),
    ...(hasValidation ? metrics('validation', narrow ? 'val. ' : 'valid. ') : []),
    ...(hasTest ? metrics('test', 'test ') : []),
    column('seconds', 9, ({ seconds }) => seconds.toFixed(2)),
    // (No room for more.)
    ...(narrow
      ? []
      : [
          column('samples/s', 11, ({ samples_per_second }) => grouped(Math.round(samples_per_second))),
          column('waiting', 9, ({ wait_fraction }) => percent(wait_fraction, 1)),
        ]),
  ];
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
  const { scale, weight_decay, clip_norm, schedule, warmup_steps } = config;
  const said = [
    scale !== 'none' && `columns scaled (${scale})`,
    optimizerOf(config),
    weight_decay > 0 && `weight decay ${weight_decay}`,
    clip_norm !== null && `norm at most ${clip_norm}`,
    schedule !== 'constant' && `${schedule} schedule`,
    warmup_steps > 0 && `warm-up of ${plural(warmup_steps, 'step')}`,
  ].filter((text) => text !== false);
  return said.length > 0 ? [said.join(', ')] : [];
}

function optimizerOf({ optimizer, momentum, nesterov, beta1, beta2 }: ConfigRecord): string | false {
  if (optimizer === 'adam') return `Adam (${beta1}, ${beta2})`;
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
  if (metric.unit === 'fraction') return percent(value, split === 'validation' || split === 'test' ? 2 : 3);
  return value < 1000 ? value.toFixed(5) : value.toPrecision(6);
}

function percent(fraction: number, digits: number): string {
  return `${(fraction * 100).toFixed(digits)} %`;
}
