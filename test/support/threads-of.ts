/** The worker threads of this process, as they come and go. */
import { once } from 'node:events';
import process from 'node:process';
import type { Worker } from 'node:worker_threads';

export interface Threads {
  readonly all: readonly Worker[];
  /** Resolves when all of them have ended. */
  readonly ended: () => Promise<unknown>;
  /** Looks no more. */
  readonly stop: () => void;
}

/** Those that begin from now on. */
export function watchThreads(): Threads {
  const all: Worker[] = [];
  const ends: Promise<unknown>[] = [];
  const note = (worker: Worker) => {
    all.push(worker);
    ends.push(once(worker, 'exit'));
  };
  process.on('worker', note);
  return { all, ended: () => Promise.all(ends), stop: () => process.off('worker', note) };
}
