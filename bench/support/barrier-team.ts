/** Threads that do nothing but meet at a barrier: what the barrier's stress test and its benchmark have in common. */
import { Worker, workerData } from 'node:worker_threads';
import { avoidBackgroundCompilation } from '../../src/kernels/background-compilation.js';
import { CONTROL_STRIDE } from '../../src/memory/layout.js';
import { Barrier } from '../../src/parallel/barrier.js';

/** More words than the barrier has, each on a cache line of its own. */
const WORDS = 16;

interface Task<T> {
  readonly control: Int32Array;
  readonly worker: number;
  readonly workers: number;
  readonly spins: number;
  readonly task: T;
}

export interface Meeting<T> {
  readonly barrier: Barrier;
  readonly worker: number;
  readonly workers: number;
  readonly task: T;
}

/**
 * Runs the module, which calls `attend` where it is not the main thread, in so many threads.
 *
 * @param task  plain data, the same for all
 * @throws what the first thread threw that did
 */
export async function meet<T>(module: string, workers: number, spins: number, task: T): Promise<void> {
  avoidBackgroundCompilation();
  const control = new Int32Array(new SharedArrayBuffer(WORDS * CONTROL_STRIDE * Int32Array.BYTES_PER_ELEMENT));
  const threads = Array.from({ length: workers }, (_, worker) => {
    const data: Task<T> = { control, worker, workers, spins, task };
    return new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL(module), { workerData: data });
      worker.on('error', (error) => {
        // The others wait for one that will not come.
        new Barrier(control, workers, 0).abort();
        reject(error);
      });
      worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker exited with ${code}`))));
    });
  });
  await Promise.all(threads);
}

/** In a thread: its place in the team. */
export function attend<T>(): Meeting<T> {
  const { control, worker, workers, spins, task } = workerData as Task<T>;
  return { barrier: new Barrier(control, workers, spins), worker, workers, task };
}
