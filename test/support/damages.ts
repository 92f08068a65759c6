/** The ways in which a file comes to harm. */
import { Random } from '../../src/model/random.js';

export interface Damage {
  readonly what: string;
  readonly bytes: Uint8Array;
}

/** Every length from 0 on that is too short. */
export function* truncations(bytes: Uint8Array): Generator<Damage> {
  for (let length = 0; length < bytes.length; length++)
    yield { what: `cut to ${length} bytes`, bytes: bytes.subarray(0, length) };
}

export function* appendages(bytes: Uint8Array): Generator<Damage> {
  for (const tail of [[0], [0, 0, 0, 0], [255], [1, 2, 3], [...bytes.subarray(0, 8)], new Array<number>(64).fill(0)]) {
    yield { what: `with ${tail.join(' ')} appended`, bytes: Uint8Array.from([...bytes, ...tail]) };
  }
}

/** @param mostBits  of these places, a sample of so many bits; each is tried once */
export function* flips(
  bytes: Uint8Array,
  from: number,
  to: number,
  mostBits = Number.POSITIVE_INFINITY,
  seed = 1,
): Generator<Damage> {
  const bits = Array.from({ length: 8 * (to - from) }, (_, i) => 8 * from + i);
  const random = new Random(seed, 1);
  const count = Math.min(mostBits, bits.length);
  for (let i = 0; i < count; i++) {
    const other = count < bits.length ? i + random.below(bits.length - i) : i;
    [bits[i], bits[other]] = [bits[other]!, bits[i]!];
    const bit = bits[i]!;
    // (A Buffer's own slice is no copy.)
    const damaged = new Uint8Array(bytes);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    yield { what: `bit ${bit & 7} of byte ${bit >> 3} flipped`, bytes: damaged };
  }
}
