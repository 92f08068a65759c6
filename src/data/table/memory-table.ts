/** A table that a program has in memory. */
import { errors, type LockstepError } from '../../errors.js';
import { ColumnBuilder } from './column-builder.js';
import { columnInWords } from './columns.js';
import { MEMORY, type MemoryTable } from './memory.js';
import { pauser } from './pauser.js';
import type { RawColumn, RawTable } from './raw-table.js';

/** A value that a program gives as a cell. `null`, `undefined` and NaN are missing. */
export type CellValue = string | number | bigint | boolean | Date | null | undefined;

type Floats = Float32Array | Float64Array;
type Integers = Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array;
/** Numbers of a program, which are not copied if they can be used as they are: a Float64Array without infinite numbers. */
export type NumberArray = Floats | Integers;

/** A row: an object with a field for each column, or the cells in the order of the columns. */
export type Row = object | readonly CellValue[] | NumberArray;

/** The columns and rows of a table. */
export type Rows =
  | {
      /** Rows, all of them objects or all of them arrays. A field that is absent is missing. */
      readonly rows: readonly Row[];
      /** Names of the columns, for rows that are arrays. Without them, columns are called '1', '2', … */
      readonly columns?: readonly string[] | undefined;
    }
  | {
      /** (rows, columns) A matrix. */
      readonly rows: NumberArray;
      /** Names of the columns, or their number. */
      readonly columns: readonly string[] | number;
    }
  | {
      readonly rows?: undefined;
      /** The columns by name, of the same length. */
      readonly columns: Readonly<Record<string, NumberArray | readonly CellValue[]>>;
    };

/** What rows are trained for. */
export interface Goals {
  /** Name or number (from 1) of the column with the classes; or the class of each row. */
  readonly label?: string | readonly CellValue[] | NumberArray | undefined;
  /** Names or numbers (from 1) of the columns of regression targets, instead of `label`; or the target of each row. */
  readonly target?: string | readonly string[] | readonly number[] | NumberArray | undefined;
  /** Name or number (from 1) of the column with the weights of the rows; or the weight of each row. */
  readonly weight?: string | readonly number[] | NumberArray | undefined;
}

/** A table in memory, instead of a file. It is neither changed nor kept, and must not change before the `start` event. */
export type TableData = Rows & Goals;

/** @throws LockstepError if a table names other columns as its goals than the training table has */
export function requireSameGoals(option: string, given: GoalOptions, expected: GoalOptions): void {
  for (const name of ['label', 'target', 'weight'] as const) {
    const [found, known] = [given[name], expected[name]];
    if (found !== undefined && String(found) !== String(known)) {
      throw errors.dataInMemory(option, `${name}: ${found}; expected ${known ?? 'none'}, as for the training data`);
    }
  }
}

/** What a table in memory says about its columns, as the options of the same names. */
export interface GoalOptions {
  readonly label?: string | undefined;
  readonly target?: readonly string[] | undefined;
  readonly weight?: string | undefined;
}

export interface Given {
  readonly table: MemoryTable;
  readonly goals: GoalOptions;
}

const FIELDS = ['rows', 'columns', 'label', 'target', 'weight'];
/** Cells between two looks at the clock. */
const CELLS_AT_ONCE = 2 ** 14;
/** As for files. */
const MOST_CELLS = 2 ** 30;

/**
 * Checks the form of a table, but does not read its rows yet.
 *
 * @param option  the option that gives it, for messages
 * @param known   names for the columns of goals that are given as arrays: those of the training table
 * @throws LockstepError if it is not a table
 */
export function tableInMemory(option: string, given: unknown, known: GoalOptions = {}): Given {
  const refuse = (problem: string) => errors.dataInMemory(option, problem);
  if (typeof given !== 'object' || given === null || isList(given)) {
    throw refuse('expected an object with rows, such as { rows, label }');
  }
  const stray = Object.keys(given).find((name) => !FIELDS.includes(name));
  if (stray !== undefined) throw errors.unknownField(option, stray, FIELDS);
  const { rows, columns, ...goals } = given as Fields;
  const source = sourceOf(refuse, rows, columns);
  const extra: Extra[] = [];
  const apart = (what: 'label' | 'target' | 'weight', isColumn: (value: unknown) => boolean) => {
    const value = goals[what];
    if (value === undefined || isColumn(value)) return value;
    if (!isList(value)) throw refuse(`${what}: expected the name of a column, or an array with one value for each row`);
    if (value.length !== source.count) {
      throw refuse(`${what}: ${value.length} values; expected one for each of the ${source.count} rows`);
    }
    const before = known[what];
    const name = typeof before === 'object' ? before[0]! : (before ?? what);
    if (source.names?.includes(name)) {
      throw refuse(`${what}: given as an array, but there is also a column ${name}; rename it`);
    }
    extra.push({ name, values: value });
    return source.names || !source.width ? name : String(source.width + extra.length);
  };
  const isName = (value: unknown) => typeof value === 'string' && value !== '';
  const areNames = (value: unknown) =>
    isName(value) || (Array.isArray(value) && value.length > 0 && value.every(isName));
  const label = apart('label', isName) as string | undefined;
  const target = apart('target', areNames) as string | readonly string[] | undefined;
  const weight = apart('weight', isName) as string | undefined;
  return {
    table: { name: MEMORY, read: (signal) => read(source, extra, signal) },
    goals: {
      ...(label !== undefined && { label }),
      ...(target !== undefined && { target: typeof target === 'string' ? [target] : [...target] }),
      ...(weight !== undefined && { weight }),
    },
  };
}

type Fields = { readonly [name in 'rows' | 'columns' | 'label' | 'target' | 'weight']?: unknown };
type List = ArrayLike<unknown>;

interface Extra {
  readonly name: string;
  readonly values: List;
}

interface Source {
  readonly count: number;
  /** Undefined if they are not known yet, or there are none. */
  readonly names: readonly string[] | undefined;
  /** Undefined if rows are objects. */
  readonly width: number | undefined;
  /** @returns names and columns */
  readonly read: (pause: Pause) => Promise<Columns>;
}

interface Columns {
  /** Undefined: they have none. */
  readonly names: readonly string[] | undefined;
  readonly columns: readonly RawColumn[];
}

/** Called with the number of cells read since the last call. */
type Pause = (cells: number) => Promise<void> | undefined;
type Refuse = (problem: string) => LockstepError;

function sourceOf(refuse: Refuse, rows: unknown, columns: unknown): Source {
  if (rows === undefined) {
    if (typeof columns !== 'object' || columns === null || isList(columns)) {
      throw refuse('expected rows: an array of objects or arrays, or a typed array; or columns: an object of arrays');
    }
    return columnSource(refuse, columns as Readonly<Record<string, unknown>>);
  }
  if (!isList(rows)) throw refuse('rows: expected an array of objects or arrays, or a typed array');
  const names = namesOf(refuse, columns);
  if (!Array.isArray(rows)) {
    const width = names?.length ?? columns;
    if (typeof width !== 'number' || !Number.isInteger(width) || width < 1) {
      throw refuse('rows: a typed array requires columns: the names of the columns, or their number');
    }
    if (rows.length % width !== 0)
      throw refuse(`rows: ${rows.length} numbers; expected a multiple of ${width}, the columns`);
    requireSize(rows.length / width, width);
    return matrixSource(rows as NumberArray, names, width);
  }
  if (columns !== undefined && !names) throw refuse('columns: expected an array of names');
  const first: unknown = rows[0];
  if (rows.length === 0) throw errors.emptyTable(MEMORY);
  if (isList(first)) {
    if (names && names.length !== first.length) throw errors.raggedRow(MEMORY, 1, first.length, names.length);
    requireSize(rows.length, first.length);
    return arraySource(rows, names, first.length);
  }
  if (names) throw refuse('columns: only for rows that are arrays; fields have names already');
  return { count: rows.length, names: undefined, width: undefined, read: (pause) => readObjects(rows, pause) };
}

function namesOf(refuse: Refuse, columns: unknown): readonly string[] | undefined {
  if (!Array.isArray(columns)) return undefined;
  const names = [...(columns as unknown[])];
  if (names.length === 0 || !names.every((name) => typeof name === 'string')) {
    throw refuse('columns: expected an array of names');
  }
  requireDifferent(names);
  return names;
}

function requireDifferent(names: readonly string[]): void {
  const positions = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const before = positions.get(name);
    if (before !== undefined) throw errors.sameColumns(MEMORY, name, before + 1, i + 1);
    positions.set(name, i);
  }
}

function requireSize(rows: number, columns: number): void {
  if (rows * columns > MOST_CELLS) throw errors.tableTooLarge(MEMORY, rows, columns);
}

function isList(value: unknown): value is List {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function columnSource(refuse: Refuse, columns: Readonly<Record<string, unknown>>): Source {
  const names = Object.keys(columns);
  const lists = names.map((name) => {
    const list = columns[name];
    if (!isList(list)) throw refuse(`columns: ${name}: expected an array`);
    return list;
  });
  const [first] = lists;
  if (!first || first.length === 0) throw errors.emptyTable(MEMORY);
  const other = lists.findIndex((list) => list.length !== first.length);
  if (other > 0) {
    throw refuse(
      `columns: ${names[other]} has ${lists[other]!.length} values, and ${names[0]} ${first.length}; expected the same number`,
    );
  }
  const { length: width } = names;
  requireSize(first.length, width);
  const own = { names, hasHeader: true };
  return {
    ...{ count: first.length, names, width },
    read: async (pause) => {
      const read: RawColumn[] = [];
      for (const [i, list] of lists.entries()) read.push(await columnOf(list, () => columnInWords(i, own), pause));
      return { names, columns: read };
    },
  };
}

/** The numbers stay where they are, if they mean the same to the reader of files. */
async function columnOf(list: List, nameOf: () => string, pause: Pause): Promise<RawColumn> {
  const { length: count } = list;
  if (list instanceof Float64Array) {
    const shared = await sharedColumn(list, pause);
    if (shared) return shared;
  }
  const column = new ColumnBuilder(count);
  for (let row = 0; row < count; ) {
    for (const end = Math.min(count, row + CELLS_AT_ONCE); row < end; row++) {
      if (!column.set(row, list[row])) throw badCell(row, nameOf(), list[row]);
    }
    const pausing = pause(CELLS_AT_ONCE);
    if (pausing !== undefined) await pausing;
  }
  return column.finish();
}

/** Undefined if the numbers have to be copied: -0 is 0, and numbers that float64 does not hold exactly have a text. */
async function sharedColumn(numbers: Float64Array, pause: Pause): Promise<RawColumn | undefined> {
  const { length: count } = numbers;
  let codes: Uint8Array | undefined;
  for (let row = 0; row < count; ) {
    for (const end = Math.min(count, row + CELLS_AT_ONCE); row < end; row++) {
      const x = numbers[row]!;
      if (Math.abs(x) <= Number.MAX_SAFE_INTEGER && !Object.is(x, -0)) continue;
      if (!Number.isNaN(x)) return undefined;
      codes ??= new Uint8Array(count);
      codes[row] = 1;
    }
    const pausing = pause(CELLS_AT_ONCE);
    if (pausing !== undefined) await pausing;
  }
  return { numbers, codes: codes ?? new Uint8Array(count), texts: codes ? [''] : [] };
}

function matrixSource(values: NumberArray, names: readonly string[] | undefined, width: number): Source {
  const count = values.length / width;
  if (count === 0) throw errors.emptyTable(MEMORY);
  return {
    ...{ count, names, width },
    read: async (pause) => {
      const columns = newColumns(width, count);
      for (let row = 0, at = 0; row < count; row++) {
        for (let i = 0; i < width; i++, at++) columns[i]!.set(row, values[at]);
        const pausing = pause(width);
        if (pausing !== undefined) await pausing;
      }
      return { names, columns: columns.map((column) => column.finish()) };
    },
  };
}

function arraySource(rows: readonly unknown[], names: readonly string[] | undefined, width: number): Source {
  const own = { names: names ?? [], hasHeader: names !== undefined };
  return {
    ...{ count: rows.length, names, width },
    read: async (pause) => {
      const columns = newColumns(width, rows.length);
      for (let row = 0; row < rows.length; row++) {
        const cells = rows[row];
        if (!isList(cells)) throw strangeRow(row, cells, 'an array, as the first row is');
        if (cells.length !== width) throw errors.raggedRow(MEMORY, row + 1, cells.length, width);
        for (let i = 0; i < width; i++) {
          if (!columns[i]!.set(row, cells[i])) throw badCell(row, columnInWords(i, own), cells[i]);
        }
        const pausing = pause(width);
        if (pausing !== undefined) await pausing;
      }
      return { names, columns: columns.map((column) => column.finish()) };
    },
  };
}

/** Columns are the fields of all rows, in order of appearance. */
async function readObjects(rows: readonly unknown[], pause: Pause): Promise<Columns> {
  const names: string[] = [];
  const columns: ColumnBuilder[] = [];
  const positions = new Map<string, number>();
  for (let row = 0; row < rows.length; row++) {
    const fields = rows[row];
    if (typeof fields !== 'object' || fields === null || isList(fields)) throw strangeRow(row, fields, 'an object');
    const keys = Object.keys(fields);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      // Rows mostly have the same fields in the same order.
      let position = names[i] === key ? i : positions.get(key);
      if (position === undefined) {
        position = names.push(key) - 1;
        positions.set(key, position);
        requireSize(rows.length, names.length);
        columns.push(...newColumns(1, rows.length));
      }
      const value = (fields as Readonly<Record<string, unknown>>)[key];
      if (!columns[position]!.set(row, value))
        throw badCell(row, columnInWords(position, { names, hasHeader: true }), value);
    }
    const pausing = pause(keys.length + 1);
    if (pausing !== undefined) await pausing;
  }
  if (names.length === 0) throw errors.emptyTable(MEMORY);
  return { names, columns: columns.map((column) => column.finish()) };
}

function newColumns(width: number, rows: number): ColumnBuilder[] {
  try {
    return Array.from({ length: width }, () => new ColumnBuilder(rows));
  } catch (error) {
    if (error instanceof RangeError) throw errors.tableTooLarge(MEMORY, rows, width);
    throw error;
  }
}

async function read(source: Source, extra: readonly Extra[], signal: AbortSignal | undefined): Promise<RawTable> {
  const rest = pauser();
  let cells = 0;
  const pause = (read: number) => {
    cells += read;
    if (cells < CELLS_AT_ONCE) return undefined;
    cells = 0;
    signal?.throwIfAborted();
    return rest();
  };
  signal?.throwIfAborted();
  const { names, columns } = await source.read(pause);
  const added: RawColumn[] = [];
  for (const { name, values } of extra) added.push(await columnOf(values, () => name, pause));
  const all = [...columns, ...added];
  if (names) requireDifferent([...names, ...extra.map(({ name }) => name)]);
  return {
    names: names ? [...names, ...extra.map(({ name }) => name)] : all.map((_, i) => String(i + 1)),
    hasHeader: names !== undefined,
    count: source.count,
    columns: all,
    lineOf: (row) => row + 1,
  };
}

function badCell(row: number, column: string, found: unknown): LockstepError {
  return errors.cellInMemory(MEMORY, row + 1, column, found);
}

function strangeRow(row: number, found: unknown, expected: string): LockstepError {
  return errors.rowInMemory(MEMORY, row + 1, found, expected);
}
