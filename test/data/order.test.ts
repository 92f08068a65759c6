/** The order of an epoch: every sample once, every order as likely, the same for ever. */
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shuffledOrder } from '../../src/data/order.js';
import { streamOf } from '../support/xoshiro.js';

function orderOf(length: number, seed: number, epoch: number): number[] {
  const order = new Uint32Array(length);
  shuffledOrder(order, seed, epoch);
  return [...order];
}

const lengths = fc.integer({ min: 0, max: 300 });
const seeds = fc.maxSafeNat();
const epochs = fc.integer({ min: 1, max: 100_000 });

describe('shuffledOrder', () => {
  it('visits every sample once', () => {
    fc.assert(
      fc.property(lengths, seeds, epochs, (length, seed, epoch) => {
        const sorted = orderOf(length, seed, epoch).sort((a, b) => a - b);
        expect(sorted).toEqual(Array.from({ length }, (_, i) => i));
      }),
    );
  });

  it("is Fisher and Yates's shuffle with the numbers of the epoch's own stream", () => {
    fc.assert(
      fc.property(lengths, seeds, epochs, (length, seed, epoch) => {
        expect(orderOf(length, seed, epoch)).toEqual(textbookShuffle(length, seed, epoch));
      }),
    );
  });

  it('depends on seed and epoch alone, not on what the array held before', () => {
    const order = Uint32Array.from({ length: 50 }, (_, i) => 7 * i);
    shuffledOrder(order, 3, 1);
    shuffledOrder(order, 3, 2);
    expect([...order]).toEqual(orderOf(50, 3, 2));
  });

  it('differs from epoch to epoch and from seed to seed', () => {
    const orders = [0, 1, 2, 3].flatMap((seed) => [1, 2, 3, 4].map((epoch) => orderOf(20, seed, epoch).join()));
    expect(new Set(orders).size).toBe(16);
  });

  it('gives each of the 24 orders of four samples equally often', () => {
    const counts = new Map<string, number>();
    for (let epoch = 1; epoch <= 24_000; epoch++) {
      const order = orderOf(4, 1, epoch).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 23 degrees of freedom: one seed in a thousand exceeds 49.7, and this is a fixed one that does not.
    expect(chiSquare).toBeLessThan(49.7);
  });
});

// If one of these fails, every published hash of weights is wrong: change the code, never these numbers.
describe('the orders that always were', () => {
  it.each([
    [1, 1, [0, 1, 5, 9, 2, 6, 4, 7, 3, 8]],
    [1, 2, [9, 3, 1, 7, 0, 6, 5, 8, 2, 4]],
    [42, 1, [7, 5, 6, 1, 0, 2, 8, 4, 9, 3]],
  ])('ten samples, seed %i, epoch %i', (seed, epoch, expected) => {
    expect(orderOf(10, seed, epoch)).toEqual(expected);
  });

  it('MNIST, seed 1, epoch 1: the first ten', () => {
    expect(orderOf(60_000, 1, 1).slice(0, 10)).toEqual([
      14891, 34995, 48369, 47113, 5912, 55630, 31429, 44500, 30398, 14336,
    ]);
  });

  it.skipIf(endianness() === 'BE').each([
    [1, '8bfcacb5cafdddf32d30690afd407bdaffe0c4e1703fd692a1e00b2c0273527b'],
    [2, 'e368521ec9335407a3112ab81460c3d79e18ea0fc0880227bc6874a47b8ff3e8'],
    [100, '1460ae53c990f4dbed6f14baf68f2d7d7a7bc6b82d119995b4ae344b13a3b36b'],
  ])('MNIST, seed 1, epoch %i: SHA-256 as little-endian words (skipped where words are big-endian)', (epoch, hash) => {
    const order = new Uint32Array(60_000);
    shuffledOrder(order, 1, epoch);
    expect(createHash('sha256').update(order).digest('hex')).toBe(hash);
  });
});

function textbookShuffle(length: number, seed: number, epoch: number): number[] {
  const numbers = streamOf(seed, epoch);
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const choices = i + 1;
    const multiple = Math.floor(2 ** 32 / choices) * choices;
    let next = numbers.next().value;
    while (next >= multiple) next = numbers.next().value;
    const j = next % choices;
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
