/** Tables for people: the first column to the left, numbers to the right. */

export interface Column {
  readonly title: string;
  readonly width: number;
}

export function heading(columns: readonly Column[]): string {
  return row(
    columns,
    columns.map(({ title }) => title),
  );
}

export function row(columns: readonly Column[], cells: readonly string[]): string {
  const padded = columns.map(({ width }, i) => (i === 0 ? cells[i]!.padEnd(width) : cells[i]!.padStart(width)));
  return padded.join('  ').trimEnd();
}

export function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`;
}
