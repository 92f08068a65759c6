/** Bounds of Student's t distribution, compared with scipy.stats.t.ppf. */
import { expect, it } from 'vitest';
import { studentBound } from '../../../src/metrics/quality/student.js';
import { statisticsOf } from '../../../src/tools/cv/summary.js';

it.each([
  [0.95, 1, 12.706204736174694],
  [0.95, 2, 4.302652729749462],
  [0.95, 3, 3.1824463052837078],
  [0.95, 4, 2.7764451051977934],
  [0.95, 9, 2.262157162798205],
  [0.95, 30, 2.0422724563012378],
  [0.95, 99, 1.9842169515864174],
])('P(|T| <= t) = %d with %i degrees of freedom: t = %d', (probability, degrees, expected) => {
  expect(studentBound(probability, degrees) / expected).toBeCloseTo(1, 12);
});

it('is that of the normal distribution for very many degrees of freedom', () => {
  expect(studentBound(0.95, 1_000_001)).toBeCloseTo(1.959964, 5);
});

// s = 0.01581138830, t(4) = 2.776445105, and 1/5 + 1/4 = 0.45.
it('an interval is that of Nadeau and Bengio, within the range of the metric', () => {
  const { mean, std, interval, folds } = statisticsOf([0.1, 0.11, 0.12, 0.13, 0.14], 5, [0, 1]);
  expect(folds).toBe(5);
  expect(mean).toBeCloseTo(0.12, 12);
  expect(std).toBeCloseTo(0.0158113883, 10);
  expect(interval![0]).toBeCloseTo(0.12 - 2.7764451052 * 0.0158113883 * Math.sqrt(0.45), 10);
  expect(interval![1]).toBeCloseTo(0.12 + 2.7764451052 * 0.0158113883 * Math.sqrt(0.45), 10);
  expect(statisticsOf([0, 0.9], 2, [0, 1]).interval).toEqual([0, 1]);
  expect(statisticsOf([0.5], 5, [0, 1])).toEqual({ folds: 1, mean: 0.5, std: null, interval: null });
});
