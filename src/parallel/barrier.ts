/**
 * The barrier at which the workers of a team meet, made of three words of shared memory.
 *
 *   STATE    generation · 2 + aborted. The only word that anybody waits on. Opening the barrier adds 2; an
 *            abort sets the lowest bit, for good. Either changes the word, so a worker that is about to wait for
 *            the old value does not fall asleep: Atomics.wait compares and sleeps as one step.
 *   ARRIVED  how many workers have arrived in this generation.
 *   HELD     not 0 while everybody has arrived and the barrier is kept shut for the coordinator: the hold's ticket.
 *
 * A round. Each worker reads STATE, then adds itself to ARRIVED, then (when it has done what it can meanwhile)
 * waits until STATE differs from what it read. The last one sets ARRIVED back to 0 and only then opens: a worker
 * that is let through may arrive at the next round at once, and must count from zero. STATE is read before ARRIVED
 * is added to: the other way round, the last could open in between, and the reader would wait for a generation that
 * is already here.
 *
 * Holding. The last worker may leave the barrier shut until the coordinator has done something ("ready").
 * It sets HELD, and then asks again whether it is ready; the coordinator makes it ready, and then looks at
 * HELD. Whoever comes second sees the other (both are sequentially consistent), so the barrier is not left
 * shut; and the compare-exchange of HELD to 0 lets just one of the two open it.
 *
 * Tickets. The system may take the coordinator's processor between making the hold ready and looking at HELD, for as
 * long as it likes: the team then opens that hold by itself, and may be held again, for something that is not ready.
 * So a ticket names what its hold waits for (which epoch, say), and `release` opens the hold with that ticket alone.
 *
 * Aborting. Whoever notices a death sets the bit and wakes all; workers that are awake see it when they next
 * arrive. An aborted team never meets again, so the counts may stay as they are.
 */
import { CONTROL_STRIDE } from '../memory/layout.js';

const STATE = 0 * CONTROL_STRIDE;
const ARRIVED = 1 * CONTROL_STRIDE;
const HELD = 2 * CONTROL_STRIDE;

/** Control words from this one on are not the barrier's. */
export const BARRIER_WORDS = 3;

const ABORTED = 1;
const GENERATION = 2;

/** What a worker's `arrive` throws when the team has been aborted. */
export class TeamAborted extends Error {
  override readonly name = 'TeamAborted';
}

/** Why a barrier may have to be held. */
export interface Hold {
  /** What it waits for: not 0, and not that of another hold that the coordinator may still be about to release. */
  readonly ticket: number;
  /** Whether it need not be held (any more). Called once or twice; once true it must stay true. */
  ready(): boolean;
  /** Done by the last worker after it has published its hold, to tell the coordinator. */
  announce(): void;
  /** Done by the last worker just before it opens, and only if it is the one that opens. */
  opening(): void;
}

export class Barrier {
  readonly #words: Int32Array;
  readonly #workers: number;
  readonly #spins: number;

  /**
   * @param words  the control block
   * @param spins  how often a worker looks before it sleeps: 0 where workers share processors, since a worker
   *               that spins there keeps another from arriving
   */
  constructor(words: Int32Array, workers: number, spins: number) {
    this.#words = words;
    this.#workers = workers;
    this.#spins = spins;
  }

  /**
   * Waits for all workers.
   *
   * @param last       done by the last one to arrive, while all others wait
   * @param meanwhile  done by each when it has arrived, before it waits, and by the last when it has opened: so it must need
   *                   nothing that others write in this phase or the next, and write nothing that they read (Gupta 1989
   *                   calls that a fuzzy barrier)
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

  /** The coordinator: opens the barrier if it is held with this ticket. `first` is done just before. */
  release(ticket: number, first: () => void): void {
    if (!this.#takeHold(ticket)) return;
    first();
    this.#open();
  }

  /** The ticket of the hold; 0 if the barrier is not held. */
  get held(): number {
    return Atomics.load(this.#words, HELD);
  }

  /**
   * As `abort`, but only if the barrier has never opened: then no worker has begun anything, and none will. Looking and
   * aborting are one step, so it cannot open in between.
   *
   * @returns whether it was so
   */
  abortUnopened(): boolean {
    if (Atomics.compareExchange(this.#words, STATE, 0, ABORTED) !== 0) return false;
    Atomics.notify(this.#words, STATE);
    return true;
  }

  /** Ends every wait at this barrier, now and later. Anybody may call it, any number of times. */
  abort(): void {
    Atomics.or(this.#words, STATE, ABORTED);
    Atomics.notify(this.#words, STATE);
  }

  /** Whether the last worker may open: either nothing is to be waited for, or it took back its hold. */
  #mayOpen(hold: Hold): boolean {
    if (hold.ready()) return true;
    Atomics.store(this.#words, HELD, hold.ticket);
    return hold.ready() && this.#takeHold(hold.ticket);
  }

  /** At most one caller a round gets true, and it alone may open. */
  #takeHold(ticket: number): boolean {
    return Atomics.compareExchange(this.#words, HELD, ticket, 0) === ticket;
  }

  #open(): void {
    // Add, not store: an abort that comes in between must not be overwritten. Value first, then wake: a
    // worker that is woken before the value changes would find the old one and sleep on.
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
