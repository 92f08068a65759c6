/** The input columns of a table as numbers, dates and categories. */
import { createHash, type Hash } from 'node:crypto';
import { errors, shown } from '../../errors.js';
import { type Cell, isNotFinite, isSingle, levelOf, numberOfText } from './cells.js';
import { secondsOf } from './dates.js';
import { type Kind, numeralsOf } from './kinds.js';
import type { MissingRule, MissingValues } from './missing.js';
import type { RawColumn, RawTable } from './raw-table.js';

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
export function typeColumn(column: RawColumn, kind: Kind, missing: MissingValues): TypedColumn | BadCells {
  return kind === 'category' ? categoryOf(column, missing) : numbersOf(column, kind, missing);
}

export function isBad(column: TypedColumn | BadCells): column is BadCells {
  return 'first' in column;
}

function numbersOf(column: RawColumn, kind: 'number' | 'date', missing: MissingValues): TypedColumn | BadCells {
  const { numbers, codes, texts } = column;
  const numerals = numeralsOf(column);
  const ofTexts = texts.map((text, i) => {
    if (missing.isText(text)) return Number.NaN;
    const numeral = numerals[i]!;
    return typedCell(kind === 'date' || Number.isNaN(numeral) ? text : numeral, kind);
  });
  const first: BadCell[] = [];
  let count = 0;
  const bad = (row: number, problem: string) => {
    if (count++ < MOST_SHOWN) first.push({ row, problem });
    return Number.NaN;
  };
  // Without other cells, the numbers stay where they are.
  const isKept =
    kind === 'number' && !missing.hasNumbers && ofTexts.every(Number.isNaN) && numerals.every(Number.isNaN);
  const values = isKept ? numbers : new Float64Array(numbers.length);
  for (let row = 0; row < numbers.length; row++) {
    const code = codes[row]!;
    const x = numbers[row]!;
    if (code === 0 && !(missing.hasNumbers && missing.isNumber(x))) {
      const value = typedCell(x, kind);
      if (typeof value === 'string') bad(row, value);
      else if (!isKept) values[row] = value;
    } else if (!isKept) {
      const value = code === 0 ? Number.NaN : ofTexts[code - 1]!;
      values[row] = typeof value === 'string' ? bad(row, value) : value;
    }
  }
  return count > 0 ? { count, first } : { kind, numbers: values };
}

function categoryOf({ numbers, codes, texts }: RawColumn, missing: MissingValues): CategoryColumn {
  const found = new Map<string, number>();
  const idOf = (level: string) => {
    const known = found.get(level);
    if (known !== undefined) return known;
    found.set(level, found.size + 1);
    return found.size;
  };
  const ofTexts = texts.map((text) => (missing.isText(text) ? 0 : idOf(levelOf(text))));
  const ofNumbers = new Map<number, number>();
  const ids = new Uint32Array(numbers.length);
  for (let row = 0; row < ids.length; row++) {
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
  const inOrder = [...found.keys()];
  const levels = [...inOrder].sort(byCodeUnit);
  const positions = new Map(levels.map((level, i) => [level, i + 1]));
  const codeOf = Uint32Array.from([0, ...inOrder.map((level) => positions.get(level)!)]);
  for (let row = 0; row < ids.length; row++) ids[row] = codeOf[ids[row]!]!;
  return { kind: 'category', levels, codes: ids };
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
export function countMissing(column: TypedColumn, rows: Uint32Array): number {
  let count = 0;
  if (column.kind === 'category') {
    const { codes } = column;
    for (let r = 0; r < rows.length; r++) count += Number(codes[rows[r]!] === 0);
  } else {
    const { numbers } = column;
    for (let r = 0; r < rows.length; r++) count += Number(Number.isNaN(numbers[rows[r]!]!));
  }
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
export function rowsWithout(
  file: string,
  { lineOf }: RawTable,
  columns: readonly TypedColumn[],
  inputs: readonly InputColumn[],
  labeled: Uint32Array,
  { mode }: Pick<MissingRule, 'mode'>,
): Uint32Array {
  if (mode === 'fill') return labeled;
  const isComplete = (row: number) => !columns.some((column) => isMissingIn(column, row));
  if (mode === 'drop') return labeled.filter(isComplete);
  const first: string[] = [];
  let count = 0;
  for (const row of labeled) {
    for (const [i, column] of columns.entries()) {
      if (!isMissingIn(column, row)) continue;
      if (count++ < MOST_SHOWN) first.push(`row ${lineOf(row)}, column ${inputs[i]!.name}`);
    }
  }
  if (count > 0) throw errors.missingCells(file, count, first.join('; '));
  return labeled;
}

/** The hash covers the cells of the kept rows as their kinds have them, but neither file nor format. */
export function hashColumns(hash: Hash, { columns, rows }: TypedTable): Hash {
  for (const column of columns) {
    if (column.kind === 'category') {
      hash.update(JSON.stringify(column.levels));
      hash.update(bytesOf(keptOf(column.codes, rows)));
    } else hash.update(bytesOf(keptOf(column.numbers, rows)));
  }
  return hash;
}

export function newHash(): Hash {
  return createHash('sha256');
}

function keptOf<T extends Uint32Array | Float64Array>(values: T, rows: Uint32Array): T {
  if (rows.length === values.length) return values;
  const kept = values.slice(0, rows.length) as T;
  for (const [i, row] of rows.entries()) kept[i] = values[row]!;
  return kept;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array | Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
