/** Opens anything that has a path as a stream whose reading can be ended at any moment. */
import { close, createReadStream, fstat, open } from 'node:fs';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { READ } from './read-whole.js';

const CHUNK_BYTES = 1 << 18;

/**
 * A regular file, a named pipe (also before it has a writer), `<(…)` or a terminal.
 *
 * Node opens and reads files on threads of its own, and cannot exit while one of them is blocked: a pipe without a writer
 * would hold the process forever. So pipes and terminals are opened without blocking, and polled.
 *
 * @throws the system's error
 */
export async function openStream(file: string): Promise<Readable> {
  const fd = await promisify(open)(file, READ);
  try {
    if ((await promisify(fstat)(fd)).isFIFO()) {
      // Part of Node's network, which nothing else here needs.
      const { Socket } = await import('node:net');
      return new Socket({ fd, readable: true, writable: false });
    }
    if (isatty(fd)) {
      const { ReadStream } = await import('node:tty');
      return new ReadStream(fd);
    }
    return createReadStream(file, { fd, highWaterMark: CHUNK_BYTES });
  } catch (error) {
    await promisify(close)(fd);
    throw error;
  }
}
