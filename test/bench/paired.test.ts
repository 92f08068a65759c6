/** Statistics of the comparison on tables, beside values of SciPy, definitions and random cases. */
import { describe, expect, it } from 'vitest';
import { holm, meanOf, pairedDifference, ranksOf, studentTail } from '../../bench/support/paired.js';
import { Random } from '../../src/model/random.js';

const random = new Random(7, 1);
const draw = (count: number) => Array.from({ length: count }, () => random.fraction());

describe("Student's distribution", () => {
  // 2 * scipy.stats.t.sf(t, degrees), SciPy 1.17.1
  it.each([
    [1, [0.8144528418445154, 0.5, 0.2649790133259745, 0.1256659163780024]],
    [2, [0.7924856608401776, 0.4226497308103742, 0.15206326526543368, 0.037749551350623724]],
    [3, [0.783763292039919, 0.3910022189557705, 0.10870913898600927, 0.015392438073302294]],
    [4, [0.7791214282774598, 0.37390096630005887, 0.08647393794728836, 0.007490433881274525]],
    [9, [0.7709907037415248, 0.3434363961379136, 0.05000001330443163, 0.0007389679098032426]],
    [10, [0.7703206075657986, 0.34089313230206, 0.04719527618887235, 0.0005373336027564527]],
    [30, [0.7662461052843528, 0.3253086154260302, 0.031091707374241124, 2.32966854670078e-5]],
  ])('has the tails that SciPy finds with %i degrees of freedom', (degrees, tails) => {
    for (const [i, t] of [0.3, 1, 2.262157, 5].entries()) {
      expect(studentTail(t, degrees)).toBeCloseTo(tails[i]!, 12);
      expect(studentTail(-t, degrees)).toBe(studentTail(t, degrees));
    }
    expect(studentTail(0, degrees)).toBe(1);
    expect(studentTail(Number.POSITIVE_INFINITY, degrees)).toBeCloseTo(0, 15);
  });
});

describe('a paired difference', () => {
  const a = [0.85, 1.32, 0.83, -0.8, 1.41, 0.95, -0.04, 1.08, 0.86, 0.79];
  const b = [0.03, 0.55, -0.74, -0.16, -0.48, 0.6, 0.04, -0.29, -0.78, -0.26];

  it("has SciPy's standard error and p-value", () => {
    // scipy.stats.sem(a - b), scipy.stats.ttest_rel(a, b)
    const { mean, standardError, p } = pairedDifference(a, b);
    expect(mean).toBeCloseTo(0.874, 12);
    expect(standardError).toBeCloseTo(0.25540904012539917, 12);
    expect(p).toBeCloseTo(0.007604294452724668, 12);
  });

  it('turns around with the pairs, and does not depend on their order', () => {
    const found = pairedDifference(a, b);
    expect(pairedDifference(b, a)).toMatchObject({ mean: -found.mean, p: found.p });
    const backwards = pairedDifference(a.toReversed(), b.toReversed());
    expect(backwards.standardError).toBeCloseTo(found.standardError, 14);
  });

  it('is certain of equality without any difference, and of a difference that never varies', () => {
    expect(pairedDifference(a, a)).toEqual({ mean: 0, standardError: 0, p: 1 });
    expect(pairedDifference([2, 3, 4], [1, 2, 3])).toMatchObject({ mean: 1, standardError: 0 });
    expect(pairedDifference([2, 3, 4], [1, 2, 3]).p).toBeCloseTo(0, 15);
  });

  it('has no standard error with one pair, and refuses what is not paired', () => {
    expect(pairedDifference([2], [1])).toEqual({ mean: 1, standardError: Number.NaN, p: Number.NaN });
    expect(() => pairedDifference([1], [])).toThrow(RangeError);
    expect(() => pairedDifference([], [])).toThrow(RangeError);
  });

  it('is called different at the 5 % level in 5 % of the cases where there is no difference', () => {
    const cases = 4000;
    let called = 0;
    for (let i = 0; i < cases; i++) {
      // Sums of twelve: nearly normal.
      const sample = () => Array.from({ length: 10 }, () => meanOf(draw(12)));
      if (pairedDifference(sample(), sample()).p < 0.05) called++;
    }
    // ± 4 standard errors
    expect(Math.abs(called / cases - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / cases));
  });
});

describe("Holm's correction", () => {
  it('adjusts as in the textbook example, in the order given', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([])).toEqual([]);
    expect(holm([0.2])).toEqual([0.2]);
    expect(holm([0.6, 0.7])).toEqual([1, 1]);
  });

  it('rejects what the step-down procedure rejects, for random p-values with ties', () => {
    for (let i = 0; i < 500; i++) {
      const ps = Array.from({ length: 1 + random.below(20) }, () => Math.round(1e3 * random.fraction() ** 4) / 1e3);
      const level = 0.05;
      const inOrder = ps.toSorted((x, y) => x - y);
      const firstKept = inOrder.findIndex((p, k) => p * (ps.length - k) >= level);
      const rejected = firstKept < 0 ? ps.length : firstKept;
      expect(holm(ps).filter((p) => p < level)).toHaveLength(rejected);
    }
  });
});

describe('ranks', () => {
  it('are shared by equal values', () => {
    expect(ranksOf([0.3, 0.1, 0.2])).toEqual([3, 1, 2]);
    expect(ranksOf([1, 1, 0])).toEqual([2.5, 2.5, 1]);
    expect(ranksOf([4, 4, 4, 4])).toEqual([2.5, 2.5, 2.5, 2.5]);
  });

  it('add up to the same sum, whatever the ties', () => {
    for (let i = 0; i < 200; i++) {
      const values = Array.from({ length: 1 + random.below(8) }, () => random.below(4));
      const n = values.length;
      expect(meanOf(ranksOf(values))).toBeCloseTo((n + 1) / 2, 12);
    }
  });
});
