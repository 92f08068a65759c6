/**
 * From the noise multiplier and the clipping norm to what is done to gradients, so that all rounding is on the safe side.
 *
 * The noise is added to integers: the sum of the clipped gradients in units of the lattice, rounded. If a sample is added or removed,
 * the sum changes by at most the norm that samples are clipped to, and by twice the error of its float32 arithmetic; rounding moves
 * each of d coordinates by up to one more. So samples are clipped to a little less than C, for the integers to change by at most C:
 * the noise has a standard deviation of σ·C in full. docs/per-sample.md has the derivation.
 */
import { DEVIATION, type NoiseScale } from '../kernels/lattice-noise.js';

export interface Mechanism {
  /** What the norms of the samples' gradients are clipped to: a little less than the norm C that the noise is for. */
  readonly threshold: number;
  readonly scale: NoiseScale;
}

/** 2^−24, the unit roundoff of float32, and a little more for terms of higher order. */
const ROUNDOFF = 2 ** -24 * 1.01;

/** For the norms themselves, which are computed in float64, and for the scaling of δ. */
const NORM_MARGIN = 2 ** -20;

/** The part of it that rounding to subnormal numbers may take. A sample that needs more is left out (workers/per-sample.ts). */
export const SUBNORMAL_MARGIN = 2 ** -21;

/** Samples of a block, whose sums begin at 0 (docs/design.md, "Order of summation"). */
const BLOCK_SAMPLES = 256;

/**
 * Bound of the rounding errors in the sum of so many gradients, as a multiple of the clipping norm. Each addition errs by the
 * roundoff times the partial sum, whose norm is at most the number of its terms; each product and the conversion to the lattice
 * likewise.
 */
export function summationError(samples: number): number {
  const blocks = Math.ceil(samples / BLOCK_SAMPLES);
  let partialSums = 0;
  for (let b = 0; b < blocks; b++) {
    const inBlock = Math.min(BLOCK_SAMPLES, samples - b * BLOCK_SAMPLES);
    partialSums += (inBlock * (inBlock + 1)) / 2;
    // The block's sum is added to those before.
    if (b > 0) partialSums += b * BLOCK_SAMPLES + inBlock;
  }
  return ROUNDOFF * (partialSums + 2 * samples);
}

/**
 * @param largestBatch  samples of a batch
 * @param parameters    of the network
 * @returns undefined if rounding alone could change the integers too much: the noise is too strong for the network's size
 */
export function mechanismFor(
  noiseMultiplier: number,
  clipNorm: number,
  largestBatch: number,
  parameters: number,
): Mechanism | undefined {
  // At least the noise that is promised: rounded down, one integer is worth a little more.
  const perUnit = roundedDown(DEVIATION / (noiseMultiplier * clipNorm));
  // How much the integers may change, and how much of it rounding may take.
  const sensitivity = DEVIATION / noiseMultiplier;
  const left = sensitivity - Math.sqrt(parameters);
  if (!(left > sensitivity / 2) || !(perUnit > 0) || !Number.isFinite(perUnit)) return undefined;
  // A product that is subnormal in float32 is rounded by up to 2^−150.
  const ofProducts = 2 * largestBatch * Math.sqrt(parameters) * 2 ** -150;
  const clipped = (left / perUnit / (1 + 2 * summationError(largestBatch))) * (1 - NORM_MARGIN);
  const threshold = clipped - ofProducts;
  if (!(threshold > clipped / 2)) return undefined;
  return { threshold, scale: { perUnit, unit: Math.fround(1 / perUnit) } };
}

/** The largest float32 that is not above x. */
function roundedDown(x: number): number {
  const rounded = Math.fround(x);
  return rounded <= x ? rounded : Math.fround(x * (1 - 2 ** -23));
}
