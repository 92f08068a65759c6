/**
 * How columns become inputs of the network. A number is one input, and one more if any training row lacks it; a category is
 * one input for each level; a date is its seconds since 1970, and its month, weekday and hour as categories.
 */
import { hourOf, monthOf, weekdayOf } from './dates.js';
import { byCodeUnit, countMissing, type TypedColumn } from './typed-table.js';

export type Encoding = NumberEncoding | DateEncoding | CategoryEncoding;

/** Inputs: the number, then the indicator. */
export interface NumberEncoding {
  readonly kind: 'number';
  /** Replaces a missing number: the median of the training rows. */
  readonly fill: number;
  /** Whether an input is 1 where the number is missing. */
  readonly hasIndicator: boolean;
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
      return 1 + Number(encoding.hasIndicator);
    case 'date': {
      const { hasIndicator, months, weekdays, hours } = encoding;
      return 1 + Number(hasIndicator) + months.length + weekdays.length + hours.length;
    }
    case 'category':
      return encoding.levels.length + Number(encoding.hasOther) + Number(encoding.hasMissing);
  }
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

/** @param rows  that are trained on */
export function fitEncoding(column: TypedColumn, rows: Uint32Array): Encoding {
  const hasMissing = countMissing(column, rows) > 0;
  if (column.kind === 'category') return { kind: 'category', ...levelsOf(column, rows), hasMissing };
  const { numbers } = column;
  const fitted = { fill: medianOf(presentOf(numbers, rows)), hasIndicator: hasMissing };
  if (column.kind === 'number') return { kind: 'number', ...fitted };
  const partsOf = (part: (seconds: number) => number) => {
    const isFound = new Uint8Array(MOST_PARTS);
    for (let r = 0; r < rows.length; r++) {
      const seconds = numbers[rows[r]!]!;
      if (!Number.isNaN(seconds)) isFound[part(seconds)] = 1;
    }
    const found = Array.from(isFound.keys()).filter((i) => isFound[i] === 1);
    return found.length > 1 ? found : [];
  };
  return { kind: 'date', ...fitted, months: partsOf(monthOf), weekdays: partsOf(weekdayOf), hours: partsOf(hourOf) };
}

function levelsOf({ levels, codes }: Extract<TypedColumn, { kind: 'category' }>, rows: Uint32Array) {
  const counts = new Uint32Array(levels.length + 1);
  for (let r = 0; r < rows.length; r++) counts[codes[rows[r]!]!]!++;
  const found = levels.map((level, i) => ({ level, count: counts[i + 1]! })).filter(({ count }) => count > 0);
  const hasOther = found.length > MOST_LEVELS;
  // Sorting is stable: of equally frequent levels, the first by text are kept.
  const kept = hasOther ? [...found].sort((a, b) => b.count - a.count).slice(0, MOST_LEVELS) : found;
  return { levels: kept.map(({ level }) => level).sort(byCodeUnit), hasOther };
}

function presentOf(numbers: Float64Array, rows: Uint32Array): Float64Array {
  const present = new Float64Array(rows.length);
  let count = 0;
  for (let r = 0; r < rows.length; r++) {
    const x = numbers[rows[r]!]!;
    if (!Number.isNaN(x)) present[count++] = x;
  }
  return present.subarray(0, count);
}

/** The mean of the two middle numbers of an even count; 0 of none. Reorders the numbers. */
export function medianOf(numbers: Float64Array): number {
  const { length } = numbers;
  if (length === 0) return 0;
  const middle = length >> 1;
  const upper = select(numbers, middle);
  if (length % 2 === 1) return upper;
  let lower = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < middle; i++) lower = Math.max(lower, numbers[i]!);
  return (lower + upper) / 2;
}

/** Quickselect: moves the k-th smallest number to its place, and smaller ones before it. Linear time, unlike sorting. */
function select(numbers: Float64Array, k: number): number {
  let left = 0;
  let right = numbers.length - 1;
  while (left < right) {
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
