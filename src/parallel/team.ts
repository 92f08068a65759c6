/** The team: T threads of Piscina's, each with one task that lasts as long as the run. */
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { FixedQueue, Piscina } from 'piscina';
import { errors } from '../errors.js';
import type { Memory } from '../memory/layout.js';
import type { Barrier } from './barrier.js';
import { Phase, type WorkerTask, whereabouts } from './task.js';

/** The compiled worker, as it lies in dist/. */
const WORKER = new URL('../../workers/entry.cjs', import.meta.url).href;

/**
 * How often a worker looks at the barrier before it sleeps: about 50 µs. Sleeping and waking cost 10 to 50 µs,
 * and the phases of a step that are cut well end within a few µs of each other.
 */
const SPINS = 20_000;

/** No spinning where workers (and the coordinator, if it has work) must share processors. */
export function spinsFor(threads: number): number {
  return threads <= availableParallelism() ? SPINS : 0;
}

/**
 * Node 20 aborts the whole process ("Assertion failed: (data.first) != nullptr") when a thread ends while V8 compiles one
 * of its functions in the background: the thread is unregistered first, and waited for then. Where the engine is that old,
 * threads compile in the foreground instead. V8's flags belong to the process and are read when a thread begins, so this
 * one stays: threads that replace dead ones begin later. (From Node 22 on V8 no longer asks in between.)
 */
export function avoidBackgroundCompilation(): void {
  if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString('--no-concurrent-recompilation');
}

/** A worker needs a few MB of heap: one that runs away is to fail soon, not to fill the machine. */
const HEAP_LIMIT_MB = 256;

export class Team {
  readonly #pool: Piscina;
  /** Of tasks that have no thread yet. */
  readonly #queue = new FixedQueue();
  readonly #memory: Memory;
  readonly #stepsDone: () => number;
  readonly #barrier: Barrier;
  /** Resolves when every worker has ended well, rejects when one has not: then all have been told to end. */
  readonly done: Promise<void>;
  /** Threads end from now on because they are to. */
  #isEnding = false;

  /**
   * Starts the threads.
   *
   * @param stepsDone  of the run
   * @throws LockstepError if the system does not give that many; then none is left
   */
  constructor(tasks: readonly WorkerTask[], memory: Memory, barrier: Barrier, stepsDone: () => number) {
    this.#memory = memory;
    this.#stepsDone = stepsDone;
    this.#barrier = barrier;
    this.#pool = createPool(tasks.length, this.#queue);
    const lost = this.#firstLost();
    this.done = Promise.race([lost, this.#watch(this.#start(tasks))]);
    // Whoever holds the team may be elsewhere when it fails; the failure waits for him in `done`.
    this.done.catch(() => undefined);
  }

  /** Ends all threads, whatever they do. */
  async destroy(): Promise<void> {
    this.#isEnding = true;
    this.#barrier.abort();
    await this.#pool.destroy();
  }

  /** A dead worker's peers wait for one that will never come: they are told to end, and do so without error. */
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

  /** One thread a task. */
  #start(tasks: readonly WorkerTask[]): Promise<void>[] {
    const workers: Promise<void>[] = [];
    try {
      for (const task of tasks) workers.push(this.#pool.run(task) as Promise<void>);
      return workers;
    } catch (error) {
      for (const worker of workers) worker.catch(() => undefined);
      // The last one waits there, and nobody holds the promise that Piscina would reject.
      while (this.#queue.shift()) {}
      void this.destroy();
      throw errors.threadsUnavailable(tasks.length, error);
    }
  }

  /**
   * Rejects when a thread has died that had no task yet, so that no task tells it. After any death Piscina is to start no
   * other thread: it would load in vain.
   */
  #firstLost(): Promise<never> {
    let cause: unknown;
    return new Promise((_, reject) => {
      const tell = () => {
        if (this.#isEnding) return;
        this.#isEnding = true;
        this.#barrier.abort();
        // A pool that is being closed replaces nobody.
        this.#pool.close().catch(() => undefined);
        // The task of a thread that had one is first to tell.
        setImmediate(() => {
          const unborn = this.#memory.workers.findIndex(({ phase }) => phase[0] === Phase.START);
          reject(this.#death(Math.max(unborn, 0), cause ?? new Error('it ended before it had begun')));
        });
      };
      // Comes before the thread would be replaced.
      this.#pool.on('workerDestroy', tell);
      // Comes after that. (An error event without a listener would end the process.)
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
      // The others start with their tasks: a pool whose constructor throws leaves threads that nobody can end. This one has a
      // task at once, which keeps the process alive while the others load.
      minThreads: 1,
      // Neither more, which would idle, nor fewer: a team that is larger than its pool never meets.
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB },
    });
  } catch (error) {
    throw errors.threadsUnavailable(threads, error);
  }
}
