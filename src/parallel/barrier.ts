/**
 * The barrier at which the workers of a team meet: three words of shared memory.
 *
 *   STATE    generation · 2 + aborted. The only word that workers wait on. Opening the barrier adds 2; an abort sets
 *            the lowest bit forever. Either changes the word, so a worker that is about to wait for the old value
 *            does not sleep: Atomics.wait compares and sleeps atomically.
 *   ARRIVED  the number of workers that have arrived in this generation.
 *   HELD     the ticket of the hold while all workers have arrived and the barrier stays closed for the coordinator,
 *            else 0.
 *
 * A round. Each worker reads STATE, adds 1 to ARRIVED, does its work of the meantime, and waits until STATE differs from
 * the value that it read. The last worker resets ARRIVED to 0 before it opens the barrier, because released workers may
 * arrive at the next round at once. STATE is read before ARRIVED is incremented: otherwise the last worker could open the
 * barrier in between, and the reader would wait for the wrong generation.
 *
 * Holding. The last worker may keep the barrier closed until the coordinator is ready. It sets HELD, then checks again
 * whether the coordinator is ready; the coordinator becomes ready, then checks HELD. The operations are sequentially
 * consistent, so the second of the two sees the first, and the barrier cannot stay closed. The compare-exchange of HELD to
 * 0 lets only one of them open it.
 *
 * Tickets. The coordinator may be suspended between becoming ready and checking HELD. Meanwhile the team may open this hold
 * itself, and be held again for something that is not ready. Therefore a ticket names what its hold waits for (such as an
 * epoch), and `release` opens only the hold with that ticket.
 *
 * Aborting. Whoever notices a death sets the bit and wakes all waiting workers; the others see it when they next arrive. An
 * aborted team never meets again, so the counts need no reset.
 */
import { CONTROL_STRIDE } from '../memory/layout.js';

const STATE = 0 * CONTROL_STRIDE;
const ARRIVED = 1 * CONTROL_STRIDE;
const HELD = 2 * CONTROL_STRIDE;

/** Number of control words that the barrier uses. */
export const BARRIER_WORDS = 3;

const ABORTED = 1;
const GENERATION = 2;

/** Thrown by `arrive` when the team has been aborted. */
export class TeamAborted extends Error {
  override readonly name = 'TeamAborted';
}

export interface Hold {
  /** Names what the hold waits for. Not 0, and different from any hold that the coordinator may still release. */
  readonly ticket: number;
  /** Whether the barrier may open. Called once or twice; must not change from true to false. */
  ready(): boolean;
  /** Called by the last worker after it has set HELD, to wake the coordinator. */
  announce(): void;
  /** Called by the last worker just before it opens the barrier itself. */
  opening(): void;
}

export class Barrier {
  readonly #words: Int32Array;
  readonly #workers: number;
  readonly #spins: number;

  /**
   * @param words  the control block
   * @param spins  how often a worker checks before it sleeps; 0 if workers share processors, because a spinning worker
   *               would keep another from arriving
   */
  constructor(words: Int32Array, workers: number, spins: number) {
    this.#words = words;
    this.#workers = workers;
    this.#spins = spins;
  }

  /**
   * Waits for all workers.
   *
   * @param last       called by the last worker to arrive, while all others wait
   * @param meanwhile  called by each worker between arriving and waiting (by the last one after opening). It must not read
   *                   what others write in this phase or the next, or write what they read (a fuzzy barrier, Gupta 1989)
   * @throws TeamAborted
   */
  arrive(last: () => void, hold?: Hold, meanwhile?: () => void): void {
    const words = this.#words;
    const seen = Atomics.load(words, STATE);
    if (seen & ABORTED) throw new TeamAborted();
    if (Atomics.add(words, ARRIVED, 1) + 1 === this.#workers) {
      Atomics.store(words, ARRIVED, 0);
      last();
      if (!hold) this.#open();
      else if (this.#mayOpen(hold)) {
        hold.opening();
        this.#open();
      } else hold.announce();
    }
    meanwhile?.();
    this.#awaitChange(seen);
    if (Atomics.load(words, STATE) & ABORTED) throw new TeamAborted();
  }

  /** For the coordinator: opens the barrier if it is held with this ticket, and calls `first` just before. */
  release(ticket: number, first: () => void): void {
    if (!this.#takeHold(ticket)) return;
    first();
    this.#open();
  }

  /** Changes when the barrier opens or is aborted. */
  get state(): number {
    return Atomics.load(this.#words, STATE);
  }

  /** The ticket of the hold; 0 if the barrier is not held. */
  get held(): number {
    return Atomics.load(this.#words, HELD);
  }

  /**
   * Aborts only if the barrier has never opened, atomically: then no worker has begun or will begin.
   *
   * @returns whether it has aborted
   */
  abortUnopened(): boolean {
    if (Atomics.compareExchange(this.#words, STATE, 0, ABORTED) !== 0) return false;
    Atomics.notify(this.#words, STATE);
    return true;
  }

  /** Ends all waits at this barrier, now and later. Any thread may call it, any number of times. */
  abort(): void {
    Atomics.or(this.#words, STATE, ABORTED);
    Atomics.notify(this.#words, STATE);
  }

  /** Whether the last worker may open: the hold is ready, or has been taken back. */
  #mayOpen(hold: Hold): boolean {
    if (hold.ready()) return true;
    Atomics.store(this.#words, HELD, hold.ticket);
    return hold.ready() && this.#takeHold(hold.ticket);
  }

  /** Returns true to at most one caller per round, which must open the barrier. */
  #takeHold(ticket: number): boolean {
    return Atomics.compareExchange(this.#words, HELD, ticket, 0) === ticket;
  }

  #open(): void {
    // Add instead of store, so as not to overwrite an abort. The value changes before the notification; otherwise a woken
    // worker could see the old value and sleep again.
    Atomics.add(this.#words, STATE, GENERATION);
    Atomics.notify(this.#words, STATE);
  }

  #awaitChange(seen: number): void {
    for (let i = 0; i < this.#spins; i++) {
      if (Atomics.load(this.#words, STATE) !== seen) return;
    }
    while (Atomics.load(this.#words, STATE) === seen) Atomics.wait(this.#words, STATE, seen);
  }
}
