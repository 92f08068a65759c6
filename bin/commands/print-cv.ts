/** A cross-validation as text: a row for each fold, then the means with their intervals. */
import type { CvEndEvent, CvEvent, CvMetric, CvStartEvent, FoldEvent } from '../../src/metrics/cv-events.js';
import { objectiveNamed } from '../../src/model/objectives/index.js';
import { metricText } from '../../src/output/metric-text.js';
import { grouped } from '../../src/text/grouped.js';
import { textsOnOneLine, wrapped } from '../../src/text/printable.js';
import { intervalText, rowsOf } from './metric-tables.js';

const NAME_WIDTH = 20;
const METRIC_WIDTH = 12;

export class CvText {
  readonly #columns: () => number | undefined;
  #objective = objectiveNamed();
  #repeats = 1;

  /** @param columns  of the terminal; undefined where there is none */
  constructor(columns: () => number | undefined = () => undefined) {
    this.#columns = columns;
  }

  /** The event as whole lines. */
  format(given: CvEvent): string {
    const event = textsOnOneLine(given);
    const lines = this.#linesOf(event).map((line) => wrapped(line, this.#room));
    return lines.map((line) => `${line}\n`).join('');
  }

  #linesOf(event: CvEvent): string[] {
    switch (event.event) {
      case 'cv_start':
        return this.#start(event);
      case 'warning':
        return [`warning: ${event.message}`];
      case 'fold':
        return this.#fold(event);
      case 'cv_end':
        return this.#end(event);
    }
  }

  get #room(): number {
    return this.#columns() ?? Number.POSITIVE_INFINITY;
  }

  get #widths(): number[] {
    return [
      ...(this.#repeats > 1 ? [7] : []),
      ...[5, 9, 8, 7],
      ...this.#objective.metrics.map(() => METRIC_WIDTH),
      ...[10],
    ];
  }

  #start({
    config,
    dataset,
    objective,
    model,
    folds,
    repeats,
    at_once,
    threads,
    kernel,
    node,
  }: CvStartEvent): string[] {
    this.#objective = objectiveNamed(objective);
    this.#repeats = repeats;
    const times = repeats > 1 ? ` × ${repeats} repeats` : '';
    const heading = [
      ...(repeats > 1 ? ['repeat'] : []),
      ...['fold', 'training', 'tested', 'epochs'],
      ...this.#objective.metrics.map(({ name }) => `test ${name}`),
      'seconds',
    ];
    return [
      `Cross-validation of ${dataset.name}: ${grouped(dataset.samples)} samples, ${folds} folds${times}, ` +
        `${at_once} at once, ${threads === 1 ? '1 thread' : `${threads} threads`} each`,
      `network ${model.layers.join('-')}, batch ${config.batch_size}, learning rate ${config.lr}, seed ${config.seed} · ` +
        `kernel ${kernel} · Node ${node}`,
      '',
      ...rowsOf(heading, [], this.#room, this.#widths),
    ];
  }

  #fold(event: FoldEvent): string[] {
    const { repeat, fold, train, test, epochs, seconds, status, message } = event;
    const metrics = this.#objective.metrics.map((metric) => metricText(event, metric, 'test') || '–');
    const cells = [
      ...(this.#repeats > 1 ? [`${repeat}`] : []),
      ...[`${fold}`, grouped(train), grouped(test), `${epochs}`],
      ...metrics,
      seconds.toFixed(2),
    ];
    const rows = rowsOf(cells, [], this.#room, this.#widths);
    return status === 'completed'
      ? rows
      : [...rows, `fold ${fold} ${status}${message === undefined ? '' : `: ${message}`}`];
  }

  #end({ status, completed, metrics, output, seconds }: CvEndEvent): string[] {
    const rows = metrics.map((each) => [
      `${each.metric.replaceAll('_', ' ')}${each.target === undefined ? '' : ` of ${each.target}`}`,
      figure(each.mean, each),
      each.std === null ? '–' : figure(each.std, each),
      each.interval === null ? '' : intervalText(each.interval, ' to ', (value) => figure(value, each)),
    ]);
    const heading = ['', 'mean', 'std', '95% interval'];
    return [
      '',
      ...(rows.length > 0 ? [...rowsOf(heading, rows, this.#room, [-NAME_WIDTH, 12, 12, 0]), ''] : []),
      `${status}: ${completed} ${completed === 1 ? 'fold' : 'folds'} in ${seconds.toFixed(1)} s`,
      ...(output === undefined ? [] : [`out-of-fold predictions ${output}`]),
    ];
  }
}

/** Errors as percentages, everything else as it is. */
function figure(value: number, { metric }: CvMetric): string {
  if (metric === 'test_error') return `${(value * 100).toFixed(2)} %`;
  const size = Math.abs(value);
  if (size > 0 && (size < 1e-4 || size >= 1e6)) return value.toExponential(3);
  return size < 10 ? value.toFixed(4) : value.toPrecision(6);
}
