/** Reads a regular file to its end, in one piece. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errors } from '../errors.js';

/** A pipe is to be refused, not waited for. (Windows has no such flag, and no such pipes.) */
export const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

const CHUNK_BYTES = 1 << 28;

/**
 * @param mostBytes  a larger file is refused before anything is allocated for it
 * @throws LockstepError if it cannot be read
 */
export async function readWhole(file: string, mostBytes: number): Promise<Uint8Array> {
  try {
    const handle = await open(file, READ);
    try {
      const info = await handle.stat();
      if (!info.isFile()) throw new Error('not a regular file');
      if (info.size > mostBytes) throw new Error(`${info.size} bytes are more than any run of ours can have written`);
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
