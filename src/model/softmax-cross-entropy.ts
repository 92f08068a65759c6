/**
 * Softmax cross-entropy at the end of the network: the same code for every kernel, in float64.
 *
 *   P_j = e^(Z_j − m) / Σ_c e^(Z_c − m),  m = max Z      L = log Σ_c e^(Z_c − m) − (Z_t − m) = −log P_t
 *   dL/dZ = P − T                                        docs/mathematics.md, "Softmax and cross-entropy"
 *
 * Taking off the maximum changes neither P nor L, and no exponential can overflow.
 */

import { expOfNonPositive, logOfAtLeastOne } from '../kernels/elementary.js';
import type { LayerMemory } from '../memory/layout.js';

export class SoftmaxCrossEntropy {
  readonly #layer: LayerMemory;
  readonly #z: Float64Array;

  /** Of the sample seen last: −log P_t, in nats. */
  loss = 0;
  /** Of the sample seen last: the class with the highest probability, the lowest such. */
  predicted = 0;

  /** @param layer  the last one: its panels hold the logits */
  constructor(layer: LayerMemory) {
    this.#layer = layer;
    this.#z = new Float64Array(layer.outputs);
  }

  /** Loss and prediction of the sample in `slot`, whose class is `target`. The logits stay as they are. */
  evaluate(slot: number, target: number): void {
    this.#probabilities(slot, target);
  }

  /** Of the sample seen last, unless it was differentiated: (classes), overwritten by the next. */
  get probabilities(): Float64Array {
    return this.#z;
  }

  /** As `evaluate`, and δ = P − T takes the place of the logits. */
  differentiate(slot: number, target: number): void {
    this.#probabilities(slot, target);
    const p = this.#z;
    for (const { firstColumn, width, delta } of this.#layer.panels) {
      const end = Math.min(firstColumn + width, p.length);
      for (let j = firstColumn; j < end; j++) {
        delta[slot * width + j - firstColumn] = p[j]! - (j === target ? 1 : 0);
      }
    }
  }

  /** Leaves P in the place of Z. */
  #probabilities(slot: number, target: number): void {
    const z = this.#z;
    for (const { firstColumn, width, delta } of this.#layer.panels) {
      const end = Math.min(firstColumn + width, z.length);
      for (let j = firstColumn; j < end; j++) z[j] = delta[slot * width + j - firstColumn]!;
    }

    let highest = 0;
    for (let j = 1; j < z.length; j++) if (z[j]! > z[highest]!) highest = j;
    const max = z[highest]!;
    const targetZ = z[target]! - max;

    let sum = 0;
    for (let j = 0; j < z.length; j++) {
      const e = expOfNonPositive(z[j]! - max);
      z[j] = e;
      sum += e;
    }
    for (let j = 0; j < z.length; j++) z[j]! /= sum;

    this.loss = logOfAtLeastOne(sum) - targetZ;
    this.predicted = highest;
  }
}
