/**
 * Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): random words as a function of a
 * key and a counter. `assembly/dropout.ts` computes the same words four blocks at a time.
 */

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

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
