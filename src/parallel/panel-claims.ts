/**
 * Distributes the panels of the first layer among the workers. Each worker takes the panels of its own part one by one, then
 * the remaining panels of other parts, so that a slow or busy processor does not delay the team for long. The result of a
 * panel does not depend on who computes it.
 *
 * One counter per part holds the number of taken panels. They are reset while all workers wait at the barrier.
 */
import type { Range } from '../kernels/kernel.js';
import { CONTROL_STRIDE } from '../memory/layout.js';

export class Claims {
  /** [threads], each on its own cache line. */
  readonly #taken: Int32Array;
  readonly #parts: readonly Range[];
  readonly #worker: number;
  /** Number of parts, starting with its own, that this worker has found to be taken. */
  #finished = 0;

  /** @param parts  by worker */
  constructor(taken: Int32Array, parts: readonly Range[], worker: number) {
    this.#taken = taken;
    this.#parts = parts;
    this.#worker = worker;
  }

  /** Only for the worker that is about to open the barrier. */
  reset(): void {
    for (let part = 0; part < this.#parts.length; part++) Atomics.store(this.#taken, part * CONTROL_STRIDE, 0);
  }

  /** Begins a round, at the part of this worker. */
  begin(): void {
    this.#finished = 0;
  }

  /** A panel that no other worker has in this round; undefined when all are taken. */
  next(): number | undefined {
    for (; this.#finished < this.#parts.length; this.#finished++) {
      const part = (this.#worker + this.#finished) % this.#parts.length;
      const { from, to } = this.#parts[part]!;
      const panel = from + Atomics.add(this.#taken, part * CONTROL_STRIDE, 1);
      if (panel < to) return panel;
    }
    return undefined;
  }

  /** A round: calls `work` for each panel that this worker gets. */
  each(work: (panel: number) => void): void {
    this.begin();
    for (let panel = this.next(); panel !== undefined; panel = this.next()) work(panel);
  }
}
