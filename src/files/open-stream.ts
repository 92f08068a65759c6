/** Opens files, pipes and terminals as streams that can be closed at any moment. */
import { close, createReadStream, fstat, open } from 'node:fs';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { READ } from './read-whole.js';

const CHUNK_BYTES = 1 << 18;

/**
 * Node reads files on a thread pool, and cannot exit while such a thread is blocked, as by a pipe without a writer.
 * Therefore pipes and terminals are opened non-blocking, and polled.
 *
 * @throws the system error
 */
export async function openStream(file: string): Promise<Readable> {
  const fd = await promisify(open)(file, READ);
  try {
    if ((await promisify(fstat)(fd)).isFIFO()) {
      // Loaded on demand: most commands do not need it.
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
