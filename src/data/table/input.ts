/** A window on the bytes of a table, for scanners. */
import { isUtf8 } from 'node:buffer';
import { errors } from '../../errors.js';
import { CARRIAGE_RETURN, LINE_FEED } from './csv-scanner.js';

/** Longer rows are not rows of a table, and are not kept in memory. */
export const MOST_ROW_BYTES = 1 << 24;
/** A head of so many bytes is enough to decide about the delimiter, unless the second row ends later. */
export const HEAD_BYTES = 1 << 16;
/** Bytes that are scanned without a pause: a millisecond or two. Fewer at first, because the code is not optimized yet. */
const PIECE_BYTES = 1 << 18;
const FIRST_PIECE_BYTES = 1 << 14;
const MOST_CHARACTER_BYTES = 4;
const BLANKS: readonly number[] = [LINE_FEED, CARRIAGE_RETURN, 0x09, 0x20];

/** A window on the bytes, from the begin of the current row, with a line feed behind the end. */
export class Input {
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
  /** Up to here, the head is blank. */
  #first = 0;

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

  /**
   * Reads until the window has twice as many bytes as `rest`, which did not contain a whole row: scanning them again then takes
   * linear time. It stops where a row would be too long.
   */
  async double(rest: number): Promise<void> {
    const wanted = Math.min(2 * rest, MOST_ROW_BYTES + 1);
    do await this.more();
    while (!this.isWhole && this.end - this.begin < wanted);
  }

  /** The bytes before `at` are needed no more. */
  consumed(at: number): void {
    this.begin = at;
  }

  /** The first that is not blank. */
  firstByte(): number | undefined {
    const { byte, at } = this.#unblank(this.#first);
    // Where to go on, with more bytes.
    this.#first = at;
    return byte;
  }

  byteAfterFirst(): number | undefined {
    return this.#unblank(this.#first + 1).byte;
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

export async function* inPieces(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let size = FIRST_PIECE_BYTES;
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    for (let from = 0; from < chunk.length; from += size, size = Math.min(2 * size, PIECE_BYTES)) {
      yield chunk.subarray(from, from + size);
    }
  }
}
