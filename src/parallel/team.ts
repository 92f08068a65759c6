/** The thread team: a Piscina pool in which each thread has one task for the whole run. */
import { availableParallelism } from 'node:os';
import { FixedQueue, Piscina } from 'piscina';
import { errors } from '../errors.js';
import { avoidBackgroundCompilation } from '../kernels/background-compilation.js';
import type { Memory } from '../memory/layout.js';
import type { Barrier } from './barrier.js';
import { Phase, type WorkerTask, whereabouts } from './task.js';

const WORKER = new URL('../../workers/entry.cjs', import.meta.url).href;

/**
 * How often a worker checks the barrier before it sleeps: about 50 µs. Sleeping and waking cost 10 to 50 µs, and workers
 * with balanced work arrive within a few µs of each other.
 */
const SPINS = 20_000;

/** No spinning where workers (and the coordinator, if it has work) must share processors. */
export function spinsFor(threads: number): number {
  return threads <= availableParallelism() ? SPINS : 0;
}

/** A worker needs a few MB of heap. The limit makes a runaway worker fail early. */
const HEAP_LIMIT_MB = 256;

export class Team {
  readonly #pool: Piscina;
  /** Tasks that have no thread yet. */
  readonly #queue = new FixedQueue();
  readonly #memory: Memory;
  readonly #stepsDone: () => number;
  readonly #barrier: Barrier;
  /** Resolves when all workers have ended normally; rejects when one has failed, after the barrier has been aborted. */
  readonly done: Promise<void>;
  /** From now on, the end of a thread is expected. */
  #isEnding = false;

  /**
   * Starts the threads.
   *
   * @param stepsDone  number of steps done in the run
   * @throws LockstepError if the system refuses so many threads; then none is left running
   */
  constructor(tasks: readonly WorkerTask[], memory: Memory, barrier: Barrier, stepsDone: () => number) {
    this.#memory = memory;
    this.#stepsDone = stepsDone;
    this.#barrier = barrier;
    this.#pool = createPool(tasks.length, this.#queue);
    const lost = this.#firstLost();
    this.done = Promise.race([lost, this.#watch(this.#start(tasks))]);
    // Avoids an unhandled rejection until the owner awaits `done`.
    this.done.catch(() => undefined);
  }

  /** Ends all threads immediately. */
  async destroy(): Promise<void> {
    this.#isEnding = true;
    this.#barrier.abort();
    await this.#pool.destroy();
  }

  /** Aborts the barrier when a worker dies, so that the others do not wait for it. They end without an error. */
  async #watch(workers: readonly Promise<void>[]): Promise<void> {
    await Promise.all(
      workers.map(async (ended, worker) => {
        try {
          await ended;
        } catch (cause) {
          this.#barrier.abort();
          throw this.#death(worker, cause);
        }
      }),
    );
  }

  #start(tasks: readonly WorkerTask[]): Promise<void>[] {
    const workers: Promise<void>[] = [];
    try {
      for (const task of tasks) workers.push(this.#pool.run(task) as Promise<void>);
      return workers;
    } catch (error) {
      for (const worker of workers) worker.catch(() => undefined);
      // The last task is still queued; Piscina would reject its promise, which nobody handles.
      while (this.#queue.shift()) {}
      void this.destroy();
      throw errors.threadsUnavailable(tasks.length, error);
    }
  }

  /**
   * Rejects when a thread dies before it has a task, which no task would report. After any death, Piscina must not start a
   * replacement.
   */
  #firstLost(): Promise<never> {
    let cause: unknown;
    return new Promise((_, reject) => {
      const tell = () => {
        if (this.#isEnding) return;
        this.#isEnding = true;
        this.#barrier.abort();
        // A closing pool starts no replacements.
        this.#pool.close().catch(() => undefined);
        // If the thread had a task, the task reports the death first.
        setImmediate(() => {
          const unborn = this.#memory.workers.findIndex(({ phase }) => phase[0] === Phase.START);
          reject(this.#death(Math.max(unborn, 0), cause ?? new Error('it ended before its task began')));
        });
      };
      // Emitted before the thread is replaced.
      this.#pool.on('workerDestroy', tell);
      // Emitted afterwards. (Without a listener, it would end the process.)
      this.#pool.on('error', (error) => {
        cause ??= error;
        tell();
      });
    });
  }

  #death(worker: number, cause: unknown) {
    const phase = this.#memory.workers[worker]!.phase[0] as Phase;
    return errors.threadDied(worker, this.#memory.workers.length, whereabouts(phase, this.#stepsDone()), cause);
  }
}

function createPool(threads: number, taskQueue: FixedQueue): Piscina {
  avoidBackgroundCompilation();
  try {
    return new Piscina({
      filename: WORKER,
      taskQueue,
      // The other threads start with their tasks: if the constructor threw, its threads could not be ended. The first one gets
      // a task at once, which keeps the process alive while the others load.
      minThreads: 1,
      // With fewer threads than tasks, the team would never meet at the barrier.
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB },
    });
  } catch (error) {
    throw errors.threadsUnavailable(threads, error);
  }
}
