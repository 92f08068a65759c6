/** Sorted numbers of a column and their quantiles, in float64. */
import { inParts, ROWS_A_STEP, type Steps } from './steps.js';

/** The numbers of some rows in ascending order, after missing ones are filled. */
export function* sortedNumbers(numbers: Float64Array, fill: number, rows: Uint32Array): Steps<Float64Array> {
  let sorted: Float64Array = new Float64Array(rows.length);
  yield* inParts(rows.length, (from, to) => {
    for (let r = from; r < to; r++) {
      const x = numbers[rows[r]!]!;
      sorted[r] = Number.isNaN(x) ? fill : x;
    }
    sorted.subarray(from, to).sort();
  });
  // A merge sort of the parts: a single call would block the event loop.
  let merged: Float64Array = new Float64Array(rows.length);
  for (let size = ROWS_A_STEP; size < rows.length; size *= 2) {
    for (let from = 0; from < rows.length; from += 2 * size) {
      const middle = Math.min(from + size, rows.length);
      yield* mergeInto(merged, from, sorted.subarray(from, middle), sorted.subarray(middle, middle + size));
    }
    [sorted, merged] = [merged, sorted];
  }
  return sorted;
}

function* mergeInto(merged: Float64Array, start: number, left: Float64Array, right: Float64Array): Steps<void> {
  let [i, j] = [0, 0];
  yield* inParts(left.length + right.length, (from, to) => {
    for (let k = from; k < to; k++) {
      const isLeft = j >= right.length || (i < left.length && left[i]! <= right[j]!);
      merged[start + k] = isLeft ? left[i++]! : right[j++]!;
    }
  });
}

/**
 * The quantile `part` / `parts`, interpolated linearly as in NumPy.
 *
 * @param sorted  at least one number
 */
export function quantileOf(sorted: Float64Array, part: number, parts: number): number {
  const position = (part * (sorted.length - 1)) / parts;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  if (low === high) return low;
  // Numbers far apart would overflow in a difference.
  const share = position - below;
  const value = low * (1 - share) + high * share;
  return Math.max(low, Math.min(value, high));
}
