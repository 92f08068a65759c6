/** Rows as they are read, before anything is known of the columns. */

export interface Row {
  /** Of the file, as an editor counts: the line that it begins in, from 1. */
  readonly row: number;
  /** Texts of CSV, or values of JSON. */
  readonly cells: readonly unknown[];
  /** The names of the columns, beyond doubt: the fields of NDJSON objects. */
  readonly isHeader?: boolean;
}

/** As many rows as came at once. */
export type Rows = AsyncIterable<readonly Row[]>;
