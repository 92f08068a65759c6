/** A column, by its name if the table has names. */
export interface ColumnPlace {
  readonly name: string | undefined;
  /** From 0. */
  readonly position: number;
}

/** For reports: the name of the column, or its number, from 1. */
export function nameOfTarget({ name, position }: ColumnPlace): string {
  return name ?? String(position + 1);
}
