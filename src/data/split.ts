/** Which samples are split off, for a test or a validation that training never sees. */
import { Random } from '../model/random.js';
import { shuffle } from './order.js';

export interface Split {
  /** Positions of the samples that stay, ascending: together with `apart` 0 … count − 1, each once. */
  readonly kept: Uint32Array;
  /** Positions of those that are split off, ascending. */
  readonly apart: Uint32Array;
}

/** Below the smallest part of a sample that a fraction can be meant to have: 0.07 × 100 is 7.000000000000001. */
const ROUNDING = 1e-9;

/**
 * Each sample is as likely to be split off as any other, whatever its class: as scikit-learn's `train_test_split` does where
 * it is not told to stratify. Seed and stream alone decide, not the number of threads.
 *
 * @param count     samples
 * @param fraction  of them, 0 to 1: rounded up to whole samples
 * @param stream    of the seed: see model/random.ts
 */
export function splitOff(count: number, fraction: number, seed: number, stream: number): Split {
  const order = new Uint32Array(count);
  shuffle(order, new Random(seed, stream));
  const size = Math.min(count, Math.max(0, Math.ceil(count * fraction - ROUNDING)));
  return { kept: order.slice(size).sort(), apart: order.slice(0, size).sort() };
}
