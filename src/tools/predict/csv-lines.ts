/** Predictions as CSV (RFC 4180): the columns of the input, and the prediction beside them. */
import { nameOfTarget } from '../../data/table/column-place.js';
import { errors } from '../../errors.js';
import { csvLine } from '../../text/csv-line.js';
import type { Network, Prediction } from '../network.js';
import { best } from './prediction-line.js';

/** The table that a row comes from. */
export interface InputTable {
  /** For messages. */
  readonly file: string;
  /** Undefined without a header. */
  readonly header: readonly string[] | undefined;
  /** Number of columns. */
  readonly width: number;
}

export class CsvLines {
  readonly #network: Network;
  readonly #top: number | undefined;
  /** The first table; others must have the same columns. */
  #table: InputTable | undefined;

  /** @param top  as of `predictionLine` */
  constructor(network: Network, top: number | undefined) {
    this.#network = network;
    this.#top = top;
  }

  /**
   * The header, if it is due.
   *
   * @throws LockstepError if the table has other columns than the first one
   */
  begin(table: InputTable): string {
    if (this.#table) {
      const isSame = table.width === this.#table.width && table.header?.join('\n') === this.#table.header?.join('\n');
      if (!isSame) throw errors.otherCsvColumns(table.file, this.#table.file);
      return '';
    }
    this.#table = table;
    const { header } = table;
    return header ? csvLine([...header, ...distinctFrom(header, this.#names())]) : '';
  }

  /** @param prediction  undefined: the row could not be used, and its prediction is empty */
  line(cells: readonly unknown[], prediction: Prediction | Float64Array | undefined): string {
    const added = prediction === undefined ? this.#names().map(() => '') : this.#cells(prediction);
    return csvLine([...cells, ...added]);
  }

  #names(): string[] {
    const { targets, classNames, table } = this.#network;
    if (targets.length > 0) return targets.map(({ name }) => `predicted_${name}`);
    const predicted = `predicted_${table ? nameOfTarget(table.label) : 'class'}`;
    if (this.#top === undefined) return [predicted, 'probability', ...classNames.map((name) => `probability_${name}`)];
    const rank = (i: number) => (i === 0 ? '' : `_${i + 1}`);
    return Array.from({ length: this.#top }, (_, i) => [`${predicted}${rank(i)}`, `probability${rank(i)}`]).flat();
  }

  #cells(prediction: Prediction | Float64Array): unknown[] {
    if (prediction instanceof Float64Array) return [...prediction];
    const { className, label, probabilities } = prediction;
    if (this.#top !== undefined) return best(probabilities, this.#network.classNames, this.#top).flat();
    return [className, probabilities[label], ...probabilities];
  }
}

/** Names that no column of the input has. */
function distinctFrom(header: readonly string[], names: readonly string[]): string[] {
  const taken = new Set(header);
  return names.map((name) => {
    let free = name;
    for (let i = 2; taken.has(free); i++) free = `${name}_${i}`;
    taken.add(free);
    return free;
  });
}
