/** Checks that a stream of bytes is UTF-8 text with lines of limited length. */
import { isUtf8 } from 'node:buffer';
import { errors } from '../../errors.js';

/** Longer lines are not rows of a table, and are not kept in memory. */
export const MOST_ROW_BYTES = 1 << 24;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const MOST_CHARACTER_BYTES = 4;

/**
 * Yields chunks that end between characters.
 *
 * @param file  for messages
 * @throws LockstepError that names the row if it is not UTF-8, or too long
 */
export async function* checkedText(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let row = 1;
  let lineBytes = 0;
  let wasReturn = false;
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const all = rest.length > 0 ? Buffer.concat([rest, chunk]) : bufferOf(chunk);
    const end = endOfCharacters(all);
    const whole = all.subarray(0, end);
    rest = all.subarray(end);
    if (!isUtf8(whole)) throw errors.tableNotUtf8(file, row + linesBeforeFault(whole, wasReturn));
    for (let i = 0; i < end; i++) {
      const byte = whole[i];
      if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
        if (byte === CARRIAGE_RETURN || !wasReturn) row++;
        lineBytes = 0;
      } else lineBytes++;
      wasReturn = byte === CARRIAGE_RETURN;
    }
    if (lineBytes > MOST_ROW_BYTES) throw errors.rowTooLong(file, row, MOST_ROW_BYTES);
    if (whole.length > 0) yield whole;
  }
  if (rest.length > 0) throw errors.tableNotUtf8(file, row);
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** Position after the last complete character. Invalid bytes are kept, so that the check finds them. */
function endOfCharacters(bytes: Uint8Array): number {
  for (let back = 1; back < MOST_CHARACTER_BYTES && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Number of line ends before the first invalid line. */
function linesBeforeFault(bytes: Buffer, wasReturn: boolean): number {
  let lines = 0;
  let from = 0;
  let afterReturn = wasReturn;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
      if (!isUtf8(bytes.subarray(from, i))) return lines;
      if (byte === CARRIAGE_RETURN || !afterReturn) lines++;
      from = i + 1;
    }
    afterReturn = byte === CARRIAGE_RETURN;
  }
  return lines;
}
