/**
 * The Rényi accountant of the Gaussian mechanism with Poisson sampling: I. Mironov, K. Talwar, L. Zhang, "Rényi differential
 * privacy of the sampled Gaussian mechanism", 2019 (arXiv 1908.10530). Two data sets are neighbors if one of them has one sample
 * more. docs/per-sample.md
 */
import { logErfc } from './normal.js';

/** A mechanism that is repeated. */
export interface SampledGaussian {
  /** Probability q that a sample takes part in a step. */
  readonly samplingRate: number;
  /** σ: the noise's standard deviation, as a multiple of the sensitivity. */
  readonly noiseMultiplier: number;
  readonly steps: number;
}

/** Fine where the best order of a strong guarantee lies, and up to the best orders of very weak ones. */
export const ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => 1 + (i + 1) / 100),
  ...Array.from({ length: 180 }, (_, i) => 2 + i / 20),
  ...Array.from({ length: 53 }, (_, i) => 11 + i),
  ...[64, 72, 80, 96, 112, 128, 160, 192, 256, 320, 384, 512, 768, 1024, 2048],
];

/** The series of a low order converges slowly. Its terms alternate there, so the last one limits the error. */
const MOST_TERMS = 2000;

/** Terms below e^−30 of the sum do not count. */
const NEGLIGIBLE = 30;

/** ε of one order. The conversion is that of Canonne, Kamath and Steinke 2020 (arXiv 2004.00010), Proposition 12. */
export function epsilonOfOrder(order: number, divergence: number, delta: number): number {
  // The conversion is not stable near 1, and not useful there.
  if (order <= 1.01 || !Number.isFinite(divergence)) return Number.POSITIVE_INFINITY;
  // δ ≥ √(1 − e^−KL) holds for any ε.
  if (delta * delta + Math.expm1(-divergence) > 0) return 0;
  return divergence + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1);
}

/** ε spent, by the best of the orders; infinite without noise, 0 without steps. */
export function renyiEpsilon(mechanism: SampledGaussian, delta: number, orders: readonly number[] = ORDERS): number {
  const { samplingRate, noiseMultiplier, steps } = mechanism;
  if (steps === 0 || samplingRate === 0) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (const order of orders) {
    const divergence = steps * renyiDivergence(samplingRate, noiseMultiplier, order);
    least = Math.min(least, epsilonOfOrder(order, divergence, delta));
  }
  return Math.max(0, least);
}

/** The Rényi accountant of one mechanism, for any number of steps. */
export class RenyiAccountant {
  readonly #divergences: readonly number[];

  constructor(samplingRate: number, noiseMultiplier: number) {
    this.#divergences = ORDERS.map((order) => renyiDivergence(samplingRate, noiseMultiplier, order));
  }

  epsilon(steps: number, delta: number): number {
    if (steps === 0) return 0;
    const each = ORDERS.map((order, i) => epsilonOfOrder(order, steps * this.#divergences[i]!, delta));
    return Math.max(0, Math.min(...each));
  }
}

/** Rényi divergence of a single step. */
export function renyiDivergence(q: number, sigma: number, order: number): number {
  if (q === 0) return 0;
  if (sigma === 0) return Number.POSITIVE_INFINITY;
  if (q === 1) return order / (2 * sigma * sigma);
  const log = Number.isInteger(order) ? logMomentOfInteger(q, sigma, order) : logMoment(q, sigma, order);
  return log / (order - 1);
}

/** ln A_α = ln Σ_k C(α, k) (1 − q)^(α − k) q^k e^((k² − k) / 2σ²) */
function logMomentOfInteger(q: number, sigma: number, order: number): number {
  let sum = Number.NEGATIVE_INFINITY;
  let logChoices = 0;
  for (let k = 0; k <= order; k++) {
    const log = logChoices + k * Math.log(q) + (order - k) * Math.log1p(-q) + (k * k - k) / (2 * sigma * sigma);
    sum = logAdd(sum, log);
    logChoices += Math.log((order - k) / (k + 1));
  }
  return sum;
}

/** The two series of section 3.3, whose terms' signs are those of the binomial coefficients. */
function logMoment(q: number, sigma: number, order: number): number {
  const z0 = sigma * sigma * Math.log(1 / q - 1) + 0.5;
  const square = 2 * sigma * sigma;
  const [logQ, logRest] = [Math.log(q), Math.log1p(-q)];
  const positive = new LogSum();
  const negative = new LogSum();
  let logChoices = 0;
  let isNegative = false;
  let last = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY] as const;
  for (let i = 0; i < MOST_TERMS; i++) {
    const j = order - i;
    const below = logHalfErfc((i - z0) / (Math.SQRT2 * sigma));
    const above = logHalfErfc((z0 - j) / (Math.SQRT2 * sigma));
    const first = logChoices + i * logQ + j * logRest + (i * i - i) / square + below;
    const second = logChoices + j * logQ + i * logRest + (j * j - j) / square + above;
    const sum = isNegative ? negative : positive;
    sum.add(first);
    sum.add(second);
    const isSmall = Math.max(first, second) < positive.log - NEGLIGIBLE;
    if (isSmall && first < last[0] && second < last[1]) return difference(positive.log, negative.log);
    last = [first, second];
    if (i > order && i + 1 === MOST_TERMS)
      return difference(positive.log, negative.log) + Math.exp(Math.max(first, second) - positive.log);
    // C(α, i + 1) = C(α, i) · (α − i) / (i + 1), whose sign changes with each factor once i exceeds α.
    logChoices += Math.log(Math.abs(j) / (i + 1));
    if (j < 0) isNegative = !isNegative;
  }
  return Number.POSITIVE_INFINITY;
}

/** ln(e^a − e^b) */
function difference(a: number, b: number): number {
  return a + Math.log1p(-Math.exp(b - a));
}

function logHalfErfc(x: number): number {
  return logErfc(x) - Math.LN2;
}

class LogSum {
  log = Number.NEGATIVE_INFINITY;

  add(log: number): void {
    this.log = logAdd(this.log, log);
  }
}

/** ln(e^a + e^b) */
function logAdd(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  return small === Number.NEGATIVE_INFINITY ? large : large + Math.log1p(Math.exp(small - large));
}
