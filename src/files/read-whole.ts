/** Reads a regular file into memory. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errors } from '../errors.js';

/** Does not block on a pipe without a writer. (Windows has neither the flag nor such pipes.) */
export const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

const CHUNK_BYTES = 1 << 28;

/**
 * @param mostBytes  larger files are refused before any allocation
 * @throws LockstepError if the file cannot be read
 */
export async function readWhole(file: string, mostBytes: number): Promise<Uint8Array> {
  try {
    const handle = await open(file, READ);
    try {
      const info = await handle.stat();
      if (!info.isFile()) throw new Error('not a regular file');
      if (info.size > mostBytes) throw new Error(`${info.size} bytes, more than Lockstep writes`);
      const bytes = new Uint8Array(info.size);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await handle.read(bytes, length, Math.min(CHUNK_BYTES, bytes.length - length));
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw errors.unreadable(file, error);
  }
}
