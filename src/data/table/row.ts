export interface Row {
  /** Number of the line in which it begins, from 1. */
  readonly row: number;
  /** Strings from CSV, or values from JSON. */
  readonly cells: readonly unknown[];
  /** Set for the field names of NDJSON objects. */
  readonly isHeader?: boolean;
}
