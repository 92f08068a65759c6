/** A table as it was read: nothing is interpreted but what is a number. */

export interface RawTable {
  /** The header, or `1`, `2`, … if there is none. */
  readonly names: readonly string[];
  readonly hasHeader: boolean;
  /** Number of rows. */
  readonly count: number;
  readonly columns: readonly RawColumn[];
  /** The line (CSV) or record (JSON) of a row, from 1, for messages. */
  lineOf(row: number): number;
}

export interface RawColumn {
  /** (rows) The cell as a number; NaN if it is not one. */
  readonly numbers: Float64Array;
  /** (rows) 0: the cell is a number that float64 holds; else 1 + its index in `texts`. Integers beyond 2^53 are texts, too. */
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
  /** The distinct texts of the other cells: '' for an empty or absent cell, 'true' and 'false' for booleans. */
  readonly texts: readonly string[];
}
