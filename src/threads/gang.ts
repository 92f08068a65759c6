/** The gang: T threads of Piscina's, each with one task that lasts as long as the run. */
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Piscina } from 'piscina';
import { errors } from '../errors.js';
import type { Memory } from '../memory/layout.js';
import type { Barrier } from './barrier.js';
import { type MemberTask, type Phase, whereabouts } from './task.js';

/** The compiled worker, as it lies in dist/. */
const WORKER = new URL('../../workers/member.js', import.meta.url).href;

/**
 * How often a member looks at the barrier before it sleeps: about 50 µs. Sleeping and waking cost 10 to 50 µs,
 * and the phases of a step that are cut well end within a few µs of each other.
 */
const SPINS = 20_000;

/** No spinning where members (and the coordinator, if it has work) must share processors. */
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

/** A member needs a few MB of heap: one that runs away is to fail soon, not to fill the machine. */
const HEAP_LIMIT_MB = 256;

export class Gang {
  readonly #pool: Piscina;
  readonly #memory: Memory;
  readonly #stepsDone: () => number;
  readonly #barrier: Barrier;
  /** Resolves when every member has ended well, rejects when one has not: then all have been told to end. */
  readonly done: Promise<void>;

  /** @param stepsDone  of the run */
  constructor(tasks: readonly MemberTask[], memory: Memory, barrier: Barrier, stepsDone: () => number) {
    const threads = tasks.length;
    this.#memory = memory;
    this.#stepsDone = stepsDone;
    this.#barrier = barrier;
    this.#pool = createPool(threads);
    // A thread's death is told twice: to its task, which `#watch` follows, and here, where nobody need listen; an
    // error event without a listener would end the process.
    this.#pool.on('error', () => undefined);
    this.done = this.#watch(tasks.map((task) => this.#pool.run(task) as Promise<void>));
    // Whoever holds the gang may be elsewhere when it fails; the failure waits for him in `done`.
    this.done.catch(() => undefined);
  }

  /** Ends all threads, whatever they do. */
  async destroy(): Promise<void> {
    this.#barrier.abort();
    await this.#pool.destroy();
  }

  /** A dead member's peers wait for one that will never come: they are told to end, and do so without error. */
  async #watch(members: readonly Promise<void>[]): Promise<void> {
    await Promise.all(
      members.map(async (ended, member) => {
        try {
          await ended;
        } catch (cause) {
          this.#barrier.abort();
          throw this.#death(member, cause);
        }
      }),
    );
  }

  #death(member: number, cause: unknown) {
    const phase = this.#memory.members[member]!.phase[0] as Phase;
    return errors.threadDied(member, this.#memory.members.length, whereabouts(phase, this.#stepsDone()), cause);
  }
}

/** @throws LockstepError if the system does not give that many threads */
function createPool(threads: number): Piscina {
  avoidBackgroundCompilation();
  try {
    return new Piscina({
      filename: WORKER,
      // Neither more, which would idle, nor fewer: a gang that is larger than its pool never meets.
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB },
    });
  } catch (error) {
    throw errors.threadsUnavailable(threads, error);
  }
}
