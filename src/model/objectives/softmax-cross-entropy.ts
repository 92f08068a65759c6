/**
 * Softmax cross-entropy, for classes. All kernels share this code, in float64.
 *
 *   P_j = e^(Z_j − m) / Σ_c e^(Z_c − m),  m = max Z      L = log Σ_c e^(Z_c − m) − (Z_t − m) = −log P_t
 *   dL/dZ = P − T                                        docs/mathematics.md, "The loss"
 *
 * Subtracting the maximum changes neither P nor L, and no exponential can overflow.
 */

import { expOfNonPositive, logOfAtLeastOne } from '../../kernels/exact-math.js';
import type { LayerMemory, Memory, Scores } from '../../memory/layout.js';
import { type Criterion, type Objective, readOutputs, writeDelta } from './objective.js';
import { meanLoss, meanScore } from './weighted.js';

export const softmaxCrossEntropy = {
  name: 'softmax-cross-entropy',
  outputs: ({ classes }) => classes,
  targets: 'uint32',
  scores: [
    { name: 'incorrect', type: 'uint8', isSummed: true, storedAs: 'wrong' },
    { name: 'predicted', type: 'uint32', isSummed: false },
  ],
  metrics: [
    { name: 'loss', title: 'cross-entropy', unit: 'nats', better: 'lower', of: meanLoss },
    {
      name: 'error',
      title: 'error',
      unit: 'fraction',
      better: 'lower',
      of: (sums) => meanScore(sums.incorrect!, sums),
    },
  ],
  criterion: (memory): Criterion => new SoftmaxCrossEntropy(memory),
} as const satisfies Objective;

export class SoftmaxCrossEntropy implements Criterion {
  readonly #layer: LayerMemory;
  readonly #targets: Memory['rows']['targets'];
  /** (classes) Z, then P. */
  readonly #z: Float64Array;
  #target = 0;

  /** −log P_t of the last sample, in nats. */
  loss = 0;
  /** Class with the highest probability for the last sample; the lowest such class if several are equal. */
  predicted = 0;

  /** The last layer's panels hold the logits. */
  constructor({ layers, rows }: Pick<Memory, 'layers' | 'rows'>) {
    this.#layer = layers.at(-1)!;
    this.#targets = rows.targets;
    this.#z = new Float64Array(this.#layer.outputs);
  }

  /** (classes) Of the last sample, unless it was differentiated. Overwritten by the next. */
  get probabilities(): Float64Array {
    return this.#z;
  }

  evaluate(slot: number, sample: number): void {
    const z = this.#z;
    readOutputs(this.#layer, slot, z);
    let highest = 0;
    for (let j = 1; j < z.length; j++) if (z[j]! > z[highest]!) highest = j;
    const max = z[highest]!;
    this.#target = this.#targets[sample]!;
    const targetZ = z[this.#target]! - max;

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

  differentiate(slot: number, sample: number, weight = 1): void {
    this.evaluate(slot, sample);
    this.#z[this.#target]! -= 1;
    writeDelta(this.#layer, slot, this.#z, weight);
  }

  record({ loss, incorrect, predicted }: Scores, position: number): void {
    loss[position] = this.loss;
    incorrect![position] = this.predicted === this.#target ? 0 : 1;
    if (predicted) predicted[position] = this.predicted;
  }
}
