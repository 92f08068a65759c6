/** The rows of a CSV file, straight from its bytes: no strings are made of numbers. */
import { errors } from '../../errors.js';
import { longNumeral, MINUS, PLUS, POINT, POWERS_OF_TEN } from './numerals.js';
import type { RaggedRows } from './ragged-rows.js';
import type { RawRows } from './raw-rows.js';

export interface Dialect {
  /** A byte, or `BLANKS`. */
  readonly delimiter: number;
  /** Stands for the decimal point, beside the point itself; `POINT` for none. */
  readonly comma: number;
  /** Begins a comment line; `NONE` for none. */
  readonly comment: number;
}

/** Cells are separated by any number of spaces and tabs. */
export const BLANKS = -1;
export const NONE = -2;

export const TAB = 0x09;
export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
const ZERO = 0x30;
/** What `bytes[at] - ZERO` is for a decimal point. */
const POINT_DIGIT = POINT - ZERO;
/** So many digits fit in 31 bits. */
const FEW_DIGITS = 9;
/** Integers of so many digits are below 2^53. */
const SAFE_DIGITS = 15;

/** What ends a scan within a row. */
const INCOMPLETE = -1;

export class CsvScanner {
  /** The line at the position that `scan` returns. */
  line: number;

  readonly #file: string;
  readonly #rows: RawRows;
  readonly #dialect: Dialect;
  readonly #ragged: Pick<RaggedRows, 'add'>;
  /** The line that the next row has if nothing lies between it and the row before. */
  #expectedLine = 1;
  /** A quoted cell with its doubled quotes undone. */
  #unquoted = new Uint8Array(256);

  /**
   * @param line    of the first byte, from 1
   * @param ragged  takes the rows of another length
   */
  constructor(file: string, rows: RawRows, dialect: Dialect, line: number, ragged: Pick<RaggedRows, 'add'>) {
    this.#file = file;
    this.#rows = rows;
    this.#dialect = dialect;
    this.line = line;
    this.#ragged = ragged;
  }

  /**
   * @param bytes   followed by a line feed at `end`, which stops every loop
   * @param isLast  whether nothing follows
   * @returns the begin of the row that is not complete yet; `end` if all are
   * @throws LockstepError that names the row
   */
  scan(bytes: Uint8Array, from: number, end: number, isLast: boolean): number {
    const rows = this.#rows;
    const { delimiter, comma, comment } = this.#dialect;
    const { width, stride } = rows;
    const areBlanks = delimiter === BLANKS;
    const isTab = delimiter === TAB;
    const commaDigit = comma - ZERO;
    // Most bytes of a text are above it.
    const top = Math.max(delimiter, CARRIAGE_RETURN);
    let begin = from;
    let at = from;
    while (at < end) {
      begin = at;
      while (bytes[at] === SPACE || (bytes[at] === TAB && !isTab)) at++;
      let c = bytes[at]!;
      if (c === comment) while (c !== LINE_FEED && c !== CARRIAGE_RETURN) c = bytes[++at]!;
      if (c === LINE_FEED || c === CARRIAGE_RETURN) {
        at = afterLineEnd(bytes, at);
        if (at > end) return isLast ? end : begin;
        this.line++;
        continue;
      }
      if (rows.filled === rows.room) rows.flush();
      const { values } = rows;
      const base = rows.filled * stride;
      let column = 0;
      let lines = 1;
      for (;;) {
        while ((c === SPACE || c === TAB) && !(isTab && c === TAB)) c = bytes[++at]!;
        const start = at;
        // The common case: a number of a few digits, without an exponent.
        const isNegative = c === MINUS;
        if (isNegative || c === PLUS) c = bytes[++at]!;
        const firstDigit = at;
        let mantissa = 0;
        let digit = c - ZERO;
        while (digit >= 0 && digit <= 9) {
          mantissa = (Math.imul(mantissa, 10) + digit) | 0;
          digit = bytes[++at]! - ZERO;
        }
        const whole = at - firstDigit;
        let fraction = 0;
        if (digit === POINT_DIGIT || digit === commaDigit) {
          const point = at;
          digit = bytes[++at]! - ZERO;
          while (digit >= 0 && digit <= 9) {
            mantissa = (Math.imul(mantissa, 10) + digit) | 0;
            digit = bytes[++at]! - ZERO;
          }
          fraction = at - point - 1;
        }
        c = digit + ZERO;
        const digits = whole + fraction;
        const isEnd =
          c === delimiter || c === LINE_FEED || c === CARRIAGE_RETURN || (areBlanks && (c === SPACE || c === TAB));
        let size = Number.NaN;
        if (isEnd && digits > 0 && (whole < 2 || bytes[firstDigit] !== ZERO)) {
          if (digits <= FEW_DIGITS) size = fraction === 0 ? mantissa : mantissa / POWERS_OF_TEN[fraction]!;
          else if (fraction > 0 || digits <= SAFE_DIGITS) size = longNumeral(bytes, firstDigit, whole, fraction);
        }
        if (size >= 0) {
          if (at === end && !isLast) return this.#stop(begin);
          if (column < width) values[base + column] = isNegative ? 0 - size : size;
          if (fraction > 0 && commaDigit !== POINT_DIGIT) rows.noteMark(column, bytes[firstDigit + whole]!);
        } else if (bytes[start] === QUOTE) {
          const { at: close, lines: within } = this.#quoted(bytes, start, end, isLast, column);
          if (close === INCOMPLETE) return this.#stop(begin);
          lines += within;
          at = close;
        } else {
          at = start;
          c = bytes[at]!;
          if (areBlanks) while (c !== SPACE && c !== TAB && c !== LINE_FEED && c !== CARRIAGE_RETURN) c = bytes[++at]!;
          else while (c > top || (c !== delimiter && c !== LINE_FEED && c !== CARRIAGE_RETURN)) c = bytes[++at]!;
          if (at === end && !isLast) return this.#stop(begin);
          const textStart = startOfTrimmed(bytes, start, at);
          if (column < width) rows.set(column, bytes, textStart, endOfTrimmed(bytes, textStart, at), comma);
        }
        column++;
        c = bytes[at]!;
        while (c === SPACE || (c === TAB && !isTab)) c = bytes[++at]!;
        if (c === LINE_FEED || c === CARRIAGE_RETURN) break;
        if (!areBlanks) c = bytes[++at]!;
      }
      const next = afterLineEnd(bytes, at);
      // Also after a carriage return at the end: a line feed may follow.
      if (next > end && !isLast) return this.#stop(begin);
      at = Math.min(next, end);
      this.#take(column, lines);
    }
    return at;
  }

  #stop(begin: number): number {
    this.#rows.clearRow();
    return begin;
  }

  #take(columns: number, lines: number): void {
    const rows = this.#rows;
    if (columns === rows.width) {
      if (this.line !== this.#expectedLine) rows.breakLine(this.line);
      this.#expectedLine = this.line + 1;
      rows.filled++;
    } else {
      rows.clearRow();
      this.#ragged.add(this.line, columns);
    }
    this.line += lines;
  }

  /** Sets a quoted cell. @returns the position behind it and the blanks after it, or `INCOMPLETE` */
  #quoted(
    bytes: Uint8Array,
    start: number,
    end: number,
    isLast: boolean,
    column: number,
  ): { readonly at: number; readonly lines: number } {
    const { delimiter, comma } = this.#dialect;
    let lines = 0;
    let at = start + 1;
    let isDoubled = false;
    for (;;) {
      const c = bytes[at]!;
      if (c === QUOTE) {
        if (bytes[at + 1] !== QUOTE) break;
        isDoubled = true;
        at++;
      } else if (c === LINE_FEED || c === CARRIAGE_RETURN) {
        if (at >= end) {
          if (!isLast) return { at: INCOMPLETE, lines };
          throw errors.tableRow(
            this.#file,
            this.line,
            'an unclosed quote ("); close it, or double it ("") inside a quoted cell',
          );
        }
        if (c === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED && at + 1 < end) at++;
        lines++;
      }
      at++;
    }
    let behind = at + 1;
    while (bytes[behind] === SPACE || (bytes[behind] === TAB && delimiter !== TAB)) behind++;
    const c = bytes[behind]!;
    const isEnd = c === delimiter || c === LINE_FEED || c === CARRIAGE_RETURN;
    if (behind === end && !isLast) return { at: INCOMPLETE, lines };
    if (!isEnd && !(delimiter === BLANKS && behind > at + 1)) {
      throw textAfterQuote(this.#file, this.line);
    }
    if (column < this.#rows.width) {
      const [text, begin, length] = isDoubled
        ? this.#undoubled(bytes, start + 1, at)
        : [bytes, start + 1, at - start - 1];
      const from = startOfTrimmed(text, begin, begin + length);
      this.#rows.set(column, text, from, endOfTrimmed(text, from, begin + length), comma);
    }
    return { at: behind, lines };
  }

  /** @returns the bytes, where the text begins in them, and its length */
  #undoubled(bytes: Uint8Array, from: number, to: number): [Uint8Array, number, number] {
    if (this.#unquoted.length < to - from) this.#unquoted = new Uint8Array(2 * (to - from));
    let length = 0;
    for (let at = from; at < to; at++) {
      this.#unquoted[length++] = bytes[at]!;
      if (bytes[at] === QUOTE) at++;
    }
    return [this.#unquoted, 0, length];
  }
}

export function textAfterQuote(file: string, row: number) {
  return errors.tableRow(file, row, 'text after a closing quote; write a quote inside a quoted cell twice ("")');
}

/** May be beyond the line feed that stands for the end of the bytes. */
function afterLineEnd(bytes: Uint8Array, at: number): number {
  return bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED ? at + 2 : at + 1;
}

/** White space of ASCII. */
function isWhite(byte: number): boolean {
  return byte === SPACE || (byte >= TAB && byte <= CARRIAGE_RETURN);
}

export function startOfTrimmed(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isWhite(bytes[at]!)) at++;
  return at;
}

export function endOfTrimmed(bytes: Uint8Array, from: number, to: number): number {
  let at = to;
  while (at > from && isWhite(bytes[at - 1]!)) at--;
  return at;
}
