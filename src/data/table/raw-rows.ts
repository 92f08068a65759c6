/** Collects the cells of a table row by row, and turns them into columns. */
import { errors } from '../../errors.js';
import { type Codes, codesFor, codesWithRoom, SharedArrays } from './column-arrays.js';
import { type FirstCell, firstCell } from './first-cell.js';
import { isCode, mayBeginNumeral, numeralIn, POINT } from './numerals.js';
import type { Pause } from './pauser.js';
import type { RawColumn } from './raw-table.js';
import { RowLines } from './row-lines.js';
import { TextIndex } from './text-index.js';
import { textsOf } from './texts.js';

/** Cells that are collected before they are copied to columns: a few hundred KB, which stay in the L2 cache. */
const BLOCK_CELLS = 1 << 16;
/** At least so many rows in a block, if that is not too much: small arrays have an overhead. */
const BLOCK_ROWS = 64;
const MOST_BLOCK_CELLS = 1 << 22;
/** Rows of an array of a column. (Many small arrays keep the garbage collector busy.) */
const MOST_CHUNK_ROWS = 1 << 16;
/** More columns than any network has inputs. */
export const MOST_COLUMNS = 1 << 20;
/** Cells in 8 GiB of numbers. */
export const MOST_CELLS = 2 ** 30;
/** A table of so many cells is never refused for being mostly empty. */
const FREE_CELLS = 2 ** 22;
/** Cells for each byte of the file: beyond that, a few bytes (JSON objects without most fields) would fill the memory. */
const MOST_CELLS_PER_BYTE = 16;
/** Rows of a column's sample. */
export const SAMPLE_ROWS = 200;

const EMPTY: Uint8Array = new Uint8Array(0);

interface Column {
  texts: TextIndex | undefined;
  /** Rows before the column appeared. */
  readonly absent: number;
  /** By chunk; undefined: NaN in all of its rows. */
  readonly numbers: (Float64Array | undefined)[];
  /** By chunk; undefined: 0 in all of its rows. */
  readonly codes: (Codes | undefined)[];
}

/** Rows that a column keeps in one array. */
interface Chunk {
  readonly capacity: number;
  rows: number;
}

/** The cells of the block at hand are row-major, so that a scanner writes them in order. */
export class RawRows {
  /** (rows of the block, stride) */
  values = new Float64Array(0);
  /** (rows of the block, stride); 0 behind the last row. */
  codes = new Uint32Array(0);
  /** (stride) Whether the block has texts in the column. */
  hasText = new Uint8Array(0);
  /** Cells of a row of the block: the columns, and room for those to come. */
  stride = 0;
  /** Rows in the block. */
  filled = 0;
  /** Rows that the block can hold. */
  room = 1;
  /** (stride) Whether numbers of the column have a decimal comma (1), a decimal point (2), or both (3); known only where commas count. */
  notations = new Uint8Array(0);
  /** Bytes read so far, which limit the number of cells. */
  bytes = 0;

  readonly #file: string;
  readonly #columns: Column[] = [];
  readonly #chunks: Chunk[] = [];
  /** Rows of all chunks. */
  #flushed = 0;
  /** The bytes of the last text, which are mostly those of the next one, too. */
  #viewed = EMPTY;
  #view = new DataView(EMPTY.buffer);
  readonly #lines = new RowLines();

  /** @param file  for messages */
  constructor(file: string, width: number) {
    this.#file = file;
    this.widen(width);
  }

  /** Number of columns. */
  get width(): number {
    return this.#columns.length;
  }

  get count(): number {
    return this.#flushed + this.filled;
  }

  /** @param line  of the next row, unless it is the line after that of the last row */
  breakLine(line: number): void {
    this.#lines.break(this.count, line);
  }

  lineOf(row: number): number {
    return this.#lines.of(row);
  }

  /** As `lineOf`, for as long as needed: the function does not keep the rows in memory. */
  get lines(): (row: number) => number {
    const lines = this.#lines;
    return (row) => lines.of(row);
  }

  /**
   * Adds columns, which are empty in the rows so far.
   *
   * @throws LockstepError if there are too many
   */
  widen(more: number): void {
    const before = this.width;
    const width = before + more;
    if (width > MOST_COLUMNS) throw errors.tableTooLarge(this.#file, this.count + 1, width);
    if (width > this.stride) this.#restride(before === 0 ? width : Math.max(width, 2 * this.stride));
    for (let i = before; i < width; i++) {
      const chunks = () => this.#chunks.map(() => undefined);
      this.#columns.push({ texts: undefined, absent: this.#flushed, numbers: chunks(), codes: chunks() });
    }
    const { filled } = this;
    for (this.filled = 0; this.filled < filled; this.filled++) for (let i = before; i < width; i++) this.setEmpty(i);
  }

  #restride(stride: number): void {
    this.flush();
    this.stride = stride;
    const cells = Math.max(stride, BLOCK_CELLS, Math.min(BLOCK_ROWS * stride, MOST_BLOCK_CELLS));
    this.room = Math.floor(cells / stride);
    if (this.values.length < cells) {
      this.values = new Float64Array(cells);
      this.codes = new Uint32Array(cells);
    }
    this.hasText = new Uint8Array(stride);
    this.notations = new Uint8Array(stride);
  }

  /** @returns the code of a text of a column */
  codeOf(column: number, bytes: Uint8Array, from: number, to: number): number {
    const own = this.#columns[column]!;
    own.texts ??= new TextIndex();
    return own.texts.codeOf(this.#viewOf(bytes), from, to);
  }

  #viewOf(bytes: Uint8Array): DataView {
    if (bytes !== this.#viewed) {
      this.#viewed = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#view;
  }

  /** Sets a cell of the row behind the last one: a number or a text, whose bytes are trimmed. */
  set(column: number, bytes: Uint8Array, from: number, to: number, comma: number): void {
    const at = this.filled * this.stride + column;
    const value = from < to && mayBeginNumeral(bytes[from]!) ? numeralIn(bytes, from, to, comma) : Number.NaN;
    this.values[at] = value;
    if (comma !== POINT && !Number.isNaN(value)) {
      for (let i = from; i < to; i++) if (bytes[i] === POINT || bytes[i] === comma) this.noteMark(column, bytes[i]!);
    }
    if (!Number.isNaN(value) && !isCode(bytes, from, to, value)) {
      this.codes[at] = 0;
      return;
    }
    this.codes[at] = this.codeOf(column, bytes, from, to);
    this.hasText[column] = 1;
  }

  /** Records which decimal mark a number has. */
  noteMark(column: number, mark: number): void {
    if (column < this.width) this.notations[column]! |= mark === POINT ? 2 : 1;
  }

  /** The cell is empty or absent. */
  setEmpty(column: number): void {
    this.set(column, EMPTY, 0, 0, POINT);
  }

  /** Forgets the cells behind the last row. */
  clearRow(): void {
    const { filled, stride } = this;
    this.codes.fill(0, filled * stride, (filled + 1) * stride);
  }

  /** @throws LockstepError if the table is too large */
  flush(): void {
    const { filled, width, stride, values, codes, hasText } = this;
    if (filled === 0) return;
    const cells = (this.#flushed + filled) * width;
    const most = Math.max(FREE_CELLS, MOST_CELLS_PER_BYTE * this.bytes);
    if (cells > Math.min(MOST_CELLS, most)) throw errors.tableTooLarge(this.#file, this.count, width);
    try {
      const { chunk, k } = this.#chunkFor(filled);
      const { capacity, rows: at } = chunk;
      for (let i = 0; i < width; i++) {
        const column = this.#columns[i]!;
        const { numbers } = column;
        if (numbers[k] || hasNumberIn(values, filled, stride, i)) {
          numbers[k] ??= new Float64Array(capacity).fill(Number.NaN, 0, at);
          copyColumn(values, stride, i, numbers[k], at, filled);
        }
        if (hasText[i] === 1) {
          column.codes[k] = codesWithRoom(column.codes[k], column.texts!.size, capacity);
          copyColumn(codes, stride, i, column.codes[k], at, filled);
        }
      }
      chunk.rows += filled;
    } catch (error) {
      if (error instanceof RangeError) throw errors.tableTooLarge(this.#file, this.count, width);
      throw error;
    }
    this.clearBlock();
  }

  /** The last chunk, or a new one. */
  #chunkFor(rows: number): { readonly chunk: Chunk; readonly k: number } {
    const last = this.#chunks.at(-1);
    if (last && last.rows + rows <= last.capacity) return { chunk: last, k: this.#chunks.length - 1 };
    const capacity = Math.max(rows, last ? Math.min(2 * last.capacity, MOST_CHUNK_ROWS) : 0);
    const chunk = { capacity, rows: 0 };
    const k = this.#chunks.push(chunk) - 1;
    for (const { numbers, codes } of this.#columns) {
      numbers.push(undefined);
      codes.push(undefined);
    }
    return { chunk, k };
  }

  /** Forgets the rows of the block, which have gone elsewhere. */
  protected clearBlock(): void {
    this.codes.fill(0, 0, (this.filled + 1) * this.stride);
    this.hasText.fill(0);
    this.#flushed += this.filled;
    this.filled = 0;
  }

  protected textOf(column: number, code: number): string {
    return this.#columns[column]!.texts!.text(code - 1);
  }

  /** Texts get new codes from here on. */
  protected forgetTexts(): void {
    for (const column of this.#columns) column.texts = undefined;
  }

  /** What the rows have in a column, for the decision about the header. */
  summaryOf(index: number): ColumnSummary {
    this.flush();
    const { numbers, codes, texts } = this.#columns[index]!;
    const sample: (number | string)[] = [];
    for (const [k, { rows }] of this.#chunks.entries()) {
      if (sample.length === SAMPLE_ROWS) break;
      for (let row = 0; row < rows && sample.length < SAMPLE_ROWS; row++) {
        const code = codes[k]?.[row] ?? 0;
        sample.push(code === 0 ? (numbers[k]?.[row] ?? Number.NaN) : this.textOf(index, code));
      }
    }
    return {
      sample,
      hasText: (text) => texts?.has(text) ?? false,
      hasNumber: (number) => numbers.some((chunk, k) => chunk?.subarray(0, this.#chunks[k]!.rows).includes(number)),
    };
  }

  /**
   * @param first  the texts of a row to put before the others; empty for none
   * @param pause  called often enough that the caller can let others run
   */
  async finish(first: readonly string[], comma: number, pause: Pause): Promise<RawColumn[]> {
    this.flush();
    const shared = new SharedArrays(this.#flushed + (first.length > 0 ? 1 : 0));
    const columns: RawColumn[] = [];
    for (const [i, column] of this.#columns.entries()) {
      let head: FirstCell | undefined;
      if (first.length > 0) head = firstCell(first[i]!, comma, (bytes) => this.codeOf(i, bytes, 0, bytes.length));
      const empty = column.absent > 0 ? this.codeOf(i, EMPTY, 0, 0) : 0;
      const size = column.texts?.size ?? 0;
      const texts = size === 0 ? [] : textsOf(column.texts!.pages, size);
      columns.push({
        numbers: await this.#joinNumbers(column, head?.value, shared, pause),
        codes: await this.#joinCodes(column, head?.code ?? 0, empty, size, shared, pause),
        texts,
      });
      // The chunks are garbage from here on: at no time does memory hold all of the table twice.
      column.numbers.length = 0;
      column.codes.length = 0;
      column.texts = undefined;
      await pause();
    }
    return columns;
  }

  async #joinNumbers(
    { numbers }: Column,
    head: number | undefined,
    shared: SharedArrays,
    pause: Pause,
  ): Promise<Float64Array> {
    const isHeadless = head === undefined || Number.isNaN(head);
    if (isHeadless && numbers.every((chunk) => chunk === undefined)) return shared.nan();
    const all = new Float64Array(shared.count);
    let at = 0;
    if (head !== undefined) all[at++] = head;
    for (const [k, { rows }] of this.#chunks.entries()) {
      const chunk = numbers[k];
      if (chunk) all.set(chunk.subarray(0, rows), at);
      else all.fill(Number.NaN, at, at + rows);
      at += rows;
      await pause();
    }
    return all;
  }

  /** @param empty  the code of the cells before the column appeared */
  async #joinCodes(
    column: Column,
    head: number,
    empty: number,
    size: number,
    shared: SharedArrays,
    pause: Pause,
  ): Promise<Codes> {
    const { codes, absent } = column;
    if (size === 0) return shared.zero();
    const all = codesFor(size, shared.count);
    let at = 0;
    if (shared.count > this.#flushed) all[at++] = head;
    const first = at;
    for (const [k, { rows }] of this.#chunks.entries()) {
      const chunk = codes[k];
      if (chunk) all.set(chunk.subarray(0, rows), at);
      at += rows;
      await pause();
    }
    all.fill(empty, first, first + absent);
    return all;
  }
}

export interface ColumnSummary {
  /** The first cells. */
  readonly sample: readonly (number | string)[];
  hasText(text: string): boolean;
  hasNumber(number: number): boolean;
}

function hasNumberIn(values: Float64Array, rows: number, stride: number, column: number): boolean {
  for (let row = 0, at = column; row < rows; row++, at += stride) if (!Number.isNaN(values[at]!)) return true;
  return false;
}

/** Copies a column of row-major cells. */
function copyColumn(
  cells: Float64Array | Uint32Array,
  stride: number,
  column: number,
  to: Float64Array | Codes,
  begin: number,
  rows: number,
): void {
  for (let row = 0, at = column; row < rows; row++, at += stride) to[begin + row] = cells[at]!;
}
