/** Rows of a table as samples: they are encoded when they are written, so no array has to hold all inputs. */
import { type BoundColumns, EncodedRow, type RowEncoder, type UnseenLevels } from './row-encoder.js';
import type { TypedColumn } from './typed-table.js';

export class TableRows {
  readonly columns: readonly TypedColumn[];
  /** Row of the table by sample. */
  readonly rows: Uint32Array;
  /** Undefined until the encoding is known. */
  readonly #bound: BoundColumns | undefined;
  /** Of one row. */
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
    const bound = this.#encoded;
    let nonzeros = 0;
    for (let s = 0; s < count; s++) nonzeros += bound.count(this.rows[s]!);
    return nonzeros;
  }

  /** Writes the nonzero inputs of a sample from position k on, in order. @returns the position after them */
  write(sample: number, index: Uint32Array, value: Float32Array, k: number): number {
    return this.#encoded.write(this.rows[sample]!, index, value, k);
  }

  /** Writes all inputs of a sample from position k on. */
  writeDense(sample: number, inputs: number, value: Float32Array, k: number): void {
    const { index, value: nonzeros, length } = this.row(sample, inputs);
    value.fill(0, k, k + inputs);
    for (let i = 0; i < length; i++) value[k + index[i]!] = nonzeros[i]!;
  }

  /** Valid until the next call. */
  row(sample: number, inputs: number): EncodedRow {
    if (this.#index.length < inputs) {
      this.#index = new Uint32Array(inputs);
      this.#value = new Float32Array(inputs);
    }
    return new EncodedRow(this.#index, this.#value, this.write(sample, this.#index, this.#value, 0));
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
