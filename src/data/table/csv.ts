/** CSV: cells with commas, semicolons or tabs between them, quoted or not (RFC 4180). */
import { CsvError, Parser } from 'csv-parse';
import { errors } from '../../errors.js';
import type { Row } from './rows.js';
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
  let rows: Row[] = [];
  /** Where the record begins that is being read. */
  let row = 1;
  const parser = new Parser({
    delimiter: delimiterOf(head.toString('utf8')),
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: MOST_ROW_BYTES,
    // Taken as they are found: a record that is not pushed does not wait in a stream's buffer, nor is it lost by an error.
    on_record: (cells: string[]) => {
      if (cells.length > 1 || cells[0] !== '') rows.push({ row, cells });
      row += 1 + lineEndsIn(cells);
      return null;
    },
  });
  // What is wrong is told by the write that it comes from.
  parser.on('error', () => undefined);
  try {
    for await (const chunk of checkedText(file, chunks)) {
      await new Promise<void>((resolve, reject) => {
        parser.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
      if (rows.length > 0) yield rows;
      rows = [];
    }
    await new Promise<void>((resolve, reject) => {
      parser.on('error', reject);
      parser.on('end', resolve);
      parser.resume();
      parser.end();
    });
    if (rows.length > 0) yield rows;
  } catch (error) {
    throw error instanceof CsvError ? errors.tableRow(file, row, problemOf(error)) : error;
  } finally {
    parser.destroy();
  }
}

/** The first of them that stands in the first line outside quotes. */
export function delimiterOf(text: string): string {
  const line = /^\s*[^\r\n]*/.exec(text.replaceAll(/"[^"]*("|$)/g, ''))?.[0] ?? '';
  return DELIMITERS.find((each) => line.includes(each)) ?? ',';
}

function lineEndsIn(cells: readonly string[]): number {
  let count = 0;
  for (const cell of cells) {
    if (cell.includes('\n') || cell.includes('\r')) count += cell.match(/\r\n|\n|\r/g)!.length;
  }
  return count;
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
    case 'CSV_MAX_RECORD_SIZE':
      return `longer than ${MOST_ROW_BYTES} bytes; is a quote (") not closed?`;
    default:
      return error.message;
  }
}
