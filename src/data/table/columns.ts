/** Chooses the columns of a table: the label, the inputs and their kinds, and which are left out. */
import { errors, type LockstepError, shown } from '../../errors.js';
import { grouped } from '../../text/grouped.js';
import { POSITION } from './header.js';
import {
  countsRows,
  isDifferentInEachRow,
  KINDS,
  type Kind,
  kindOf,
  type Mixed,
  meaningsIn,
  mostlyOf,
  type Profile,
  profileOf,
} from './kinds.js';
import { IS_DATE, IS_NUMBER } from './meanings.js';
import type { MissingValues } from './missing.js';
import { isOtherNumber, textLikeNumbers } from './notation.js';
import type { RawTable } from './raw-table.js';
import { ROWS_A_STEP, type Steps } from './steps.js';
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
  /** Category columns with many numbers or dates, in words. */
  readonly mixed: readonly string[];
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
  const positionsOf = (flag: string, names: readonly string[] = []) => {
    const positions = names.map((name) => requirePosition(flag, file, name, table));
    requireOnce(flag, positions, table);
    return positions;
  };
  const types = typesOf(file, table, options.types);
  const wanted = options.columns && positionsOf('columns', options.columns);
  const asApart = [...(wanted ?? []), ...types.keys()].find((position) => apart.includes(position));
  if (asApart !== undefined) throw errors.inputIsLabel(file, columnInWords(asApart, table));
  const drop = positionsOf('drop', options.drop);
  requireInputs(file, table, { drop, types: [...types.keys()] }, { apart, wanted });
  const dropped = new Set([...apart, ...drop]);
  const inputs: InputColumn[] = [];
  const counts: InputColumn[] = [];
  const leftOut: string[] = [];
  const doubts: string[] = [];
  const mixed: string[] = [];
  for (const [position, name] of distinctNames(table).entries()) {
    if (dropped.has(position) || (wanted && !wanted.includes(position))) continue;
    const given = types.get(position);
    const found =
      given === undefined ? yield* foundKind(file, table, position, missing, wanted !== undefined) : undefined;
    const kind = given ?? found!.kind;
    const isText = given === undefined && (kind === 'category' || kind === DIFFERS);
    const example = isText ? yield* textLikeNumbers(table.columns[position]!, missing) : undefined;
    if (example !== undefined) {
      const use = kind === DIFFERS ? 'left out' : 'a category';
      doubts.push(`${columnInWords(position, table)} is ${use} (${shown(example)})`);
    } else if (kind === 'category' && found?.profile) {
      const mostly = yield* mostlyOf(table.columns[position]!, found.profile);
      if (mostly) mixed.push(yield* mixedInWords(table, position, mostly, found.profile, missing));
    }
    if (KINDS.some((each) => each === kind)) inputs.push({ name, position, kind: kind as Kind });
    else {
      leftOut.push(`${columnInWords(position, table)} ${kind}`);
      if (kind === COUNTS) counts.push({ name, position, kind: 'number' });
    }
  }
  if (inputs.length > 0) return { inputs, leftOut, doubts, mixed };
  // A count is better than nothing.
  if (counts.length > 0) return { inputs: counts, leftOut: [], doubts, mixed };
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
): Steps<{ readonly kind: Kind | typeof COUNTS | 'has no values' | typeof DIFFERS; readonly profile?: Profile }> {
  const column = table.columns[position]!;
  if (!isWanted && (yield* countsRows(column, table.hasHeader ? table.names[position] : undefined)))
    return { kind: COUNTS };
  const profile = yield* profileOf(column, missing);
  const kind = yield* kindOf(column, profile);
  if (kind === undefined) return { kind: isWanted ? 'category' : 'has no values' };
  if (typeof kind === 'object') throw yield* mixedError(file, table, position, kind, missing);
  if (kind === 'category' && !isWanted && isDifferentInEachRow(profile)) return { kind: DIFFERS };
  return { kind, profile };
}

/** Nearly all cells are numbers, or dates: someone has to say what the others are. */
function* mixedError(
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

const MOST_EXAMPLES = 3;

/** For a warning: `column 3 (mass): 80 of 200 cells are not numbers (row 5: n.a.; row 9: 12 kg)`. */
function* mixedInWords(
  table: RawTable,
  position: number,
  mostly: Mixed['mostly'],
  { present, numbers, dates }: Profile,
  missing: MissingValues,
): Steps<string> {
  const column = table.columns[position]!;
  const { kinds } = yield* meaningsIn(column);
  const { codes, texts } = column;
  const expected = mostly === 'date' ? IS_DATE : IS_NUMBER;
  const shownCodes = new Set<number>();
  const cells: string[] = [];
  for (let row = 0; row < codes.length && cells.length < MOST_EXAMPLES; row++) {
    if (row % ROWS_A_STEP === 0) yield;
    const code = codes[row]!;
    if (shownCodes.has(code) || kinds[code - 1] === expected || (code === 0 && mostly === 'number')) continue;
    if (code > 0 ? missing.isText(texts.at(code - 1)!) : missing.isNumber(column.numbers[row]!)) continue;
    shownCodes.add(code);
    cells.push(`row ${table.lineOf(row)}: ${shown(cellText(table, position, row))}`);
  }
  const others = present - (mostly === 'date' ? dates : numbers);
  return `${columnInWords(position, table)}: ${grouped(others)} of ${grouped(present)} cells are not ${mostly}s (${cells.join('; ')}${others > cells.length ? '; …' : ''})`;
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
  const positions: number[] = [];
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
    positions.push(position);
  }
  requireOnce('types', positions, table);
  return kinds;
}

/** @throws LockstepError if an option names a column that is no input anyway */
function requireInputs(
  file: string,
  table: RawTable,
  { drop, types }: { readonly drop: readonly number[]; readonly types: readonly number[] },
  { apart, wanted }: { readonly apart: readonly number[]; readonly wanted: readonly number[] | undefined },
): void {
  const isOut = (position: number) => apart.includes(position) || wanted?.includes(position) === false;
  const ofDrop = drop.find(isOut);
  if (ofDrop !== undefined) throw errors.notAnInput('drop', file, columnInWords(ofDrop, table));
  const ofTypes = types.find((position) => isOut(position) || drop.includes(position));
  if (ofTypes !== undefined) throw errors.notAnInput('types', file, columnInWords(ofTypes, table));
}

function requirePosition(flag: string, file: string, name: string, table: RawTable): number {
  const position = positionOf(name, table);
  if (position === undefined) throw errors.noSuchColumn(flag, file, name, listed(table), table.hasHeader);
  return position;
}

/** @throws LockstepError if an option gives a column twice, perhaps once by name and once by number */
function requireOnce(flag: string, positions: readonly number[], table: Named): void {
  const before = new Set<number>();
  const twice = positions.find((position) => {
    const isTwice = before.has(position);
    before.add(position);
    return isTwice;
  });
  if (twice !== undefined) throw errors.columnTwice(flag, columnInWords(twice, table));
}

/** Several unnamed columns are told apart by their numbers. */
export function distinctNames({ names }: Named): readonly string[] {
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
