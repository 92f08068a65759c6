/** CSV (RFC 4180), with commas, semicolons or tabs. */
import { CsvError, parse } from 'csv-parse/sync';
import { errors } from '../../errors.js';
import type { Row } from './row.js';
import { checkedText, MOST_ROW_BYTES } from './text.js';

/** By precedence: with semicolons, commas are decimal separators. */
const DELIMITERS = ['\t', ';', ','] as const;

/**
 * Skips blank lines.
 *
 * @param file  for messages
 * @param head  at least the first line, which determines the delimiter
 * @throws LockstepError that names the row
 */
export async function* csvRows(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  head: Buffer,
): AsyncGenerator<readonly Row[]> {
  const records = new Records(file, delimiterOf(head.toString('utf8')));
  for await (const chunk of checkedText(file, chunks)) yield records.take(chunk.toString('utf8'));
  yield records.finish();
}

/** The first delimiter by precedence that occurs in the first line outside quotes. */
export function delimiterOf(text: string): string {
  const line = /^\s*[^\r\n]*/.exec(text.replaceAll(/"[^"]*("|$)/g, ''))?.[0] ?? '';
  return DELIMITERS.find((each) => line.includes(each)) ?? ',';
}

/**
 * Splits a stream of text into records. Lines without quotes, the common case, are simply split; records with quotes, which
 * may span several lines, go to the CSV parser.
 */
class Records {
  readonly #file: string;
  readonly #delimiter: string;
  /** Number of the current line. */
  #row = 1;
  /** The incomplete last line. */
  #rest = '';
  /** The previous lines of a record with quotes, and whether a quoted cell is still open. */
  #begun = '';
  #isOpen = false;
  #rows: Row[] = [];

  constructor(file: string, delimiter: string) {
    this.#file = file;
    this.#delimiter = delimiter;
  }

  /** @returns the rows that this text completes */
  take(text: string): readonly Row[] {
    const all = this.#rest + text;
    const lineEnd = /\r\n|\n|\r/g;
    let from = 0;
    for (let found = lineEnd.exec(all); found; found = lineEnd.exec(all)) {
      // May be the first half of CRLF.
      if (found[0] === '\r' && lineEnd.lastIndex === all.length) break;
      this.#line(all.slice(from, found.index), found[0]);
      from = lineEnd.lastIndex;
    }
    this.#rest = all.slice(from);
    return this.#takeRows();
  }

  /** @returns the last row, if it has no line end */
  finish(): readonly Row[] {
    this.#line(this.#rest.replace(/\r$/, ''), '');
    if (this.#isOpen) this.#record();
    return this.#takeRows();
  }

  #takeRows(): readonly Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  #line(line: string, end: string): void {
    if (!this.#isOpen && !line.includes('"')) {
      this.#push(line.split(this.#delimiter));
      this.#row++;
      return;
    }
    this.#isOpen = hasOddQuotes(line) !== this.#isOpen;
    this.#begun += this.#isOpen ? line + end : line;
    if (this.#begun.length > MOST_ROW_BYTES) {
      throw errors.tableRow(
        this.#file,
        this.#row,
        `longer than ${MOST_ROW_BYTES} bytes; check for an unclosed quote (")`,
      );
    }
    if (!this.#isOpen) this.#record();
  }

  #record(): void {
    try {
      for (const cells of parse(this.#begun, {
        delimiter: this.#delimiter,
        record_delimiter: ['\r\n', '\n', '\r'],
        relax_column_count: true,
      })) {
        this.#push(cells);
      }
    } catch (error) {
      throw error instanceof CsvError ? errors.tableRow(this.#file, this.#row, problemOf(error)) : error;
    }
    this.#row += 1 + (this.#begun.match(/\r\n|\n|\r/g)?.length ?? 0);
    this.#begun = '';
    this.#isOpen = false;
  }

  #push(cells: readonly string[]): void {
    const isBlank = cells.length === 1 && cells[0]!.trim() === '';
    if (!isBlank) this.#rows.push({ row: this.#row, cells });
  }
}

function hasOddQuotes(line: string): boolean {
  let isOdd = false;
  for (let at = line.indexOf('"'); at >= 0; at = line.indexOf('"', at + 1)) isOdd = !isOdd;
  return isOdd;
}

function problemOf(error: CsvError): string {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'an unclosed quote ("); close it, or double it ("") inside a quoted cell';
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'text after a closing quote; double quotes ("") inside a quoted cell';
    case 'INVALID_OPENING_QUOTE':
      return 'a quote (") inside an unquoted cell; quote the cell, and double the quote inside it ("")';
    default:
      return error.message;
  }
}
