/** A folder that one run at a time writes in, whatever process or container it is in. */
import { setTimeout as sleep } from 'node:timers/promises';
import { contend } from './contest.js';
import { SignOfLife, type SignOptions } from './sign-of-life.js';

/** How long one that might win waits for the others to see it: some file operations, on a loaded machine. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 20;

/** Held until it is disposed of, or its process ends. */
export interface FolderLock extends Disposable {}

/**
 * @returns undefined if another run holds it, or takes it just now: of several that come at once, one gets it
 * @throws the system's error if no file can be made there
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

/** Whether another run of this machine holds it: to refuse early, without touching anything. */
export async function isLocked(folder: string): Promise<boolean> {
  return await new SignOfLife(folder).isAnswered();
}
