/** Input scaling for tables. */
import { type Encoding, inputsOf } from './encoding.js';
import { type Quantiles, quantilesOf } from './quantile-scaling.js';
import { quantileOf, sortedNumbers } from './quantiles.js';
import { inParts, type Steps } from './steps.js';
import type { TypedColumn } from './typed-table.js';

export const SCALES = [
  ...(['none', 'minmax', 'standard', 'robust'] as const),
  ...(['quantile-uniform', 'quantile-normal', 'piecewise-linear'] as const),
] as const;
/**
 * `minmax`: from 0 to 1. `standard`: mean 0, standard deviation 1. `robust`: median 0, interquartile range 1, then clipped
 * smoothly. `quantile-uniform`: ranks from 0 to 1. `quantile-normal`: normal quantiles of the ranks. `piecewise-linear`: bins,
 * which are part of the encoding.
 */
export type Scale = (typeof SCALES)[number];

/** The inputs of categories and indicators are not scaled: 0 and 1. */
export type Scaling = LinearScaling | QuantileScaling;

/** The input of a number x is (x − subtract) / divide_by; with `robust`, this is then clipped smoothly. */
export interface LinearScaling {
  readonly kind: 'linear';
  /** (inputs) */
  readonly subtract: Float64Array;
  /** (inputs), never 0. */
  readonly divideBy: Float64Array;
}

export interface QuantileScaling {
  readonly kind: 'quantiles';
  readonly isNormal: boolean;
  /** By column; undefined for categories. */
  readonly byColumn: readonly (Quantiles | undefined)[];
}

/**
 * Fits the scaling of numbers and dates, after missing ones are filled. A constant column becomes 0. Sums are float64, in the
 * order of the rows.
 *
 * @param rows  that are trained on
 */
export function* fitScaling(
  columns: readonly TypedColumn[],
  encodings: readonly Encoding[],
  rows: Uint32Array,
  scale: Scale,
): Steps<Scaling | undefined> {
  if (scale === 'none' || scale === 'piecewise-linear') return undefined;
  if (scale === 'quantile-uniform' || scale === 'quantile-normal') {
    return yield* fitQuantiles(columns, encodings, rows, scale === 'quantile-normal');
  }
  const inputs = encodings.reduce((sum, encoding) => sum + inputsOf(encoding), 0);
  const subtract = new Float64Array(inputs);
  const divideBy = new Float64Array(inputs).fill(1);
  let input = 0;
  for (const [i, encoding] of encodings.entries()) {
    const column = columns[i]!;
    if (encoding.kind !== 'category' && column.kind !== 'category') {
      const { middle, width } = yield* rangeOf(column.numbers, encoding.fill, rows, scale);
      subtract[input] = middle;
      divideBy[input] = width;
    }
    input += inputsOf(encoding);
  }
  return { kind: 'linear', subtract, divideBy };
}

function* fitQuantiles(
  columns: readonly TypedColumn[],
  encodings: readonly Encoding[],
  rows: Uint32Array,
  isNormal: boolean,
): Steps<QuantileScaling> {
  const byColumn: (Quantiles | undefined)[] = [];
  for (const [i, encoding] of encodings.entries()) {
    const column = columns[i]!;
    const isScaled = encoding.kind !== 'category' && column.kind !== 'category';
    byColumn.push(isScaled ? quantilesOf(yield* sortedNumbers(column.numbers, encoding.fill, rows)) : undefined);
  }
  return { kind: 'quantiles', isNormal, byColumn };
}

type LinearScale = 'minmax' | 'standard' | 'robust';
type Range = { readonly middle: number; readonly width: number };

/** Holzmüller et al. 2024 (RealMLP): half the range where the quartiles are equal. */
function robustRange(sorted: Float64Array): Range {
  const between = quantileOf(sorted, 3, 4) - quantileOf(sorted, 1, 4);
  return { middle: quantileOf(sorted, 1, 2), width: usable(between || (sorted.at(-1)! - sorted[0]!) / 2) };
}

function* rangeOf(numbers: Float64Array, fill: number, rows: Uint32Array, scale: LinearScale): Steps<Range> {
  if (scale === 'robust') return robustRange(yield* sortedNumbers(numbers, fill, rows));
  let [least, most, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  yield* inParts(rows.length, (from, to) => {
    // (Local variables are faster than those of a closure.)
    let [low, high, total] = [least, most, sum];
    for (let r = from; r < to; r++) {
      const given = numbers[rows[r]!]!;
      const x = Number.isNaN(given) ? fill : given;
      if (x < low) low = x;
      if (x > high) high = x;
      total += x;
    }
    [least, most, sum] = [low, high, total];
  });
  if (least === most) return { middle: least, width: 1 };
  if (scale === 'minmax') return { middle: least, width: usable(most - least) };
  const mean = sum / rows.length;
  let squares = 0;
  yield* inParts(rows.length, (from, to) => {
    let total = squares;
    for (let r = from; r < to; r++) {
      const given = numbers[rows[r]!]!;
      const distance = (Number.isNaN(given) ? fill : given) - mean;
      total += distance * distance;
    }
    squares = total;
  });
  // Population standard deviation, as in scikit-learn's StandardScaler.
  return { middle: mean, width: usable(Math.sqrt(squares / rows.length)) };
}

/** Squares of tiny differences underflow. */
function usable(width: number): number {
  return width > 0 && Number.isFinite(width) ? width : 1;
}

/** Computed in float64, then rounded to float32. */
export function scaledInput(x: number, subtract: number, divideBy: number): number {
  return Math.fround((x - subtract) / divideBy);
}

/** Scaled, then between −3 and 3: y / √(1 + (y / 3)²). */
export function clippedInput(x: number, subtract: number, divideBy: number): number {
  const y = (x - subtract) / divideBy;
  const share = y / MOST_CLIPPED;
  return Math.fround(y / Math.sqrt(1 + share * share));
}

export const MOST_CLIPPED = 3;

/** As models before version 1 of the encoding were trained: each operation was rounded to float32. */
export function singleScaledInput(x: number, subtract: number, divideBy: number): number {
  return Math.fround(Math.fround(Math.fround(x) - subtract) / divideBy);
}
