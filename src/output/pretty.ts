/** Events as text for people: a heading, a table of epochs, a summary. */
import { styleText } from 'node:util';
import type { ConfigRecord } from '../config/options.js';
import type { EndEvent, EpochEvent, MemberEvent, StartEvent, StepEvent, TrainEvent } from '../metrics/events.js';
import { noiseAdvice } from '../metrics/gradient-noise.js';
import { SPLITS } from '../metrics/sums.js';
import { objectiveNamed } from '../model/objectives/index.js';
import type { Objective } from '../model/objectives/objective.js';
import { grouped } from '../text/grouped.js';
import { textsOnOneLine, wrapped } from '../text/printable.js';
import { columnsFor, metricsOfTable, row } from './epoch-table.js';
import { headerLines } from './header-lines.js';
import { metricText, plural } from './metric-text.js';
import { spentLines } from './privacy-lines.js';

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
    const { config, dataset, objective, ensemble } = event;
    const { validation = 0 } = dataset;
    this.#objective = objectiveNamed(objective);
    const hasTest = dataset.test > 0 && config.test_at === 'every';
    this.#isNarrow = validation > 0 && hasTest;
    this.#table = columnsFor(this.#objective, validation > 0, hasTest, config.noise_scale, config.private);
    if (ensemble) this.#table = this.#table.filter(({ head }) => !['seconds', 'samples/s', 'waiting'].includes(head));
    this.#config = config;
    const lines = headerLines(event, this.#objective, this.#bold);
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

const STOPPED_BY = {
  patience: 'no improvement of the validation loss for --patience epochs',
  max_time: 'the time limit --max-time was reached',
  privacy_budget: 'another epoch would exceed the privacy budget --dp-epsilon',
};
