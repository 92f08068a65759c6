/**
 * Softmax cross-entropy, for classes. All kernels share this code, in float64.
 *
 *   P_j = e^(Z_j − m) / Σ_c e^(Z_c − m),  m = max Z      L = log Σ_c e^(Z_c − m) − (Z_t − m) = −log P_t
 *   dL/dZ = P − T                                        docs/mathematics.md, "The loss"
 *
 * Subtracting the maximum changes neither P nor L, and no exponential can overflow.
 */

import { expOfNonPositive, logOfAtLeastOne, roughLog } from '../../kernels/exact-math.js';
import type { Scores } from '../../memory/epoch-record.js';
import type { LayerMemory } from '../../memory/layer-memory.js';
import type { Memory } from '../../memory/layout.js';
import type { ObjectiveFacts } from '../../memory/plan.js';
import { addToAudit } from './audited.js';
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
  auditWords: (outputs) => ClassWord.PROBABILITIES + outputs,
  criterion: (memory): Criterion => new SoftmaxCrossEntropy(memory),
} as const satisfies Objective;

/** In training, the target is (1 − ε)·T + ε / classes. Evaluation has the targets as they are. */
export function smoothedCrossEntropy({ labelSmoothing = 0 }: ObjectiveFacts): Objective {
  if (labelSmoothing === 0) return softmaxCrossEntropy;
  return { ...softmaxCrossEntropy, criterion: (memory) => new SoftmaxCrossEntropy(memory, labelSmoothing) };
}

/** A class that is less likely counts as this likely where logits are compared: a difference of 690. */
const LEAST_PROBABILITY = 1e-300;

/** What an audit adds up of each sample: offsets of [Z_t − the largest other Z, ‖P − T‖, how often forgotten, …P]. */
export const ClassWord = {
  MARGIN: 0,
  EL2N: 1,
  /** Twice the number of times that the predicted class went from right to wrong, plus 1 if it was right at the last visit. */
  FORGOTTEN: 2,
  PROBABILITIES: 3,
} as const;

export class SoftmaxCrossEntropy implements Criterion {
  readonly #layer: LayerMemory;
  readonly #targets: Memory['rows']['targets'];
  /** (classes) Z, then P. */
  readonly #z: Float64Array;
  readonly #smoothing: number;
  /** What smoothing gives to each class. */
  readonly #share: number;
  #target = 0;
  /** Z_t − m */
  #targetZ = 0;
  /** With smoothing: Σ (Z_c − m) */
  #sumZ = 0;

  /** −log P_t of the last sample, in nats. If it was differentiated, −Σ T log P with the smoothed target. */
  loss = 0;
  /** Class with the highest probability for the last sample; the lowest such class if several are equal. */
  predicted = 0;

  /** The last layer's panels hold the logits. */
  constructor({ layers, rows }: Pick<Memory, 'layers' | 'rows'>, smoothing = 0) {
    this.#layer = layers.at(-1)!;
    this.#targets = rows.targets;
    this.#z = new Float64Array(this.#layer.outputs);
    this.#smoothing = smoothing;
    this.#share = smoothing / this.#layer.outputs;
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
    this.#targetZ = z[this.#target]! - max;
    if (this.#smoothing > 0) {
      this.#sumZ = 0;
      for (let j = 0; j < z.length; j++) this.#sumZ += z[j]! - max;
    }

    let sum = 0;
    for (let j = 0; j < z.length; j++) {
      const e = expOfNonPositive(z[j]! - max);
      z[j] = e;
      sum += e;
    }
    for (let j = 0; j < z.length; j++) z[j]! /= sum;

    this.loss = logOfAtLeastOne(sum) - this.#targetZ;
    this.predicted = highest;
  }

  differentiate(slot: number, sample: number, weight = 1): void {
    this.evaluate(slot, sample);
    this.#z[this.#target]! -= 1;
    if (this.#smoothing > 0) this.#smooth();
    writeDelta(this.#layer, slot, this.#z, weight);
  }

  /** L and P − T for the smoothed target: T loses ε, and each class gains ε / classes. */
  #smooth(): void {
    const [z, share] = [this.#z, this.#share];
    this.loss += this.#smoothing * this.#targetZ - share * this.#sumZ;
    for (let j = 0; j < z.length; j++) z[j]! -= share;
    z[this.#target]! += this.#smoothing;
  }

  /** Of the targets as they are. */
  addTo(audit: Float32Array, at: number): void {
    const z = this.#z;
    const isRight = this.predicted === this.#target;
    const probability = z[this.#target]! + (1 + this.#share - this.#smoothing);
    let squares = 0;
    let largestOther = 0;
    for (let j = 0; j < z.length; j++) {
      const isTarget = j === this.#target;
      const difference = z[j]! + (this.#share - (isTarget ? this.#smoothing : 0));
      squares += difference * difference;
      if (!isTarget && difference > largestOther) largestOther = difference;
      audit[at + ClassWord.PROBABILITIES + j]! += isTarget ? probability : difference;
    }
    const margin = isRight ? roughLog(probability / Math.max(largestOther, LEAST_PROBABILITY)) : this.#targetZ;
    addToAudit(audit, at + ClassWord.MARGIN, margin);
    audit[at + ClassWord.EL2N]! += Math.sqrt(squares);
    const before = audit[at + ClassWord.FORGOTTEN]!;
    // (A remainder of whole numbers: that of fractions takes ten times as long.)
    const wasRight = (Math.trunc(before) & 1) === 1;
    audit[at + ClassWord.FORGOTTEN] = before - Number(wasRight) + (isRight ? 1 : wasRight ? 2 : 0);
  }

  record({ loss, incorrect, predicted }: Scores, position: number): void {
    loss[position] = this.loss;
    incorrect![position] = this.predicted === this.#target ? 0 : 1;
    if (predicted) predicted[position] = this.predicted;
  }
}
