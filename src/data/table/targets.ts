/** Columns of a table that are neither inputs nor the label: numbers to estimate, and the weights of the rows. */
import { errors, shown } from '../../errors.js';

/** A column, by its name if the table has names. */
export interface ColumnPlace {
  readonly name: string | undefined;
  /** From 0. */
  readonly position: number;
}

/** As `--target` and `--weight` give them: names, or numbers from 1. */
export interface ApartOptions {
  readonly target?: readonly string[] | undefined;
  readonly weight?: string | undefined;
}

export interface Apart {
  /** Positions. Empty for classes. */
  readonly targets: readonly number[];
  readonly weight: number | undefined;
}

/**
 * @param positionOf  finds a column
 * @param missing     the error for a column that is not there
 * @throws LockstepError if a column is not there, or has two roles
 */
export function apartOf(
  { target = [], weight }: ApartOptions,
  label: string | undefined,
  positionOf: (column: string) => number | undefined,
  missing: (flag: string, column: string) => Error,
): Apart {
  const roles = new Map<number, string>();
  const find = (flag: string, column: string) => {
    const position = positionOf(column);
    if (position === undefined) throw missing(flag, column);
    const before = roles.get(position);
    if (before !== undefined) throw errors.twoRoles(`--${flag} ${shown(column)}`, before);
    roles.set(position, `--${flag}`);
    return position;
  };
  if (label !== undefined && target.length === 0) find('label', label);
  return {
    targets: target.map((column) => find('target', column)),
    weight: weight === undefined ? undefined : find('weight', weight),
  };
}

export function placeOfColumn(position: number, names: readonly string[] | undefined): ColumnPlace {
  return { name: names?.[position], position };
}

/** For reports: the name of the column, or its number, from 1. */
export function nameOfTarget({ name, position }: ColumnPlace): string {
  return name ?? String(position + 1);
}

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const MISSING = /^(|na|n\/a|nan|null|none|\?)$/i;

/** @returns the number in float64; undefined if it is missing; or the problem */
export function float64In(cell: unknown): number | string | undefined {
  if (cell === undefined || cell === null) return undefined;
  const text = typeof cell === 'number' ? String(cell) : typeof cell === 'string' ? cell.trim() : undefined;
  if (text === undefined) return `not a number (${shown(cell)})`;
  if (MISSING.test(text)) return undefined;
  const value = DECIMAL.test(text) ? Number(text) + 0 : Number.NaN;
  if (Number.isFinite(value)) return value;
  return DECIMAL.test(text) ? `${text}, which is not finite` : `text ${shown(cell)}`;
}

/** @returns the problem of a weight */
export function problemOfWeight(value: number | string | undefined): string | undefined {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return value;
  return value < 0 ? `${value}, a negative weight` : undefined;
}
