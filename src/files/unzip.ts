/** The only place where compressed bytes are inflated: all of them may be a stranger's, and a few can become gigabytes. */
import { Readable } from 'node:stream';
import { createGunzip, inflateSync } from 'node:zlib';
import { errors, hasCode } from '../errors.js';

const CHUNK_BYTES = 1 << 18;

/**
 * Beyond `FREE_BYTES`, data that inflate to more than this many times their size are refused. Deflate reaches 1,032.
 * Measured: MNIST 5, a table of which 99 % of the cells are 0: 45, one of 1,000 columns with a single 1 in each row: 257 to 309.
 */
const MOST_RATIO = 400;
const FREE_BYTES = 1 << 26;

/**
 * Inflates gzip as it comes.
 *
 * @param name  of the file, for messages
 * @throws LockstepError if it is damaged, more bytes follow, or little inflates to very much
 */
export async function* gunzipped(name: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let taken = 0;
  async function* counted() {
    for await (const chunk of chunks) {
      taken += chunk.length;
      yield chunk;
    }
  }
  const raw = Readable.from(counted(), { objectMode: false });
  const stream = raw.pipe(createGunzip({ chunkSize: CHUNK_BYTES }));
  // A failure to read would not pass the pipe.
  raw.on('error', (error) => stream.destroy(error));
  let given = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      given += chunk.length;
      if (given > Math.max(FREE_BYTES, MOST_RATIO * taken)) throw errors.gzipBomb(name, taken, given, MOST_RATIO);
      yield chunk;
    }
    // (zlib skips zeros after the end.)
    const behind = taken - stream.bytesWritten;
    if (behind > 0) throw errors.notGzip(name, `${behind} bytes follow its end`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) {
      throw errors.notGzip(name, error);
    }
    throw error;
  } finally {
    raw.destroy();
    stream.destroy();
  }
}

/**
 * Inflates a zlib stream of a known size.
 *
 * @param most  bytes
 * @throws Error if it inflates to more, is damaged, or bytes follow its end
 */
export function inflatedAtMost(bytes: Uint8Array, most: number): Uint8Array {
  const { buffer, engine } = inflate(bytes, most);
  const behind = bytes.length - engine.bytesWritten;
  if (behind > 0) throw new Error(`${behind} bytes follow its compressed data`);
  return buffer;
}

/** With what Node's types do not know: how many of the bytes were taken. */
function inflate(bytes: Uint8Array, most: number) {
  try {
    return inflateSync(bytes, { maxOutputLength: most, info: true }) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
  } catch (error) {
    if (hasCode(error, 'ERR_BUFFER_TOO_LARGE')) throw new Error(`its compressed data are more than ${most} bytes`);
    throw error;
  }
}
