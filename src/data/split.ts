/** Splits off test or validation samples. */
import { Random } from '../model/random.js';
import { shuffle } from './order.js';

export interface Split {
  /** Positions of the remaining samples, ascending. */
  readonly kept: Uint32Array;
  /** Positions of the samples that are split off, ascending. */
  readonly apart: Uint32Array;
}

/** Tolerance for rounding errors: 0.07 × 100 is 7.000000000000001. */
const ROUNDING = 1e-9;

/**
 * A uniform random split without stratification, like scikit-learn's `train_test_split`. It depends only on seed and stream.
 *
 * @param count     number of samples
 * @param fraction  to split off, from 0 to 1; rounded up to whole samples
 * @param stream    see model/random.ts
 */
export function splitOff(count: number, fraction: number, seed: number, stream: number): Split {
  const order = new Uint32Array(count);
  shuffle(order, new Random(seed, stream));
  const size = Math.min(count, Math.max(0, Math.ceil(count * fraction - ROUNDING)));
  return { kept: order.slice(size).sort(), apart: order.slice(0, size).sort() };
}
