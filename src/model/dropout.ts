/** The dropout of a run: keys by epoch, and what a kernel needs for a batch. */
import type { Dropout } from '../kernels/dropout.js';
import type { CounterKey } from '../kernels/threefry.js';
import type { DropoutNeeds } from '../memory/plan.js';
import { CounterStream, counterKey } from './counter-random.js';

/** A probability as the generator has it: a multiple of 2^−16, and below 1. */
const LEVELS = 65_536;

/** The number of 16 random bits below which a unit is dropped. @param probability  at least 0 and less than 1 */
export function thresholdOf(probability: number): number {
  return Math.min(LEVELS - 1, Math.round(probability * LEVELS));
}

/** What the kept units are multiplied by, so that the mean over all masks is the unit itself. */
export function factorOf(threshold: number): number {
  return LEVELS / (LEVELS - threshold);
}

export class Dropouts {
  readonly #needs: DropoutNeeds;
  /** By layer. */
  readonly #factors: readonly number[];
  #keys: readonly CounterKey[] = [];
  #epoch = -1;

  constructor(needs: DropoutNeeds) {
    this.#needs = needs;
    this.#factors = needs.thresholds.map(factorOf);
  }

  /**
   * Dropout of a layer's inputs in a batch; undefined if the layer has none.
   *
   * @param samples  those of the epoch, in its order
   * @param first    position of the batch's first sample
   */
  of(layer: number, epoch: number, samples: Uint32Array, first: number): Dropout | undefined {
    const { seed, thresholds } = this.#needs;
    const threshold = thresholds[layer]!;
    if (threshold === 0) return undefined;
    if (epoch !== this.#epoch) {
      this.#keys = thresholds.map((_, l) => counterKey(seed, CounterStream.DROPOUT + l, epoch));
      this.#epoch = epoch;
    }
    return { key: this.#keys[layer]!, threshold, factor: this.#factors[layer]!, samples, first };
  }
}
