/** How work is divided: every item is in exactly one part, in order, and parts have about the same work. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partOf } from '../../src/parallel/shares.js';

/** Work that no float64 holds exactly: its sums depend on rounding. */
const work = fc.array(
  fc.integer({ min: 0, max: 1000 }).map((tenths) => tenths / 10),
  { maxLength: 60 },
);
const parts = fc.integer({ min: 1, max: 12 });

const cutAll = (items: readonly number[], count: number) =>
  Array.from({ length: count }, (_, part) => partOf(items.length, (item) => items[item]!, count, part));

describe('partOf', () => {
  it('has every item once, in order', () => {
    fc.assert(
      fc.property(work, parts, (items, count) => {
        const ranges = cutAll(items, count);
        const found = ranges.flatMap(({ from, to }) =>
          Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i),
        );
        expect(found).toEqual([...items.keys()]);
      }),
    );
  });

  it('gives no part more than its share and one item', () => {
    fc.assert(
      fc.property(work, parts, (items, count) => {
        const sumOf = (some: readonly number[]) => some.reduce((sum, own) => sum + own, 0);
        const most = sumOf(items) / count + Math.max(0, ...items);
        for (const { from, to } of cutAll(items, count)) {
          expect(sumOf(items.slice(from, to))).toBeLessThanOrEqual(most * (1 + 1e-12));
        }
      }),
    );
  });

  it('has all items where none has any work', () => {
    const ranges = cutAll([0, 0, 0], 2);
    expect(ranges.map(({ from, to }) => to - from).reduce((sum, length) => sum + length)).toBe(3);
  });
});
