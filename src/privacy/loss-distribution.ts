/**
 * The accountant by privacy-loss distributions, for the Gaussian mechanism with Poisson sampling: closer to the true ε than the
 * Rényi accountant, and never below it.
 *
 * The loss of a step is ln P(x)/Q(x), where P = (1 − q)·N(0, σ²) + q·N(1, σ²) and Q = N(0, σ²) are the distributions of the result with
 * and without a sample. Its distribution is replaced by one on a grid that is at least as bad for every ε ("connect the dots":
 * Doroshenko et al. 2022, arXiv 2207.04380): the probability of each interval goes to its two ends, so that its part of P and its part
 * of Q stay the same. The distribution of the sum over all steps is its convolution with itself, by Fourier transforms (Koskela,
 * Jälkö, Honkela 2020, arXiv 1906.03049). What lies outside of the range that is computed counts as if no privacy were left.
 */
import { Fourier } from './fourier.js';
import { erfc } from './normal.js';
import type { SampledGaussian } from './renyi.js';

/** The grid is so fine that steps · distance², about the error of ε, is this. */
const SQUARED_ERROR = 1e-4;
const LEAST_DISTANCE = 1e-6;
const MOST_DISTANCE = 1e-3;
const MOST_POINTS = 2 ** 21;

/** Deviations of the noise beyond which a result counts as if no privacy were left: 1e-23. */
const FARTHEST = 10;

/** Part of δ that may lie outside of the range. */
const OUTSIDE = 1e-6;

/**
 * Allowance for rounding errors, in the sum of a distribution: those of the transforms, and those of powers, whose relative errors grow
 * with the number of steps. With q = 1, whose δ is known, errors of up to 8e-18 a step are observed.
 */
const ROUNDING = 1e-13;
const ROUNDING_OF_STEP = 4e-16;

/** Below this δ, rounding errors would count, however few the steps. */
export const LEAST_DELTA = 1e-10;

/** With less noise, the losses of a step have too wide a range. */
export const LEAST_NOISE = 0.3;

/** A distribution on a grid: `masses[i]` is the probability of the loss (first + i) · distance. */
interface Distribution {
  readonly distance: number;
  readonly first: number;
  readonly masses: Float64Array;
  /** Probability that no privacy is left. */
  readonly infinite: number;
}

/** ε spent, for δ from `LEAST_DELTA` on. Infinite if δ is within the rounding errors of so many steps. */
export function lossEpsilon({ samplingRate, noiseMultiplier, steps }: SampledGaussian, delta: number): number {
  return new LossAccountant(samplingRate, noiseMultiplier, steps, delta).epsilon(steps);
}

/** A step's loss in one direction: a sample is removed, or added. */
interface Direction {
  readonly single: Distribution;
  readonly moments: Moments;
  /** Transform of the distribution. */
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export class LossAccountant {
  readonly #delta: number;
  readonly #points: number;
  readonly #fourier: Fourier;
  readonly #directions: readonly [Direction, Direction];

  /**
   * @param mostSteps  that will be asked for
   * @param delta      from `LEAST_DELTA` on
   * @param coarseness  multiplies the error of ε
   */
  constructor(samplingRate: number, noiseMultiplier: number, mostSteps: number, delta: number, coarseness = 1) {
    this.#delta = delta;
    const single = (isRemoved: boolean, distance: number) => {
      const distribution = singleStep(samplingRate, noiseMultiplier, isRemoved, distance);
      const moments = momentsOf(distribution);
      const { from, to } = rangeOf(distribution, moments, mostSteps, delta);
      return { single: distribution, moments, points: 2 ** Math.ceil(Math.log2((to - from) / distance + 2)) };
    };
    let distance = Math.sqrt((coarseness * SQUARED_ERROR) / Math.max(1, mostSteps));
    distance = Math.min(MOST_DISTANCE * Math.sqrt(coarseness), Math.max(LEAST_DISTANCE, distance));
    let [removed, added] = [single(true, distance), single(false, distance)];
    while (Math.max(removed.points, added.points) > MOST_POINTS) {
      distance *= 2;
      [removed, added] = [single(true, distance), single(false, distance)];
    }
    const points = Math.max(removed.points, added.points);
    this.#points = points;
    this.#fourier = new Fourier(points);
    const transformed = ({ first, masses }: Distribution) => {
      const [re, im] = [new Float64Array(points), new Float64Array(points)];
      for (let i = 0; i < masses.length; i++) re[modulo(first + i, points)]! += masses[i]!;
      this.#fourier.transform(re, im);
      return { re, im };
    };
    this.#directions = [
      { ...removed, ...transformed(removed.single) },
      { ...added, ...transformed(added.single) },
    ];
  }

  /** The larger one of a sample that is removed and of one that is added. Infinite if δ is within the rounding errors. */
  epsilon(steps: number): number {
    if (steps === 0) return 0;
    const [removed, added] = this.#directions;
    const points = this.#points;
    // One transform for both: the sums' distributions are real, and become the real and the imaginary part.
    const [re, im] = [new Float64Array(points), new Float64Array(points)];
    for (let i = 0; i <= points / 2; i++) {
      const [a, b] = power(removed.re[i]!, removed.im[i]!, steps);
      const [c, d] = power(added.re[i]!, added.im[i]!, steps);
      re[i] = a - d;
      im[i] = b + c;
      const mirrored = (points - i) % points;
      re[mirrored] = a + d;
      im[mirrored] = c - b;
    }
    this.#fourier.inverse(re, im);
    return Math.max(this.#epsilonOf(removed, re, steps), this.#epsilonOf(added, im, steps));
  }

  /** @param sum  distribution of the sum of the losses, at k · distance modulo the number of points */
  #epsilonOf({ single, moments }: Direction, sum: Float64Array, steps: number): number {
    const { distance, infinite } = single;
    const points = this.#points;
    const range = rangeOf(single, moments, steps, this.#delta);
    const rounding = Math.max(ROUNDING, steps * ROUNDING_OF_STEP);
    const lost = -Math.expm1(steps * Math.log1p(-infinite)) + 2 * OUTSIDE * this.#delta + rounding;
    const left = this.#delta - lost;
    if (!(left > 0)) return Number.POSITIVE_INFINITY;
    // δ(ε) = Σ over losses l > ε of (1 − e^(ε − l)) p(l), from the largest loss down: above = Σ p, weighted = Σ e^(−l) p.
    const first = Math.floor(range.from / distance);
    const last = Math.min(Math.ceil(range.to / distance), first + points - 1);
    let [above, weighted] = [0, 0];
    for (let k = last; k >= first; k--) {
      const loss = k * distance;
      // Between this loss and the next larger one: above − e^ε · weighted = left.
      if (above - Math.exp(loss) * weighted > left) return Math.max(0, Math.log((above - left) / weighted));
      const mass = Math.max(0, sum[modulo(k, points)]!);
      above += mass;
      weighted += Math.exp(-loss) * mass;
    }
    return Math.max(0, first * distance);
  }
}

function modulo(k: number, n: number): number {
  return ((k % n) + n) % n;
}

/** Rates of Chernoff's bounds. */
const RATES = Array.from({ length: 15 }, (_, i) => 2 ** (i - 2));

/** ln E e^(rate · loss) of a step, for each rate and its negative. */
interface Moments {
  readonly above: readonly number[];
  readonly below: readonly number[];
}

function momentsOf({ distance, first, masses }: Distribution): Moments {
  const logMoment = (rate: number) => {
    const [a, b] = [rate * first * distance, rate * (first + masses.length - 1) * distance];
    const largest = Math.max(a, b);
    // e^(rate · loss) from one point to the next, with a fresh start before it leaves the range of numbers.
    const ratio = Math.exp(rate * distance);
    let sum = 0;
    const stretch = Math.max(1, Math.floor(20 / Math.abs(rate * distance)));
    for (let from = 0; from < masses.length; from += stretch) {
      let weight = Math.exp(rate * (first + from) * distance - largest);
      for (let i = from, end = Math.min(from + stretch, masses.length); i < end; i++, weight *= ratio)
        sum += masses[i]! * weight;
    }
    return largest + Math.log(sum);
  };
  return { above: RATES.map(logMoment), below: RATES.map((rate) => logMoment(-rate)) };
}

/** Where the sum of so many losses lies, but for a part of δ on either side: by Chernoff's bound. */
function rangeOf({ distance, first, masses }: Distribution, { above, below }: Moments, steps: number, delta: number) {
  const logOutside = Math.log(OUTSIDE * delta);
  const to = RATES.map((rate, i) => (steps * above[i]! - logOutside) / rate);
  const from = RATES.map((rate, i) => (-steps * below[i]! + logOutside) / rate);
  return {
    from: Math.max(...from, steps * first * distance),
    to: Math.min(...to, steps * (first + masses.length) * distance),
  };
}

/** (a + bi)^n, by repeated squaring. */
function power(a: number, b: number, n: number): [number, number] {
  let [x, y, c, d] = [1, 0, a, b];
  for (let rest = n; ; ) {
    if (rest % 2 === 1) [x, y] = [x * c - y * d, x * d + y * c];
    rest = Math.floor(rest / 2);
    if (rest === 0) return [x, y];
    [c, d] = [c * c - d * d, 2 * c * d];
  }
}

/** The distribution of a step's loss: if a sample is removed, of ln P/Q under P; if one is added, of ln Q/P under Q. */
function singleStep(q: number, sigma: number, isRemoved: boolean, distance: number): Distribution {
  const variance = sigma * sigma;
  const lossAt = (x: number) => {
    const whole = (2 * x - 1) / (2 * variance);
    if (q === 1) return whole;
    return whole > 0 ? whole + Math.log(q + (1 - q) * Math.exp(-whole)) : Math.log1p(q * Math.expm1(whole));
  };
  /** The reverse. */
  const placeOf = (loss: number) => {
    if (q === 1) return variance * loss + 0.5;
    const inner = Math.expm1(loss) / q + 1;
    return inner <= 0 ? Number.NEGATIVE_INFINITY : variance * Math.log(inner) + 0.5;
  };
  const farthest = 1 + FARTHEST * sigma;
  const [least, most] = [lossAt(-FARTHEST * sigma), lossAt(farthest)];
  // Losses of x, of which ln Q/P are the negatives.
  const [from, to] = isRemoved ? [least, most] : [-most, -least];
  const first = Math.floor(from / distance);
  const masses = new Float64Array(Math.ceil(to / distance) - first + 1);
  const both = (a: number, b: number) => {
    const of0 = between(a / sigma, b / sigma);
    const of1 = between((a - 1) / sigma, (b - 1) / sigma);
    return { ofQ: of0, ofP: (1 - q) * of0 + q * of1 };
  };
  const quotient = -Math.expm1(-distance);
  for (let i = 0; i + 1 < masses.length; i++) {
    const low = (first + i) * distance;
    const high = low + distance;
    const { ofP, ofQ } = isRemoved ? both(placeOf(low), placeOf(high)) : both(placeOf(-high), placeOf(-low));
    const [own, other] = isRemoved ? [ofP, ofQ] : [ofQ, ofP];
    // own = a + b, other = a · e^(−low) + b · e^(−high)
    const b = Math.min(own, Math.max(0, (own - other * Math.exp(low)) / quotient));
    masses[i]! += own - b;
    masses[i + 1]! += b;
  }
  // What lies below goes to the lowest point, and what lies above counts as lost.
  const [lowest, highest] = [first * distance, (first + masses.length - 1) * distance];
  const below = isRemoved
    ? both(Number.NEGATIVE_INFINITY, placeOf(lowest)).ofP
    : both(placeOf(-lowest), Number.POSITIVE_INFINITY).ofQ;
  const infinite = isRemoved
    ? both(placeOf(highest), Number.POSITIVE_INFINITY).ofP
    : both(Number.NEGATIVE_INFINITY, placeOf(-highest)).ofQ;
  masses[0]! += below;
  return { distance, first, masses, infinite };
}

/** P(a < Z ≤ b) for a standard normal Z, without cancellation in either tail. */
function between(a: number, b: number): number {
  if (!(a < b)) return 0;
  if (a > 0) return (erfc(a * Math.SQRT1_2) - erfc(b * Math.SQRT1_2)) / 2;
  if (b < 0) return (erfc(-b * Math.SQRT1_2) - erfc(-a * Math.SQRT1_2)) / 2;
  return 1 - (erfc(-a * Math.SQRT1_2) + erfc(b * Math.SQRT1_2)) / 2;
}
