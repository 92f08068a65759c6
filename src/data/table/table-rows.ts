/** Rows of a table as samples: they are encoded when they are written, so no array has to hold all inputs. */
import { type BoundColumns, EncodedRow, type RowEncoder, type UnseenLevels } from './row-encoder.js';
import { inParts, ROWS_A_STEP, type Steps } from './steps.js';
import type { TypedColumn } from './typed-table.js';

/** So few that a block of a few dozen columns stays in the L2 cache. */
const BLOCK_ROWS = 256;

export class TableRows {
  readonly columns: readonly TypedColumn[];
  /** Row of the table by sample. */
  readonly rows: Uint32Array;
  /** The number of a row, as in messages. */
  readonly lineOf: (row: number) => number;
  /** Undefined until the encoding is known. */
  readonly #bound: BoundColumns | undefined;
  #lengths = new Uint32Array(0);
  /** Of a row or a block. */
  #index = new Uint32Array(0);
  #value = new Float32Array(0);

  constructor(
    columns: readonly TypedColumn[],
    rows: Uint32Array,
    lineOf: (row: number) => number = (row) => row + 1,
    bound?: BoundColumns,
  ) {
    this.columns = columns;
    this.rows = rows;
    this.lineOf = lineOf;
    this.#bound = bound;
  }

  /** Some of the samples. */
  *take(positions: Uint32Array): Steps<TableRows> {
    const rows = new Uint32Array(positions.length);
    yield* inParts(rows.length, (from, to) => {
      for (let s = from; s < to; s++) rows[s] = this.rows[positions[s]!]!;
    });
    return new TableRows(this.columns, rows, this.lineOf, this.#bound);
  }

  *encodedBy(encoder: RowEncoder): Steps<TableRows> {
    return new TableRows(this.columns, this.rows, this.lineOf, yield* encoder.bind(this.columns));
  }

  /** Number of nonzero inputs of the first `count` samples. */
  *countNonzeros(count: number): Steps<number> {
    const lengths = yield* this.#lengthsOf(count);
    let nonzeros = 0;
    for (let s = 0; s < lengths.length; s++) nonzeros += lengths[s]!;
    return nonzeros;
  }

  /**
   * Writes the nonzero inputs of the first `count` samples one after the other.
   *
   * @param starts  (count + 1) where each sample begins; the first entry is given
   */
  *write(count: number, starts: Uint32Array, index: Uint32Array, value: Float32Array): Steps<void> {
    const lengths = yield* this.#lengthsOf(count);
    for (const { rows, from, to } of this.#blocks(count)) {
      for (let s = from; s < to; s++) starts[s + 1] = starts[s]! + lengths[s]!;
      this.#encoded.write(rows, starts.slice(from, to), index, value);
      if (this.#isStep(to)) yield;
    }
  }

  /** (count) Number of nonzero inputs of each sample. Kept, because planning the memory needs it before the rows are written. */
  *#lengthsOf(count: number): Steps<Uint32Array> {
    if (this.#lengths.length !== count) {
      const lengths = new Uint32Array(count);
      for (const { rows, from, to } of this.#blocks(count)) {
        this.#encoded.count(rows, lengths.subarray(from, to));
        if (this.#isStep(to)) yield;
      }
      this.#lengths = lengths;
    }
    return this.#lengths;
  }

  /** Whether so many cells have been encoded that it is time for a pause. */
  #isStep(rows: number): boolean {
    const rowsAStep = BLOCK_ROWS * Math.max(1, Math.floor(ROWS_A_STEP / (BLOCK_ROWS * this.columns.length)));
    return rows % rowsAStep === 0;
  }

  *#blocks(count: number) {
    for (let from = 0; from < count; from += BLOCK_ROWS) {
      const to = Math.min(from + BLOCK_ROWS, count);
      yield { rows: this.rows.subarray(from, to), from, to };
    }
  }

  /** Writes all inputs of the first `count` samples from position k on. */
  *writeDense(count: number, inputs: number, value: Float32Array, k: number): Steps<void> {
    const lengths = yield* this.#lengthsOf(count);
    const starts = new Uint32Array(BLOCK_ROWS + 1);
    for (const { rows, from, to } of this.#blocks(count)) {
      value.fill(0, k + from * inputs, k + to * inputs);
      for (let r = 0; r < rows.length; r++) starts[r + 1] = starts[r]! + lengths[from + r]!;
      this.#reserve(starts[rows.length]!);
      const [index, nonzeros] = [this.#index, this.#value];
      this.#encoded.write(rows, starts.slice(), index, nonzeros);
      for (let r = 0, at = k + from * inputs; r < rows.length; r++, at += inputs) {
        for (let i = starts[r]!; i < starts[r + 1]!; i++) value[at + index[i]!] = nonzeros[i]!;
      }
      if (this.#isStep(to)) yield;
    }
  }

  /** Valid until the next call. */
  row(sample: number, inputs: number): EncodedRow {
    this.#reserve(inputs);
    const end = Uint32Array.of(0);
    this.#encoded.write(this.rows.subarray(sample, sample + 1), end, this.#index, this.#value);
    return new EncodedRow(this.#index, this.#value, end[0]!);
  }

  #reserve(inputs: number): void {
    if (this.#index.length >= inputs) return;
    this.#index = new Uint32Array(inputs);
    this.#value = new Float32Array(inputs);
  }

  /** The first column with a number that float32 does not hold once it is scaled. */
  tooLarge(count: number): Steps<number | undefined> {
    return this.#encoded.tooLarge(this.rows.subarray(0, count));
  }

  unseen(): Steps<UnseenLevels> {
    return this.#encoded.unseen(this.rows);
  }

  get #encoded(): BoundColumns {
    if (!this.#bound) throw new TypeError('rows that are not encoded');
    return this.#bound;
  }
}
