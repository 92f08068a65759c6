/** Folds: every sample is in one of them, classes and sizes are balanced, groups stay whole, and the division never changes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldOfEach, parseFold } from '../../src/data/folds.js';
import { splitting } from '../../src/data/split.js';
import { atOnce } from '../../src/data/table/steps.js';

const foldsOf = (count: number, folds: number, seed: number, traits = {}) => [
  ...atOnce(foldOfEach(count, folds, seed, traits)),
];

/** Number of samples of each fold that fulfil a condition. */
const sizesOf = (foldOf: readonly number[], folds: number, isCounted: (sample: number) => boolean = () => true) =>
  Array.from({ length: folds }, (_, f) => foldOf.filter((fold, s) => fold === f && isCounted(s)).length);
const spread = (sizes: readonly number[]) => Math.max(...sizes) - Math.min(...sizes);

describe('folds', () => {
  const shapes = fc.tuple(fc.integer({ min: 2, max: 12 }), fc.integer({ min: 12, max: 300 }), fc.maxSafeNat());

  it('differ in size by one sample at most', () => {
    fc.assert(
      fc.property(shapes, ([folds, count, seed]) => {
        const sizes = sizesOf(foldsOf(count, folds, seed), folds);
        expect(spread(sizes)).toBeLessThanOrEqual(1);
        expect(sizes.reduce((sum, size) => sum + size)).toBe(count);
      }),
    );
  });

  it('of classes differ by one sample of each class at most, and by one in all', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 5 }), ([folds, count, seed], classCount) => {
        const classes = Uint32Array.from({ length: count }, (_, s) => (s * s + seed) % classCount);
        const foldOf = foldsOf(count, folds, seed, { classes });
        expect(spread(sizesOf(foldOf, folds))).toBeLessThanOrEqual(1);
        for (let c = 0; c < classCount; c++) {
          expect(spread(sizesOf(foldOf, folds, (s) => classes[s] === c))).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('of groups divide no group, are never empty, and differ by no more than the largest group', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 6 }),
        fc.array(fc.nat({ max: 40 }), { minLength: 30, maxLength: 120 }),
        fc.maxSafeNat(),
        fc.boolean(),
        (folds, groups, seed, hasClasses) => {
          fc.pre(new Set(groups).size >= folds);
          const classes = hasClasses ? groups.map((_, s) => s % 3) : undefined;
          const foldOf = foldsOf(groups.length, folds, seed, { classes, groups });
          for (const group of new Set(groups)) {
            expect(new Set(foldOf.filter((_, s) => groups[s] === group)).size).toBe(1);
          }
          const sizes = sizesOf(foldOf, folds);
          expect(Math.min(...sizes)).toBeGreaterThan(0);
          const largest = Math.max(...groups.map((group) => groups.filter((each) => each === group).length));
          if (!hasClasses) expect(spread(sizes)).toBeLessThanOrEqual(largest);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of groups balance the classes that the groups have', () => {
    // Forty patients of five rows, each of one class.
    const groups = Array.from({ length: 200 }, (_, s) => Math.floor(s / 5));
    const classes = groups.map((group) => Number(group % 4 === 0));
    const foldOf = foldsOf(200, 5, 3, { classes, groups });
    expect(sizesOf(foldOf, 5, (s) => classes[s] === 1)).toEqual([10, 10, 10, 10, 10]);
    expect(sizesOf(foldOf, 5)).toEqual([40, 40, 40, 40, 40]);
  });

  it('depend on the seed alone, and stay the same in later versions', () => {
    expect(foldsOf(12, 3, 1).join('')).toBe('220112021010');
    expect(foldsOf(12, 3, 2)).not.toEqual(foldsOf(12, 3, 1));
    const classes = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0];
    const groups = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5];
    expect(foldsOf(12, 3, 1, { classes }).join('')).toBe('102211020102');
    expect(foldsOf(12, 3, 1, { classes, groups }).join('')).toBe('002222111100');
    expect(foldsOf(12, 3, 7, { groups })).not.toEqual(foldsOf(12, 3, 8, { groups }));
  });
});

describe('a fraction of groups', () => {
  it('divides no group, takes one at least, and is as close as the groups allow', () => {
    const groups = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 150 });
    const percents = fc.integer({ min: 1, max: 99 });
    fc.assert(
      fc.property(groups, percents, fc.maxSafeNat(), (of, percent, seed) => {
        const { kept, apart } = atOnce(splitting(of.length, percent / 100, seed, 5, undefined, of));
        expect([...kept, ...apart].sort((a, b) => a - b)).toEqual(of.map((_, s) => s));
        const taken = new Set([...apart].map((s) => of[s]));
        expect([...kept].some((s) => taken.has(of[s]!))).toBe(false);
        const sizes = [...new Set(of)].map((group) => of.filter((each) => each === group).length);
        expect(apart.length).toBeGreaterThanOrEqual(Math.min(...sizes));
        const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
        expect(Math.abs(apart.length - (of.length * percent) / 100)).toBeLessThanOrEqual(Math.max(least, most / 2));
      }),
    );
  });
});

it.each([
  ['2/5', { number: 2, folds: 5 }],
  ['10000/10000', { number: 10_000, folds: 10_000 }],
])('%j is the fold %j', (text, fold) => {
  expect(parseFold(text)).toEqual(fold);
});

it.each(['', '1/1', '0/2', '3/2', '1/10001', '1/2/3', ' 1/2', '1.5/2', '-1/2', '1e0/2', '１/２'])(
  '%j is no fold',
  (text) => {
    expect(parseFold(text)).toBeUndefined();
  },
);
