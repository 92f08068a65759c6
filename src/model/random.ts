/**
 * The only source of randomness: xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021; https://prng.di.unimi.it/), seeded by SplitMix64.
 *
 * Its output is part of Lockstep's contract: the same seed always gives the same numbers (test/model/random.test.ts).
 */

/** Streams of a seed: for the initial values, for the order of each epoch (from 1 on), and for each kind of split. */
export const INITIAL_VALUES_STREAM = 0;
export const epochStream = (epoch: number): number => epoch;
export const TEST_SPLIT_STREAM = 2 ** 32;
export const VALIDATION_SPLIT_STREAM = 2 ** 32 + 1;
export const FOLD_STREAM = 2 ** 32 + 2;
/** Of the first resample of a bootstrap; the next resamples have the next streams. */
export const BOOTSTRAP_STREAM = 2 ** 33;
/** Of the first repeat of a permutation importance; the stream before it chooses its samples. */
export const PERMUTATION_STREAM = 2 ** 34;
/** Of the first trial of a search is the next stream. */
export const SEARCH_STREAM = 2 ** 35;

const MASK_64 = (1n << 64n) - 1n;

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /**
   * @param seed    an integer from 0 to 2^53 − 1
   * @param stream  an integer from 0 to 2^53 − 1; each stream of a seed is a separate generator
   */
  constructor(seed: number, stream: number) {
    // Two rounds, so that neighboring seeds and streams are unrelated.
    const mixed = splitMix64(splitMix64(BigInt(seed)) ^ BigInt(stream));
    const first = splitMix64(mixed);
    const second = splitMix64(first);
    this.#a = Number(first & 0xffffffffn) | 0;
    this.#b = Number(first >> 32n) | 0;
    this.#c = Number(second & 0xffffffffn) | 0;
    // The generator could never leave the all-zero state.
    this.#d = Number(second >> 32n) | 1;
  }

  /** The next 32 bits: an integer from 0 to 2^32 − 1. */
  next(): number {
    const scrambled = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = rotateLeft(this.#d, 11);
    return scrambled >>> 0;
  }

  /** Uniform in [0, 1), a multiple of 2^−24: each is a float32. */
  fraction(): number {
    return (this.next() >>> 8) * 2 ** -24;
  }

  /** Uniform integer from 0 to `bound` − 1. Draws that would introduce a bias are repeated. */
  below(bound: number): number {
    const fair = 2 ** 32 - (2 ** 32 % bound);
    let draw = this.next();
    while (draw >= fair) draw = this.next();
    return draw % bound;
  }
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

/** One step of SplitMix64 (Steele, Lea and Flood 2014): a bijection of 64 bits. */
function splitMix64(x: bigint): bigint {
  let z = (x + 0x9e3779b97f4a7c15n) & MASK_64;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
  return z ^ (z >> 31n);
}
