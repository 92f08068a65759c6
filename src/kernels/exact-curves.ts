/** What activations are made of, in float64 and with the same bits everywhere: see exact-math.ts. */
import { expMinusOneOfNonPositive, expOfNonPositive } from './exact-math.js';
import { nearErfc, scaledErfc } from './scaled-erfc.js';

/** 1 / (1 + e^−x). On either side, 1 − σ(x) is σ(−x), without cancellation. */
export function sigmoid(x: number): number {
  const e = expOfNonPositive(-Math.abs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

export function tanh(x: number): number {
  const m = expMinusOneOfNonPositive(-2 * Math.abs(x));
  return x < 0 ? m / (2 + m) : -m / (2 + m);
}

/** w = tanh(ln(1 + e^x)) = (e^2x + 2e^x) / (e^2x + 2e^x + 2), and 1 − w. Above 0, the fraction is divided by e^2x. */
export function mishGate(x: number): readonly [gate: number, rest: number] {
  const e = expOfNonPositive(-Math.abs(x));
  const [above, rest] = x < 0 ? [e * e + 2 * e, 2] : [1 + 2 * e, 2 * e * e];
  return [above / (above + rest), rest / (above + rest)];
}

/** 1 / √(2π) */
const DENSITY_AT_0 = 0.3989422804014327;

/** Density of a standard normal variable at x. */
export function normalDensity(x: number): number {
  return DENSITY_AT_0 * expOfNonPositive(-0.5 * x * x);
}

/** Φ(x), the distribution function of a standard normal variable. */
export function normalDistribution(x: number): number {
  const y = Math.abs(x) * Math.SQRT1_2;
  if (y <= 0.46875) return nearErfc(-x * Math.SQRT1_2) / 2;
  const tail = (scaledErfc(y) * expOfNonPositive(-0.5 * x * x)) / 2;
  return x < 0 ? tail : 1 - tail;
}
