/** The head of a table's bytes, which tells CSV from JSON, and rows of CSV as a stream. */
import { errors } from '../../errors.js';
import { csvRows } from './csv.js';
import type { DialectOptions } from './dialect.js';
import { MOST_ROW_BYTES } from './input.js';
import type { Row } from './row.js';
import { inUtf8, type TextEncoding } from './utf8.js';

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const LINE_ENDS: readonly number[] = [0x0a, 0x0d];
/** Includes a leading byte order mark. */
const BLANKS: readonly number[] = [...LINE_ENDS, 0x09, 0x20, ...BYTE_ORDER_MARK];
const QUOTE = 0x22;

/** @param file  for messages @throws LockstepError if it is not a table, or has an invalid row */
export async function* csvRowsIn(
  file: string,
  { head, chunks }: Headed,
  dialect?: DialectOptions,
): AsyncGenerator<readonly Row[]> {
  if (head.includes(0)) throw errors.notATable(file);
  if (head.every((byte) => BLANKS.includes(byte))) throw errors.emptyTable(file);
  yield* csvRows(file, chunks, dialect);
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
  encoding?: TextEncoding,
): AsyncGenerator<T> {
  const bytes = inUtf8(source, encoding);
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
