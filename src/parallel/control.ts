/**
 * What coordinator and workers tell each other besides meeting at the barrier, word by word.
 *
 *   COMMAND   coordinator → workers: what it wants of them (go on, or stop). Never taken back.
 *   DECISION  last arrival → all: the command as it was when the barrier opened. Workers obey this one, so
 *             that all obey at the same step, whenever the command came.
 *   GRANTED   coordinator → workers: how many epochs they may run; their order is in place, and what the epoch
 *             before the last left in the same record has been read.
 *   STEPS     last arrival → coordinator: by record, how many steps of its epoch are done.
 *   FINISHED  last arrival → coordinator: by record, 1 once its epoch is trained and evaluated.
 *   BELL      workers → coordinator: something has changed. The coordinator waits on it asynchronously, workers
 *             never wait on it: a word has waiters of one kind only.
 *   DIVERGED  any worker → last arrival: a loss of this step is not finite.
 *   AGREED    first worker → last arrival, under MPI: what any rank wants of all (parallel/mpi/exchange.ts). Decisions follow it, and
 *             not this process's own COMMAND, so that all ranks obey at the same step.
 */
import { CONTROL_STRIDE, recordIndex } from '../memory/layout.js';
import { BARRIER_WORDS } from './barrier.js';

const at = (word: number) => (BARRIER_WORDS + word) * CONTROL_STRIDE;
const COMMAND = at(0);
const DECISION = at(1);
const GRANTED = at(2);
const STEPS = [at(3), at(4)] as const;
const FINISHED = [at(5), at(6)] as const;
const BELL = at(7);
const DIVERGED = at(8);
const AGREED = at(9);

/**
 * Values of DECISION, the first two also of COMMAND. DIVERGED: a loss is not finite. The last two: the run is complete
 * before its last epoch, and why.
 */
export const Command = { GO: 0, STOP: 1, DIVERGED: 2, PATIENCE: 3, TIME_UP: 4 } as const;
export type Command = (typeof Command)[keyof typeof Command];

/** What ranks agree on. */
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
 * @param number  of the epoch that is to be granted, or of steps that are done. What of it does not fit is cut off: nobody
 *   is 2³⁰ epochs or steps late
 */
export function ticketOf(why: HeldFor, number: number): number {
  return (number << 2) | why;
}

/** 0 for the ticket 0: the barrier is not held. */
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

  /** Publishes what all are to do next. Only for whoever is about to open the barrier. */
  decide(decision: Command): void {
    Atomics.store(this.#words, DECISION, decision);
  }

  get granted(): number {
    return Atomics.load(this.#words, GRANTED);
  }

  /** Whether the team may go on at the hold in front of this epoch: to run it, or to end. */
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

  /** The coordinator, before it grants the epoch: its record holds nothing yet, or an earlier process's steps. */
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

  ring(): void {
    Atomics.add(this.#words, BELL, 1);
    Atomics.notify(this.#words, BELL);
  }

  get rings(): number {
    return Atomics.load(this.#words, BELL);
  }

  /** Resolves once the bell has rung more often than `rings`. */
  async rungSince(rings: number): Promise<void> {
    const wait = Atomics.waitAsync(this.#words, BELL, rings);
    if (wait.async) await wait.value;
  }
}
