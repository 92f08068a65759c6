/**
 * Normally distributed noise: each number is a function of the key, the sample and its place. 16 random bits choose one of 65,536
 * quantiles, so numbers are less than 4.5 standard deviations. The distribution function differs from the normal one by less than
 * 2^−14, and the variance is that of the normal distribution, up to rounding.
 */
import { normalDensity, normalDistribution } from '../../kernels/exact-curves.js';
import type { CounterKey } from '../counter-random.js';
import { fillWords } from './fill-words.js';

/** Numbers on either side of 0, in this many equally probable intervals of this many numbers. */
const INTERVALS = 2048;
const PER_INTERVAL = 16;

/** Numbers from two random words. */
const PER_BLOCK = 4;

export class NormalNoise {
  /** (2 · INTERVALS) The bound of each interval that is nearer to 0, times the standard deviation: the positive ones first. */
  readonly #bounds = new Float64Array(2 * INTERVALS);
  /** (2 · INTERVALS) From there to the other bound. */
  readonly #widths = new Float64Array(2 * INTERVALS);
  #words = new Uint32Array(0);

  constructor(deviation: number) {
    const bounds = quantiles().map((z) => z * deviation);
    // A table of both signs: random signs would make a branch unpredictable.
    for (let i = 0; i < INTERVALS; i++) {
      this.#bounds[i] = bounds[i]!;
      this.#widths[i] = bounds[i + 1]! - bounds[i]!;
      this.#bounds[INTERVALS + i] = -this.#bounds[i]!;
      this.#widths[INTERVALS + i] = -this.#widths[i]!;
    }
  }

  /** Adds noise to `count` numbers from `at` on. */
  add(values: Float32Array, at: number, count: number, key: CounterKey, sample: number): void {
    const length = 2 * Math.ceil(count / PER_BLOCK);
    if (this.#words.length < length) this.#words = new Uint32Array(length);
    const words = this.#words.subarray(0, length);
    fillWords(key, sample, words);
    for (let i = 0; i < count; i++) values[at + i]! += this.quantile((words[i >> 1]! >>> (16 * (i & 1))) & 0xffff);
  }

  /** @param bits  16 */
  quantile(bits: number): number {
    const interval = bits >>> 4;
    const part = ((bits & (PER_INTERVAL - 1)) + 0.5) / PER_INTERVAL;
    return this.#bounds[interval]! + part * this.#widths[interval]!;
  }
}

/** Bounds of the intervals from 0 on; the last one is chosen so that the variance is 1. */
function quantiles(): Float64Array {
  const bounds = new Float64Array(INTERVALS + 1);
  let z = 0;
  for (let i = 1; i < INTERVALS; i++) {
    const tail = (1 - i / INTERVALS) / 2;
    // Newton's method from the bound before, which is less: the tail is convex, so it approaches from below.
    for (let step = 0; step < NEWTON_STEPS; step++) z += (normalDistribution(-z) - tail) / normalDensity(z);
    bounds[i] = z;
  }
  bounds[INTERVALS] = lastBound(bounds);
  return bounds;
}

const NEWTON_STEPS = 6;

/** The mean square of an interval's numbers is m² + d²(1 − 1/256)/12, for its middle m and its width d. */
function lastBound(bounds: Float64Array): number {
  const spread = (1 - 1 / PER_INTERVAL ** 2) / 12;
  let rest = INTERVALS;
  for (let i = 0; i < INTERVALS - 1; i++) {
    const [low, high] = [bounds[i]!, bounds[i + 1]!];
    rest -= ((low + high) / 2) ** 2 + spread * (high - low) ** 2;
  }
  // (m = low + d/2): (¼ + spread)·d² + low·d + low² = rest
  const low = bounds[INTERVALS - 1]!;
  const square = 0.25 + spread;
  return low + (-low + Math.sqrt(low * low - 4 * square * (low * low - rest))) / (2 * square);
}
