/** Metrics of the predictions of any model, for programs. */
import type { ClassName } from '../data/table/cells.js';
import { errors } from '../errors.js';
import { isRecord } from '../files/type-guards.js';
import { type BootstrapOptions, MOST_RESAMPLES } from '../metrics/quality/bootstrap.js';
import { ClassScores } from '../metrics/quality/class-scores.js';
import { type ClassificationMetrics, measureClasses } from '../metrics/quality/classification.js';
import { measureNumbers, type RegressionMetrics } from '../metrics/quality/regression.js';

export interface ClassPredictions extends BootstrapOptions {
  /** (samples, classes) Such as `probabilities` of a Prediction. */
  readonly probabilities: ArrayLike<ArrayLike<number>>;
  /** (samples) Number of the true class of each sample, from 0. */
  readonly labels: ArrayLike<number>;
  /** @default 0, 1, 2, … */
  readonly classNames?: readonly ClassName[] | undefined;
  /** (samples) Weights, not negative, as scikit-learn's `sample_weight`. @default 1 each */
  readonly weights?: ArrayLike<number> | undefined;
  /** k of the top-k accuracy. @default 5 for 10 or more classes, 2 for 3 to 9, 1 for two */
  readonly topK?: number | undefined;
  /** For two classes: number of the class that average precision and calibration are of. @default 1 */
  readonly positive?: number | undefined;
}

/**
 * Metrics of a classifier with 95% intervals: docs/evaluation.md.
 *
 * @example
 * const { accuracy, intervals } = await classificationMetrics({ probabilities: [[0.9, 0.1], [0.3, 0.7]], labels: [0, 1] });
 *
 * @throws LockstepError if an option is invalid
 */
export async function classificationMetrics(predictions: ClassPredictions): Promise<ClassificationMetrics> {
  const { probabilities, labels, classNames, topK, positive = 1, weights, ...options } = checked(predictions);
  const count = lengthOf('labels', labels, 'the class of each sample');
  if (lengthOf('probabilities', probabilities, 'one array per sample') !== count) {
    throw errors.invalidOption('probabilities', probabilities, `${count} arrays, as many as labels`);
  }
  const classes = lengthOf('probabilities', probabilities[0], 'an array of numbers for each sample');
  if (classes < 2) throw errors.invalidOption('probabilities', probabilities[0], 'at least two classes');
  const names = classNames ?? Array.from({ length: classes }, (_, c) => c);
  if (!Array.isArray(names) || names.length !== classes) {
    throw errors.invalidOption('classNames', classNames, `an array of ${classes} names`);
  }
  requireWhole('topK', topK, 1, Number.MAX_SAFE_INTEGER);
  requireWhole('positive', positive, 0, classes === 2 ? 1 : Number.MAX_SAFE_INTEGER);
  const scores = new ClassScores(count, classes, positive);
  for (let s = 0; s < count; s++) {
    const row: unknown = probabilities[s];
    requireProbabilities(row, classes);
    const label: unknown = labels[s];
    requireWhole('labels', label, 0, classes - 1);
    scores.add(row, label as number);
  }
  return (await measureClasses(scores, names, { ...options, topK, weights: weightsOf(weights, count) })).metrics;
}

export interface NumberPredictions extends BootstrapOptions {
  /** (samples) For one target; (samples, targets) for several. */
  readonly predicted: ArrayLike<number> | ArrayLike<ArrayLike<number>>;
  /** The true values, in the same form. */
  readonly targets: ArrayLike<number> | ArrayLike<ArrayLike<number>>;
  /** @default 'target', or 'target 1', 'target 2', … */
  readonly names?: readonly string[] | undefined;
  /** (samples) Weights, not negative, as scikit-learn's `sample_weight`. @default 1 each */
  readonly weights?: ArrayLike<number> | undefined;
}

/**
 * RMSE, MAE and R² with 95% intervals: docs/evaluation.md.
 *
 * @throws LockstepError if an option is invalid
 */
export async function regressionMetrics(predictions: NumberPredictions): Promise<RegressionMetrics> {
  const { predicted, targets, names, weights, ...options } = checked(predictions);
  const truth = columnsOf('targets', targets);
  const count = truth[0]!.length;
  const found = columnsOf('predicted', predicted);
  if (found.length !== truth.length || found[0]!.length !== count) {
    throw errors.invalidOption('predicted', predicted, 'as many numbers as targets');
  }
  const usual = truth.map((_, t) => (truth.length === 1 ? 'target' : `target ${t + 1}`));
  if (names !== undefined && !(Array.isArray(names) && names.length === truth.length)) {
    throw errors.invalidOption('names', names, `an array of ${truth.length} names`);
  }
  return measureNumbers(found, truth, names ?? usual, { ...options, weights: weightsOf(weights, count) });
}

function checked<T extends BootstrapOptions>(options: T): T {
  if (!isRecord(options)) throw errors.invalidOption('predictions', options, 'an object');
  requireWhole('resamples', options.resamples, 0, MOST_RESAMPLES);
  requireWhole('seed', options.seed, 0, Number.MAX_SAFE_INTEGER);
  return options;
}

function requireWhole(name: string, value: unknown, least: number, most: number): void {
  if (value === undefined && name !== 'labels') return;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  throw errors.invalidOption(name, value, `a whole number from ${least} to ${most}`);
}

/** At least 1. */
function lengthOf(name: string, value: unknown, expected: string): number {
  if (isArray(value) && value.length > 0) return value.length;
  throw errors.invalidOption(name, value, expected);
}

function isArray(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function requireProbabilities(row: unknown, classes: number): asserts row is ArrayLike<number> {
  let isRight = isArray(row) && row.length === classes;
  if (isRight) for (const p of row as Iterable<unknown>) isRight &&= typeof p === 'number' && p >= 0 && p <= 1;
  if (!isRight) throw errors.invalidOption('probabilities', row, `${classes} numbers from 0 to 1 for each sample`);
}

function weightsOf(weights: unknown, count: number): Float64Array | undefined {
  if (weights === undefined) return undefined;
  const expected = `${count} finite numbers, not negative, and not all 0`;
  if (!isArray(weights) || weights.length !== count) throw errors.invalidOption('weights', weights, expected);
  const numbers = finite('weights', weights, expected);
  if (numbers.some((weight) => weight < 0) || numbers.every((weight) => weight === 0)) {
    throw errors.invalidOption('weights', weights, expected);
  }
  return numbers;
}

/** By target. */
function columnsOf(name: string, values: unknown): Float64Array[] {
  const expected = 'a number, or an array of numbers, for each sample';
  const count = lengthOf(name, values, expected);
  const rows = values as ArrayLike<unknown>;
  if (!isArray(rows[0])) return [finite(name, rows, expected)];
  const width = lengthOf(name, rows[0], expected);
  const columns = Array.from({ length: width }, () => new Float64Array(count));
  for (let s = 0; s < count; s++) {
    const row = rows[s];
    if (!isArray(row) || row.length !== width)
      throw errors.invalidOption(name, row, `${width} numbers for each sample`);
    for (const [t, value] of finite(name, row, expected).entries()) columns[t]![s] = value;
  }
  return columns;
}

function finite(name: string, values: ArrayLike<unknown>, expected: string): Float64Array {
  return Float64Array.from(values, (value) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw errors.invalidOption(name, value, expected);
    return value;
  });
}
