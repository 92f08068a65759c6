/** A lock on a folder, held by one run at a time, across processes, containers and machines. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { contend } from './mutual-exclusion.js';
import { targetOf } from './resolve-links.js';
import { SignOfLife, type SignOptions } from './sign-of-life.js';

/** How long the smallest name waits for the other contenders to leave: a few file operations, on a loaded machine. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 20;

/** Held until it is disposed, or its process ends. */
export interface FolderLock extends Disposable {}

/**
 * @returns undefined if another run holds the lock. If several try at once, one gets it
 * @throws the system error if no file can be created there
 */
export async function lockFolder(folder: string, options?: SignOptions): Promise<FolderLock | undefined> {
  const sign = new SignOfLife(folder, options);
  const deadline = performance.now() + PATIENCE_MS;
  const hasWon = await contend({
    others: () => sign.others(),
    show: () => sign.show(),
    hide: () => sign.hide(),
    wait: async () => {
      await sleep(LOOK_MS);
      return performance.now() < deadline;
    },
  });
  return hasWon ? { [Symbol.dispose]: () => sign.hide() } : undefined;
}

/**
 * As `lockFolder`, for a single file in the folder. The file does not have to exist, and may be replaced.
 *
 * @throws the system error if no file can be created in its folder
 */
export async function lockFile(file: string, options?: SignOptions): Promise<FolderLock | undefined> {
  const target = await targetOf(file);
  const key = createHash('sha256').update(path.basename(target)).digest('hex').slice(0, 8);
  return await lockFolder(path.dirname(target), { ...options, key });
}

/** Whether another run on this machine holds the lock. Changes nothing. */
export async function isLocked(folder: string): Promise<boolean> {
  return await new SignOfLife(folder).isAnswered();
}
