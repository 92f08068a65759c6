/** Reads a table: CSV, NDJSON or a JSON document. */
import { errors } from '../../errors.js';
import { bytesOfTable, nameOfTable } from './bytes.js';
import { CsvScanner, textAfterQuote } from './csv-scanner.js';
import { type DialectOptions, delimiterNamed, openingOf } from './dialect.js';
import { isHeaderRow } from './find-header.js';
import { requireDifferent } from './header.js';
import { HEAD_BYTES, Input, inPieces, MOST_ROW_BYTES } from './input.js';
import { JsonScanner } from './json-scanner.js';
import { POINT } from './numerals.js';
import { closeInParts, openInParts, type PartedFile, type RowsBehind, rowsInParts } from './parts/read-parts.js';
import { pauser } from './pauser.js';
import { RaggedRows } from './ragged-rows.js';
import { RawRows } from './raw-rows.js';
import type { RawTable } from './raw-table.js';
import { inUtf8, type TextEncoding } from './utf8.js';

export interface CsvOptions {
  /** A character or a name of `delimiterNamed`. @default the one that cuts the first rows evenly */
  readonly delimiter?: string | undefined;
  /** A character; lines that begin with it are skipped. @default none */
  readonly comment?: string | undefined;
  /** Of bytes without a byte order mark. @default 'utf-8' */
  readonly encoding?: TextEncoding | undefined;
  /** Used instead of a search for the delimiter, and ignored for JSON. */
  readonly usualDelimiter?: string | undefined;
  /** Threads that may read a large file. Do not affect the result. @default one for each available core */
  readonly threads?: number | undefined;
}

export interface ReadOptions extends CsvOptions {
  /** @default 'auto' */
  readonly header?: 'auto' | 'yes' | 'no' | undefined;
  /** Name of the label column, or its number, from 1. A first row that has the name is a header. */
  readonly label?: string | undefined;
  /** Names of other columns that the caller knows. A first row that has one of them is a header. */
  readonly names?: readonly string[] | undefined;
}

/** Those of more options. */
export function csvOptionsOf({ delimiter, comment, encoding, threads }: CsvOptions): CsvOptions {
  return { delimiter, comment, encoding, threads };
}

/** @throws LockstepError (status 2) if an option is neither a name nor a character that can be used */
export function dialectOf({ delimiter, comment, usualDelimiter }: CsvOptions): DialectOptions {
  const usual = usualDelimiter === undefined ? undefined : delimiterNamed(usualDelimiter);
  return { delimiter: byteOf('delimiter', delimiter) ?? usual, comment: byteOf('comment', comment) };
}

/** With what the reader has found out, to be shown. */
export interface ReadTable extends RawTable {
  readonly format: 'csv' | 'ndjson' | 'json';
  /** Undefined for JSON; `' '` for any number of blanks. */
  readonly delimiter: string | undefined;
}

type CsvRows = Pick<RawRows, 'count' | 'notations' | 'summaryOf' | 'lineOf' | 'lines' | 'finish'>;

const [OPEN_OBJECT, OPEN_ARRAY] = [0x7b, 0x5b];

/**
 * @param data    a file, or `-` for stdin
 * @param signal  ends the reading
 * @throws LockstepError that names the row; the reason of the signal
 */
export async function readRawTable(data: string, options: ReadOptions = {}, signal?: AbortSignal): Promise<ReadTable> {
  const { encoding = 'utf-8', threads } = options;
  const parted = encoding === 'utf-8' ? await openInParts(data, threads) : undefined;
  try {
    // The parts and what comes before them are of the same file, even if another one takes its name meanwhile.
    const bytes = bytesOfTable(data, signal, parted?.file);
    return await readRawTableFrom(nameOfTable(data), bytes, options, signal, parted);
  } finally {
    if (parted) await closeInParts(parted);
  }
}

/**
 * @param file    for messages
 * @param chunks  the bytes, gunzipped
 * @param signal  ends the reading
 * @param parted  the same bytes, if they are a large file
 * @throws LockstepError that names the row; the reason of the signal
 */
export async function readRawTableFrom(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  options: ReadOptions = {},
  signal?: AbortSignal,
  parted?: PartedFile,
): Promise<ReadTable> {
  const input = new Input(file, inPieces(inUtf8(chunks, options.encoding), signal));
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
    return await (isJson ? readJson(file, input, options) : readCsv(file, input, options, signal, parted));
  } finally {
    await input.close();
  }
}

async function readCsv(
  file: string,
  input: Input,
  options: ReadOptions,
  signal: AbortSignal | undefined,
  parted: PartedFile | undefined,
): Promise<ReadTable> {
  input.check(1);
  const given = dialectOf(options);
  const find = () => openingOf(input.bytes.subarray(0, input.end), input.isWhole, given);
  let opening = find();
  for (let tried = input.end; !opening; opening = find(), tried = input.end) {
    if (input.end > MOST_ROW_BYTES) throw errors.rowTooLong(file, 1, MOST_ROW_BYTES);
    if (!input.isWhole) await input.double(tried);
    input.check(1);
  }
  await pauser(0)();
  const { dialect, first, width } = opening;
  // Before the bytes move.
  const own = first?.cells() ?? [];
  if (first?.isBroken) throw textAfterQuote(file, first.line);
  const ragged = new RaggedRows(width);
  const place = { from: first?.end ?? 0, line: first?.nextLine ?? 1, width, dialect };
  input.consumed(place.from);
  let rows: CsvRows | undefined;
  if (parted && first) rows = await rowsInParts(parted, place, signal);
  rows ??= await rowsInTurn(file, input, place, ragged);
  if (!first) throw errors.emptyTable(file);
  ragged.requireNone(file);
  const mixed = rows.notations.indexOf(3);
  const isShort = width > first.width;
  const cells = isShort ? ['', ...own] : own;
  const hasHeader = isHeader(cells, rows, options);
  if (isShort && !hasHeader) throw errors.raggedRow(file, rows.lineOf(0), width, first.width);
  const table = await tableOf(file, rows, cells, first.line, hasHeader, dialect.comma);
  if (mixed >= 0) {
    throw errors.mixedDecimals(file, hasHeader ? `column ${mixed + 1} (${cells[mixed]})` : `column ${mixed + 1}`);
  }
  return { ...table, format: 'csv', delimiter: dialect.delimiter < 0 ? ' ' : String.fromCharCode(dialect.delimiter) };
}

/** The rows from begin to end. */
async function rowsInTurn(
  file: string,
  input: Input,
  { width, dialect, line }: RowsBehind,
  ragged: RaggedRows,
): Promise<RawRows> {
  const rows = new RawRows(file, width);
  await scanAll(file, input, rows, new CsvScanner(file, rows, dialect, line, ragged));
  return rows;
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

function isHeader(
  first: readonly string[],
  rows: Pick<CsvRows, 'summaryOf'>,
  { header = 'auto', label, names = [] }: ReadOptions,
): boolean {
  const known = new Set(label === undefined ? names : [label, ...names]);
  return isHeaderRow(first, (column) => rows.summaryOf(column), header, known);
}

/** @param first  the names, or the cells of the first row */
async function tableOf(
  file: string,
  rows: CsvRows,
  first: readonly string[],
  firstLine: number,
  hasHeader: boolean,
  comma: number,
): Promise<RawTable> {
  if (hasHeader) requireDifferent(file, first);
  const { count } = rows;
  const columns = await rows.finish(hasHeader ? [] : first, comma, pauser());
  return {
    names: hasHeader ? first : first.map((_, i) => String(i + 1)),
    hasHeader,
    count: hasHeader ? count : count + 1,
    columns,
    lineOf: hasHeader ? rows.lines : linesWith(firstLine, rows.lines),
  };
}

/** Where the first line is a row. */
function linesWith(firstLine: number, lineOf: (row: number) => number): (row: number) => number {
  return (row) => (row === 0 ? firstLine : lineOf(row - 1));
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
    if (rest > MOST_ROW_BYTES) throw errors.rowTooLong(file, scanner.line, MOST_ROW_BYTES);
    await pause();
    await input.double(rest);
  }
}
