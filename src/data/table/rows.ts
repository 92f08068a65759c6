/** Reads rows of cells from CSV or NDJSON, which are told apart by their first character. */
import { errors } from '../../errors.js';
import { bytesOfTable, nameOfTable } from './bytes.js';
import { csvRows } from './csv.js';
import type { DialectOptions } from './dialect.js';
import { inUtf8 } from './input.js';
import { ndjsonRows } from './ndjson.js';
import type { Row } from './row.js';
import { MOST_ROW_BYTES } from './text.js';

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const LINE_ENDS: readonly number[] = [0x0a, 0x0d];
/** Includes a leading byte order mark. */
const BLANKS: readonly number[] = [...LINE_ENDS, 0x09, 0x20, ...BYTE_ORDER_MARK];
const QUOTE = 0x22;

/**
 * @param data    a file, or `-`
 * @param signal  ends the reading
 * @throws LockstepError if it cannot be read, is not a table, or has an invalid row; the reason of the signal
 */
export function rowsOf(data: string, signal?: AbortSignal): AsyncGenerator<readonly Row[]> {
  return headed(bytesOfTable(data, signal), (bytes) => rowsIn(nameOfTable(data), bytes));
}

/** @param file  for messages */
export async function* rowsIn(
  file: string,
  { head, chunks }: Headed,
  dialect?: DialectOptions,
): AsyncGenerator<readonly Row[]> {
  if (head.includes(0)) throw errors.notATable(file);
  const first = head.find((byte) => !BLANKS.includes(byte));
  if (first === undefined) throw errors.emptyTable(file);
  yield* isJson(head) ? ndjsonRows(file, chunks) : csvRows(file, chunks, dialect);
}

/** Bytes, with a copy of the beginning: at least the first line that is not blank, without a byte order mark. */
export interface Headed {
  readonly head: Buffer;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Whether it begins as an object or an array. */
export function isJson(head: Uint8Array): boolean {
  return isOpening(head.find((byte) => !BLANKS.includes(byte)));
}

function isOpening(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b;
}

/** Passes the head and all bytes to `read`, and closes the source even if `read` rejects it. */
export async function* headed<T>(
  source: AsyncGenerator<Uint8Array>,
  read: (bytes: Headed) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const bytes = inUtf8(source);
  try {
    yield* read(await readHead(bytes));
  } finally {
    await bytes.return(undefined);
    await source.return(undefined);
  }
}

export async function readHead(source: AsyncGenerator<Uint8Array>): Promise<Headed> {
  let head: Buffer = Buffer.alloc(0);
  let isBegun = false;
  let isQuoted = false;
  let isLines = false;
  const isEndOfLine = (byte: number) => {
    if (byte === QUOTE) isQuoted = !isQuoted;
    if (!isBegun && !BLANKS.includes(byte)) {
      isBegun = true;
      isLines = isOpening(byte);
    }
    // A quoted cell of CSV may span several lines.
    return isBegun && (isLines || !isQuoted) && LINE_ENDS.includes(byte);
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
