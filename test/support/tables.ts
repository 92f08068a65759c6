/** Tables as a test makes them up, and one that people have measured. */
import path from 'node:path';
import { root } from './paths.js';

/** Fisher's irises: 150 rows of four numbers and a species. examples/README.md says where it is from. */
export const IRIS = path.join(root, 'examples/iris.csv');

/** CSV as RFC 4180 has it: quoted where that is needed, or everywhere. */
export function csvOf(
  rows: readonly (readonly (string | number)[])[],
  { delimiter = ',', end = '\n', quoteAll = false } = {},
): string {
  const cell = (value: string | number) => {
    const text = String(value);
    return quoteAll || /["\r\n,;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => `${row.map(cell).join(delimiter)}${end}`).join('');
}
