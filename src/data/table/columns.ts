/** Finds the label and the inputs among the columns of a table, and its header. */
import { errors } from '../../errors.js';
import { isName } from './cells.js';
import type { Row } from './row.js';
import { type Apart, type ApartOptions, apartOf, type ColumnPlace } from './targets.js';

export const HEADERS = ['auto', 'yes', 'no'] as const;
/** Whether the first row holds column names. */
export type Header = (typeof HEADERS)[number];

export interface Columns {
  /** Names of all columns; undefined without a header. */
  readonly names: readonly string[] | undefined;
  /** Number of columns. */
  readonly count: number;
  /** Position of the label, from 0; of the first target if there are targets. */
  readonly label: number;
  readonly apart: Apart;
  /** Positions of the inputs, in the order of the network's inputs. */
  readonly inputs: readonly number[];
}

/** The columns of the training table. */
export interface Expected {
  /** Names of the inputs; undefined if the training table had no header. */
  readonly names: readonly string[] | undefined;
  /** Number of inputs. */
  readonly inputs: number;
  readonly label: ColumnPlace;
  readonly targets: readonly ColumnPlace[];
  readonly weight: ColumnPlace | undefined;
}

const POSITION = /^[1-9]\d{0,8}$/;

/**
 * The columns of a training table: all but the label are inputs.
 *
 * @param file   for messages
 * @param first  the first row
 * @throws LockstepError
 */
export function columnsOf(
  file: string,
  first: Row,
  label: string | undefined,
  header: Header,
  given: ApartOptions = {},
): Columns {
  const { cells } = first;
  const main = label ?? given.target?.[0];
  const names = namesIn(file, first, main, header);
  const count = cells.length;
  if (count < 2) throw errors.oneColumn(file);
  if (main === undefined) throw errors.labelMissing(file, listed(names, count));
  const find = (column: string) => positionOf(column, names, count);
  const apart = apartOf(given, label, find, (flag, column) =>
    errors.noSuchColumn(file, column, listed(names, count), names !== undefined, flag),
  );
  const position = find(main)!;
  const others = [position, ...apart.targets, apart.weight];
  const inputs = cells.map((_, i) => i).filter((i) => !others.includes(i));
  if (inputs.length === 0) throw errors.oneColumn(file);
  return { names, count, label: position, inputs, apart };
}

/**
 * The columns of a table for an existing network: by name if both tables have names (other columns are ignored), else by
 * position.
 *
 * @param label  `--label`; undefined: the label of the network
 * @throws LockstepError
 */
export function columnsLike(
  file: string,
  first: Row,
  expected: Expected,
  label: string | undefined,
  header: Header,
): Columns {
  const known = nameOrNumber(expected.label);
  const names = namesIn(file, first, label ?? known, header);
  const count = first.cells.length;
  const isByName = names !== undefined && expected.names !== undefined;
  const find = (column: string) => {
    const position = positionOf(column, names, count);
    if (position === undefined) throw errors.noSuchColumn(file, column, listed(names, count), names !== undefined);
    return position;
  };
  const placeOf = (place: ColumnPlace) => (isByName ? find(nameOrNumber(place)) : place.position);
  const inputOf = (place: ColumnPlace) =>
    isByName ? positionsOf(file, [nameOrNumber(place)], names)[0]! : place.position;
  const { targets, weight } = expected;
  const apart: Apart = { targets: targets.map(inputOf), weight: weight && inputOf(weight) };
  const position = label === undefined ? placeOf(expected.label) : find(label);
  if (isByName) return { names, count, label: position, inputs: positionsOf(file, expected.names, names), apart };
  const others = new Set([position, ...apart.targets, ...(weight ? [weight.position] : [])]);
  if (count !== expected.inputs + others.size) throw errors.otherColumns(file, count, expected.inputs + others.size);
  return { names, count, label: position, inputs: first.cells.map((_, i) => i).filter((i) => !others.has(i)), apart };
}

function nameOrNumber({ name, position }: ColumnPlace): string {
  return name ?? String(position + 1);
}

/**
 * The inputs of a table that need not have a label: by name if both tables have names, else by position, with or without
 * the label column.
 *
 * @throws LockstepError
 */
export function inputColumnsOf(file: string, first: Row, expected: Expected): Omit<Columns, 'label' | 'apart'> {
  const own = new Set(expected.names);
  const isHeader = first.cells.some((cell) => typeof cell === 'string' && own.has(cell.trim()));
  const names = namesIn(file, first, undefined, isHeader ? 'yes' : 'auto');
  const count = first.cells.length;
  if (names && expected.names) return { names, count, inputs: positionsOf(file, expected.names, names) };
  const all = first.cells.map((_, i) => i);
  if (count === expected.inputs) return { names, count, inputs: all };
  const { label, targets, weight } = expected;
  const others = new Set([label, ...targets, ...(weight ? [weight] : [])].map((place) => place.position));
  if (count !== expected.inputs + others.size) throw errors.otherColumns(file, count, expected.inputs + others.size);
  return { names, count, inputs: all.filter((i) => !others.has(i)) };
}

/** For messages: `column 3 (petal_length)`. */
export function columnInWords(position: number, names: readonly string[] | undefined): string {
  return names ? `column ${position + 1} (${names[position]})` : `column ${position + 1}`;
}

function positionsOf(file: string, wanted: readonly string[], names: readonly string[]): readonly number[] {
  const positions = new Map(names.map((name, i) => [name, i]));
  return wanted.map((name) => {
    const found = positions.get(name);
    if (found === undefined) throw errors.noSuchInput(file, name, listed(names, names.length));
    return found;
  });
}

/** Undefined if the first row is not a header. */
function namesIn(file: string, first: Row, label: string | undefined, header: Header): readonly string[] | undefined {
  const { cells, isHeader = false } = first;
  if (isHeader && header === 'no') throw errors.headerOfObjects(file);
  if (!isHeader && header !== 'yes' && (header === 'no' || !isHeaderRow(cells, label))) return undefined;
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

/** A name takes precedence over a position. */
function positionOf(label: string, names: readonly string[] | undefined, count: number): number | undefined {
  const named = names?.indexOf(label) ?? -1;
  if (named >= 0) return named;
  const position = POSITION.test(label) ? Number(label) : 0;
  return position >= 1 && position <= count ? position - 1 : undefined;
}

const MOST_LISTED = 20;

/** For messages. */
function listed(names: readonly string[] | undefined, count: number): string {
  if (!names) return `1 to ${count}, without names`;
  const first = names.slice(0, MOST_LISTED).map((name, i) => `${i + 1} ${name}`);
  return names.length > MOST_LISTED ? `${first.join(', ')}, … ${names.length} ${names.at(-1)}` : first.join(', ');
}
