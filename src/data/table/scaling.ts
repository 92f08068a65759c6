/** Input scaling for tables: the input of a number x is (x − subtract) / divide_by. */
import { type Encoding, inputsOf } from './encoding.js';
import { inParts, type Steps } from './steps.js';
import type { TypedColumn } from './typed-table.js';

export const SCALES = ['none', 'minmax', 'standard'] as const;
/** `minmax`: from 0 to 1. `standard`: mean 0, standard deviation 1. */
export type Scale = (typeof SCALES)[number];

/** The inputs of categories and indicators are not scaled: 0 and 1. */
export interface Scaling {
  /** (inputs) */
  readonly subtract: Float64Array;
  /** (inputs), never 0. */
  readonly divideBy: Float64Array;
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
  scale: Exclude<Scale, 'none'>,
): Steps<Scaling> {
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
  return { subtract, divideBy };
}

function* rangeOf(
  numbers: Float64Array,
  fill: number,
  rows: Uint32Array,
  scale: Exclude<Scale, 'none'>,
): Steps<{ readonly middle: number; readonly width: number }> {
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

/** As models before version 1 of the encoding were trained: each operation was rounded to float32. */
export function singleScaledInput(x: number, subtract: number, divideBy: number): number {
  return Math.fround(Math.fround(Math.fround(x) - subtract) / divideBy);
}
