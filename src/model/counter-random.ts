/**
 * Random numbers by place: Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011). A number
 * depends only on the seed, a stream, the epoch, the sample and the number's place, so any thread can compute it, in any order.
 *
 * `random.ts` has the sequential generator, for the initial values, the order of samples, and splits.
 */

/** What the numbers are for: the streams of a seed. */
export const CounterStream = {
  /** Of the inputs; that of the units of hidden layer l (from 0) is DROPOUT + 1 + l. */
  DROPOUT: 0x1000_0000,
  AUGMENTATION: 0x2000_0000,
  INPUT_NOISE: 0x3000_0000,
} as const;

/** The key of a stream of random numbers in an epoch: two words of 32 bits. */
export interface CounterKey {
  readonly low: number;
  readonly high: number;
}

const PARITY = 0x1bd11bda;

/** Two random words for a key and a counter of two words. */
export function threefry({ low, high }: CounterKey, counterLow: number, counterHigh: number): [number, number] {
  const keys = [low, high, PARITY ^ low ^ high];
  let a = (counterLow + low) | 0;
  let b = (counterHigh + high) | 0;
  for (let group = 1; group <= 5; group++) {
    const [r, s, t, u] = group % 2 === 1 ? [13, 15, 26, 6] : [17, 29, 16, 24];
    a = (a + b) | 0;
    b = rotateLeft(b, r!) ^ a;
    a = (a + b) | 0;
    b = rotateLeft(b, s!) ^ a;
    a = (a + b) | 0;
    b = rotateLeft(b, t!) ^ a;
    a = (a + b) | 0;
    b = rotateLeft(b, u!) ^ a;
    a = (a + keys[group % 3]!) | 0;
    b = (b + keys[(group + 1) % 3]! + group) | 0;
  }
  return [a >>> 0, b >>> 0];
}

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

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
