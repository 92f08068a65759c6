/** Which column is the label, which are inputs, and whether the first row names them. */
import { errors } from '../../errors.js';
import { isName } from './cells.js';
import type { Row } from './row.js';

export const HEADERS = ['auto', 'yes', 'no'] as const;
/** Whether the first row holds the columns' names. */
export type Header = (typeof HEADERS)[number];

export interface Columns {
  /** Of all columns; undefined where there is no header. */
  readonly names: readonly string[] | undefined;
  /** How many there are. */
  readonly count: number;
  /** The label's position, from 0. */
  readonly label: number;
  /** The inputs' positions, in the order of the network's inputs. */
  readonly inputs: readonly number[];
}

/** What a table must be like to be read for a network: the columns that it was trained on. */
export interface Expected {
  /** Of the inputs; undefined where the training table had no header. */
  readonly names: readonly string[] | undefined;
  /** How many inputs. */
  readonly inputs: number;
  readonly label: { readonly name: string | undefined; readonly position: number };
}

const POSITION = /^[1-9]\d{0,8}$/;

/**
 * Of a table to train on: all columns but the label are inputs.
 *
 * @param file   its name, for messages
 * @param first  its first row
 * @throws LockstepError
 */
export function columnsOf(file: string, first: Row, label: string | undefined, header: Header): Columns {
  const { cells } = first;
  const names = namesIn(file, first, label, header);
  if (cells.length < 2) throw errors.oneColumn(file);
  if (label === undefined) throw errors.labelMissing(file, listed(names, cells.length));
  const position = positionOf(label, names, cells.length);
  if (position === undefined) throw errors.noSuchColumn(file, label, listed(names, cells.length), names !== undefined);
  const inputs = cells.map((_, i) => i).filter((i) => i !== position);
  return { names, count: cells.length, label: position, inputs };
}

/**
 * Of a table for a network that is there: the columns that it knows, by their names if both tables have names, and then
 * others are passed over; else by their positions.
 *
 * @param label  as it was given; undefined: the network's
 * @throws LockstepError
 */
export function columnsLike(
  file: string,
  first: Row,
  expected: Expected,
  label: string | undefined,
  header: Header,
): Columns {
  const known = expected.label.name ?? String(expected.label.position + 1);
  const names = namesIn(file, first, label ?? known, header);
  const count = first.cells.length;
  if (!names || !expected.names) {
    if (count !== expected.inputs + 1) throw errors.otherColumns(file, count, expected.inputs + 1);
    const position = label === undefined ? expected.label.position : positionOf(label, names, count);
    if (position === undefined) throw errors.noSuchColumn(file, label!, listed(names, count), names !== undefined);
    return { names, count, label: position, inputs: first.cells.map((_, i) => i).filter((i) => i !== position) };
  }
  const position = positionOf(label ?? known, names, count);
  if (position === undefined) throw errors.noSuchColumn(file, label ?? known, listed(names, count), true);
  return { names, count, label: position, inputs: positionsOf(file, expected.names, names) };
}

/**
 * Of a table whose classes are not known, or do not matter: the inputs by their names, if both tables have names; else by
 * their positions, with the label among them or without it.
 *
 * @throws LockstepError
 */
export function inputColumnsOf(file: string, first: Row, expected: Expected): Omit<Columns, 'label'> {
  const own = new Set(expected.names);
  const isHeader = first.cells.some((cell) => typeof cell === 'string' && own.has(cell.trim()));
  const names = namesIn(file, first, undefined, isHeader ? 'yes' : 'auto');
  const count = first.cells.length;
  if (names && expected.names) return { names, count, inputs: positionsOf(file, expected.names, names) };
  const all = first.cells.map((_, i) => i);
  if (count === expected.inputs) return { names, count, inputs: all };
  if (count !== expected.inputs + 1) throw errors.otherColumns(file, count, expected.inputs + 1);
  return { names, count, inputs: all.filter((i) => i !== expected.label.position) };
}

/** A column in words: `column 3 (petal_length)`. */
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

/** Undefined where the first row is one of numbers. */
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

/** The label is asked for by a name that stands in it; or a cell is a name where a column of numbers begins. */
function isHeaderRow(cells: readonly unknown[], label: string | undefined): boolean {
  if (label !== undefined && POSITION.test(label)) {
    return cells.some((cell, i) => i !== Number(label) - 1 && isName(cell));
  }
  const hasLabel = cells.some((cell) => typeof cell === 'string' && cell.trim() === label);
  // Nothing comes of a label that is not there but a message, which lists the columns.
  return hasLabel || 2 * cells.filter(isName).length > cells.length;
}

/** A name goes before a position that it could be, too. */
function positionOf(label: string, names: readonly string[] | undefined, count: number): number | undefined {
  const named = names?.indexOf(label) ?? -1;
  if (named >= 0) return named;
  const position = POSITION.test(label) ? Number(label) : 0;
  return position >= 1 && position <= count ? position - 1 : undefined;
}

const MOST_LISTED = 20;

/** The columns, as `--label` takes them. */
function listed(names: readonly string[] | undefined, count: number): string {
  if (!names) return `1 to ${count}, without names`;
  const first = names.slice(0, MOST_LISTED).map((name, i) => `${i + 1} ${name}`);
  return names.length > MOST_LISTED ? `${first.join(', ')}, … ${names.length} ${names.at(-1)}` : first.join(', ');
}
