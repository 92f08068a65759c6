/** The generator's numbers, which must stay what they are for ever, and what is made of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochStream, INITIAL_VALUES_STREAM, Random } from '../../src/model/random.js';
import { splitMix64, streamOf, take, xoshiro128StarStar } from '../support/xoshiro.js';

const draw = <T>(count: number, next: () => T): T[] => Array.from({ length: count }, next);
const numbers = (seed: number, stream: number, count: number) => {
  const random = new Random(seed, stream);
  return draw(count, () => random.next());
};

// If one of these fails, every published hash of weights is wrong: change the code, never these numbers.
const FIRST_NUMBERS = [
  { seed: 0, stream: 0, first: [4149807384, 2427490972, 4247210888, 1156857739, 1147507037, 482124567] },
  { seed: 1, stream: 0, first: [2705486867, 210568958, 1620189979, 234653468, 3254982040, 704181613] },
  { seed: 1, stream: 1, first: [3420292138, 1005189042, 760727751, 1763985395, 76127860, 4234315347] },
  { seed: 1, stream: 2, first: [2228380224, 2021754404, 734220210, 3003002140, 306108029, 3030639340] },
  { seed: 42, stream: 7, first: [1056968070, 3668205279, 1072656241, 139287724, 3756541687, 1985144437] },
  { seed: 2 ** 53 - 1, stream: 100, first: [898531285, 4048288238, 2143864182, 4160512976, 33513567, 1703202947] },
];

/** 99 degrees of freedom: one seed in a thousand exceeds 149, and these are fixed ones that do not. */
const CHI_SQUARE_99 = 149;

const seeds = fc.oneof(fc.maxSafeNat(), fc.nat(10), fc.constant(Number.MAX_SAFE_INTEGER));

describe('the second implementation, which the tests compare with', () => {
  it('gives the numbers of the published xoshiro128** from state 1, 2, 3, 4', () => {
    expect(take(xoshiro128StarStar([1n, 2n, 3n, 4n]), 10)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('gives the numbers of the published SplitMix64 from state 0', () => {
    const golden = 0x9e3779b97f4a7c15n;
    expect([0n, golden, 2n * golden].map(splitMix64)).toEqual([
      0xe220a8397b1dcdafn,
      0x6e789e6aa1b965f4n,
      0x06c45d188009454fn,
    ]);
  });
});

describe('next', () => {
  it.each(FIRST_NUMBERS)(
    'of seed $seed, stream $stream gives the numbers it always gave',
    ({ seed, stream, first }) => {
      expect(numbers(seed, stream, 6)).toEqual(first);
    },
  );

  it('is xoshiro128** seeded by SplitMix64', () => {
    fc.assert(
      fc.property(seeds, fc.nat(100_000), (seed, stream) => {
        expect(numbers(seed, stream, 20)).toEqual(take(streamOf(seed, stream), 20));
      }),
    );
  });

  it('goes on like that for thousands of numbers', () => {
    expect(numbers(1, 0, 5000)).toEqual(take(streamOf(1, 0), 5000));
  });
});

describe('streams', () => {
  it('of initial values and of each epoch are different ones', () => {
    expect([INITIAL_VALUES_STREAM, ...[1, 2, 100].map(epochStream)]).toEqual([0, 1, 2, 100]);
  });

  it('of neighboring seeds and streams have no number in common among their first', () => {
    // 1,600 numbers of 2^32: that two should meet by chance has a probability of 0.03 %, and these do not.
    const all = draw(20, () => 0).flatMap((_, seed) => draw(20, () => 0).flatMap((__, s) => numbers(seed, s, 4)));
    expect(new Set(all).size).toBe(1600);
  });

  it('differ where seed and stream are exchanged', () => {
    expect(numbers(1, 2, 4)).not.toEqual(numbers(2, 1, 4));
  });

  it('of neighbors differ in half of their bits', () => {
    const differing = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + onesOf(x ^ b[i]!), 0) / (32 * 1000);
    const one = numbers(1, 1, 1000);
    for (const neighbor of [numbers(2, 1, 1000), numbers(1, 2, 1000), numbers(0, 1, 1000), numbers(1, 0, 1000)]) {
      // 32,000 bits: the standard deviation is 0.28 %.
      expect(Math.abs(differing(one, neighbor) - 0.5)).toBeLessThan(0.01);
    }
  });
});

describe('fraction', () => {
  it('is the upper 24 bits of the next number as a fraction: in [0, 1), and exact in float32', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = new Random(seed, 0);
        for (const next of numbers(seed, 0, 100)) {
          const fraction = random.fraction();
          expect(fraction).toBe(Math.floor(next / 256) / 2 ** 24);
          expect(fraction).toBe(Math.fround(fraction));
          expect(fraction >= 0 && fraction < 1).toBe(true);
        }
      }),
    );
  });

  it('falls into each hundredth equally often', () => {
    const random = new Random(1, 0);
    const counts = countsOf(
      draw(100_000, () => Math.floor(random.fraction() * 100)),
      100,
    );
    expect(chiSquare(counts)).toBeLessThan(CHI_SQUARE_99);
  });
});

describe('below', () => {
  it('is a whole number from 0 to the bound, without it', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
        const random = new Random(seed, 1);
        for (const value of draw(50, () => random.below(bound))) {
          expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true);
        }
      }),
    );
  });

  it('is the remainder of the next number that lies below the last whole multiple of the bound', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 2 ** 32 }), (seed, bound) => {
        const random = new Random(seed, 0);
        const stream = streamOf(seed, 0);
        const multiple = Math.floor(2 ** 32 / bound) * bound;
        const expected = draw(20, () => {
          for (;;) {
            const next = stream.next().value;
            if (next < multiple) return next % bound;
          }
        });
        expect(draw(20, () => random.below(bound))).toEqual(expected);
      }),
    );
  });

  it('favors no number, where the plain remainder would give the lowest third twice as often', () => {
    // 2^32 is 4/3 of the bound: without repeated draws, a half of them would fall into the lowest third.
    const bound = 3 * 2 ** 30;
    const random = new Random(1, 0);
    const counts = countsOf(
      draw(30_000, () => Math.floor(random.below(bound) / 2 ** 30)),
      3,
    );
    // Each 10,000 with a standard deviation of 82.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(350);
  });

  it('gives each of 100 numbers equally often', () => {
    const random = new Random(2, 0);
    expect(
      chiSquare(
        countsOf(
          draw(100_000, () => random.below(100)),
          100,
        ),
      ),
    ).toBeLessThan(CHI_SQUARE_99);
  });

  it('of 1 is 0', () => {
    const random = new Random(1, 0);
    expect(draw(5, () => random.below(1))).toEqual([0, 0, 0, 0, 0]);
  });
});

function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function countsOf(values: readonly number[], bound: number): number[] {
  const counts = new Array<number>(bound).fill(0);
  for (const value of values) counts[value]!++;
  return counts;
}

function onesOf(x: number): number {
  return (x >>> 0).toString(2).replaceAll('0', '').length;
}
