/**
 * xoshiro128** 1.1 and SplitMix64 once more, in BigInt and straight from their definitions
 * (https://prng.di.unimi.it/xoshiro128starstar.c, splitmix64.c), for comparison with src/model/random.ts.
 */

const bits = (count: number) => (x: bigint) => BigInt.asUintN(count, x);
const u32 = bits(32);
const u64 = bits(64);

/** Of the state x: the first output. (The state after it is x + 0x9e3779b97f4a7c15.) */
export function splitMix64(x: bigint): bigint {
  let z = u64(x + 0x9e3779b97f4a7c15n);
  z = u64((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = u64((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

/** Outputs without end. */
export function* xoshiro128StarStar(state: readonly [bigint, bigint, bigint, bigint]): Generator<number, never> {
  const rotl = (x: bigint, k: bigint) => u32(x << k) | (x >> (32n - k));
  let [s0, s1, s2, s3] = state;
  for (;;) {
    yield Number(u32(rotl(u32(s1 * 5n), 7n) * 9n));
    const t = u32(s1 << 9n);
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = rotl(s3, 11n);
  }
}

/** The stream of a seed, as src/model/random.ts says that it is seeded. */
export function streamOf(seed: number, stream: number): Generator<number, never> {
  const first = splitMix64(splitMix64(splitMix64(BigInt(seed)) ^ BigInt(stream)));
  const second = splitMix64(first);
  return xoshiro128StarStar([u32(first), first >> 32n, u32(second), (second >> 32n) | 1n]);
}

/** As many of its next numbers. */
export function take(numbers: Generator<number, never>, count: number): number[] {
  return Array.from({ length: count }, () => numbers.next().value);
}
