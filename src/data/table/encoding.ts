/**
 * How columns become inputs of the network. A number is one input, and one more if any training row lacks it; a category is
 * one input for each level; a date is its seconds since 1970, and its month, weekday and hour as categories. In the
 * piecewise-linear encoding, a number and the seconds of a date have an input for each bin.
 */
import { hourOf, monthOf, weekdayOf } from './dates.js';
import { type BinEdges, binEdgesOf, binsOf } from './piecewise.js';
import { sortedNumbers } from './quantiles.js';
import { inParts, type Steps } from './steps.js';
import { byCodeUnit, countMissing, type TypedColumn } from './typed-table.js';

export type Encoding = NumberEncoding | DateEncoding | CategoryEncoding;

/** Inputs: the number, then the indicator. */
export interface NumberEncoding {
  readonly kind: 'number';
  /** Replaces a missing number: the median of the training rows. */
  readonly fill: number;
  /** Whether an input is 1 where the number is missing. */
  readonly hasIndicator: boolean;
  /** Only in the piecewise-linear encoding. */
  readonly edges?: BinEdges | undefined;
}

/** Inputs: the seconds, the indicator, then the months, weekdays and hours. */
export interface DateEncoding {
  readonly kind: 'date';
  readonly fill: number;
  readonly hasIndicator: boolean;
  /** Months of the training rows, in order; none if they have only one. */
  readonly months: readonly number[];
  /** From 1 (Monday) to 7. */
  readonly weekdays: readonly number[];
  readonly hours: readonly number[];
  readonly edges?: BinEdges | undefined;
}

/** Inputs: the levels, then the other levels, then the missing level. */
export interface CategoryEncoding {
  readonly kind: 'category';
  readonly levels: readonly string[];
  /** Whether all other levels share an input. */
  readonly hasOther: boolean;
  readonly hasMissing: boolean;
}

/** More levels of a category share one input. */
export const MOST_LEVELS = 1000;

export function inputsOf(encoding: Encoding): number {
  switch (encoding.kind) {
    case 'number':
      return widthOf(encoding) + Number(encoding.hasIndicator);
    case 'date': {
      const { hasIndicator, months, weekdays, hours } = encoding;
      return widthOf(encoding) + Number(hasIndicator) + months.length + weekdays.length + hours.length;
    }
    case 'category':
      return encoding.levels.length + Number(encoding.hasOther) + Number(encoding.hasMissing);
  }
}

/** Inputs of the number itself. */
export function widthOf({ edges }: NumberEncoding | DateEncoding): number {
  return edges === undefined ? 1 : binsOf(edges);
}

/** The first input of each column, and the number of all inputs. */
export function basesOf(encodings: readonly Encoding[]): {
  readonly bases: readonly number[];
  readonly inputs: number;
} {
  let inputs = 0;
  const bases = encodings.map((encoding) => {
    const base = inputs;
    inputs += inputsOf(encoding);
    return base;
  });
  return { bases, inputs };
}

/** Months, weekdays and hours are below this. */
const MOST_PARTS = 24;

/**
 * @param rows         that are trained on
 * @param isPiecewise  whether numbers and dates are encoded in bins
 */
export function* fitEncoding(column: TypedColumn, rows: Uint32Array, isPiecewise = false): Steps<Encoding> {
  const hasMissing = (yield* countMissing(column, rows)) > 0;
  if (column.kind === 'category') return { kind: 'category', ...(yield* levelsOf(column, rows)), hasMissing };
  const { numbers } = column;
  const fill = yield* medianOf(yield* presentOf(numbers, rows));
  const edges = isPiecewise && { edges: binEdgesOf(yield* sortedNumbers(numbers, fill, rows)) };
  const fitted = { fill, hasIndicator: hasMissing, ...edges };
  if (column.kind === 'number') return { kind: 'number', ...fitted };
  const [hasMonth, hasWeekday, hasHour] = Array.from({ length: 3 }, () => new Uint8Array(MOST_PARTS)) as DateParts;
  yield* inParts(rows.length, (from, to) => {
    for (let r = from; r < to; r++) {
      const seconds = numbers[rows[r]!]!;
      if (Number.isNaN(seconds)) continue;
      hasMonth[monthOf(seconds)] = 1;
      hasWeekday[weekdayOf(seconds)] = 1;
      hasHour[hourOf(seconds)] = 1;
    }
  });
  const partsOf = (isFound: Uint8Array) => {
    const found = Array.from(isFound.keys()).filter((i) => isFound[i] === 1);
    return found.length > 1 ? found : [];
  };
  return { kind: 'date', ...fitted, months: partsOf(hasMonth), weekdays: partsOf(hasWeekday), hours: partsOf(hasHour) };
}

type DateParts = [Uint8Array, Uint8Array, Uint8Array];

function* levelsOf(
  { levels, codes }: Extract<TypedColumn, { kind: 'category' }>,
  rows: Uint32Array,
): Steps<Pick<CategoryEncoding, 'levels' | 'hasOther'>> {
  const counts = new Uint32Array(levels.length + 1);
  yield* inParts(rows.length, (from, to) => {
    for (let r = from; r < to; r++) counts[codes[rows[r]!]!]!++;
  });
  // How many levels have each count.
  const frequencies = new Map<number, number>();
  yield* inParts(levels.length, (from, to) => {
    for (let i = from; i < to; i++) frequencies.set(counts[i + 1]!, (frequencies.get(counts[i + 1]!) ?? 0) + 1);
  });
  const found = levels.length - (frequencies.get(0) ?? 0);
  const hasOther = found > MOST_LEVELS;
  // The most frequent levels are kept; of equally frequent ones, the first by text.
  let [least, room] = [1, levels.length];
  if (hasOther) {
    room = MOST_LEVELS;
    for (const [count, many] of [...frequencies].sort(([a], [b]) => b - a)) {
      least = count;
      if (many >= room) break;
      room -= many;
    }
  }
  const kept: string[] = [];
  yield* inParts(levels.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const count = counts[i + 1]!;
      if (count > least || (count === least && room-- > 0)) kept.push(levels[i]!);
    }
  });
  return { levels: kept.sort(byCodeUnit), hasOther };
}

function* presentOf(numbers: Float64Array, rows: Uint32Array): Steps<Float64Array> {
  const present = new Float64Array(rows.length);
  let count = 0;
  yield* inParts(rows.length, (from, to) => {
    let k = count;
    for (let r = from; r < to; r++) {
      const x = numbers[rows[r]!]!;
      if (!Number.isNaN(x)) present[k++] = x;
    }
    count = k;
  });
  return present.subarray(0, count);
}

/** The mean of the two middle numbers of an even count; 0 of none. Reorders the numbers. */
export function* medianOf(numbers: Float64Array): Steps<number> {
  const { length } = numbers;
  if (length === 0) return 0;
  const middle = length >> 1;
  const upper = yield* select(numbers, middle);
  if (length % 2 === 1) return upper;
  let lower = Number.NEGATIVE_INFINITY;
  yield* inParts(middle, (from, to) => {
    let most = lower;
    for (let i = from; i < to; i++) most = Math.max(most, numbers[i]!);
    lower = most;
  });
  return (lower + upper) / 2;
}

/** Quickselect: moves the k-th smallest number to its place, and smaller ones before it. Linear time, unlike sorting. */
function* select(numbers: Float64Array, k: number): Steps<number> {
  let left = 0;
  let right = numbers.length - 1;
  while (left < right) {
    yield;
    const pivot = middleOf(numbers[left]!, numbers[(left + right) >> 1]!, numbers[right]!);
    let [i, j] = [left, right];
    while (i <= j) {
      while (numbers[i]! < pivot) i++;
      while (numbers[j]! > pivot) j--;
      if (i > j) break;
      const moved = numbers[i]!;
      numbers[i++] = numbers[j]!;
      numbers[j--] = moved;
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else break;
  }
  return numbers[k]!;
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
