/** Chooses the columns of a table: the label, the inputs and their kinds, and which are left out. */
import { errors, type LockstepError, shown } from '../../errors.js';
import { POSITION } from './header.js';
import { countsRows, isDifferentInEachRow, KINDS, type Kind, kindOf, type Mixed, profileOf } from './kinds.js';
import type { MissingValues } from './missing.js';
import { isOtherNumber, textLikeNumbers } from './notation.js';
import type { RawTable } from './raw-table.js';
import type { Steps } from './steps.js';
import type { TableFacts } from './table-metadata.js';
import { type BadCells, cellInWords, type InputColumn, isBad, typeColumn } from './typed-table.js';

/** The header of a table. */
export type Named = Pick<RawTable, 'names' | 'hasHeader'>;

/** As `--columns`, `--drop` and `--types` give them: names, or numbers from 1. */
export interface ColumnOptions {
  /** The only input columns. */
  readonly columns?: readonly string[] | undefined;
  /** Columns that are not inputs. */
  readonly drop?: readonly string[] | undefined;
  /** `name=kind` */
  readonly types?: readonly string[] | undefined;
}

/** The position of the label. @throws LockstepError if there is no such column */
export function labelOf(file: string, table: RawTable, label: string | undefined, flag = 'label'): number {
  if (table.columns.length < 2) throw errors.oneColumn(file);
  if (label === undefined) throw errors.labelMissing(file, listed(table));
  const position = positionOf(label, table);
  if (position === undefined) throw errors.noSuchColumn(flag, file, label, listed(table), table.hasHeader);
  return position;
}

export interface ChosenColumns {
  readonly inputs: readonly InputColumn[];
  /** Why columns are left out without being asked for, in words. */
  readonly leftOut: readonly string[];
  /** Columns of text that looks like numbers or dates, in words. */
  readonly doubts: readonly string[];
}

/**
 * The input columns of a training table.
 *
 * @param apart  positions of the columns that are never inputs, such as the label
 * @throws LockstepError if a column of the options does not exist, or the kind of a column is doubtful
 */
export function* chooseColumns(
  file: string,
  table: RawTable,
  apart: readonly number[],
  options: ColumnOptions,
  missing: MissingValues,
): Steps<ChosenColumns> {
  const positionsOf = (flag: string, names: readonly string[] = []) =>
    names.map((name) => requirePosition(flag, file, name, table));
  const types = typesOf(file, table, options.types);
  const wanted = options.columns && positionsOf('columns', options.columns);
  const asApart = [...(wanted ?? []), ...types.keys()].find((position) => apart.includes(position));
  if (asApart !== undefined) throw errors.inputIsLabel(file, columnInWords(asApart, table));
  const dropped = new Set([...apart, ...positionsOf('drop', options.drop)]);
  const inputs: InputColumn[] = [];
  const counts: InputColumn[] = [];
  const leftOut: string[] = [];
  const doubts: string[] = [];
  for (const [position, name] of distinctNames(table).entries()) {
    if (dropped.has(position) || (wanted && !wanted.includes(position))) continue;
    const given = types.get(position);
    const kind = given ?? (yield* foundKind(file, table, position, missing, wanted !== undefined));
    const isText = given === undefined && (kind === 'category' || kind === DIFFERS);
    const example = isText ? yield* textLikeNumbers(table.columns[position]!, missing) : undefined;
    if (example !== undefined) {
      const use = kind === DIFFERS ? 'left out' : 'a category';
      doubts.push(`${columnInWords(position, table)} is ${use} (${shown(example)})`);
    }
    if (KINDS.some((each) => each === kind)) inputs.push({ name, position, kind: kind as Kind });
    else {
      leftOut.push(`${columnInWords(position, table)} ${kind}`);
      if (kind === COUNTS) counts.push({ name, position, kind: 'number' });
    }
  }
  if (inputs.length > 0) return { inputs, leftOut, doubts };
  // A count is better than nothing.
  if (counts.length > 0) return { inputs: counts, leftOut: [], doubts };
  throw errors.noInputs(file, firstOf(leftOut, '; '), doubts.length > 0 ? `; ${doubtInWords(doubts)}` : '');
}

const COUNTS = 'counts the rows';
const DIFFERS = 'differs in nearly every row';

export function doubtInWords(doubts: readonly string[]): string {
  return `some text looks like numbers or dates, but is not read as such: ${firstOf(doubts, '; ')}; write numbers as 1234.5 and dates as 2026-01-31`;
}

/** @returns the kind; or why the column is left out. @throws LockstepError if the kind is doubtful */
function* foundKind(
  file: string,
  table: RawTable,
  position: number,
  missing: MissingValues,
  isWanted: boolean,
): Steps<Kind | typeof COUNTS | 'has no values' | typeof DIFFERS> {
  const column = table.columns[position]!;
  if (!isWanted && (yield* countsRows(column, table.hasHeader ? table.names[position] : undefined))) return COUNTS;
  const profile = yield* profileOf(column, missing);
  const kind = yield* kindOf(column, profile);
  if (kind === undefined) return isWanted ? 'category' : 'has no values';
  if (typeof kind === 'object') throw yield* mixed(file, table, position, kind, missing);
  if (kind === 'category' && !isWanted && isDifferentInEachRow(profile)) return DIFFERS;
  return kind;
}

/** Nearly all cells are numbers, or dates: someone has to say what the others are. */
function* mixed(
  file: string,
  table: RawTable,
  position: number,
  { mostly }: Mixed,
  missing: MissingValues,
): Steps<LockstepError> {
  const typed = yield* typeColumn(table.columns[position]!, mostly, missing);
  if (!isBad(typed)) throw new TypeError('a column without other cells');
  const name = optionName(position, table);
  const texts = new Set(typed.first.map(({ row }) => cellText(table, position, row)));
  const values = [...texts].every(isTypable) ? [...texts].join(',') : '<text>,…';
  return badCells(
    ...([file, table, position, mostly, typed] as const),
    `${[...texts].some(isOtherNumber) ? 'write numbers as 1234.5; ' : ''}if ${typed.count === 1 ? 'it is a missing value' : 'they are missing values'}, use --missing-values ${values}; ` +
      `if the column holds categories, use --types ${name}=category; to leave it out, use --drop ${name}`,
  );
}

export function badCells(
  file: string,
  table: RawTable,
  position: number,
  kind: 'number' | 'date',
  { count, first }: BadCells,
  advice: string,
): LockstepError {
  const cells = first.map(({ row, problem }) => {
    return `row ${table.lineOf(row)}: ${cellInWords(cellText(table, position, row), problem)}`;
  });
  return errors.badCells(file, columnInWords(position, table), count, table.count, kind, cells.join('; '), advice);
}

export function cellText({ columns }: RawTable, position: number, row: number): string {
  const { numbers, codes, texts } = columns[position]!;
  return codes[row] === 0 ? String(numbers[row]) : texts.at(codes[row]! - 1)!;
}

function typesOf(file: string, table: RawTable, types: readonly string[] = []): ReadonlyMap<number, Kind> {
  const kinds = new Map<number, Kind>();
  for (const type of types) {
    // A name may contain an equals sign.
    const at = type.lastIndexOf('=');
    const kind = KINDS.find((each) => each === type.slice(at + 1));
    if (at < 1 || !kind) throw errors.invalidOption('types', type, `name=kind, and a kind of ${KINDS.join(', ')}`);
    const position = requirePosition('types', file, type.slice(0, at), table);
    const before = kinds.get(position);
    if (before !== undefined && before !== kind) {
      throw errors.invalidOption('types', types.join(), `one kind for ${columnInWords(position, table)}`);
    }
    kinds.set(position, kind);
  }
  return kinds;
}

function requirePosition(flag: string, file: string, name: string, table: RawTable): number {
  const position = positionOf(name, table);
  if (position === undefined) throw errors.noSuchColumn(flag, file, name, listed(table), table.hasHeader);
  return position;
}

/** Several unnamed columns are told apart by their numbers. */
function distinctNames({ names }: Named): readonly string[] {
  const unnamed = names.filter((name) => name === '').length;
  if (unnamed < 2) return names;
  const taken = new Set(names);
  return names.map((name, i) => {
    if (name !== '') return name;
    let free = String(i + 1);
    while (taken.has(free)) free += '_';
    return free;
  });
}

/** A name takes precedence over a position. */
export function positionOf(name: string, { names, hasHeader }: Named): number | undefined {
  const named = hasHeader ? names.indexOf(name) : -1;
  if (named >= 0) return named;
  const position = POSITION.test(name) ? Number(name) : 0;
  return position >= 1 && position <= names.length ? position - 1 : undefined;
}

/** For messages: `column 3 (petal_length)`. */
export function columnInWords(position: number, { names, hasHeader }: Named): string {
  const name = names[position];
  return hasHeader && name !== '' ? `column ${position + 1} (${name})` : `column ${position + 1}`;
}

/** For advice: the name if it can be typed as it is, else the number. */
function optionName(position: number, { names, hasHeader }: RawTable): string {
  const name = names[position]!;
  return hasHeader && /^[\w.-]+$/.test(name) ? name : String(position + 1);
}

/** The columns of a model in another table. */
export interface MatchedColumns {
  /** By input column: the position. */
  readonly positions: readonly number[];
  /** Undefined if the table need not have a label. */
  readonly label: number | undefined;
}

/**
 * The columns of a model in another table: by name if both tables have names (other columns are ignored), else by position.
 *
 * @param label  `--label`; undefined: the label of the network
 * @param needsLabel  without it, the label column may be absent
 * @throws LockstepError
 */
export function matchColumns(
  file: string,
  table: Named,
  facts: TableFacts,
  label: string | undefined,
  needsLabel: boolean,
): MatchedColumns {
  const { names, hasHeader } = table;
  const known = facts.label.name ?? String(facts.label.position + 1);
  if (hasHeader && facts.hasNames) {
    const position = positionOf(label ?? known, table);
    if (position === undefined && needsLabel && !facts.targets?.length) {
      throw errors.noSuchColumn('label', file, label ?? known, listed(table), true);
    }
    const positionByName = new Map(distinctNames(table).map((name, i) => [name, i]));
    const positions = facts.columns.map(({ name }) => {
      const found = positionByName.get(name);
      if (found === undefined) throw errors.noSuchInput(file, name, listed(table));
      return found;
    });
    return { positions, label: position };
  }
  const { width, columns } = facts;
  const isWhole = names.length === width;
  if (!needsLabel && !isWhole && names.length === columns.length) {
    return { positions: columns.map((_, i) => i), label: undefined };
  }
  const apart = new Set(
    [facts.label, ...(facts.targets ?? []), ...(facts.weight ? [facts.weight] : [])].map((at) => at.position),
  );
  if (!isWhole && (needsLabel || names.length !== width - apart.size)) {
    throw errors.otherColumns(file, names.length, width);
  }
  const given = label === undefined ? facts.label.position : positionOf(label, table);
  if (given === undefined) throw errors.noSuchColumn('label', file, label!, listed(table), hasHeader);
  if (apart.size > 1) {
    const before = (position: number) => [...apart].filter((each) => each < position).length;
    const placed = (position: number) => (isWhole ? position : position - before(position));
    return { positions: columns.map(({ position }) => placed(position)), label: isWhole ? given : undefined };
  }
  // The label may be elsewhere, or absent: then the columns behind it move.
  const ownLabel = isWhole ? given : width;
  const moved = (position: number) => {
    const rank = position < facts.label.position ? position : position - 1;
    return rank < ownLabel ? rank : rank + 1;
  };
  return { positions: columns.map(({ position }) => moved(position)), label: isWhole ? given : undefined };
}

/** Whether a shell and an option take the text as it is. */
function isTypable(text: string): boolean {
  return text.length <= MOST_TYPED && !/[\s,'"`$&|;<>()*!\\]/.test(text);
}

const MOST_TYPED = 20;
const MOST_LISTED = 20;

function firstOf(words: readonly string[], separator: string): string {
  return words.slice(0, MOST_LISTED).join(separator) + (words.length > MOST_LISTED ? `${separator}…` : '');
}

/** For messages. */
export function listed({ names, hasHeader }: Named): string {
  if (!hasHeader) return `1 to ${names.length}, without names`;
  const first = names.slice(0, MOST_LISTED).map((name, i) => `${i + 1} ${name}`);
  return names.length > MOST_LISTED ? `${first.join(', ')}, … ${names.length} ${names.at(-1)}` : first.join(', ');
}
