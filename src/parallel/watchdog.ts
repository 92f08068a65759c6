/** Detects a hanging worker, which neither throws nor ends while the others wait for it. */
import { errors } from '../errors.js';
import type { Memory } from '../memory/layout.js';
import { Phase, whereabouts } from './task.js';

/**
 * Why the barrier is held: not at all; for the coordinator or the consumer of the events; or for something already granted,
 * so that it will never open.
 */
export type TeamWait = 'none' | 'coordinator' | 'stalled';

/** Tells the watchdog that a worker makes progress. */
export function beat({ workers }: Memory, worker: number): void {
  workers[worker]!.beats[0]!++;
}

export class Watchdog {
  /** The limit is `leastMs` or `steps` times the slowest step so far, whichever is longer. */
  static readonly patience = { leastMs: 60_000, steps: 100, lookEveryMs: 1000 };

  readonly #memory: Memory;
  readonly #wait: () => TeamWait;
  readonly #stepsDone: () => number;
  readonly #onStall: (failure: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #beats: number;
  #steps: number;
  #lookedAt = performance.now();
  /** Time since any worker made progress. */
  #stillMs = 0;
  /** Time since the last completed step. */
  #stepMs = 0;
  #slowestStepMs = 0;
  readonly #firstStepMs: number;

  /**
   * @param stepsDone    number of steps done in the run
   * @param firstStepMs  limit for the first step, for which there is no measurement yet
   */
  constructor(
    memory: Memory,
    wait: () => TeamWait,
    stepsDone: () => number,
    firstStepMs: number,
    onStall: (failure: unknown) => void,
  ) {
    this.#firstStepMs = firstStepMs;
    this.#memory = memory;
    this.#wait = wait;
    this.#stepsDone = stepsDone;
    this.#onStall = onStall;
    this.#beats = this.#allBeats();
    this.#steps = stepsDone();
    this.#timer = setInterval(() => this.#look(), Watchdog.patience.lookEveryMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { leastMs, steps: patientSteps, lookEveryMs } = Watchdog.patience;
    const time = performance.now();
    // Longer intervals mean that this process was suspended or busy.
    const passedMs = Math.min(time - this.#lookedAt, 2 * lookEveryMs);
    this.#lookedAt = time;

    // An exchange waits for other ranks, which have their own watchdogs.
    const isHeld = this.#wait() === 'coordinator' || this.#isAny(Phase.EXCHANGE);
    if (!isHeld && !this.#isAny(Phase.START) && !this.#isAny(Phase.EVALUATE)) this.#timeSteps(passedMs);
    const beats = this.#allBeats();
    if (isHeld || beats !== this.#beats) {
      this.#beats = beats;
      this.#stillMs = 0;
      return;
    }
    this.#stillMs += passedMs;
    const patienceMs = this.#slowestStepMs > 0 ? patientSteps * this.#slowestStepMs : this.#firstStepMs;
    if (this.#stillMs <= Math.max(leastMs, patienceMs)) return;
    this.stop();
    this.#onStall(this.#stall());
  }

  #timeSteps(passedMs: number): void {
    const steps = this.#stepsDone();
    this.#stepMs += passedMs;
    if (steps === this.#steps) return;
    this.#slowestStepMs = Math.max(this.#slowestStepMs, this.#stepMs / (steps - this.#steps));
    this.#steps = steps;
    this.#stepMs = 0;
  }

  #isAny(phase: Phase): boolean {
    return this.#memory.workers.some((worker) => worker.phase[0] === phase);
  }

  #stall() {
    const { workers } = this.#memory;
    const seconds = this.#stillMs / 1000;
    if (this.#wait() === 'stalled') return errors.barrierStalled(workers.length, this.#stepsDone(), seconds);
    const late = [...workers.keys()].filter((worker) => workers[worker]!.phase[0] !== Phase.WAIT);
    // If all wait for nothing, no single worker is to blame.
    const named = late.length > 0 ? late : [...workers.keys()];
    const phase = workers[named[0]!]!.phase[0] as Phase;
    const names = named.map((worker) => `${worker + 1}`);
    return errors.threadStalled(names, workers.length, whereabouts(phase, this.#stepsDone()), seconds);
  }

  #allBeats(): number {
    return this.#memory.workers.reduce((sum, { beats }) => sum + beats[0]!, 0);
  }
}
