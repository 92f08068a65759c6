/** Whether a file can be written when that time comes: a typing error is not to cost hours. */
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { errors } from '../errors.js';
import { removeLeftovers, tryToWrite } from './atomic-write.js';

/**
 * What a process that was killed has left half written of the file is removed.
 *
 * @throws LockstepError unless it can be written
 */
export async function requireWritable(file: string): Promise<void> {
  try {
    // (Read: it is flushed, too.)
    await access(path.dirname(path.resolve(file)), constants.R_OK | constants.W_OK | constants.X_OK);
    const info = await stat(file).catch(() => undefined);
    // A device would be replaced by a file.
    if (info && !info.isFile()) throw new Error('it is there, and not a regular file');
    const target = await realpath(file).catch(() => path.resolve(file));
    await removeLeftovers(path.dirname(target), path.basename(target));
    await tryToWrite(target);
  } catch (error) {
    throw errors.saveUnusable(file, error);
  }
}
