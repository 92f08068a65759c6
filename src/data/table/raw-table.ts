/** A table before its columns are interpreted. */
import type { TextMeanings } from './meanings.js';
import type { Texts } from './texts.js';

/** A table as it was read: nothing is interpreted but what is a number. */
export interface RawTable {
  /** The header; without one, '1', '2', … An unnamed column has the name ''. */
  readonly names: readonly string[];
  readonly hasHeader: boolean;
  /** Number of rows. */
  readonly count: number;
  readonly columns: readonly RawColumn[];
  /** Of CSV; `' '` for any number of blanks. */
  readonly delimiter?: string | undefined;
  /** The 1-based line (CSV, NDJSON) or record (JSON document) of a row, for messages. */
  readonly lineOf: (row: number) => number;
}

/**
 * Numerals that a float64 cannot show as they stand, integers beyond 2^53 and codes with leading zeros, have both a number and
 * a text. Columns may share arrays, so do not write to them.
 */
export interface RawColumn {
  /** (rows) The cell as a number; NaN if it is not one. */
  readonly numbers: Float64Array;
  /** (rows) 0: the cell is a number that float64 holds; else 1 + index in `texts`. */
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
  /** Distinct texts of the other cells, trimmed ('' for an empty or absent cell, 'true' and 'false' for booleans, 'NA', …). */
  readonly texts: Texts;
  /** What the texts stand for, once that is known. */
  meanings?: TextMeanings | undefined;
}
