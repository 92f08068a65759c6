/**
 * Shared words between coordinator and workers, besides the barrier.
 *
 *   COMMAND   coordinator → workers: GO or STOP. STOP is final.
 *   DECISION  last arrival → all: the command at the time when the barrier opened. Workers obey this one, so that all
 *             obey at the same step.
 *   GRANTED   coordinator → workers: the number of epochs they may run. Their order is in place, and the record that
 *             the last of them uses has been read.
 *   STEPS     last arrival → coordinator, by record: the number of steps of its epoch that are done.
 *   FINISHED  last arrival → coordinator, by record: 1 once its epoch is trained and evaluated.
 *   WAKE_UPS  workers → coordinator: counts changes. The coordinator waits on it asynchronously; workers never wait
 *             on it, so that each word has waiters of one kind only.
 *   DIVERGED  any worker → last arrival: a loss of this step is not finite.
 *   AGREED    first worker → last arrival, under MPI: what the ranks have agreed on (parallel/mpi/exchange.ts). It
 *             decides instead of the COMMAND of this process, so that all ranks obey at the same step.
 */
import { CONTROL_STRIDE, recordIndex } from '../memory/layout.js';
import { BARRIER_WORDS } from './barrier.js';

const at = (word: number) => (BARRIER_WORDS + word) * CONTROL_STRIDE;
const COMMAND = at(0);
const DECISION = at(1);
const GRANTED = at(2);
const STEPS = [at(3), at(4)] as const;
const FINISHED = [at(5), at(6)] as const;
const WAKE_UPS = at(7);
const DIVERGED = at(8);
const AGREED = at(9);

/**
 * Values of DECISION; the first two are also values of COMMAND. DIVERGED: a loss is not finite. PATIENCE, TIME_UP and BUDGET: the
 * run is complete before its last epoch.
 */
export const Command = { GO: 0, STOP: 1, DIVERGED: 2, PATIENCE: 3, TIME_UP: 4, BUDGET: 5 } as const;
export type Command = (typeof Command)[keyof typeof Command];

export interface Agreement {
  readonly stop: boolean;
  readonly diverged: boolean;
  readonly timeUp: boolean;
}
/** Bits of AGREED. */
const Agreed = { STOP: 1, DIVERGED: 2, TIME_UP: 4 } as const;

/** Why the barrier is held. */
export const HeldFor = { GRANT: 1, GRADIENTS: 2, SNAPSHOT: 3 } as const;
export type HeldFor = (typeof HeldFor)[keyof typeof HeldFor];

/**
 * The ticket of a hold (see barrier.ts): the reason in the lowest two bits, the number above them.
 *
 * @param number  the epoch to be granted, or the number of steps done, modulo 2³⁰
 */
export function ticketOf(why: HeldFor, number: number): number {
  return (number << 2) | why;
}

/** 0 if the barrier is not held. */
export function reasonOf(ticket: number): HeldFor | 0 {
  return (ticket & 3) as HeldFor | 0;
}

export class Control {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  get command(): Command {
    return Atomics.load(this.#words, COMMAND) as Command;
  }

  stop(): void {
    Atomics.store(this.#words, COMMAND, Command.STOP);
  }

  get decision(): Command {
    return Atomics.load(this.#words, DECISION) as Command;
  }

  /** Only for the thread that is about to open the barrier. */
  decide(decision: Command): void {
    Atomics.store(this.#words, DECISION, decision);
  }

  get granted(): number {
    return Atomics.load(this.#words, GRANTED);
  }

  /** Whether the hold before this epoch may open: to run the epoch, or to end. */
  isGranted(epoch: number): boolean {
    return this.granted >= epoch || this.command !== Command.GO;
  }

  grant(epochs: number): void {
    Atomics.store(this.#words, GRANTED, epochs);
  }

  stepsDone(epoch: number): number {
    return Atomics.load(this.#words, STEPS[recordIndex(epoch)]);
  }

  countStep(epoch: number): void {
    Atomics.add(this.#words, STEPS[recordIndex(epoch)], 1);
  }

  isFinished(epoch: number): boolean {
    return Atomics.load(this.#words, FINISHED[recordIndex(epoch)]) === 1;
  }

  finish(epoch: number): void {
    Atomics.store(this.#words, FINISHED[recordIndex(epoch)], 1);
  }

  /**
   * Called by the coordinator before it grants the epoch.
   *
   * @param steps  done by an earlier process, if the run is resumed within the epoch
   */
  clearRecord(epoch: number, steps: number): void {
    Atomics.store(this.#words, STEPS[recordIndex(epoch)], steps);
    Atomics.store(this.#words, FINISHED[recordIndex(epoch)], 0);
  }

  get diverged(): boolean {
    return Atomics.load(this.#words, DIVERGED) === 1;
  }

  reportDivergence(): void {
    Atomics.store(this.#words, DIVERGED, 1);
  }

  agree({ stop, diverged, timeUp }: Agreement): void {
    const bits = (stop ? Agreed.STOP : 0) | (diverged ? Agreed.DIVERGED : 0) | (timeUp ? Agreed.TIME_UP : 0);
    Atomics.store(this.#words, AGREED, bits);
  }

  get agreed(): Agreement {
    const bits = Atomics.load(this.#words, AGREED);
    return {
      stop: (bits & Agreed.STOP) !== 0,
      diverged: (bits & Agreed.DIVERGED) !== 0,
      timeUp: (bits & Agreed.TIME_UP) !== 0,
    };
  }

  /** Wakes the coordinator. */
  wake(): void {
    Atomics.add(this.#words, WAKE_UPS, 1);
    Atomics.notify(this.#words, WAKE_UPS);
  }

  get wakeUps(): number {
    return Atomics.load(this.#words, WAKE_UPS);
  }

  /** Resolves once there have been more than `wakeUps` wake-ups. */
  async wokenSince(wakeUps: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#words, WAKE_UPS, wakeUps);
    if (wait.async) await wait.value;
  }
}
