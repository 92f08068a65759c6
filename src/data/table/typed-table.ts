/** The input columns of a table as numbers, dates and categories. */
import { createHash, type Hash } from 'node:crypto';
import { errors, shown } from '../../errors.js';
import { type Cell, isNotFinite, isSingle, levelOf, numberOfText } from './cells.js';
import { secondsOf } from './dates.js';
import { type Kind, meaningsIn } from './kinds.js';
import { IS_DATE, IS_MISSING, IS_NUMBER } from './meanings.js';
import type { MissingRule, MissingValues } from './missing.js';
import type { RawColumn, RawTable } from './raw-table.js';
import { inParts, ROWS_A_STEP, type Steps } from './steps.js';

/** A column with a kind, in the training table or in another one. */
export interface InputColumn {
  /** The number of the column, if the table has no header. */
  readonly name: string;
  /** In the training table, from 0. */
  readonly position: number;
  readonly kind: Kind;
}

export type TypedColumn = NumberColumn | CategoryColumn;

interface NumberColumn {
  readonly kind: 'number' | 'date';
  /** (rows) Seconds since 1970 for dates. NaN: missing. */
  readonly numbers: Float64Array;
}

interface CategoryColumn {
  readonly kind: 'category';
  /** Different levels of this table, in order of their text. */
  readonly levels: readonly string[];
  /** (rows) 1 + position of the level. 0: missing. */
  readonly codes: Uint32Array;
}

/** Converts a cell to what a column of numbers or dates holds. @returns the problem, or '', if it cannot */
export function typedCell(cell: Cell, kind: 'number' | 'date'): number | string {
  if (kind === 'date') return typeof cell === 'number' ? '' : (secondsOf(cell) ?? '');
  const value = typeof cell === 'number' ? cell : numberOfText(cell);
  if (value !== undefined) return isSingle(value) ? value : TOO_LARGE;
  return isNotFinite(cell as string) ? 'not finite' : '';
}

/** As `typedCell`, of a text whose meaning is known. */
function typedMeaning(found: number, value: number, text: () => string, kind: 'number' | 'date'): number | string {
  if (kind === 'date') return found === IS_DATE ? value : '';
  return typedCell(found === IS_NUMBER ? value : text(), kind);
}

const TOO_LARGE = 'too large for float32 (maximum 3.4e38)';

/** For messages. */
export function cellInWords(cell: Cell, problem: string): string {
  return problem === '' ? shown(cell) : `${shown(cell)}, ${problem}`;
}

/** For messages: what a column of this kind holds. */
export const CELL_OF = { number: 'a number', date: 'a date (ISO 8601)' } as const;

/** A cell that does not fit the kind of its column. */
export interface BadCell {
  readonly row: number;
  /** '' if the cell is just something else. */
  readonly problem: string;
}

export interface BadCells {
  /** Number of all of them. */
  readonly count: number;
  readonly first: readonly BadCell[];
}

/** As many bad cells as a message shows. */
const MOST_SHOWN = 3;

/** The cells of a column, as its kind has them; or those that do not fit it. */
export function* typeColumn(column: RawColumn, kind: Kind, missing: MissingValues): Steps<TypedColumn | BadCells> {
  return kind === 'category' ? yield* categoryOf(column, missing) : yield* numbersOf(column, kind, missing);
}

export function isBad(column: TypedColumn | BadCells): column is BadCells {
  return 'first' in column;
}

function* numbersOf(column: RawColumn, kind: 'number' | 'date', missing: MissingValues): Steps<TypedColumn | BadCells> {
  const { numbers, codes, texts } = column;
  const { kinds, values: meant } = yield* meaningsIn(column);
  // By code: the number or date that a text stands for, and the problem of a text that stands for none.
  const ofTexts = new Float64Array(texts.length + 1);
  const problems = new Map<number, string>();
  const { hasTexts } = missing;
  let isKept = kind === 'number' && !missing.hasNumbers;
  yield* inParts(texts.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const isMissing = kinds[i] === IS_MISSING || (hasTexts && missing.isText(texts.at(i)!));
      const value = isMissing ? Number.NaN : typedMeaning(kinds[i]!, meant[i]!, () => texts.at(i)!, kind);
      ofTexts[i + 1] = typeof value === 'string' ? Number.NaN : value;
      if (typeof value === 'string') problems.set(i + 1, value);
      // Without other cells, the numbers stay where they are.
      isKept &&= Number.isNaN(value) && kinds[i] !== IS_NUMBER;
    }
  });
  const first: BadCell[] = [];
  let count = 0;
  const bad = (row: number, problem: string) => {
    if (count++ < MOST_SHOWN) first.push({ row, problem });
  };
  const values = isKept ? numbers : new Float64Array(numbers.length);
  yield* inParts(numbers.length, (from, to) => {
    for (let row = from; row < to; row++) {
      const code = codes[row]!;
      const x = numbers[row]!;
      if (code > 0) {
        if (problems.size > 0 && problems.has(code)) bad(row, problems.get(code)!);
        if (!isKept) values[row] = ofTexts[code]!;
      } else if (missing.hasNumbers && missing.isNumber(x)) values[row] = Number.NaN;
      else if (kind === 'date') bad(row, '');
      else if (!isSingle(x)) bad(row, TOO_LARGE);
      else if (!isKept) values[row] = x;
    }
  });
  return count > 0 ? { count, first } : { kind, numbers: values };
}

function* categoryOf({ numbers, codes, texts }: RawColumn, missing: MissingValues): Steps<CategoryColumn> {
  const found = new Map<string, number>();
  const idOf = (level: string) => {
    const known = found.get(level);
    if (known !== undefined) return known;
    found.set(level, found.size + 1);
    return found.size;
  };
  const ofTexts = new Uint32Array(texts.length);
  yield* inParts(texts.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const text = texts.at(i)!;
      ofTexts[i] = missing.isText(text) ? 0 : idOf(levelOf(text));
    }
  });
  const ofNumbers = new Map<number, number>();
  const ids = new Uint32Array(numbers.length);
  yield* inParts(ids.length, (from, to) => {
    for (let row = from; row < to; row++) {
      const code = codes[row]!;
      if (code > 0) {
        ids[row] = ofTexts[code - 1]!;
        continue;
      }
      const x = numbers[row]!;
      let id = ofNumbers.get(x);
      if (id === undefined) {
        id = missing.isNumber(x) ? 0 : idOf(levelOf(x));
        ofNumbers.set(x, id);
      }
      ids[row] = id;
    }
  });
  const levels = yield* sortedTexts([...found.keys()]);
  const codeOf = new Uint32Array(levels.length + 1);
  yield* inParts(levels.length, (from, to) => {
    for (let i = from; i < to; i++) codeOf[found.get(levels[i]!)!] = i + 1;
  });
  yield* inParts(ids.length, (from, to) => {
    for (let row = from; row < to; row++) ids[row] = codeOf[ids[row]!]!;
  });
  return { kind: 'category', levels, codes: ids };
}

/** Sorting so many texts takes about 5 ms. */
const TEXTS_A_STEP = 1 << 12;

/** Different texts, by code unit. */
function* sortedTexts(texts: readonly string[]): Steps<readonly string[]> {
  if (texts.length <= TEXTS_A_STEP) {
    yield;
    return [...texts].sort(byCodeUnit);
  }
  const middle = texts.length >> 1;
  const low = yield* sortedTexts(texts.slice(0, middle));
  const high = yield* sortedTexts(texts.slice(middle));
  const sorted: string[] = [];
  for (let i = 0, k = 0; i < low.length || k < high.length; ) {
    sorted.push(k === high.length || (i < low.length && low[i]! < high[k]!) ? low[i++]! : high[k++]!);
    if (sorted.length % TEXTS_A_STEP === 0) yield;
  }
  return sorted;
}

/** An order that does not depend on the locale. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

export interface TypedTable {
  readonly columns: readonly TypedColumn[];
  /** Rows with a label and, with `--missing drop`, without missing cells. */
  readonly rows: Uint32Array;
}

/** Number of missing cells. */
export function* countMissing(column: TypedColumn, rows: Uint32Array): Steps<number> {
  let count = 0;
  yield* inParts(rows.length, (from, to) => {
    const part = rows.subarray(from, to);
    count += column.kind === 'category' ? countZeros(column.codes, part) : countNaN(column.numbers, part);
  });
  return count;
}

function countZeros(codes: Uint32Array, rows: Uint32Array): number {
  let count = 0;
  for (let r = 0; r < rows.length; r++) count += Number(codes[rows[r]!] === 0);
  return count;
}

function countNaN(numbers: Float64Array, rows: Uint32Array): number {
  let count = 0;
  for (let r = 0; r < rows.length; r++) count += Number(Number.isNaN(numbers[rows[r]!]!));
  return count;
}

export function isMissingIn(column: TypedColumn, row: number): boolean {
  return column.kind === 'category' ? column.codes[row] === 0 : Number.isNaN(column.numbers[row]!);
}

/**
 * Applies the rule for missing cells.
 *
 * @param labeled  rows with a label
 * @returns the rows to keep
 * @throws LockstepError if cells are missing, and the rule refuses them
 */
export function* rowsWithout(
  file: string,
  { lineOf }: RawTable,
  columns: readonly TypedColumn[],
  inputs: readonly InputColumn[],
  labeled: Uint32Array,
  { mode }: Pick<MissingRule, 'mode'>,
): Steps<Uint32Array> {
  if (mode === 'fill') return labeled;
  const complete = new Uint32Array(labeled.length);
  const first: string[] = [];
  let [kept, count] = [0, 0];
  const visit = (row: number) => {
    let isComplete = true;
    for (let i = 0; i < columns.length; i++) {
      if (!isMissingIn(columns[i]!, row)) continue;
      isComplete = false;
      if (count++ < MOST_SHOWN) first.push(`row ${lineOf(row)}, column ${inputs[i]!.name}`);
    }
    if (isComplete) complete[kept++] = row;
  };
  const rowsAtOnce = Math.ceil(ROWS_A_STEP / columns.length);
  yield* inParts(labeled.length, (from, to) => labeled.subarray(from, to).forEach(visit), rowsAtOnce);
  if (mode === 'drop') return complete.slice(0, kept);
  if (count > 0) throw errors.missingCells(file, count, first.join('; '));
  return labeled;
}

/** The hash covers the cells of the kept rows as their kinds have them, but neither file nor format. */
export function* hashColumns(hash: Hash, { columns, rows }: TypedTable): Steps<void> {
  for (const column of columns) {
    if (column.kind === 'category') {
      yield* hashTexts(hash, column.levels);
      yield* hashKept(hash, column.codes, rows);
    } else yield* hashKept(hash, column.numbers, rows);
  }
}

export function newHash(): Hash {
  return createHash('sha256');
}

const BYTES_A_STEP = 1 << 21;

export function* hashBytes(hash: Hash, bytes: Uint8Array): Steps<void> {
  yield* inParts(bytes.length, (from, to) => void hash.update(bytes.subarray(from, to)), BYTES_A_STEP);
}

/** As JSON. */
function* hashTexts(hash: Hash, texts: readonly string[]): Steps<void> {
  hash.update('[');
  yield* inParts(texts.length, (from, to) => {
    const part = JSON.stringify(texts.slice(from, to));
    hash.update(`${from === 0 ? '' : ','}${part.slice(1, -1)}`);
  });
  hash.update(']');
}

function* hashKept(hash: Hash, values: Uint32Array | Float64Array, rows: Uint32Array): Steps<void> {
  const areAll = rows.length === values.length;
  const buffer = areAll ? values : values.slice(0, Math.min(rows.length, ROWS_A_STEP));
  yield* inParts(rows.length, (from, to) => {
    if (areAll) {
      hash.update(bytesOf(values.subarray(from, to)));
      return;
    }
    for (let r = from; r < to; r++) buffer[r - from] = values[rows[r]!]!;
    hash.update(bytesOf(buffer.subarray(0, to - from)));
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
