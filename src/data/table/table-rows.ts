/** Rows of a table as samples: they are encoded when they are written, so no array has to hold all inputs. */
import { type BoundColumns, EncodedRow, type RowEncoder, type UnseenLevels } from './row-encoder.js';
import type { TypedColumn } from './typed-table.js';

/** So few that a block of a few dozen columns stays in the L2 cache. */
const BLOCK_ROWS = 256;

export class TableRows {
  readonly columns: readonly TypedColumn[];
  /** Row of the table by sample. */
  readonly rows: Uint32Array;
  /** Undefined until the encoding is known. */
  readonly #bound: BoundColumns | undefined;
  #starts = new Uint32Array(0);
  #index = new Uint32Array(0);
  #value = new Float32Array(0);

  constructor(columns: readonly TypedColumn[], rows: Uint32Array, bound?: BoundColumns) {
    this.columns = columns;
    this.rows = rows;
    this.#bound = bound;
  }

  /** Some of the samples. */
  take(positions: Uint32Array): TableRows {
    return new TableRows(
      this.columns,
      positions.map((position) => this.rows[position]!),
      this.#bound,
    );
  }

  encodedBy(encoder: RowEncoder): TableRows {
    return new TableRows(this.columns, this.rows, encoder.bind(this.columns));
  }

  /** Number of nonzero inputs of the first `count` samples. */
  countNonzeros(count: number): number {
    const { starts } = this.#block(BLOCK_ROWS, 0);
    let nonzeros = 0;
    for (let s = 0; s < count; s += BLOCK_ROWS) {
      const rows = this.rows.subarray(s, Math.min(s + BLOCK_ROWS, count));
      starts.fill(0);
      this.#encoded.count(rows, starts);
      for (let r = 0; r < rows.length; r++) nonzeros += starts[r]!;
    }
    return nonzeros;
  }

  /**
   * Writes the nonzero inputs of the first `count` samples one after the other.
   *
   * @param starts  (count + 1) where each sample begins; the first entry is given
   */
  write(count: number, starts: Uint32Array, index: Uint32Array, value: Float32Array): void {
    const { starts: ends } = this.#block(BLOCK_ROWS, 0);
    for (let s = 0; s < count; s += BLOCK_ROWS) {
      const rows = this.rows.subarray(s, Math.min(s + BLOCK_ROWS, count));
      ends.fill(0);
      this.#encoded.count(rows, ends);
      let k = starts[s]!;
      for (let r = 0; r < rows.length; r++) {
        const length = ends[r]!;
        ends[r] = k;
        k += length;
        starts[s + r + 1] = k;
      }
      this.#encoded.write(rows, ends, index, value);
    }
  }

  /** Writes all inputs of the first `count` samples from position k on. */
  writeDense(count: number, inputs: number, value: Float32Array, k: number): void {
    value.fill(0, k, k + count * inputs);
    for (let s = 0; s < count; s++) {
      const { index, value: nonzeros, length } = this.row(s, inputs);
      for (let i = 0; i < length; i++) value[k + s * inputs + index[i]!] = nonzeros[i]!;
    }
  }

  /** Valid until the next call. */
  row(sample: number, inputs: number): EncodedRow {
    const { starts, index, value } = this.#block(1, inputs);
    starts[0] = 0;
    this.#encoded.write(this.rows.subarray(sample, sample + 1), starts, index, value);
    return new EncodedRow(index, value, starts[0]!);
  }

  /** Room for some rows with so many inputs. */
  #block(rows: number, inputs: number) {
    if (this.#starts.length < rows) this.#starts = new Uint32Array(rows);
    if (this.#index.length < inputs) {
      this.#index = new Uint32Array(inputs);
      this.#value = new Float32Array(inputs);
    }
    return { starts: this.#starts, index: this.#index, value: this.#value };
  }

  /** The first column with a number that float32 does not hold once it is scaled. */
  tooLarge(count: number): number | undefined {
    return this.#encoded.tooLarge(this.rows.subarray(0, count));
  }

  unseen(): UnseenLevels {
    return this.#encoded.unseen(this.rows);
  }

  get #encoded(): BoundColumns {
    if (!this.#bound) throw new TypeError('rows that are not encoded');
    return this.#bound;
  }
}
