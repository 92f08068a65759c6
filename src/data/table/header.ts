/** Whether the first row of a table is its header. */
import { errors } from '../../errors.js';
import { isName } from './cells.js';
import type { Row } from './row.js';

export const HEADERS = ['auto', 'yes', 'no'] as const;
/** Whether the first row holds column names. */
export type Header = (typeof HEADERS)[number];

/** What is known of a table before it is read. */
export interface HeaderHint {
  /** @default 'auto' */
  readonly header?: Header | undefined;
  /** Name of the label column, or its number, from 1. */
  readonly label?: string | undefined;
  /** Names of columns of the training table: a first row with one of them is a header. */
  readonly names?: readonly string[] | undefined;
}

export const POSITION = /^[1-9]\d{0,8}$/;

/** Undefined if the first row is not a header. */
export function namesIn(
  file: string,
  { cells, isHeader = false }: Row,
  { header = 'auto', label, names: known = [] }: HeaderHint,
): readonly string[] | undefined {
  if (isHeader && header === 'no') throw errors.headerOfObjects(file);
  const isFound = () => {
    const own = new Set(known);
    return cells.some((cell) => typeof cell === 'string' && own.has(cell.trim())) || isHeaderRow(cells, label);
  };
  if (!isHeader && header !== 'yes' && (header === 'no' || !isFound())) return undefined;
  const names = cells.map((cell) => (typeof cell === 'string' ? cell.trim() : String(cell)));
  const positions = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const before = positions.get(name);
    if (before !== undefined) throw errors.sameColumns(file, name, before + 1, i + 1);
    positions.set(name, i);
  }
  return names;
}

/** The row contains the name of the label column or, if that is given by number, another name. */
function isHeaderRow(cells: readonly unknown[], label: string | undefined): boolean {
  if (label !== undefined && POSITION.test(label)) {
    return cells.some((cell, i) => i !== Number(label) - 1 && isName(cell));
  }
  const hasLabel = cells.some((cell) => typeof cell === 'string' && cell.trim() === label);
  // A missing label only leads to an error message, which lists the columns.
  return hasLabel || 2 * cells.filter(isName).length > cells.length;
}
