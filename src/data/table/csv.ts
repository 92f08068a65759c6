/** CSV: cells with commas, semicolons or tabs between them, quoted or not (RFC 4180). */
import { CsvError, parse } from 'csv-parse/sync';
import { errors } from '../../errors.js';
import type { Row } from './row.js';
import { checkedText, MOST_ROW_BYTES } from './text.js';

/** In this order: where there are semicolons, commas are those of decimal numbers. */
const DELIMITERS = ['\t', ';', ','] as const;

/**
 * Blank lines are passed over.
 *
 * @param file  its name, for messages
 * @param head  its first line, at least: which delimiter it has
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

/** The first of them that stands in the first line outside quotes. */
export function delimiterOf(text: string): string {
  const line = /^\s*[^\r\n]*/.exec(text.replaceAll(/"[^"]*("|$)/g, ''))?.[0] ?? '';
  return DELIMITERS.find((each) => line.includes(each)) ?? ',';
}

/**
 * Cuts text into records as it comes. A line without quotes is one, and is only to be split: tables of numbers have no others.
 * What has quotes, over several lines perhaps, is the CSV parser's.
 */
class Records {
  readonly #file: string;
  readonly #delimiter: string;
  /** The line that is being read. */
  #row = 1;
  /** Of that line, what is there. */
  #rest = '';
  /** Of a record of several lines, those before, with their ends; and whether a quoted cell is open behind them. */
  #begun = '';
  #isOpen = false;
  #rows: Row[] = [];

  constructor(file: string, delimiter: string) {
    this.#file = file;
    this.#delimiter = delimiter;
  }

  /** The rows that are whole with this. */
  take(text: string): readonly Row[] {
    const all = this.#rest + text;
    const lineEnd = /\r\n|\n|\r/g;
    let from = 0;
    for (let found = lineEnd.exec(all); found; found = lineEnd.exec(all)) {
      // It may be half of CRLF.
      if (found[0] === '\r' && lineEnd.lastIndex === all.length) break;
      this.#line(all.slice(from, found.index), found[0]);
      from = lineEnd.lastIndex;
    }
    this.#rest = all.slice(from);
    return this.#takeRows();
  }

  /** What the last line holds, if it has no end. */
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
      throw errors.tableRow(this.#file, this.#row, `longer than ${MOST_ROW_BYTES} bytes; is a quote (") not closed?`);
    }
    if (!this.#isOpen) this.#record();
  }

  /** A cell's quotes are even: where they are not yet, its record goes on in the next line. */
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

/** In our words. */
function problemOf(error: CsvError): string {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote (") that is never closed; close it, or write it twice ("") inside a quoted cell';
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'a quoted cell goes on behind its closing quote; write a quote inside it twice ("")';
    case 'INVALID_OPENING_QUOTE':
      return 'a quote (") in the middle of a cell; quote the whole cell, and write the quote in it twice ("")';
    default:
      return error.message;
  }
}
