/**
 * Measures what a barrier costs on this machine: the main thread and a helper thread meet at one for about 2 ms.
 *
 * The helper needs some 20 ms to start, in which the main thread can do other work. The main thread never sleeps at the barrier,
 * and spins no longer than `LIMIT_MS`: if the helper does not come, there is no result.
 */
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { avoidBackgroundCompilation } from '../kernels/background-compilation.js';
import { CONTROL_STRIDE } from '../memory/layout.js';
import { BARRIER_WORDS, Barrier, TeamAborted } from './barrier.js';
import { spinsFor } from './team.js';

const PARTNER = new URL('../../workers/barrier-partner.js', import.meta.url);

/** What the helper thread gets. */
export interface Partner {
  readonly words: Int32Array;
  readonly spins: number;
}

/** Rounds that are timed together: long enough for the clock, short enough to be undisturbed on a busy machine. */
const ROUNDS = 20;
/** Groups, after which the engine has compiled what runs: about 2 ms. */
const GROUPS = 200;
/** With rounds in which the system runs another program in the helper's place. */
const LIMIT_MS = 8;
/** A round that takes longer is not the machine's: other programs run on these cores. (Two sockets take less than 1 µs.) */
const DISTURBED_MS = 0.003;
/** How long to wait for the helper, which had time to start before. A machine too busy to start a thread has no room for two. */
const START_LIMIT_MS = 30;
/** Looks at the barrier between two looks at the clock. */
const LOOKS = 200;

export class BarrierTrial implements Disposable {
  readonly #barrier: Barrier;
  readonly #isReady: Promise<boolean>;

  /** Starts the helper thread. */
  constructor(partner = PARTNER) {
    const words = new Int32Array(new SharedArrayBuffer(BARRIER_WORDS * CONTROL_STRIDE * Int32Array.BYTES_PER_ELEMENT));
    this.#barrier = new Barrier(words, 2, 0);
    this.#isReady = startPartner(partner, { words, spins: spinsFor(2) });
  }

  /** Seconds of a barrier round of two threads; undefined if the helper did not start in time, or if the cores were busy. */
  async measure(): Promise<number | undefined> {
    const giveUp = new AbortController();
    // (Its start is announced before the timer ends, even if the main thread has been busy since.)
    const late = setTimeout(START_LIMIT_MS, false, { signal: giveUp.signal }).catch(() => false);
    const isReady = await Promise.race([this.#isReady, late]);
    giveUp.abort();
    return isReady ? this.#meet() : undefined;
  }

  /** Ends the helper thread, even if it has not started yet. */
  [Symbol.dispose](): void {
    this.#barrier.abort();
  }

  /** The least time of several groups of rounds: a disturbance only makes a group longer. */
  #meet(): number | undefined {
    const barrier = this.#barrier;
    const began = performance.now();
    let seen = 0;
    // Spins until the barrier opens, so that `arrive` does not sleep after it.
    const spin = () => {
      for (let looks = 1; barrier.state === seen; looks++) {
        if (looks % LOOKS === 0 && performance.now() - began > LIMIT_MS) barrier.abort();
      }
    };
    let best = Number.POSITIVE_INFINITY;
    try {
      for (let group = 0; group < GROUPS && performance.now() - began < LIMIT_MS; group++) {
        const start = performance.now();
        for (let round = 0; round < ROUNDS; round++) {
          seen = barrier.state;
          barrier.arrive(nothing, undefined, spin);
        }
        best = Math.min(best, (performance.now() - start) / ROUNDS);
      }
    } catch (error) {
      if (!(error instanceof TeamAborted)) throw error;
    }
    return best < DISTURBED_MS ? best / 1000 : undefined;
  }
}

/** Resolves to whether the thread runs. It ends when the barrier is aborted, and does not keep the process alive. */
function startPartner(file: URL, workerData: Partner): Promise<boolean> {
  avoidBackgroundCompilation();
  return new Promise((resolve) => {
    try {
      // Without the process's flags, some of which are only for the main script.
      const worker = new Worker(file, { workerData, execArgv: [] });
      worker.unref();
      worker.once('message', () => resolve(true));
      // (Without a listener, an error would end the process.)
      worker.on('error', () => resolve(false));
      worker.once('exit', () => resolve(false));
    } catch {
      resolve(false);
    }
  });
}

function nothing(): void {}
