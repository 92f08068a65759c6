/** Encodes rows of a table, or single ones, as the nonzero inputs of a network. */
import { errors, shown } from '../../errors.js';
import { cellOf, isCell, levelOf } from './cells.js';
import { hourOf, monthOf, weekdayOf } from './dates.js';
import { basesOf, type Encoding } from './encoding.js';
import { MissingValues } from './missing.js';
import { type Scaling, scaledInput, singleScaledInput } from './scaling.js';
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
  readonly base: number;
  /** Of numbers and dates. */
  readonly fill: number;
  readonly indicator: number;
  readonly subtract: number;
  readonly divideBy: number;
  readonly isSingle: boolean;
  /** Input by month, weekday or hour, or NONE. */
  readonly months: Int32Array;
  readonly weekdays: Int32Array;
  readonly hours: Int32Array;
  /** Of categories: input of a level. */
  readonly levels: ReadonlyMap<string, number>;
  readonly other: number;
  readonly missing: number;
}

function partOf(encoding: Encoding, base: number, scaling: Scaling | undefined, isSingle: boolean): Part {
  const part = {
    ...{ encoding, base, fill: 0, indicator: NONE, subtract: 0, divideBy: 1, isSingle },
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
  const numbers = {
    ...part,
    fill,
    indicator: hasIndicator ? base + 1 : NONE,
    subtract: scaling?.subtract[base] ?? 0,
    divideBy: scaling?.divideBy[base] ?? 1,
  };
  if (encoding.kind === 'number') return numbers;
  const { months, weekdays, hours } = encoding;
  const first = base + 1 + Number(hasIndicator);
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

/** Where the inputs of a row go: `index` may be undefined, if only the number of inputs is needed. */
class Sink {
  index: Uint32Array | undefined;
  value: Float32Array = new Float32Array(0);
  k = 0;

  put(input: number, x: number): void {
    if (x === 0) return;
    if (this.index) {
      this.index[this.k] = input;
      this.value[this.k] = x;
    }
    this.k++;
  }

  level(input: number): void {
    if (input !== NONE) this.put(input, 1);
  }

  /** @param given  NaN if it is missing */
  number(part: Part, given: number): void {
    const { base, fill, indicator, subtract, divideBy, isSingle } = part;
    const isMissing = Number.isNaN(given);
    const x = isMissing ? fill : given;
    this.put(base, isSingle ? singleScaledInput(x, subtract, divideBy) : scaledInput(x, subtract, divideBy));
    if (isMissing) {
      this.level(indicator);
      return;
    }
    if (part.encoding.kind !== 'date') return;
    if (part.months.length > 0) this.level(part.months[monthOf(x)]!);
    if (part.weekdays.length > 0) this.level(part.weekdays[weekdayOf(x)]!);
    if (part.hours.length > 0) this.level(part.hours[hourOf(x)]!);
  }
}

/** Levels that the training rows do not have: number of cells by column. */
export type UnseenLevels = ReadonlyMap<string, number>;

export class RowEncoder {
  readonly inputs: number;
  readonly #model: TableModel;
  readonly #parts: readonly Part[];
  readonly #missing: MissingValues;
  readonly #sink = new Sink();
  readonly #unseen = new Map<string, number>();

  constructor(model: TableModel) {
    const { encodings, scaling, isSingle } = model;
    const { bases, inputs } = basesOf(encodings);
    this.inputs = inputs;
    this.#model = model;
    this.#parts = encodings.map((encoding, i) => partOf(encoding, bases[i]!, scaling, isSingle));
    this.#missing = new MissingValues(model.missing.values);
  }

  /** Unseen levels that `encode` has met since the last call. */
  takeUnseen(): UnseenLevels {
    const unseen = new Map(this.#unseen);
    this.#unseen.clear();
    return unseen;
  }

  /** The rows of a table whose columns have the same kinds. */
  bind(columns: readonly TypedColumn[]): BoundColumns {
    return new BoundColumns(
      this.#parts,
      columns,
      this.#model.columns.map(({ name }) => name),
    );
  }

  /**
   * Encodes a row that is given cell by cell.
   *
   * @param cells  in the order of the model's columns
   * @param nameOf  of a column, for messages
   * @throws LockstepError if a cell does not fit its column, or is missing and must not be
   */
  encode(cells: ArrayLike<unknown>, nameOf: (column: number) => string): EncodedRow {
    const sink = this.#sink;
    // Each column lights at most four inputs: those of a date.
    const most = 4 * this.#parts.length;
    sink.index = new Uint32Array(most);
    sink.value = new Float32Array(most);
    sink.k = 0;
    const { mode } = this.#model.missing;
    for (const [i, part] of this.#parts.entries()) {
      const given = cells[i];
      if (!isCell(given)) throw errors.cellOfRow(nameOf(i), shown(given), 'a number, a string, true, false or null');
      const cell = cellOf(given);
      const { kind } = part.encoding;
      const isMissing = this.#missing.has(cell);
      if (isMissing && mode !== 'fill') {
        const expected = kind === 'category' ? 'a category' : CELL_OF[kind];
        throw errors.cellOfRow(nameOf(i), cell === '' ? 'missing' : `missing (${cell})`, expected);
      }
      if (kind === 'category') this.#level(part, i, isMissing ? undefined : levelOf(cell));
      else if (isMissing) sink.number(part, Number.NaN);
      else {
        const value = typedCell(cell, kind);
        if (typeof value === 'string') throw errors.cellOfRow(nameOf(i), cellInWords(cell, value), CELL_OF[kind]);
        sink.number(part, value);
      }
    }
    return new EncodedRow(sink.index, sink.value, sink.k);
  }

  #level({ levels, other, missing }: Part, column: number, level: string | undefined): void {
    if (level === undefined) {
      this.#sink.level(missing);
      return;
    }
    const input = levels.get(level);
    if (input === undefined && other === NONE) {
      const { name } = this.#model.columns[column]!;
      this.#unseen.set(name, (this.#unseen.get(name) ?? 0) + 1);
    }
    this.#sink.level(input ?? other);
  }
}

/** The columns of one table, ready to be encoded row by row. */
export class BoundColumns {
  readonly #parts: readonly Part[];
  readonly #names: readonly string[];
  readonly #columns: readonly TypedColumn[];
  /** By column and level of this table: the input, or NONE. */
  readonly #inputOf: readonly Int32Array[];
  readonly #sink = new Sink();

  constructor(parts: readonly Part[], columns: readonly TypedColumn[], names: readonly string[]) {
    this.#parts = parts;
    this.#columns = columns;
    this.#names = names;
    this.#inputOf = columns.map((column, i) => {
      if (column.kind !== 'category') return NO_PARTS;
      const { levels, other, missing } = parts[i]!;
      return Int32Array.from([missing, ...column.levels.map((level) => levels.get(level) ?? other)]);
    });
  }

  /** Number of nonzero inputs of a row. */
  count(row: number): number {
    this.#sink.index = undefined;
    this.#sink.k = 0;
    this.#write(row);
    return this.#sink.k;
  }

  /** Writes the nonzero inputs of a row from position k on. @returns the position after them */
  write(row: number, index: Uint32Array, value: Float32Array, k: number): number {
    const sink = this.#sink;
    sink.index = index;
    sink.value = value;
    sink.k = k;
    this.#write(row);
    return sink.k;
  }

  #write(row: number): void {
    const columns = this.#columns;
    const sink = this.#sink;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      if (column.kind === 'category') sink.level(this.#inputOf[i]![column.codes[row]!]!);
      else sink.number(this.#parts[i]!, column.numbers[row]!);
    }
  }

  /** The first column that has a number which float32 does not hold once it is scaled. */
  tooLarge(rows: Uint32Array): number | undefined {
    const found = this.#columns.findIndex((column, i) => {
      if (column.kind === 'category') return false;
      const { subtract, divideBy, isSingle } = this.#parts[i]!;
      const scaled = isSingle ? singleScaledInput : scaledInput;
      // (Missing ones are filled with one of the others.)
      return rows.some(
        (row) => Math.abs(scaled(column.numbers[row]!, subtract, divideBy)) === Number.POSITIVE_INFINITY,
      );
    });
    return found < 0 ? undefined : found;
  }

  unseen(rows: Uint32Array): UnseenLevels {
    const unseen = new Map<string, number>();
    for (const [i, column] of this.#columns.entries()) {
      if (column.kind !== 'category' || this.#parts[i]!.other !== NONE) continue;
      const inputOf = this.#inputOf[i]!;
      let count = 0;
      for (const row of rows) {
        const code = column.codes[row]!;
        count += Number(code > 0 && inputOf[code] === NONE);
      }
      if (count > 0) unseen.set(this.#names[i]!, count);
    }
    return unseen;
  }
}
