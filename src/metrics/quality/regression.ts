/**
 * Metrics of a regression network: RMSE, MAE and R², as in scikit-learn. With several targets, each metric of the
 * whole is the mean over the targets (scikit-learn's `uniform_average`).
 */
import {
  type Bootstrap,
  type BootstrapOptions,
  bootstrapIntervals,
  DEFAULT_SEED,
  type Interval,
  LEVEL,
  orNull,
  resamplesFor,
} from './bootstrap.js';
import { Pacer } from './pacer.js';
import type { Weights } from './ranking.js';

export const REGRESSION = ['rmse', 'mae', 'r2'] as const;
export type RegressionMetric = (typeof REGRESSION)[number];

export type RegressionIntervals = { readonly [M in RegressionMetric]: Interval | null };

export interface RegressionValues {
  /** In the unit of the target. */
  readonly rmse: number;
  /** In the unit of the target. */
  readonly mae: number;
  /** Null if the target is constant. */
  readonly r2: number | null;
  readonly intervals: RegressionIntervals;
}

export interface TargetMetrics extends RegressionValues {
  readonly target: string;
}

export interface RegressionMetrics extends RegressionValues {
  readonly targets: readonly TargetMetrics[];
  readonly bootstrap: Bootstrap;
}

export interface RegressionOptions extends BootstrapOptions {
  /** Weights of the samples, as scikit-learn's `sample_weight`. @default 1 each */
  readonly weights?: Float64Array | undefined;
}

/**
 * @param predicted  (targets) of (samples), in the targets' units
 * @param targets    (targets) of (samples): the true values
 * @param names      of the targets
 */
export async function measureNumbers(
  predicted: readonly Float64Array[],
  targets: readonly Float64Array[],
  names: readonly string[],
  { weights: given, resamples, seed = DEFAULT_SEED }: RegressionOptions = {},
): Promise<RegressionMetrics> {
  const count = targets[0]!.length;
  const length = REGRESSION.length * (names.length + 1);
  const measure = (weights: Weights, into: Float64Array) => {
    const means = [0, 0, 0];
    let defined = 0;
    for (const t of names.keys()) {
      const values = ofTarget(predicted[t]!, targets[t]!, weights);
      into.set(values, REGRESSION.length * (t + 1));
      means[0]! += values[0] / names.length;
      means[1]! += values[1] / names.length;
      if (Number.isNaN(values[2])) continue;
      means[2]! += values[2];
      defined++;
    }
    means[2]! /= defined;
    into.set(means);
  };
  const values = new Float64Array(length);
  measure(given ?? new Uint16Array(count).fill(1), values);
  const plan = { resamples: resamples ?? resamplesFor(count, 2 * names.length), seed, level: LEVEL };
  const found = await bootstrapIntervals(count, given, plan, length, measure, new Pacer());
  const at = (from: number): RegressionValues => ({
    rmse: values[from]!,
    mae: values[from + 1]!,
    r2: orNull(values[from + 2]!),
    intervals: {
      rmse: found[from]!,
      mae: found[from + 1]!,
      r2: Number.isNaN(values[from + 2]!) ? null : found[from + 2]!,
    },
  });
  return {
    ...at(0),
    targets: names.map((target, t) => ({ target, ...at(REGRESSION.length * (t + 1)) })),
    bootstrap: plan,
  };
}

/** R² is NaN for a constant target, and for weights that leave a constant target. */
function ofTarget(predicted: Float64Array, target: Float64Array, weights: Weights): [number, number, number] {
  let [total, sum, squares, absolutes] = [0, 0, 0, 0];
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let s = 0; s < target.length; s++) {
    const weight = weights[s]!;
    if (weight === 0) continue;
    const y = target[s]!;
    const error = predicted[s]! - y;
    total += weight;
    sum += weight * y;
    squares += weight * error * error;
    absolutes += weight * Math.abs(error);
    if (y < least) least = y;
    if (y > most) most = y;
  }
  const mean = sum / total;
  let spread = 0;
  for (let s = 0; s < target.length; s++) spread += weights[s]! * (target[s]! - mean) ** 2;
  // The sum of a constant target's squares may be a rounding error instead of 0.
  return [Math.sqrt(squares / total), absolutes / total, least < most ? 1 - squares / spread : Number.NaN];
}
