/** Tails of the normal distribution: relative error about 1e-16. */
import { nearErfc, scaledErfc } from '../kernels/scaled-erfc.js';

/** ln erfc(x) */
export function logErfc(x: number): number {
  if (x > 0.46875) return Math.log(scaledErfc(x)) - x * x;
  return Math.log(erfc(x));
}

export function erfc(x: number): number {
  if (x > 0.46875) return scaledErfc(x) * Math.exp(-x * x);
  if (x < -0.46875) return 2 - erfc(-x);
  return nearErfc(x);
}

/** P(Z > x) for a standard normal Z. */
export function upperTail(x: number): number {
  return erfc(x * Math.SQRT1_2) / 2;
}
