/** Finds the delimiter of a CSV file, and cuts its first rows, cell by cell. */
import {
  BLANKS,
  CARRIAGE_RETURN,
  type Dialect,
  endOfTrimmed,
  LINE_FEED,
  NONE,
  QUOTE,
  SPACE,
  startOfTrimmed,
  TAB,
} from './csv-scanner.js';
import { POINT } from './numerals.js';
import { MOST_COLUMNS } from './raw-rows.js';

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const PIPE = 0x7c;
/** Rows that decide, and cells of which at most two rows may have more: the sample must not take long. */
const SAMPLE_ROWS = 50;
const SAMPLE_CELLS = 2000;
/** Part of the rows that a delimiter must cut alike to be considered at all. */
const MOST_OF = 0.5;
const DECIMAL_COMMA = /^[+-]?\d*,\d+(e[+-]?\d+)?$/i;

const DELIMITER_NAMES: Readonly<Record<string, number>> = {
  comma: COMMA,
  semicolon: SEMICOLON,
  tab: TAB,
  '\\t': TAB,
  pipe: PIPE,
  blanks: BLANKS,
  ' ': BLANKS,
};

/** The byte of `--delimiter` or `--comment`; undefined if the text is neither a name nor one character that can be a delimiter. */
export function delimiterNamed(text: string): number | undefined {
  const named = Object.hasOwn(DELIMITER_NAMES, text) ? DELIMITER_NAMES[text] : undefined;
  if (named !== undefined) return named;
  // Not what numbers, names and quoted cells are made of.
  return /^[\t!#$%&'()*,/:;<=>?@[\\\]^_`{|}~]$/.test(text) ? text.charCodeAt(0) : undefined;
}

export interface CutRow {
  /** Number of cells. */
  readonly width: number;
  /** Their texts. */
  readonly cells: () => string[];
  /** From 1. */
  readonly line: number;
  /** Behind its line end. */
  readonly end: number;
  /** Line at `end`. */
  readonly nextLine: number;
  /** Whether text follows a closing quote. */
  readonly isBroken: boolean;
}

/** What the first bytes of a file tell. */
export interface Opening {
  readonly dialect: Dialect;
  /** The first row; undefined if the bytes have none. */
  readonly first: CutRow | undefined;
  /** Columns of the rows: those of the first row, or one more if it has no name for the row names, as R writes it. */
  readonly width: number;
}

export interface DialectOptions {
  /** A byte or `BLANKS`. @default the one that cuts the first rows evenly */
  readonly delimiter?: number | undefined;
  /** @default NONE */
  readonly comment?: number | undefined;
  /** Complete rows that are enough to decide. @default 2 */
  readonly fewest?: number;
}

/**
 * @param isWhole  whether the bytes are the whole file
 * @returns undefined if more bytes are needed
 */
export function openingOf(
  head: Uint8Array,
  isWhole: boolean,
  { delimiter, comment = NONE, fewest = 2 }: DialectOptions,
): Opening | undefined {
  if (!isWhole && !head.includes(LINE_FEED) && !head.includes(CARRIAGE_RETURN)) return undefined;
  const declared = declaredIn(head);
  const skip = declared?.end ?? 0;
  const cut = (each: number) => cutRows(head, skip, each, comment, isWhole);
  const chosen = delimiter ?? declared?.delimiter ?? delimiterOf(cut);
  const own = chosen ?? COMMA;
  const rows = cut(own);
  if (rows.length < fewest && !isWhole) return undefined;
  const [first, ...others] = rows;
  const dialect = { delimiter: own, comma: own === SEMICOLON ? COMMA : POINT, comment };
  return { dialect, first, width: widthOf(first, others) };
}

function widthOf(first: CutRow | undefined, others: readonly CutRow[]): number {
  const width = first?.width ?? 0;
  const isShort = width > 1 && others.length > 0 && others.every((other) => other.width === width + 1);
  return isShort ? width + 1 : width;
}

/** Spreadsheets write and read a first line such as `sep=;`. */
function declaredIn(head: Uint8Array): { readonly delimiter: number; readonly end: number } | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 16)).toString('latin1');
  const found = /^"?sep=([^\r\n"])"?(?:\r\n|\n|\r(?!$))/i.exec(text);
  return found ? { delimiter: found[1]!.charCodeAt(0), end: found[0].length } : undefined;
}

/**
 * The delimiter that cuts the rows evenly. Semicolons come before commas, which may be decimal commas; blanks come last,
 * because texts have them.
 */
function delimiterOf(cut: (delimiter: number) => readonly CutRow[]): number | undefined {
  let best: { readonly delimiter: number; readonly rank: number } | undefined;
  for (const delimiter of [TAB, SEMICOLON, COMMA, PIPE, BLANKS]) {
    const rows = cut(delimiter);
    const rank = rankOf(rows) * (delimiter === BLANKS ? MOST_OF : 1);
    const isBetter = rank > (best?.rank ?? 0);
    const isRival = delimiter === COMMA && best?.delimiter === SEMICOLON && rank === best.rank;
    if (isBetter || (isRival && !areDecimal(cut(SEMICOLON)))) best = { delimiter, rank };
  }
  return best?.delimiter;
}

/** Whether the commas between semicolons are mostly those of decimal numbers. */
function areDecimal(rows: readonly CutRow[]): boolean {
  const withComma = rows.flatMap(({ cells }) => cells()).filter((cell) => cell.includes(','));
  return 2 * withComma.filter((cell) => DECIMAL_COMMA.test(cell)).length >= withComma.length;
}

/** The part of the rows that have the most common number of cells; 0 if that is 1, or if a row cannot be cut. */
function rankOf(rows: readonly CutRow[]): number {
  if (rows.some(({ isBroken }) => isBroken)) return 0;
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(row.width, (counts.get(row.width) ?? 0) + 1);
  const [width, count] = [...counts].reduce((most, each) => (each[1] > most[1] ? each : most), [1, 0]);
  const part = count / rows.length;
  return width > 1 && part > MOST_OF ? part : 0;
}

/** The first complete rows. Blank lines and comments are none. */
function cutRows(bytes: Uint8Array, from: number, delimiter: number, comment: number, isWhole: boolean): CutRow[] {
  const rows: CutRow[] = [];
  const cutter = new Cutter(bytes, delimiter, comment, from);
  if (from > 0) cutter.line = 2;
  let cells = 0;
  while (rows.length < 2 || (rows.length < SAMPLE_ROWS && cells < SAMPLE_CELLS)) {
    const row = cutter.next(isWhole);
    if (!row) break;
    rows.push(row);
    cells += row.width;
  }
  return rows;
}

/** The same grammar as the scanner's, for few rows. */
export class Cutter {
  at: number;
  line = 1;
  #isBroken = false;
  readonly #bytes: Uint8Array;
  readonly #delimiter: number;
  readonly #comment: number;

  constructor(bytes: Uint8Array, delimiter: number, comment: number, at: number) {
    this.#bytes = bytes;
    this.#delimiter = delimiter;
    this.#comment = comment;
    this.at = at;
  }

  /** Undefined if there is no complete row. */
  next(isWhole: boolean): CutRow | undefined {
    const { length } = this.#bytes;
    for (;;) {
      this.#skipBlanks();
      if (this.at >= length) return undefined;
      const isComment = this.#bytes[this.at] === this.#comment;
      if (isComment) while (this.at < length && !this.#isLineEnd()) this.at++;
      if (this.at >= length) return undefined;
      if (!this.#isLineEnd()) break;
      if (!this.#skipLineEnd(isWhole)) return undefined;
    }
    const { line } = this;
    this.#isBroken = false;
    // Begin and end of each cell; a quoted one begins with its quote.
    const spans: number[] = [];
    let width = 0;
    for (;;) {
      this.#skipBlanks();
      const begin = this.at;
      const end = this.#cell();
      if (end === undefined) return undefined;
      if (width++ < MOST_COLUMNS) spans.push(begin, end);
      this.#skipBlanks();
      if (this.at >= length) {
        if (!isWhole) return undefined;
        break;
      }
      if (this.#isLineEnd()) {
        if (!this.#skipLineEnd(isWhole)) return undefined;
        break;
      }
      if (this.#delimiter !== BLANKS) this.at++;
    }
    const bytes = this.#bytes;
    const cells = () =>
      Array.from({ length: spans.length / 2 }, (_, i) => cellIn(bytes, spans[2 * i]!, spans[2 * i + 1]!));
    return { width, cells, line, end: this.at, nextLine: this.line, isBroken: this.#isBroken };
  }

  /**
   * Leaves the position at the delimiter, the line end or a blank.
   *
   * @returns where the text ends; undefined if a quoted cell does not end
   */
  #cell(): number | undefined {
    const bytes = this.#bytes;
    if (bytes[this.at] !== QUOTE) {
      this.#skipText();
      return this.at;
    }
    for (this.at++; this.at < bytes.length; this.at++) {
      if (this.#isLineEnd()) {
        if (bytes[this.at] === CARRIAGE_RETURN && bytes[this.at + 1] === LINE_FEED) this.at++;
        this.line++;
      } else if (bytes[this.at] === QUOTE) {
        if (bytes[++this.at] === QUOTE) continue;
        const end = this.at - 1;
        this.#skipBlanks();
        const isEnd = this.at >= bytes.length || this.#isLineEnd() || this.#isDelimiter();
        if (!isEnd && !(this.#delimiter === BLANKS && this.at > end + 1)) {
          this.#isBroken = true;
          this.#skipText();
        }
        return end;
      }
    }
    return undefined;
  }

  #skipText(): void {
    while (this.at < this.#bytes.length && !this.#isLineEnd() && !this.#isDelimiter()) this.at++;
  }

  #isDelimiter(): boolean {
    const byte = this.#bytes[this.at];
    return this.#delimiter === BLANKS ? byte === SPACE || byte === TAB : byte === this.#delimiter;
  }

  #skipBlanks(): void {
    const isTab = this.#delimiter === TAB;
    while (this.#bytes[this.at] === SPACE || (this.#bytes[this.at] === TAB && !isTab)) this.at++;
  }

  #isLineEnd(): boolean {
    const byte = this.#bytes[this.at];
    return byte === LINE_FEED || byte === CARRIAGE_RETURN;
  }

  /** @returns false if a line feed may follow a carriage return */
  #skipLineEnd(isWhole: boolean): boolean {
    const bytes = this.#bytes;
    if (bytes[this.at] === CARRIAGE_RETURN) {
      if (this.at + 1 >= bytes.length && !isWhole) return false;
      if (bytes[this.at + 1] === LINE_FEED) this.at++;
    }
    this.at++;
    this.line++;
    return true;
  }
}

function cellIn(bytes: Uint8Array, from: number, to: number): string {
  if (bytes[from] !== QUOTE) return textOf(bytes, from, to);
  const text = Buffer.from(bytes.subarray(from + 1, to))
    .toString()
    .replaceAll('""', '"');
  const undoubled = Buffer.from(text);
  return textOf(undoubled, 0, undoubled.length);
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  const begin = startOfTrimmed(bytes, from, to);
  return Buffer.from(bytes.subarray(begin, endOfTrimmed(bytes, begin, to))).toString();
}
