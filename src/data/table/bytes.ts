/** The bytes of a table, from a file or stdin, gunzipped if necessary. */
import { type Stats, statSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { addAbortSignal, type Readable } from 'node:stream';
import { errors } from '../../errors.js';
import { openStream } from '../../files/open-stream.js';
import { gunzipped } from '../../files/unzip.js';

/** In place of a file name. */
export const STDIN = '-';

/** Whether `--data` names a table: stdin, or anything that exists and is not a folder. */
export function isTable(data: string): boolean {
  return data === STDIN || statOf(data)?.isDirectory() === false;
}

/** For messages. */
export function nameOfTable(data: string): string {
  return data === STDIN ? 'stdin' : data;
}

/** For metrics: the name without its folder. */
export function shortNameOfTable(data: string): string {
  return data === STDIN ? 'stdin' : path.basename(data);
}

/**
 * Also reads pipes, such as `--data <(unzip -p a.zip)`.
 *
 * @param data    a file, or `-` for stdin
 * @param signal  ends the reading, even while it waits
 * @param open    the file, if it is open already; stays open
 * @throws LockstepError if it cannot be read, or is damaged; the reason of the signal
 */
export async function* bytesOfTable(data: string, signal?: AbortSignal, open?: FileHandle): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  const name = nameOfTable(data);
  let raw: Readable | undefined;
  try {
    if (open) raw = open.createReadStream({ start: 0, autoClose: false });
    else raw = data === STDIN ? process.stdin : await openStream(data);
    if (signal) addAbortSignal(signal, raw);
    yield* unzippedIfZipped(name, raw);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && 'syscall' in error) throw errors.unreadable(name, error);
    throw error;
  } finally {
    raw?.destroy();
  }
}

/** Detects gzip by the first two bytes, because stdin has no file extension. */
export async function* unzippedIfZipped(name: string, raw: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = raw[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 2) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = head.length === 0 ? value : Buffer.concat([head, value]);
  }
  const all = { [Symbol.asyncIterator]: () => prepended(head, chunks) };
  if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzipped(name, all);
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

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
