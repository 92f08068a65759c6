/**
 * The IDX format: two zero bytes, a type, the number of dimensions, each dimension as a big-endian uint32,
 * then the elements, last dimension fastest. http://yann.lecun.com/exdb/mnist/ describes it.
 */

import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { errors } from '../errors.js';
import { openStream } from '../files/open-stream.js';
import { gunzipped } from '../files/unzip.js';
import { MEMORY_LIMIT_BYTES } from '../memory/layout.js';
import { grouped } from '../text/grouped.js';

export interface IdxArray extends IdxContents {
  /** One byte per element. */
  readonly data: Uint8Array;
}

export interface IdxNumbers extends IdxContents {
  readonly data: Float64Array;
}

interface IdxContents {
  readonly file: string;
  readonly dimensions: readonly number[];
  /** SHA-256 of the uncompressed file, in hexadecimal. */
  readonly sha256: string;
}

const UNSIGNED_BYTE = 0x08;
/** Types of numbers that are not classes, with the bytes of an element. */
const FLOATS: ReadonlyMap<number, 4 | 8> = new Map([
  [0x0d, 4],
  [0x0e, 8],
]);
const MAGIC_BYTES = 4;
const CHUNK_BYTES = 1 << 20;
/** More than the longest header, of 255 dimensions. */
const HEADER_CHUNK_BYTES = 1 << 12;

/**
 * Reads an IDX file of unsigned bytes, gzipped if its name ends in `.gz`.
 *
 * Memory grows with the bytes that arrive, because the header of an untrusted file may be false.
 *
 * @throws LockstepError if the file cannot be read, or does not match its header
 */
export async function readIdx(file: string): Promise<IdxArray> {
  const { elementBytes: _, ...array } = await read(file, new Map());
  return array;
}

/**
 * Reads an IDX file of unsigned bytes, or of float32 or float64 numbers.
 *
 * @throws LockstepError as `readIdx`
 */
export async function readIdxNumbers(file: string): Promise<IdxArray | IdxNumbers> {
  const { elementBytes, ...array } = await read(file, FLOATS);
  if (elementBytes === 1) return array;
  const { buffer, byteOffset, byteLength } = array.data;
  const view = new DataView(buffer, byteOffset, byteLength);
  const numberAt = (i: number) => (elementBytes === 4 ? view.getFloat32(4 * i) : view.getFloat64(8 * i));
  return { ...array, data: Float64Array.from({ length: byteLength / elementBytes }, (_, i) => numberAt(i)) };
}

/** @param floats  types that are accepted besides unsigned bytes */
async function read(file: string, floats: typeof FLOATS): Promise<IdxArray & { readonly elementBytes: 1 | 4 | 8 }> {
  const gzipped = file.endsWith('.gz');
  const fileBytes = await regularFileBytes(file);
  const hash = createHash('sha256');
  const reader = new IdxReader(file, gzipped ? undefined : fileBytes, floats);
  try {
    for await (const chunk of gzipped ? unzipped(file) : plain(file, reader)) {
      hash.update(chunk);
      reader.push(chunk);
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw errors.unreadable(file, error);
    throw error;
  }
  const { elementBytes } = reader;
  return { ...reader.finish(), elementBytes, file, sha256: hash.digest('hex') };
}

async function* unzipped(file: string): AsyncGenerator<Uint8Array> {
  const raw = await openStream(file);
  try {
    yield* gunzipped(file, raw);
  } finally {
    raw.destroy();
  }
}

/** Reads directly into the final buffer: with streams, copying took as long as reading. */
async function* plain(file: string, reader: IdxReader): AsyncGenerator<Uint8Array> {
  const handle = await open(file);
  try {
    const header = new Uint8Array(HEADER_CHUNK_BYTES);
    for (;;) {
      // When the buffer is full, one more read detects the end of the file, or excess data.
      const into = reader.room.length > 0 ? reader.room.subarray(0, CHUNK_BYTES) : header;
      const { bytesRead } = await handle.read(into, 0, into.length);
      if (bytesRead === 0) return;
      yield into.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function regularFileBytes(file: string): Promise<number> {
  try {
    const info = await stat(file);
    if (!info.isFile()) throw new Error('not a regular file');
    return info.size;
  } catch (error) {
    throw errors.unreadable(file, error);
  }
}

/** Parses the bytes of a file incrementally. */
class IdxReader {
  readonly #file: string;
  /** Size of the file, if it is not compressed. */
  readonly #fileBytes: number | undefined;
  readonly #floats: typeof FLOATS;
  elementBytes: 1 | 4 | 8 = 1;
  #header = new Uint8Array(0);
  #dimensions: number[] | undefined;
  #expected = 0;
  #data = new Uint8Array(0);
  #received = 0;

  constructor(file: string, fileBytes: number | undefined, floats: typeof FLOATS) {
    this.#file = file;
    this.#floats = floats;
    this.#fileBytes = fileBytes;
  }

  /** The place of the next bytes, if known: bytes read into it need not be copied. */
  get room(): Uint8Array {
    return this.#data.subarray(this.#received);
  }

  push(chunk: Uint8Array): void {
    let rest = chunk;
    if (!this.#dimensions) {
      const bytes = new Uint8Array(this.#header.length + chunk.length);
      bytes.set(this.#header);
      bytes.set(chunk, this.#header.length);
      const headerBytes = this.#parseHeader(bytes);
      if (headerBytes === undefined) {
        this.#header = bytes;
        return;
      }
      rest = bytes.subarray(headerBytes);
    }
    this.#append(rest);
  }

  finish(): { dimensions: readonly number[]; data: Uint8Array } {
    if (!this.#dimensions) throw errors.idxHeader(this.#file, `the file ends after ${this.#header.length} bytes`);
    if (this.#received < this.#expected) throw this.#wrongLength(this.#received);
    return { dimensions: this.#dimensions, data: this.#data };
  }

  /** Length of the header, once it is complete. */
  #parseHeader(bytes: Uint8Array): number | undefined {
    if (bytes.length < MAGIC_BYTES) return undefined;
    const [zero1, zero2, type, rank] = bytes as unknown as [number, number, number, number];
    if (zero1 !== 0 || zero2 !== 0) {
      throw errors.idxHeader(this.#file, `it begins with bytes ${bytes.slice(0, MAGIC_BYTES).join(' ')}`);
    }
    const bytesOfFloat = this.#floats.get(type);
    if (type !== UNSIGNED_BYTE && !bytesOfFloat) throw errors.idxType(this.#file, type);
    this.elementBytes = bytesOfFloat ?? 1;
    if (rank === 0) throw errors.idxDimensions(this.#file, [], 'at least one');
    const headerBytes = MAGIC_BYTES + 4 * rank;
    if (bytes.length < headerBytes) return undefined;

    const view = new DataView(bytes.buffer, bytes.byteOffset);
    this.#dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(MAGIC_BYTES + 4 * i));
    // Enough huge dimensions make the product infinite, and infinity times zero is not zero.
    const isEmpty = this.#dimensions.includes(0);
    this.#expected = isEmpty
      ? 0
      : this.#dimensions.reduce((product, dimension) => product * dimension, this.elementBytes);
    if (this.#fileBytes !== undefined) {
      const present = this.#fileBytes - headerBytes;
      if (present !== this.#expected) throw this.#wrongLength(present);
    }
    return headerBytes;
  }

  #append(bytes: Uint8Array): void {
    const total = this.#received + bytes.length;
    if (total > this.#expected) throw this.#wrongLength(`more than ${grouped(this.#expected)}`);
    if (total > this.#data.length) {
      // The size of a plain file has been checked; the size of gzipped content is unknown.
      const room = this.#fileBytes !== undefined ? this.#expected : Math.min(2 * total, this.#expected);
      if (room > MEMORY_LIMIT_BYTES) throw errors.idxTooLarge(this.#file, this.#dimensions!, MEMORY_LIMIT_BYTES);
      const grown = new Uint8Array(room);
      grown.set(this.#data.subarray(0, this.#received));
      this.#data = grown;
    }
    if (bytes.buffer !== this.#data.buffer) this.#data.set(bytes, this.#received);
    this.#received = total;
  }

  #wrongLength(found: number | string) {
    return errors.idxLength(this.#file, found, this.#dimensions ?? [], this.#expected);
  }
}
