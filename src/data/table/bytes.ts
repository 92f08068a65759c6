/** A table's bytes, from a file or stdin, unzipped where they are gzipped. */
import { createReadStream, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { errors } from '../../errors.js';

const CHUNK_BYTES = 1 << 18;

/** As `--data` has it. */
export const STDIN = '-';

/** Whether `--data` names a table: stdin, or whatever is there and no folder. */
export function isTable(data: string): boolean {
  return data === STDIN || statOf(data)?.isDirectory() === false;
}

/** As messages name it. */
export function nameOfTable(data: string): string {
  return data === STDIN ? 'stdin' : data;
}

/** As metrics name it: without the folders that it is in. */
export function shortNameOfTable(data: string): string {
  return data === STDIN ? 'stdin' : path.basename(data);
}

/**
 * Pipes are read, too: `--data <(unzip -p a.zip)`.
 *
 * @param data  a file, or `-` for stdin
 * @throws LockstepError if it cannot be read, or is damaged
 */
export async function* bytesOfTable(data: string): AsyncGenerator<Uint8Array> {
  const name = nameOfTable(data);
  const raw: Readable = data === STDIN ? process.stdin : createReadStream(data, { highWaterMark: CHUNK_BYTES });
  try {
    yield* unzippedIfZipped(name, raw);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw errors.unreadable(name, error);
    throw error;
  } finally {
    raw.destroy();
  }
}

/** Whether it is gzipped, its first two bytes say: stdin has no name. */
export async function* unzippedIfZipped(name: string, raw: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = raw[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 2) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  const all = { [Symbol.asyncIterator]: () => prepended(head, chunks) };
  if (head[0] === 0x1f && head[1] === 0x8b) yield* unzipped(name, all);
  else yield* all;
}

async function* prepended(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (;;) {
    const { value, done } = await rest.next();
    if (done) return;
    yield value;
  }
}

async function* unzipped(name: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  async function* counted() {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  const raw = Readable.from(counted(), { objectMode: false });
  const stream = raw.pipe(createGunzip({ chunkSize: CHUNK_BYTES }));
  // A failure to read must not be waited for in vain behind the pipe.
  raw.on('error', (error) => stream.destroy(error));
  try {
    yield* stream as AsyncIterable<Buffer>;
    // Zeros behind the end are passed over in silence.
    const behind = bytes - stream.bytesWritten;
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

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
