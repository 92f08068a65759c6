/** The generator's numbers, which must stay what they are for ever. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterStream, counterKey, fractionOf, randomWords, threefry } from '../../src/model/counter-random.js';

/** Of the file kat_vectors of the Random123 distribution: threefry2x32 with 20 rounds. */
const KNOWN_ANSWERS = [
  { counter: [0, 0], key: [0, 0], answer: [0x6b200159, 0x99ba4efe] },
  {
    counter: [0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    answer: [0x1cb996fc, 0xbb002be7],
  },
  {
    counter: [0x243f6a88, 0x85a308d3],
    key: [0x13198a2e, 0x03707344],
    answer: [0xc4923a9c, 0x483df7a0],
  },
] as const;

/** The paper's definition, one round at a time, in integers of any size. */
function roundByRound([counterLow, counterHigh]: readonly number[], [low, high]: readonly number[]): number[] {
  const rotations = [13n, 15n, 26n, 6n, 17n, 29n, 16n, 24n];
  const wrap = (x: bigint) => x & 0xffffffffn;
  const keys = [BigInt(low!), BigInt(high!), 0x1bd11bdan ^ BigInt(low!) ^ BigInt(high!)];
  let [a, b] = [wrap(BigInt(counterLow!) + keys[0]!), wrap(BigInt(counterHigh!) + keys[1]!)];
  for (let round = 0; round < 20; round++) {
    const bits = rotations[round % 8]!;
    a = wrap(a + b);
    b = wrap((b << bits) | (b >> (32n - bits))) ^ a;
    if (round % 4 !== 3) continue;
    const group = (round + 1) / 4;
    a = wrap(a + keys[group % 3]!);
    b = wrap(b + keys[(group + 1) % 3]! + BigInt(group));
  }
  return [Number(a), Number(b)];
}

const word = fc.nat(0xffffffff);

describe('threefry', () => {
  it.each(KNOWN_ANSWERS)('gives the known answer for counter $counter', ({ counter, key, answer }) => {
    expect(threefry({ low: key[0], high: key[1] }, counter[0], counter[1])).toEqual(answer);
    expect(roundByRound(counter, key)).toEqual(answer);
  });

  it('follows the definition for any key and counter', () => {
    fc.assert(
      fc.property(word, word, word, word, (low, high, a, b) => {
        expect(threefry({ low, high }, a, b)).toEqual(roundByRound([a, b], [low, high]));
      }),
    );
  });
});

describe('counterKey', () => {
  it('differs for neighboring seeds, streams and epochs, and for seeds that differ above 32 bits', () => {
    const keys = [1, 2, 1 + 2 ** 32, Number.MAX_SAFE_INTEGER].flatMap((seed) =>
      Object.values(CounterStream).flatMap((stream) =>
        [0, 1, 2].flatMap((epoch) => [counterKey(seed, stream, epoch), counterKey(seed, stream + 1, epoch)]),
      ),
    );
    expect(new Set(keys.map(({ low, high }) => `${low} ${high}`)).size).toBe(keys.length);
  });

  it('gives the keys it always gave', () => {
    expect(counterKey(1, CounterStream.DROPOUT, 1)).toEqual({ low: 581784797, high: 602735356 });
  });
});

describe('randomWords', () => {
  const key = counterKey(7, CounterStream.AUGMENTATION, 3);
  const wordsOf = (sample: number, count: number) => {
    const words = new Uint32Array(count);
    randomWords(key, sample, words);
    return [...words];
  };

  it('gives a sample the same first words however many are drawn', () => {
    fc.assert(
      fc.property(word, fc.nat(40), (sample, count) => {
        expect(wordsOf(sample, count)).toEqual(wordsOf(sample, 41).slice(0, count));
      }),
    );
  });

  it('gives independent, uniform numbers over samples and over places', () => {
    const fractions = Array.from({ length: 400 }, (_, sample) => wordsOf(sample, 100).map(fractionOf));
    const all = fractions.flat();
    expect(Math.abs(mean(all) - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / all.length));
    // Neighbors in both directions: the correlation of n independent pairs is about 1 / √n.
    const right = fractions.flatMap((row) => row.slice(1).map((x, i) => 12 * (x - 0.5) * (row[i]! - 0.5)));
    const below = fractions.slice(1).flatMap((row, s) => row.map((x, i) => 12 * (x - 0.5) * (fractions[s]![i]! - 0.5)));
    for (const products of [right, below])
      expect(Math.abs(mean(products))).toBeLessThan(4 / Math.sqrt(products.length));
    expect(Math.max(...all)).toBeLessThan(1);
  });
});

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
}
