/**
 * Who steps which panel of the first layer. Each worker has a part of them, of equal work, and takes those one by one; one
 * that is done takes what is left of the others', so that a processor that is slower, or busy with something else, keeps
 * nobody waiting for long. Whoever computes a panel does so in the same order: no bit depends on it.
 *
 * A counter for each part says how many of its panels are taken. All are set back while every worker waits at the barrier.
 */
import type { Range } from '../kernels/kernel.js';
import { CONTROL_STRIDE } from '../memory/layout.js';

export class Claims {
  /** (T) on cache lines of their own. */
  readonly #taken: Int32Array;
  readonly #parts: readonly Range[];
  readonly #worker: number;
  /** How many parts, from its own on, this worker has seen to be all taken. */
  #finished = 0;

  /** @param parts  by worker */
  constructor(taken: Int32Array, parts: readonly Range[], worker: number) {
    this.#taken = taken;
    this.#parts = parts;
    this.#worker = worker;
  }

  /** Only for whoever is about to open the barrier. */
  reset(): void {
    for (let part = 0; part < this.#parts.length; part++) Atomics.store(this.#taken, part * CONTROL_STRIDE, 0);
  }

  /** Begins a round: at the worker's own part. */
  begin(): void {
    this.#finished = 0;
  }

  /** A panel that nobody else takes in this round; undefined when all are taken. */
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
