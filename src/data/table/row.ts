export interface Row {
  /** Number of the line in which it begins, from 1. */
  readonly row: number;
  /** Numbers, and texts. */
  readonly cells: readonly unknown[];
}
