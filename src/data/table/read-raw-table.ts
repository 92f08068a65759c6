/** Reads a table: CSV, NDJSON or a JSON document. */
import { isUtf8 } from 'node:buffer';
import { errors } from '../../errors.js';
import { bytesOfTable, nameOfTable } from './bytes.js';
import type { Header } from './columns.js';
import { CARRIAGE_RETURN, CsvScanner, LINE_FEED, textAfterQuote } from './csv-scanner.js';
import { delimiterNamed, openingOf } from './dialect.js';
import { isHeaderRow } from './header.js';
import { JsonScanner } from './json-scanner.js';
import { POINT } from './numerals.js';
import { RawRows } from './raw-rows.js';
import type { RawTable } from './raw-table.js';
import { MOST_ROW_BYTES } from './text.js';

export interface ReadOptions {
  /** @default 'auto' */
  readonly header?: Header | undefined;
  /** A character or a name of `delimiterNamed`. @default the one that cuts the first rows evenly */
  readonly delimiter?: string | undefined;
  /** A character; lines that begin with it are skipped. @default none */
  readonly comment?: string | undefined;
  /** Names of columns that the caller expects: if the first row has one of them, it is a header. */
  readonly known?: readonly string[] | undefined;
}

/** With what the reader has found out, to be shown. */
export interface ReadTable extends RawTable {
  readonly format: 'csv' | 'ndjson' | 'json';
  /** Undefined for JSON; `' '` for any number of blanks. */
  readonly delimiter: string | undefined;
}

/** Bytes of the head that decide about the delimiter, unless the second row ends later. */
const HEAD_BYTES = 1 << 16;
/** Bytes that are scanned without a pause: a millisecond or two, and 20 ms before the code is optimized. */
const PIECE_BYTES = 1 << 18;
/** A server must answer meanwhile. */
const PAUSE_AFTER_MS = 10;
const MOST_CHARACTER_BYTES = 4;
const BLANKS: readonly number[] = [LINE_FEED, CARRIAGE_RETURN, 0x09, 0x20];
const [OPEN_OBJECT, OPEN_ARRAY] = [0x7b, 0x5b];

/**
 * @param data    a file, or `-` for stdin
 * @param signal  ends the reading
 * @throws LockstepError that names the row; the reason of the signal
 */
export function readRawTableOf(data: string, options: ReadOptions = {}, signal?: AbortSignal): Promise<ReadTable> {
  return readRawTable(nameOfTable(data), bytesOfTable(data, signal), options, signal);
}

/**
 * @param file    for messages
 * @param chunks  the bytes, gunzipped
 * @param signal  ends the reading
 * @throws LockstepError that names the row; the reason of the signal
 */
export async function readRawTable(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
  signal?: AbortSignal,
): Promise<ReadTable> {
  const input = new Input(file, inPieces(inUtf8(chunks), signal));
  try {
    do await input.more();
    while (
      !input.isWhole &&
      (input.end < HEAD_BYTES || (input.firstByte() === undefined && input.end < MOST_ROW_BYTES))
    );
    if (input.bytes.subarray(0, input.end).includes(0)) throw errors.notATable(file);
    const first = input.firstByte();
    if (first === undefined) throw errors.emptyTable(file);
    const isJson = first === OPEN_OBJECT || first === OPEN_ARRAY;
    return await (isJson ? readJson(file, input, options) : readCsv(file, input, options));
  } finally {
    await input.close();
  }
}

async function readCsv(file: string, input: Input, options: ReadOptions): Promise<ReadTable> {
  input.check(1);
  const delimiter = byteOf('delimiter', options.delimiter);
  const comment = byteOf('comment', options.comment);
  const find = () => openingOf(input.bytes.subarray(0, input.end), input.isWhole, { delimiter, comment });
  let opening = find();
  for (let tried = input.end; !opening; opening = find(), tried = input.end) {
    if (input.end > MOST_ROW_BYTES) throw rowTooLong(file, 1);
    while (!input.isWhole && input.end < 2 * tried) await input.more();
    input.check(1);
  }
  await pauser(0)();
  const { dialect, first, width } = opening;
  if (first?.isBroken) throw textAfterQuote(file, first.line);
  const rows = new RawRows(file, width);
  const scanner = new CsvScanner(file, rows, dialect, first?.nextLine ?? 1);
  input.consumed(first?.end ?? 0);
  await scanAll(file, input, rows, scanner);
  if (!first) throw errors.emptyTable(file);
  scanner.ragged.requireNone(file);
  const mixed = rows.notations.indexOf(3);
  const isShort = width > first.cells.length;
  const cells = isShort ? ['', ...first.cells] : first.cells;
  const hasHeader = isHeader(cells, rows, options);
  if (isShort && !hasHeader) throw errors.raggedRow(file, rows.lineOf(0), width, first.cells.length);
  const table = await tableOf(file, rows, cells, first.line, hasHeader, dialect.comma);
  if (mixed >= 0) {
    throw errors.mixedDecimals(file, hasHeader ? `column ${mixed + 1} (${cells[mixed]})` : `column ${mixed + 1}`);
  }
  return { ...table, format: 'csv', delimiter: dialect.delimiter < 0 ? ' ' : String.fromCharCode(dialect.delimiter) };
}

async function readJson(file: string, input: Input, options: ReadOptions): Promise<ReadTable> {
  if (options.delimiter !== undefined) throw errors.delimiterOfJson(file, 'delimiter');
  if (options.comment !== undefined) throw errors.delimiterOfJson(file, 'comment');
  const isDocument = await isJsonDocument(input);
  const rows = new RawRows(file, 0);
  const scanner = new JsonScanner(file, rows, isDocument);
  await scanAll(file, input, rows, scanner);
  const { names, first = [], firstLine } = scanner;
  if (names && options.header === 'no') throw errors.headerOfObjects(file);
  scanner.ragged?.requireNone(file);
  if (rows.width === 0) throw errors.emptyTable(file);
  const hasHeader = names !== undefined || isHeader(first, rows, options);
  const table = await tableOf(file, rows, names ?? first, firstLine, hasHeader, POINT);
  return { ...table, format: isDocument ? 'json' : 'ndjson', delimiter: undefined };
}

/** An array of rows; NDJSON of arrays has cells behind the first bracket. */
async function isJsonDocument(input: Input): Promise<boolean> {
  if (input.firstByte() !== OPEN_ARRAY) return false;
  for (;;) {
    const second = input.byteAfterFirst();
    if (second !== undefined) return second === OPEN_OBJECT || second === OPEN_ARRAY;
    if (input.isWhole) return true;
    await input.more();
  }
}

function byteOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const byte = delimiterNamed(text);
  if (byte === undefined) throw errors.invalidOption(option, text, 'a character such as ; or |, or tab, comma, blanks');
  return byte;
}

function isHeader(first: readonly string[], rows: RawRows, { header = 'auto', known }: ReadOptions): boolean {
  return isHeaderRow(first, (column) => rows.summaryOf(column), header, new Set(known));
}

/** @param first  the names, or the cells of the first row */
async function tableOf(
  file: string,
  rows: RawRows,
  first: readonly string[],
  firstLine: number,
  hasHeader: boolean,
  comma: number,
): Promise<RawTable> {
  const positions = new Map<string, number>();
  if (hasHeader) {
    for (const [i, name] of first.entries()) {
      const before = positions.get(name);
      if (before !== undefined && name !== '') throw errors.sameColumns(file, name, before + 1, i + 1);
      positions.set(name, i);
    }
  }
  const { count } = rows;
  const columns = await rows.finish(hasHeader ? [] : first, comma, pauser());
  return {
    names: hasHeader ? first : first.map((_, i) => String(i + 1)),
    hasHeader,
    count: hasHeader ? count : count + 1,
    columns,
    lineOf: (row) => (hasHeader ? rows.lineOf(row) : row === 0 ? firstLine : rows.lineOf(row - 1)),
  };
}

interface Scanner {
  readonly line: number;
  scan(bytes: Uint8Array, from: number, end: number, isLast: boolean): number;
}

async function scanAll(file: string, input: Input, rows: RawRows, scanner: Scanner): Promise<void> {
  const pause = pauser();
  for (;;) {
    input.check(scanner.line);
    rows.bytes = input.total;
    input.consumed(scanner.scan(input.bytes, input.begin, input.end, input.isWhole));
    if (input.isWhole) return;
    const rest = input.end - input.begin;
    if (rest > MOST_ROW_BYTES) throw rowTooLong(file, scanner.line);
    await pause();
    // A long row is scanned again from its begin: each time with twice as many bytes, so that the time stays linear.
    do await input.more();
    while (!input.isWhole && input.end - input.begin < 2 * rest);
  }
}

function rowTooLong(file: string, row: number) {
  return errors.tableRow(file, row, `longer than ${MOST_ROW_BYTES} bytes; check for an unclosed quote (")`);
}

/** @returns a function that lets others run, if they have waited long enough */
function pauser(afterMs = PAUSE_AFTER_MS): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < afterMs) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now();
        resolve();
      });
    });
  };
}

/** A window on the bytes, from the begin of the current row, with a line feed behind the end. */
class Input {
  bytes = new Uint8Array(2 * HEAD_BYTES);
  begin = 0;
  end = 0;
  isWhole = false;
  /** Bytes so far. */
  total = 0;

  readonly #file: string;
  readonly #pieces: AsyncGenerator<Uint8Array>;
  /** Up to here, the bytes are known to be UTF-8. */
  #checked = 0;

  constructor(file: string, pieces: AsyncGenerator<Uint8Array>) {
    this.#file = file;
    this.#pieces = pieces;
  }

  close(): Promise<unknown> {
    return this.#pieces.return(undefined);
  }

  /** Appends a piece. */
  async more(): Promise<void> {
    const { value, done } = await this.#pieces.next();
    if (done) {
      this.isWhole = true;
      return;
    }
    const rest = this.end - this.begin;
    const needed = rest + value.length + 1;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(2 * needed);
      grown.set(this.bytes.subarray(this.begin, this.end));
      this.bytes = grown;
    } else this.bytes.copyWithin(0, this.begin, this.end);
    this.#checked -= this.begin;
    this.begin = 0;
    this.bytes.set(value, rest);
    this.end = rest + value.length;
    this.bytes[this.end] = LINE_FEED;
    this.total += value.length;
  }

  /** The bytes before `at` are needed no more. */
  consumed(at: number): void {
    this.begin = at;
  }

  /** The first that is not blank. */
  firstByte(): number | undefined {
    return this.#unblank(0).byte;
  }

  byteAfterFirst(): number | undefined {
    return this.#unblank(this.#unblank(0).at + 1).byte;
  }

  #unblank(from: number): { readonly byte: number | undefined; readonly at: number } {
    let at = from;
    while (at < this.end && BLANKS.includes(this.bytes[at]!)) at++;
    return { byte: at < this.end ? this.bytes[at] : undefined, at };
  }

  /**
   * @param line  at the begin
   * @throws LockstepError that names the line if a byte is not UTF-8
   */
  check(line: number): void {
    const to = this.isWhole ? this.end : endOfCharacters(this.bytes, this.begin, this.end);
    const from = Math.max(this.begin, this.#checked);
    if (!isUtf8(this.bytes.subarray(from, to))) {
      throw errors.tableNotUtf8(this.#file, line + this.#linesBeforeFault());
    }
    this.#checked = to;
  }

  #linesBeforeFault(): number {
    let lines = 0;
    let from = this.begin;
    for (let i = this.begin; i < this.end; i++) {
      const byte = this.bytes[i];
      if (byte !== LINE_FEED && byte !== CARRIAGE_RETURN) continue;
      if (!isUtf8(this.bytes.subarray(from, i))) break;
      if (byte === CARRIAGE_RETURN || this.bytes[i - 1] !== CARRIAGE_RETURN || i === this.begin) lines++;
      from = i + 1;
    }
    return lines;
  }
}

/** Position after the last complete character. Invalid bytes are kept, so that the check finds them. */
function endOfCharacters(bytes: Uint8Array, begin: number, end: number): number {
  for (let back = 1; back < MOST_CHARACTER_BYTES && back <= end - begin; back++) {
    const byte = bytes[end - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? end - back : end;
  }
  return end;
}

/** Without the byte order mark; UTF-16 with such a mark, which spreadsheets write as "Unicode text", is converted. */
async function* inUtf8(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | undefined = new Uint8Array(0);
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  const converted = (bytes: Uint8Array, options?: { stream: boolean }) =>
    decoder ? Buffer.from(decoder.decode(bytes, options)) : bytes;
  for await (const chunk of chunks) {
    if (!head) {
      yield converted(chunk, { stream: true });
      continue;
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    if (head.length < 3) continue;
    const { encoding, skip } = markOf(head);
    if (encoding !== undefined) decoder = new TextDecoder(encoding);
    yield converted(head.subarray(skip), { stream: true });
    head = undefined;
  }
  if (head) yield head.subarray(markOf(head).skip);
  else if (decoder) yield Buffer.from(decoder.decode());
}

function markOf([a, b, c]: Uint8Array): { readonly encoding?: string; readonly skip: number } {
  if (a === 0xef && b === 0xbb && c === 0xbf) return { skip: 3 };
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', skip: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', skip: 2 };
  return { skip: 0 };
}

async function* inPieces(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) yield chunk.subarray(from, from + PIECE_BYTES);
  }
}
