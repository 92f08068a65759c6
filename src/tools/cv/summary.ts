/** Means and intervals over the folds of a cross-validation. */
import type { CvMetric, FoldEvent } from '../../metrics/cv-events.js';
import { type Interval, LEVEL } from '../../metrics/quality/bootstrap.js';
import { OVERALL } from '../../metrics/quality/classification.js';
import { studentBound } from '../../metrics/quality/student.js';

/** Metrics of the objectives, then those of `evaluate`. */
const METRICS = ['test_loss', 'test_error', 'test_rmse', 'test_mae', 'test_r2', ...OVERALL] as const;
const OF_TARGETS = ['rmse', 'mae', 'r2'] as const;

/** @param completed  folds, of all repeats */
export function summaryOf(completed: readonly FoldEvent[], folds: number): CvMetric[] {
  const ofAll = METRICS.flatMap((metric) => {
    const values = completed.flatMap((event) => event[metric] ?? []);
    return values.length > 0 ? [{ metric, ...statisticsOf(values, folds, rangeOf(metric)) }] : [];
  });
  const targets = completed[0]?.test_targets?.map(({ target }) => target) ?? [];
  const byTarget = targets.flatMap((target, t) =>
    OF_TARGETS.flatMap((metric) => {
      const values = completed.flatMap(({ test_targets }) => test_targets?.[t]?.[metric] ?? []);
      const name = `test_${metric}`;
      return values.length > 0 ? [{ metric: name, target, ...statisticsOf(values, folds, rangeOf(name)) }] : [];
    }),
  );
  return [...ofAll, ...byTarget];
}

/** The values that a metric can have. */
function rangeOf(metric: string): Interval {
  if (metric === 'test_r2') return [Number.NEGATIVE_INFINITY, 1];
  const isUnlimited = ['test_loss', 'test_rmse', 'test_mae', 'log_loss', 'brier_score'].includes(metric);
  return [0, isUnlimited ? Number.POSITIVE_INFINITY : 1];
}

/**
 * The interval is mean ± t · s · √(1/n + 1/(k − 1)), with n − 1 degrees of freedom. The term 1/(k − 1), the ratio of test to training
 * samples, is the correction of Nadeau and Bengio ("Inference for the generalization error", Machine Learning 52, 2003): folds
 * share training samples, so the usual standard error s · √(1/n) is too small.
 *
 * @param values  one per fold
 * @param folds   of a repeat: k
 * @param range   of the metric, which limits the interval
 */
export function statisticsOf(
  values: readonly number[],
  folds: number,
  [least, most]: Interval,
): Omit<CvMetric, 'metric' | 'target'> {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { folds: n, mean, std: null, interval: null };
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1));
  const half = studentBound(LEVEL, n - 1) * std * Math.sqrt(1 / n + 1 / (folds - 1));
  return { folds: n, mean, std, interval: [Math.max(least, mean - half), Math.min(most, mean + half)] };
}
