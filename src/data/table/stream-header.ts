/** Whether the first row of a stream of CSV holds the names of its columns. */
import { errors, LockstepError } from '../../errors.js';
import { isMissing, isName, levelOf, trimmed } from './cells.js';
import { matchColumns } from './columns.js';
import { secondsOf } from './dates.js';
import type { Row } from './row.js';
import { namesOf, type TableModel } from './table-metadata.js';

/**
 * The first row decides, because the others have not arrived yet: but the columns of the network are known.
 *
 * @returns undefined if the first row is not a header
 * @throws LockstepError if two columns have the same name
 */
export function namesIn(file: string, { cells }: Row, model: TableModel): readonly string[] | undefined {
  if (!isHeaderOf(cells, model)) return undefined;
  const names = cells.map((cell) => trimmed(String(cell)));
  const positions = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const before = positions.get(name);
    if (before !== undefined && name !== '') throw errors.sameColumns(file, name, before + 1, i + 1);
    positions.set(name, i);
  }
  return names;
}

/**
 * A row with the name of a column is a header. Another one is, if names stand where numbers or dates are expected, and no cell is
 * a known level of its category: a row of data must not be lost.
 */
function isHeaderOf(cells: readonly unknown[], model: TableModel): boolean {
  const known = new Set(namesOf(model));
  if (cells.some((cell) => typeof cell === 'string' && known.has(trimmed(cell)))) return true;
  const positions = positionsOf(cells, model);
  if (!positions) return 2 * cells.filter(isName).length > cells.length;
  let names = 0;
  let numbers = 0;
  for (const [i, encoding] of model.encodings.entries()) {
    const cell = cells[positions[i]!];
    const text = trimmed(String(cell));
    if (encoding.kind !== 'category') {
      numbers++;
      names += Number(isName(cell) && secondsOf(text) === undefined);
    } else if (isMissing(text) || encoding.levels.includes(levelOf(text))) return false;
  }
  // Without names to match, a row of unknown levels is data.
  return numbers === 0 ? model.hasNames : 2 * names > numbers;
}

/** Of the columns, in a table without names; undefined if it has too many or too few. */
function positionsOf(cells: readonly unknown[], model: TableModel): readonly number[] | undefined {
  const names = cells.map((_, i) => String(i + 1));
  try {
    return matchColumns('', { names, hasHeader: false }, model, undefined, false).positions;
  } catch (error) {
    if (error instanceof LockstepError) return undefined;
    throw error;
  }
}
