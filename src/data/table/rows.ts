/** From bytes to rows of cells, whichever of the two formats they are in: its first character tells. */
import { errors } from '../../errors.js';
import { bytesOfTable, nameOfTable } from './bytes.js';
import { csvRows } from './csv.js';
import { ndjsonRows } from './ndjson.js';
import { MOST_ROW_BYTES } from './text.js';

/** A row of a table. */
export interface Row {
  /** Of the file, as an editor counts: the line that it begins in, from 1. */
  readonly row: number;
  /** Texts of CSV, or values of JSON. */
  readonly cells: readonly unknown[];
  /** The names of the columns, beyond doubt: the fields of NDJSON objects. */
  readonly isHeader?: boolean;
}

/** As many rows as came at once. */
export type Rows = AsyncIterable<readonly Row[]>;

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const LINE_ENDS: readonly number[] = [0x0a, 0x0d];
const BLANKS: readonly number[] = [...LINE_ENDS, 0x09, 0x20];
const QUOTE = 0x22;

/**
 * @param data  a file, or `-`
 * @throws LockstepError if it cannot be read, or is no table; or row by row
 */
export async function* rowsOf(data: string): AsyncGenerator<readonly Row[]> {
  const file = nameOfTable(data);
  const { head, chunks } = await headOf(bytesOfTable(data));
  if (head.includes(0)) throw errors.notATable(file);
  const first = head.find((byte) => !BLANKS.includes(byte));
  if (first === undefined) throw errors.emptyTable(file);
  const isJson = ['{', '['].includes(String.fromCharCode(first));
  yield* isJson ? ndjsonRows(file, chunks) : csvRows(file, chunks, head);
}

/** What holds the first line that is not blank, to its end; and all chunks. A byte order mark is left out. */
async function headOf(
  source: AsyncGenerator<Uint8Array>,
): Promise<{ readonly head: Buffer; readonly chunks: AsyncIterable<Uint8Array> }> {
  let head: Buffer = Buffer.alloc(0);
  let isBegun = false;
  let isQuoted = false;
  const isEndOfLine = (byte: number) => {
    if (byte === QUOTE) isQuoted = !isQuoted;
    isBegun ||= !BLANKS.includes(byte);
    return isBegun && !isQuoted && LINE_ENDS.includes(byte);
  };
  while (head.length <= MOST_ROW_BYTES) {
    const { value, done } = await source.next();
    if (done) break;
    head = Buffer.concat([head, value]);
    if (value.some(isEndOfLine)) break;
  }
  if (BYTE_ORDER_MARK.every((byte, i) => head[i] === byte)) head = head.subarray(BYTE_ORDER_MARK.length);
  async function* all() {
    yield head;
    yield* source;
  }
  return { head, chunks: all() };
}
