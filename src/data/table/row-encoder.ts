/** Encodes rows of a table, or single ones, as the nonzero inputs of a network. */
import { errors, shown } from '../../errors.js';
import { cellOf, isCell, levelOf } from './cells.js';
import { hourOf, monthOf, weekdayOf } from './dates.js';
import { basesOf, type Encoding, widthOf } from './encoding.js';
import { MissingValues } from './missing.js';
import { countLit, isTooLargeFor, type NumberInputs, numberInputs, writeLit } from './number-inputs.js';
import { inParts, type Steps } from './steps.js';
import type { TableModel } from './table-metadata.js';
import { CELL_OF, cellInWords, type TypedColumn, typedCell } from './typed-table.js';

/** The nonzero inputs of one row, in order. */
export class EncodedRow {
  readonly index: Uint32Array;
  readonly value: Float32Array;
  readonly length: number;

  constructor(index: Uint32Array, value: Float32Array, length: number) {
    this.index = index;
    this.value = value;
    this.length = length;
  }
}

const NONE = -1;

/** One column's part of a row. All inputs are numbered from 0, over all columns. */
interface Part {
  readonly encoding: Encoding;
  /** Of numbers and dates. */
  readonly inputs: NumberInputs;
  readonly fill: number;
  readonly indicator: number;
  /** Input by month, weekday or hour, or NONE. */
  readonly months: Int32Array;
  readonly weekdays: Int32Array;
  readonly hours: Int32Array;
  /** Of categories: input of a level. */
  readonly levels: ReadonlyMap<string, number>;
  readonly other: number;
  readonly missing: number;
}

function partOf(encoding: Encoding, column: number, base: number, model: TableModel): Part {
  const edges = encoding.kind === 'category' ? undefined : encoding.edges;
  const part = {
    ...{ encoding, inputs: numberInputs(column, base, edges, model), fill: 0, indicator: NONE },
    ...{ months: NO_PARTS, weekdays: NO_PARTS, hours: NO_PARTS, levels: NO_LEVELS, other: NONE, missing: NONE },
  };
  if (encoding.kind === 'category') {
    const { levels, hasOther, hasMissing } = encoding;
    const end = base + levels.length;
    return {
      ...part,
      levels: new Map(levels.map((level, i) => [level, base + i])),
      other: hasOther ? end : NONE,
      missing: hasMissing ? end + Number(hasOther) : NONE,
    };
  }
  const { fill, hasIndicator } = encoding;
  const afterNumber = base + widthOf(encoding);
  const numbers = { ...part, fill, indicator: hasIndicator ? afterNumber : NONE };
  if (encoding.kind === 'number') return numbers;
  const { months, weekdays, hours } = encoding;
  const first = afterNumber + Number(hasIndicator);
  return {
    ...numbers,
    months: inputByPart(months, 13, first),
    weekdays: inputByPart(weekdays, 8, first + months.length),
    hours: inputByPart(hours, 24, first + months.length + weekdays.length),
  };
}

const NO_PARTS = new Int32Array(0);
const NO_LEVELS: ReadonlyMap<string, number> = new Map();

function inputByPart(parts: readonly number[], size: number, first: number): Int32Array {
  const inputs = new Int32Array(size).fill(NONE);
  for (const [i, part] of parts.entries()) inputs[part] = first + i;
  return inputs;
}

/** Where the inputs of a row go. */
class Sink {
  readonly index: Uint32Array;
  readonly value: Float32Array;
  k = 0;

  /** @param most  inputs that are not zero */
  constructor(most: number) {
    this.index = new Uint32Array(most);
    this.value = new Float32Array(most);
  }

  level(input: number): void {
    this.k = writeLevel(input, this.k, this.index, this.value);
  }

  /** @param given  NaN if it is missing */
  number(part: Part, given: number): void {
    const { inputs, fill, indicator } = part;
    const isMissing = Number.isNaN(given);
    const x = isMissing ? fill : given;
    this.k = writeLit(inputs, x, this.k, this.index, this.value);
    if (isMissing) this.level(indicator);
    else if (part.encoding.kind === 'date') {
      this.level(part.months[monthOf(x)]!);
      this.level(part.weekdays[weekdayOf(x)]!);
      this.level(part.hours[hourOf(x)]!);
    }
  }
}

/** Levels that the training rows do not have: number of cells by column. */
export type UnseenLevels = ReadonlyMap<string, number>;

export class RowEncoder {
  readonly inputs: number;
  readonly #model: TableModel;
  readonly #parts: readonly Part[];
  readonly #missing: MissingValues;
  readonly #unseen = new Map<string, number>();

  constructor(model: TableModel) {
    const { encodings } = model;
    const { bases, inputs } = basesOf(encodings);
    this.inputs = inputs;
    this.#model = model;
    this.#parts = encodings.map((encoding, i) => partOf(encoding, i, bases[i]!, model));
    this.#missing = new MissingValues(model.missing.values);
  }

  /** Unseen levels that `encode` has met since the last call. */
  takeUnseen(): UnseenLevels {
    const unseen = new Map(this.#unseen);
    this.#unseen.clear();
    return unseen;
  }

  /** The rows of a table whose columns have the same kinds. */
  *bind(columns: readonly TypedColumn[]): Steps<BoundColumns> {
    const inputs: Int32Array[] = [];
    for (const [i, column] of columns.entries()) inputs.push(yield* inputsByLevel(this.#parts[i]!, column));
    const names = this.#model.columns.map(({ name }) => name);
    return new BoundColumns(this.#parts, columns, inputs, names);
  }

  /**
   * Encodes a row that is given cell by cell.
   *
   * @param cells  in the order of the model's columns
   * @param nameOf  of a column, for messages
   * @throws LockstepError if a cell does not fit its column, or is missing and must not be
   */
  encode(cells: ArrayLike<unknown>, nameOf: (column: number) => string): EncodedRow {
    // At most the five inputs of a date by column: two bins, month, weekday and hour.
    const sink = new Sink(5 * this.#parts.length);
    const { mode } = this.#model.missing;
    for (const [i, part] of this.#parts.entries()) {
      const given = cells[i];
      if (!isCell(given))
        throw errors.cellOfRow(nameOf(i), strangeCell(given), 'a number, a string, true, false or null');
      const cell = cellOf(given);
      const { kind } = part.encoding;
      const isMissing = this.#missing.has(cell);
      if (isMissing && mode !== 'fill') {
        const expected = kind === 'category' ? 'a category' : CELL_OF[kind];
        throw errors.cellOfRow(nameOf(i), cell === '' ? 'missing' : `missing (${cell})`, expected);
      }
      if (kind === 'category') sink.level(this.#inputOf(part, i, isMissing ? undefined : levelOf(cell)));
      else if (isMissing) sink.number(part, Number.NaN);
      else {
        const value = typedCell(cell, kind);
        if (typeof value === 'string') throw errors.cellOfRow(nameOf(i), cellInWords(cell, value), CELL_OF[kind]);
        sink.number(part, value);
      }
    }
    return new EncodedRow(sink.index, sink.value, sink.k);
  }

  /** @param level  undefined if it is missing */
  #inputOf({ levels, other, missing }: Part, column: number, level: string | undefined): number {
    if (level === undefined) return missing;
    const input = levels.get(level);
    if (input === undefined && other === NONE) {
      const { name } = this.#model.columns[column]!;
      this.#unseen.set(name, (this.#unseen.get(name) ?? 0) + 1);
    }
    return input ?? other;
  }
}

/** For messages. */
function strangeCell(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : shown(value);
}

/** The columns of one table, ready to be encoded. Blocks of rows are encoded column by column, which is several times faster. */
export class BoundColumns {
  readonly #parts: readonly Part[];
  readonly #names: readonly string[];
  readonly #columns: readonly TypedColumn[];
  /** By column and level of this table: the input, or NONE. */
  readonly #inputOf: readonly Int32Array[];

  constructor(
    parts: readonly Part[],
    columns: readonly TypedColumn[],
    inputOf: readonly Int32Array[],
    names: readonly string[],
  ) {
    this.#parts = parts;
    this.#columns = columns;
    this.#inputOf = inputOf;
    this.#names = names;
  }

  /** Adds the number of nonzero inputs of each row. */
  count(rows: Uint32Array, counts: Uint32Array): void {
    for (const [i, column] of this.#columns.entries()) {
      if (column.kind === 'category') countLevels(column.codes, this.#inputOf[i]!, rows, counts);
      else countNumbers(column.numbers, this.#parts[i]!, rows, counts);
    }
  }

  /**
   * Writes the nonzero inputs of some rows.
   *
   * @param ends  (rows) where each row begins in `index` and `value`; becomes where it ends
   */
  write(rows: Uint32Array, ends: Uint32Array, index: Uint32Array, value: Float32Array): void {
    for (const [i, column] of this.#columns.entries()) {
      if (column.kind === 'category') writeLevels(column.codes, this.#inputOf[i]!, rows, ends, index, value);
      else writeNumbers(column.numbers, this.#parts[i]!, rows, ends, index, value);
    }
  }

  /** The first column that has a number which float32 does not hold once it is scaled. */
  *tooLarge(rows: Uint32Array): Steps<number | undefined> {
    for (const [i, column] of this.#columns.entries()) {
      if (column.kind === 'category') continue;
      let isFound = false;
      yield* inParts(rows.length, (from, to) => {
        // (Missing ones are filled with one of the others.)
        isFound ||= isTooLarge(column.numbers, this.#parts[i]!, rows.subarray(from, to));
      });
      if (isFound) return i;
    }
    return undefined;
  }

  *unseen(rows: Uint32Array): Steps<UnseenLevels> {
    const unseen = new Map<string, number>();
    for (const [i, column] of this.#columns.entries()) {
      if (column.kind !== 'category' || this.#parts[i]!.other !== NONE) continue;
      const inputOf = this.#inputOf[i]!;
      let count = 0;
      yield* inParts(rows.length, (from, to) => {
        for (let r = from; r < to; r++) {
          const code = column.codes[rows[r]!]!;
          count += Number(code > 0 && inputOf[code] === NONE);
        }
      });
      if (count > 0) unseen.set(this.#names[i]!, count);
    }
    return unseen;
  }
}

/** By level of a table: the input, or NONE. */
function* inputsByLevel({ levels, other, missing }: Part, column: TypedColumn): Steps<Int32Array> {
  if (column.kind !== 'category') return NO_PARTS;
  const inputs = new Int32Array(column.levels.length + 1);
  inputs[0] = missing;
  yield* inParts(column.levels.length, (from, to) => {
    for (let i = from; i < to; i++) inputs[i + 1] = levels.get(column.levels[i]!) ?? other;
  });
  return inputs;
}

function isTooLarge(numbers: Float64Array, { inputs }: Part, rows: Uint32Array): boolean {
  for (let r = 0; r < rows.length; r++) if (isTooLargeFor(inputs, numbers[rows[r]!]!)) return true;
  return false;
}

function countLevels(codes: Uint32Array, inputOf: Int32Array, rows: Uint32Array, counts: Uint32Array): void {
  for (let r = 0; r < rows.length; r++) if (inputOf[codes[rows[r]!]!] !== NONE) counts[r]!++;
}

function writeLevels(
  codes: Uint32Array,
  inputOf: Int32Array,
  rows: Uint32Array,
  ends: Uint32Array,
  index: Uint32Array,
  value: Float32Array,
): void {
  for (let r = 0; r < rows.length; r++) {
    const input = inputOf[codes[rows[r]!]!]!;
    if (input === NONE) continue;
    const k = ends[r]!;
    index[k] = input;
    value[k] = 1;
    ends[r] = k + 1;
  }
}

function countNumbers(numbers: Float64Array, part: Part, rows: Uint32Array, counts: Uint32Array): void {
  const { inputs, fill, indicator, encoding, months, weekdays, hours } = part;
  // (Local variables are twice as fast as calls of `countLit`.)
  const { edges, scaled, subtract, divideBy } = inputs;
  const isDate = encoding.kind === 'date';
  for (let r = 0; r < rows.length; r++) {
    const x = numbers[rows[r]!]!;
    const isMissing = Number.isNaN(x);
    const filled = isMissing ? fill : x;
    let count = edges === undefined ? Number(scaled(filled, subtract, divideBy) !== 0) : countLit(inputs, filled);
    if (isMissing) count += Number(indicator !== NONE);
    else if (isDate) {
      count += Number(months[monthOf(x)] !== NONE);
      count += Number(weekdays[weekdayOf(x)] !== NONE);
      count += Number(hours[hourOf(x)] !== NONE);
    }
    counts[r]! += count;
  }
}

function writeNumbers(
  numbers: Float64Array,
  part: Part,
  rows: Uint32Array,
  ends: Uint32Array,
  index: Uint32Array,
  value: Float32Array,
): void {
  const { inputs, fill, indicator, encoding, months, weekdays, hours } = part;
  const { base, edges, scaled, subtract, divideBy } = inputs;
  const isDate = encoding.kind === 'date';
  for (let r = 0; r < rows.length; r++) {
    const given = numbers[rows[r]!]!;
    const isMissing = Number.isNaN(given);
    const filled = isMissing ? fill : given;
    let k = ends[r]!;
    if (edges !== undefined) k = writeLit(inputs, filled, k, index, value);
    else {
      const x = scaled(filled, subtract, divideBy);
      if (x !== 0) {
        index[k] = base;
        value[k] = x;
        k++;
      }
    }
    if (isMissing) k = writeLevel(indicator, k, index, value);
    else if (isDate) {
      k = writeLevel(months[monthOf(given)]!, k, index, value);
      k = writeLevel(weekdays[weekdayOf(given)]!, k, index, value);
      k = writeLevel(hours[hourOf(given)]!, k, index, value);
    }
    ends[r] = k;
  }
}

/** @returns the position behind it */
function writeLevel(input: number, k: number, index: Uint32Array, value: Float32Array): number {
  if (input === NONE) return k;
  index[k] = input;
  value[k] = 1;
  return k + 1;
}
