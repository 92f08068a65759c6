/** Splits a stream of bytes into lines of limited length. */
import { isUtf8 } from 'node:buffer';
import { errors, type LockstepError } from '../errors.js';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without the line feed; or an error. */
  readonly text: string | LockstepError;
}

const LINE_FEED = 0x0a;
const BYTE_ORDER_MARK = '\ufeff';

/** @param mostBytes  longer lines become errors, and are not kept in memory */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  mostBytes: number,
): AsyncGenerator<Line> {
  let number = 1;
  let parts: Uint8Array[] = [];
  let bytes = 0;
  const add = (part: Uint8Array) => {
    bytes += part.length;
    if (bytes <= mostBytes) parts.push(part);
    else parts = [];
  };
  const take = (): Line => {
    const line = { number, text: bytes > mostBytes ? errors.lineTooLong(mostBytes) : textOf(parts, number) };
    number++;
    parts = [];
    bytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, from);
      if (end < 0) break;
      add(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (bytes > 0) yield take();
}

function textOf(parts: readonly Uint8Array[], number: number): string | LockstepError {
  const all = Buffer.concat(parts);
  if (!isUtf8(all)) return errors.notUtf8();
  const text = all.toString('utf8');
  return number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
