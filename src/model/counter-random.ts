/**
 * Random numbers by place, from a counter-based generator (kernels/threefry.ts). A number depends only on the seed, a stream, the
 * epoch, the sample and the number's place, so any thread can compute it, in any order.
 *
 * `random.ts` has the sequential generator, for the initial values, the order of samples, and splits.
 */

import { type CounterKey, threefry } from '../kernels/threefry.js';

export { type CounterKey, threefry };

/** What the numbers are for: the streams of a seed. */
export const CounterStream = {
  /** Of the inputs; that of hidden layer n, from 1, is DROPOUT + n. */
  DROPOUT: 0x1000_0000,
  AUGMENTATION: 0x2000_0000,
  INPUT_NOISE: 0x3000_0000,
} as const;

/**
 * @param seed    an integer from 0 to 2^53 − 1
 * @param stream  an integer from 0 to 2^32 − 1: see `CounterStream`
 * @param epoch   an integer from 0 to 2^32 − 1
 */
export function counterKey(seed: number, stream: number, epoch: number): CounterKey {
  const [low, high] = threefry({ low: seed >>> 0, high: Math.floor(seed / 2 ** 32) }, stream, epoch);
  return { low, high };
}

/**
 * Fills an array with random words of 32 bits: words 2k and 2k + 1 come from counter (k, sample). A longer array begins with the
 * words of a shorter one.
 *
 * @param sample  an integer from 0 to 2^32 − 1
 */
export function randomWords(key: CounterKey, sample: number, into: Uint32Array): void {
  for (let at = 0; at < into.length; at += 2) {
    const [first, second] = threefry(key, at / 2, sample);
    into[at] = first;
    if (at + 1 < into.length) into[at + 1] = second;
  }
}

/** A number in [0, 1), a multiple of 2^−24: a float32. @param word  of `randomWords` */
export function fractionOf(word: number): number {
  return (word >>> 8) * 2 ** -24;
}
