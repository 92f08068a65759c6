/** Whether the first row of a table is its header. */
import { errors } from '../../errors.js';
import { isName } from './cells.js';
import type { Row } from './row.js';

export const HEADERS = ['auto', 'yes', 'no'] as const;
/** Whether the first row holds column names. */
export type Header = (typeof HEADERS)[number];

export const POSITION = /^[1-9]\d{0,8}$/;

/**
 * The names in the first row of a table that is read row by row, so that the rows below are not known yet.
 *
 * @param known   names of columns of the training table: a first row with one of them is a header
 * @param isData  whether the cells fit the columns of the training table, and are therefore no names
 * @returns undefined if the row is not a header
 */
export function namesIn(
  file: string,
  { cells, isHeader = false }: Row,
  known: readonly string[],
  isData: (cells: readonly unknown[]) => boolean,
): readonly string[] | undefined {
  const hasKnown = () => {
    const own = new Set(known);
    return cells.some((cell) => typeof cell === 'string' && own.has(cell.trim()));
  };
  const areNames = () => 2 * cells.filter(isName).length > cells.length && !isData(cells);
  if (!isHeader && !hasKnown() && !areNames()) return undefined;
  const names = cells.map((cell) => (typeof cell === 'string' ? cell.trim() : String(cell)));
  const positions = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const before = positions.get(name);
    if (before !== undefined) throw errors.sameColumns(file, name, before + 1, i + 1);
    positions.set(name, i);
  }
  return names;
}
