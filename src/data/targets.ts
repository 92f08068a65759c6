/** Standardizes regression targets for training, and converts estimates back. */
import { errors } from '../errors.js';
import type { Target } from '../memory/plan.js';
import type { Samples } from './samples.js';

interface SplitSamples {
  readonly train: Samples;
  readonly validation: Samples;
  readonly test: Samples;
}

/**
 * Standardizes the targets of all parts by the mean and deviation of the training samples. Sums are float64, in the order of
 * the samples.
 *
 * @param names     of the targets
 * @param fittedTo  the samples whose mean and deviation are used
 * @throws LockstepError if the numbers of a target are too far apart
 */
export function standardizeParts<Given extends SplitSamples>(
  used: Given,
  names: readonly string[],
  fittedTo: Samples = used.train,
): { readonly used: Given; readonly targets: readonly Target[] } {
  const targets = names.map((name, k): Target => ({ name, ...spreadOf(fittedTo, k, names.length, name) }));
  const part = (samples: Samples): Samples => ({ ...samples, targets: standardized(samples.targets, targets) });
  const parts = { train: part(used.train), validation: part(used.validation), test: part(used.test) };
  return { used: { ...used, ...parts }, targets };
}

/** @param numbers  (samples, targets) */
export function standardized(numbers: ArrayLike<number>, targets: readonly Target[]): Float64Array {
  const standard = Float64Array.from(numbers);
  for (let i = 0; i < standard.length; i++) {
    const { mean, deviation } = targets[i % targets.length]!;
    standard[i] = (standard[i]! - mean) / deviation;
  }
  return standard;
}

/** The reverse, for one number. */
export function estimateOf(standard: number, { mean, deviation }: Target): number {
  return mean + deviation * standard;
}

/** The population standard deviation, as in scikit-learn's StandardScaler. */
function spreadOf({ targets, count }: Samples, k: number, width: number, name: string) {
  let sum = 0;
  let first = Number.NaN;
  let isConstant = true;
  for (let s = 0, at = k; s < count; s++, at += width) {
    if (s === 0) first = targets[at]!;
    isConstant &&= targets[at] === first;
    sum += targets[at]!;
  }
  if (isConstant) return { mean: first, deviation: 1 };
  const mean = sum / count;
  const squaresFor = (unit: number) => {
    let squares = 0;
    for (let s = 0, at = k; s < count; s++, at += width) squares += ((targets[at]! - mean) / unit) ** 2;
    return squares;
  };
  const deviation = Math.sqrt(squaresFor(1) / count);
  if (!Number.isFinite(deviation) || deviation === 0) throw errors.targetSpread(name);
  return { mean, deviation };
}
