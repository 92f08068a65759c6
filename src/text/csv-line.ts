/** CSV (RFC 4180). */

/** A line, with its end. */
export function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(csvCell).join()}\n`;
}

/** White space around a cell is quoted, so that every reader keeps it. */
function csvCell(cell: unknown): string {
  const text = String(cell);
  return /[",\r\n;\t|]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
