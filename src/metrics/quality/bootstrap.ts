/**
 * Confidence intervals from a bootstrap of the samples: percentile intervals (Efron and Tibshirani, "An Introduction to the
 * Bootstrap", 1993, chapter 13).
 *
 * Each resample draws as many samples as there are, with replacement, and weights each sample by how often it was drawn. All
 * metrics are computed from the same resamples.
 */
import { BOOTSTRAP_STREAM, Random } from '../../model/random.js';
import { Pacer } from './pacer.js';
import type { Weights } from './ranking.js';

/** Lower and upper bound. */
export type Interval = readonly [low: number, high: number];

export interface BootstrapOptions {
  /** Number of resamples; 0: no intervals. @default 1000, or fewer for large sets: `resamplesFor` */
  readonly resamples?: number | undefined;
  /** @default 1 */
  readonly seed?: number | undefined;
}

/** Recorded with the intervals. */
export interface Bootstrap {
  readonly resamples: number;
  readonly seed: number;
  /** Probability that an interval is made for: 0.95. */
  readonly level: number;
}

export const LEVEL = 0.95;
const TAIL = (1 - LEVEL) / 2;
export const DEFAULT_SEED = 1;
export const MOST_RESAMPLES = 100_000;
const USUAL_RESAMPLES = 1000;
/** With fewer, a bound of a 95% interval is close to the most extreme resample. */
const LEAST_RESAMPLES = 100;
/** Samples times width times resamples: about 2 seconds of one core (bench/evaluation.ts). */
const AFFORDABLE = 2e8;

/**
 * The default number of resamples. It depends only on the size of the data, so the same command gives the same intervals.
 *
 * @param width  passes over the samples that a resample takes
 */
export function resamplesFor(samples: number, width: number): number {
  const affordable = Math.floor(AFFORDABLE / (samples * width));
  return Math.max(LEAST_RESAMPLES, Math.min(USUAL_RESAMPLES, affordable));
}

/**
 * @param count    samples
 * @param base     weights of the samples; undefined: all 1
 * @param metrics  number of metrics
 * @param measure  computes all metrics of weighted samples; NaN if undefined
 * @returns an interval for each metric: null if the metric was undefined in more than half of the resamples
 */
export async function bootstrapIntervals(
  count: number,
  base: Weights | undefined,
  { resamples, seed }: Bootstrap,
  metrics: number,
  measure: (weights: Weights, into: Float64Array) => void | Promise<void>,
  pacer: Pacer = new Pacer(),
): Promise<(Interval | null)[]> {
  // By metric, so that the values of a metric can be sorted in place.
  const values = Array.from({ length: metrics }, () => new Float64Array(resamples));
  const into = new Float64Array(metrics);
  const counts = new Uint16Array(count);
  const weights = base && new Float64Array(count);
  for (let r = 0; r < resamples; r++) {
    draw(counts, new Random(seed, BOOTSTRAP_STREAM + r));
    if (weights) for (let s = 0; s < count; s++) weights[s] = counts[s]! * base[s]!;
    await measure(weights ?? counts, into);
    for (let m = 0; m < metrics; m++) values[m]![r] = into[m]!;
    await pacer.pause();
  }
  return values.map(intervalOf);
}

/** How often each sample was drawn. (A sample is drawn 65,536 times with a probability of less than 10^-200,000.) */
function draw(counts: Uint16Array, random: Random): void {
  const count = counts.length;
  counts.fill(0);
  // Multiplication is faster than an unbiased draw. The bias is at most count / 2^32.
  const scale = count / 2 ** 32;
  for (let i = 0; i < count; i++) counts[Math.floor(random.next() * scale)]!++;
}

/** Sorts the values. Null if more than half of them are NaN. */
export function intervalOf(values: Float64Array): Interval | null {
  // Typed arrays sort NaN to the end.
  values.sort();
  let defined = values.length;
  while (defined > 0 && Number.isNaN(values[defined - 1]!)) defined--;
  if (defined === 0 || 2 * defined < values.length) return null;
  return [quantile(values, defined, TAIL), quantile(values, defined, 1 - TAIL)];
}

/** With linear interpolation, as numpy.percentile. */
function quantile(sorted: Float64Array, count: number, fraction: number): number {
  const place = fraction * (count - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, count - 1)]!;
  return low + (high - low) * (place - below);
}

/** Null for NaN, which JSON lacks. */
export function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
