/** A thread that only meets the main thread at a barrier, which times it: see src/parallel/barrier-trial.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { Barrier, TeamAborted } from '../src/parallel/barrier.js';
import type { Partner } from '../src/parallel/barrier-trial.js';

const { words, spins } = workerData as Partner;
const barrier = new Barrier(words, 2, spins);
parentPort!.postMessage('ready');
try {
  for (;;) barrier.arrive(() => undefined);
} catch (error) {
  // The main thread ends the trial by aborting the barrier.
  if (!(error instanceof TeamAborted)) throw error;
}
