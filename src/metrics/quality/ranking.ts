/**
 * ROC AUC and average precision of one class against the rest, for any weights of the samples.
 *
 * The samples are sorted once. A resample of the bootstrap only changes their weights, so its metrics take one pass over that
 * order. Samples with equal scores form a group, and a curve has one point per group, as in scikit-learn.
 */
import { CHUNK, type Pacer } from './pacer.js';

/** Numbers by sample. */
export type Weights = Uint16Array | Float64Array;

export interface CurvePoint {
  /** The highest score that is not predicted as the class. */
  readonly falsePositiveRate: number;
  /** Also called recall. */
  readonly truePositiveRate: number;
  readonly precision: number;
}

/** Below this number of samples, the comparison sort is faster than the radix sort (measured: equal at about 3,000). */
const LEAST_RADIX = 4096;
/** An entry of the order: the number of the sample, and two flags. */
const SAMPLE = 2 ** 30 - 1;
const IS_POSITIVE = 2 ** 30;
const ENDS_GROUP = 2 ** 31;

export class Ranking {
  readonly #order: Uint32Array;
  /** ROC AUC of the last `measure`; NaN without samples of the class, or of the rest. */
  auc = Number.NaN;
  /** Average precision of the last `measure`; NaN without samples of the class. */
  averagePrecision = Number.NaN;

  private constructor(order: Uint32Array) {
    this.#order = order;
  }

  /**
   * @param scores      (samples) from 0 to 1
   * @param isPositive  whether a sample belongs to the class
   */
  static async of(scores: Float64Array, isPositive: (sample: number) => boolean, pacer: Pacer): Promise<Ranking> {
    const order = await descending(scores, pacer);
    for (let i = 0; i < order.length; i++) {
      const sample = order[i]!;
      const next = i + 1 < order.length ? scores[order[i + 1]!]! : Number.NaN;
      const flags = (isPositive(sample) ? IS_POSITIVE : 0) + (scores[sample] === next ? 0 : ENDS_GROUP);
      order[i] = sample + flags;
      if (i % CHUNK === 0) await pacer.pause();
    }
    return new Ranking(order);
  }

  measure(weights: Weights): void {
    const order = this.#order;
    let positives = 0;
    let negatives = 0;
    let groupPositives = 0;
    let groupNegatives = 0;
    let area = 0;
    let precisions = 0;
    for (let i = 0; i < order.length; i++) {
      const entry = order[i]!;
      const weight = weights[entry & SAMPLE]!;
      // Without a branch, which the processor could not predict: this takes half the time.
      const positive = weight * ((entry >>> 30) & 1);
      groupPositives += positive;
      groupNegatives += weight - positive;
      if (entry < ENDS_GROUP) continue;
      // The trapezoid between this point of the ROC curve and the one before.
      area += groupNegatives * (positives + groupPositives / 2);
      positives += groupPositives;
      negatives += groupNegatives;
      precisions += groupPositives * (positives / (positives + negatives || 1));
      groupPositives = 0;
      groupNegatives = 0;
    }
    this.auc = area / (positives * negatives);
    this.averagePrecision = precisions / positives;
  }

  /** Points of the ROC curve and of the precision-recall curve, by decreasing threshold. Without (0, 0). */
  *curve(weights: Weights): Generator<CurvePoint> {
    let [allPositives, allNegatives] = [0, 0];
    for (const entry of this.#order) {
      if ((entry & IS_POSITIVE) !== 0) allPositives += weights[entry & SAMPLE]!;
      else allNegatives += weights[entry & SAMPLE]!;
    }
    let [positives, negatives] = [0, 0];
    for (const entry of this.#order) {
      if ((entry & IS_POSITIVE) !== 0) positives += weights[entry & SAMPLE]!;
      else negatives += weights[entry & SAMPLE]!;
      if (entry < ENDS_GROUP || positives + negatives === 0) continue;
      yield {
        falsePositiveRate: negatives / allNegatives,
        truePositiveRate: positives / allPositives,
        precision: positives / (positives + negatives),
      };
    }
  }
}

/** Numbers of the samples, by descending score; equal scores in the order of the samples. */
async function descending(scores: Float64Array, pacer: Pacer): Promise<Uint32Array> {
  const count = scores.length;
  let order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  if (count < LEAST_RADIX) return order.sort((a, b) => scores[b]! - scores[a]! || a - b);
  // The bits of nonnegative float64 numbers have the same order as the numbers. (The sum turns -0 into 0.)
  const bits = new Uint16Array(scores.map((score) => score + 0).buffer);
  let sorted = new Uint32Array(count);
  const starts = new Uint32Array(2 ** 16);
  for (let digit = 0; digit < 4; digit++) {
    starts.fill(0);
    for (let i = 0; i < count; i++) starts[bits[4 * i + digit]!]!++;
    let start = 0;
    for (let value = starts.length - 1; value >= 0; value--) {
      const here = starts[value]!;
      starts[value] = start;
      start += here;
    }
    for (let i = 0; i < count; i++) {
      const sample = order[i]!;
      sorted[starts[bits[4 * sample + digit]!]!++] = sample;
    }
    [order, sorted] = [sorted, order];
    await pacer.pause();
  }
  return order;
}
