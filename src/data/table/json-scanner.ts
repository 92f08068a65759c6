/**
 * The rows of NDJSON or of a JSON document, straight from its bytes: no strings are made of numbers, and the digits of large
 * integers are kept. Rows are objects (cells by name) or arrays (cells by position).
 */
import { errors, reason, shown } from '../../errors.js';
import { parseJson } from '../../files/json.js';
import { trimmed } from './cells.js';
import { CARRIAGE_RETURN, endOfTrimmed, LINE_FEED, QUOTE, SPACE, startOfTrimmed, TAB } from './csv-scanner.js';
import { isDigit, MINUS, PLUS, POINT } from './numerals.js';
import { RaggedRows } from './ragged-rows.js';
import type { RawRows } from './raw-rows.js';

const [COMMA, COLON, BACKSLASH] = [0x2c, 0x3a, 0x5c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
const ZERO = 0x30;
/** null is an empty cell. Python writes NaN and Infinity. */
const WORDS = ['true', 'false', 'null', 'NaN', 'Infinity', '-Infinity'].map((text) => ({
  bytes: Buffer.from(text),
  isEmpty: text === 'null',
}));

/** The bytes end within a row. */
class Incomplete extends Error {}
const INCOMPLETE = new Incomplete();

/** What a document expects: its bracket, a row or the end, a row, a comma or the end, nothing. */
type State = 'begin' | 'row' | 'next row' | 'comma' | 'end';

export class JsonScanner {
  /** The line at the position that `scan` returns. */
  line = 1;
  /** The cells of the first row, if rows are arrays: perhaps a header. */
  first: string[] | undefined;
  firstLine = 1;
  ragged: RaggedRows | undefined;
  /** Names of the columns, if rows are objects. */
  names: string[] | undefined;

  readonly #file: string;
  readonly #rows: RawRows;
  readonly #isDocument: boolean;
  #state: State = 'begin';
  #records = 0;
  #positions = new Map<string, number>();
  #nameBytes: Buffer[] = [];
  #objects = 0;
  /** (columns) The last of the objects that has a cell in the column. */
  #seen = new Float64Array(0);
  /** Whether the name of a field of the row has white space around it. */
  #hasBlanks = false;
  /** Fields of the row that are no columns yet. */
  #unknown = new Set<string>();
  #expectedLine = 1;
  /** The line in which the last row of NDJSON ends. */
  #lastLine = 0;

  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  constructor(file: string, rows: RawRows, isDocument: boolean) {
    this.#file = file;
    this.#rows = rows;
    this.#isDocument = isDocument;
  }

  /**
   * @param bytes   followed by a line feed at `end`
   * @param isLast  whether nothing follows
   * @returns the begin of what is not complete yet
   * @throws LockstepError that names the row
   */
  scan(bytes: Uint8Array, from: number, end: number, isLast: boolean): number {
    this.#bytes = bytes;
    this.#at = from;
    this.#end = end;
    for (;;) {
      this.#skipWhite();
      if (this.#at >= end) {
        if (isLast && this.#isDocument && this.#state !== 'end') {
          throw this.#invalid('the file ends within the array');
        }
        return end;
      }
      const begin = this.#at;
      const { line } = this;
      try {
        if (this.#isDocument) this.#documentStep();
        else {
          if (line === this.#lastLine) throw this.#invalid('text after a row; expected one object or array per line');
          this.#row();
          this.#lastLine = this.line;
        }
      } catch (error) {
        if (!(error instanceof Incomplete)) throw error;
        this.#rows.clearRow();
        this.line = line;
        if (isLast) throw this.#invalid('the file ends within the row');
        return begin;
      }
    }
  }

  #documentStep(): void {
    const c = this.#bytes[this.#at]!;
    switch (this.#state) {
      case 'begin':
        this.#at++;
        this.#state = 'row';
        return;
      case 'row':
      case 'next row':
        if (c === CLOSE_ARRAY && this.#state === 'row') break;
        this.#row();
        this.#state = 'comma';
        return;
      case 'comma':
        if (c === CLOSE_ARRAY) break;
        if (c !== COMMA) throw this.#invalid(`${this.#found()}; expected a comma or ]`);
        this.#at++;
        this.#state = 'next row';
        return;
      case 'end':
        throw this.#invalid('text after the array');
    }
    this.#at++;
    this.#state = 'end';
  }

  #row(): void {
    const begin = this.#at;
    const { line } = this;
    const c = this.#bytes[begin];
    const rows = this.#rows;
    if (rows.filled === rows.room) rows.flush();
    const isObject = c === OPEN_OBJECT;
    if (!isObject && c !== OPEN_ARRAY) throw this.#invalid(`${this.#found()}; expected an object or an array`);
    const areObjects = this.#records === 0 ? isObject : this.names !== undefined;
    if (isObject !== areObjects) {
      const [found, expected] = isObject ? ['object', 'array'] : ['array', 'object'];
      throw this.#wrong(`an ${found}; expected an ${expected}, as in the first row`);
    }
    if (isObject) {
      this.names ??= [];
      this.#object();
      if (this.#unknown.size > 0) {
        rows.clearRow();
        this.#addColumns();
        this.#at = begin;
        this.line = line;
        this.#object();
      }
      this.#take(line);
    } else if (this.#records === 0) {
      this.first = this.#array(true);
      this.firstLine = this.#isDocument ? 1 : line;
      rows.widen(this.first.length);
      this.ragged = new RaggedRows(this.first.length);
    } else {
      const count = this.#array(false).length;
      if (count === rows.width) this.#take(line);
      else {
        rows.clearRow();
        this.ragged!.add(this.#isDocument ? this.#records + 1 : line, count);
      }
    }
    this.#records++;
  }

  #take(line: number): void {
    const number = this.#isDocument ? this.#records + 1 : line;
    if (number !== this.#expectedLine) this.#rows.breakLine(number);
    this.#expectedLine = number + 1;
    this.#rows.filled++;
  }

  #addColumns(): void {
    const names = this.names!;
    for (const name of this.#unknown) {
      this.#positions.set(name, names.length);
      this.#nameBytes.push(Buffer.from(JSON.stringify(name)));
      names.push(name);
    }
    this.#rows.widen(this.#unknown.size);
    this.#unknown.clear();
    const seen = new Float64Array(names.length);
    seen.set(this.#seen);
    this.#seen = seen;
  }

  #object(): void {
    // (A row may be read several times: for new columns, or because it was not complete.)
    const stamp = ++this.#objects;
    const { width } = this.#rows;
    // (A field that occurs twice is counted once; the last one counts.)
    let found = 0;
    let next = 0;
    let hasTwice = false;
    this.#hasBlanks = false;
    this.#at++;
    if (this.#next() === CLOSE_OBJECT) this.#at++;
    else {
      for (;;) {
        const column = this.#key(next);
        if (this.#next() !== COLON) throw this.#invalid(`${this.#found()}; expected a colon`);
        this.#at++;
        this.#next();
        this.#value(column, undefined);
        if (column >= 0) {
          if (this.#seen[column] === stamp) hasTwice = true;
          else found++;
          this.#seen[column] = stamp;
        }
        next = column + 1;
        if (this.#endsAfterCell(CLOSE_OBJECT)) break;
      }
    }
    if (hasTwice && this.#hasBlanks) {
      throw this.#wrong('two fields whose names differ only in white space; rename one of them');
    }
    // (Unless the row is read again, for new columns.)
    if (this.#unknown.size === 0 && found < width) {
      for (let i = 0; i < width; i++) if (this.#seen[i] !== stamp) this.#rows.setEmpty(i);
    }
  }

  /** @returns the texts of the cells, or as many empty ones */
  #array(isFirst: boolean): string[] {
    const texts: string[] = [];
    this.#at++;
    if (this.#next() === CLOSE_ARRAY) {
      this.#at++;
      return texts;
    }
    for (;;) {
      if (isFirst) this.#value(-1, texts);
      else {
        this.#value(texts.length < this.#rows.width ? texts.length : -1, undefined);
        texts.push('');
      }
      if (this.#endsAfterCell(CLOSE_ARRAY)) return texts;
    }
  }

  #endsAfterCell(close: number): boolean {
    const c = this.#next();
    if (c !== close && c !== COMMA)
      throw this.#invalid(`${this.#found()}; expected a comma or ${String.fromCharCode(close)}`);
    this.#at++;
    if (c === COMMA) this.#next();
    return c === close;
  }

  /** @returns its column; -1 if there is none */
  #key(expected: number): number {
    const bytes = this.#bytes;
    if (bytes[this.#at] !== QUOTE) throw this.#invalid(`${this.#found()}; expected the name of a field in quotes`);
    const known = this.#nameBytes[expected];
    if (known) {
      let i = 0;
      while (i < known.length && bytes[this.#at + i] === known[i]) i++;
      if (i === known.length) {
        this.#at += i;
        return expected;
      }
    }
    const begin = this.#at;
    const hasEscapes = this.#string();
    const name = hasEscapes
      ? this.#unescaped(begin, this.#at)
      : Buffer.from(bytes.subarray(begin + 1, this.#at - 1)).toString();
    const own = trimmed(name);
    if (own !== name) this.#hasBlanks = true;
    const column = this.#positions.get(own);
    if (column === undefined) this.#unknown.add(own);
    return column ?? -1;
  }

  /** Sets a cell, unless the column is negative. @param texts  takes its text, if given */
  #value(column: number, texts: string[] | undefined): void {
    const bytes = this.#bytes;
    const begin = this.#at;
    const c = bytes[begin]!;
    if (c === QUOTE) {
      const hasEscapes = this.#string();
      const text = hasEscapes ? Buffer.from(this.#unescaped(begin, this.#at)) : bytes.subarray(begin + 1, this.#at - 1);
      const from = startOfTrimmed(text, 0, text.length);
      this.#give(column, texts, text, from, endOfTrimmed(text, from, text.length));
    } else if (isDigit(c) || (c === MINUS && bytes[begin + 1] !== 0x49)) {
      this.#number();
      this.#give(column, texts, bytes, begin, this.#at);
    } else this.#word(column, texts);
  }

  #give(column: number, texts: string[] | undefined, bytes: Uint8Array, from: number, to: number): void {
    if (column >= 0) this.#rows.set(column, bytes, from, to, POINT);
    texts?.push(Buffer.from(bytes.subarray(from, to)).toString());
  }

  #word(column: number, texts: string[] | undefined): void {
    const bytes = this.#bytes;
    const word = WORDS.find((each) => each.bytes.every((byte, i) => bytes[this.#at + i] === byte));
    if (word) {
      const from = this.#at;
      this.#at += word.bytes.length;
      this.#give(column, texts, bytes, word.isEmpty ? this.#at : from, this.#at);
      return;
    }
    const c = bytes[this.#at];
    if (c === OPEN_OBJECT || c === OPEN_ARRAY) {
      const found = c === OPEN_OBJECT ? 'an object' : 'an array';
      throw this.#wrong(`${found} in a cell; expected a text, a number, true, false or null`);
    }
    // The word may be cut off.
    let end = this.#at;
    while (end < this.#end && bytes[end]! > COMMA && bytes[end] !== CLOSE_ARRAY && bytes[end] !== CLOSE_OBJECT) end++;
    if (end === this.#end) throw INCOMPLETE;
    throw this.#invalid(`${this.#found()}; expected a value`);
  }

  /** Moves behind a number of JSON's grammar. */
  #number(): void {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at] === MINUS) at++;
    const whole = at;
    while (isDigit(bytes[at]!)) at++;
    let isValid = at > whole && (bytes[whole] !== ZERO || at === whole + 1);
    if (bytes[at] === POINT) {
      const point = at++;
      while (isDigit(bytes[at]!)) at++;
      isValid &&= at > point + 1;
    }
    if ((bytes[at]! | 0x20) === 0x65) {
      at++;
      if (bytes[at] === MINUS || bytes[at] === PLUS) at++;
      const exponent = at;
      while (isDigit(bytes[at]!)) at++;
      isValid &&= at > exponent;
    }
    if (at >= this.#end) throw INCOMPLETE;
    if (!isValid) throw this.#invalid(`${this.#found()}; expected a number of JSON`);
    this.#at = at;
  }

  /** Moves behind a string. @returns whether it has escapes */
  #string(): boolean {
    const bytes = this.#bytes;
    let hasEscapes = false;
    let at = this.#at + 1;
    for (;;) {
      const c = bytes[at]!;
      if (c === QUOTE) break;
      if (c < SPACE) {
        if (at >= this.#end) throw INCOMPLETE;
        throw this.#invalid('a line break or another control character in a string; write \\n or \\u0000 to \\u001f');
      }
      if (c === BACKSLASH) {
        hasEscapes = true;
        at++;
        if (at >= this.#end) throw INCOMPLETE;
      }
      at++;
    }
    this.#at = at + 1;
    return hasEscapes;
  }

  /** @param from  of the opening quote @param to  behind the closing quote */
  #unescaped(from: number, to: number): string {
    const text = Buffer.from(this.#bytes.subarray(from, to)).toString();
    try {
      return parseJson(text) as string;
    } catch (error) {
      throw this.#invalid(reason(error));
    }
  }

  /** Skips white space. @returns the byte behind it */
  #next(): number {
    this.#skipWhite();
    if (this.#at >= this.#end) throw INCOMPLETE;
    return this.#bytes[this.#at]!;
  }

  #skipWhite(): void {
    const bytes = this.#bytes;
    for (; this.#at < this.#end; this.#at++) {
      const c = bytes[this.#at]!;
      if (c > SPACE) return;
      if (c === LINE_FEED) this.line++;
      else if (c === CARRIAGE_RETURN) {
        if (bytes[this.#at + 1] !== LINE_FEED || this.#at + 1 >= this.#end) this.line++;
      } else if (c !== SPACE && c !== TAB) return;
    }
  }

  /** For messages: what stands at the position. */
  #found(): string {
    const text = Buffer.from(this.#bytes.subarray(this.#at, Math.min(this.#end, this.#at + 40))).toString();
    return shown(text.split(/[\r\n]/, 1)[0] ?? '');
  }

  #invalid(problem: string) {
    return this.#wrong(`invalid JSON (${problem})`);
  }

  #wrong(problem: string) {
    const row = this.#isDocument && this.#state !== 'end' ? this.#records + 1 : this.line;
    return errors.tableRow(this.#file, row, problem);
  }
}
