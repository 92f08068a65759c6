/** Finds the kind of a column from its cells. */
import { numberOfText } from './cells.js';
import { secondsOf } from './dates.js';
import type { MissingValues } from './missing.js';
import type { RawColumn } from './raw-table.js';

export const KINDS = ['number', 'category', 'date'] as const;
export type Kind = (typeof KINDS)[number];

/** A column that a person has to decide about: nearly all of its cells are numbers, or dates. */
export interface Mixed {
  readonly mostly: 'number' | 'date';
}

/** A column that is better left out. */
export type LeftOut = 'empty' | 'counts the rows' | 'every row differs';

/** What the cells of a column are. */
export interface Profile {
  /** Number of cells that are not missing. */
  readonly present: number;
  readonly numbers: number;
  readonly dates: number;
  /** Number of different texts that are not numbers. */
  readonly differentTexts: number;
}

/** If at least this fraction of the cells are numbers, the others are probably mistakes. */
const NEARLY_ALL = 0.9;
/** So few texts among numbers are probably notations for a missing value. */
const FEW_TEXTS = 3;
/** With more different numbers, they are probably measurements, not names of categories. */
const FEW_NUMBERS = 20;
/** With fewer repetitions of each number on average, they are probably measurements, too. */
const REPETITIONS = 5;
/** With fewer rows, one cannot tell. */
const FEW_ROWS = 10;

/** (texts) The numbers that texts stand for; NaN for others. */
export function numeralsOf({ numbers, codes, texts }: RawColumn): Float64Array {
  const numerals = Float64Array.from(texts, (text) => numberOfText(text) ?? Number.NaN);
  // The reader may know more notations, such as decimal commas.
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    if (code > 0 && !Number.isNaN(numbers[row]!)) numerals[code - 1] = numbers[row]!;
  }
  return numerals;
}

export function profileOf(column: RawColumn, missing: MissingValues): Profile {
  const { numbers, codes, texts } = column;
  const numerals = numeralsOf(column);
  const counts = new Uint32Array(texts.length + 1);
  for (let row = 0; row < codes.length; row++) counts[codes[row]!]!++;
  let numberCount = counts[0]!;
  if (missing.hasNumbers) {
    numberCount = 0;
    for (let row = 0; row < codes.length; row++) {
      numberCount += Number(codes[row] === 0 && !missing.isNumber(numbers[row]!));
    }
  }
  const profile = { present: numberCount, numbers: numberCount, dates: 0, differentTexts: 0 };
  for (const [i, text] of texts.entries()) {
    const count = counts[i + 1]!;
    if (count === 0 || missing.isText(text)) continue;
    profile.present += count;
    if (!Number.isNaN(numerals[i]!)) profile.numbers += count;
    else {
      profile.differentTexts++;
      if (secondsOf(text) !== undefined) profile.dates += count;
    }
  }
  return profile;
}

/** @returns undefined if all cells are missing */
export function kindOf(column: RawColumn, profile: Profile): Kind | Mixed | undefined {
  const { present, numbers, dates, differentTexts } = profile;
  if (present === 0) return undefined;
  if (numbers === present) return 'number';
  if (dates === present) return 'date';
  const others = present - numbers;
  if (dates >= NEARLY_ALL * present) return { mostly: 'date' };
  const isMostlyNumbers = numbers >= NEARLY_ALL * present || (numbers > others && differentTexts <= FEW_TEXTS);
  return isMostlyNumbers && areMeasurements(column, numbers) ? { mostly: 'number' } : 'category';
}

/** Whether numbers are too many and too different to be names of categories. */
function areMeasurements({ numbers, codes }: RawColumn, count: number): boolean {
  const different = new Set<number>();
  for (let row = 0; row < numbers.length && different.size <= FEW_NUMBERS; row++) {
    if (codes[row] === 0) different.add(numbers[row]!);
  }
  return different.size > FEW_NUMBERS || different.size * REPETITIONS > count;
}

/** Whether (nearly) all texts of a category differ, so that each level would stand for one row. */
export function isDifferentInEachRow({ present, numbers, differentTexts }: Profile): boolean {
  return present >= FEW_ROWS && numbers < present && differentTexts >= NEARLY_ALL * present;
}

const ROW_NAME = /^(|id|index|row|unnamed: \d+)$/i;
const FEWEST_COUNTED = 5;

/**
 * Whether the column counts the rows, or numbers them in any order.
 *
 * @param name  undefined without a header: then only a count in order is recognized
 */
export function countsRows({ numbers, codes }: RawColumn, name: string | undefined): boolean {
  const count = numbers.length;
  if (count < FEWEST_COUNTED || (name !== undefined && !ROW_NAME.test(name))) return false;
  let isInOrder = true;
  for (let row = 0; row < count; row++) {
    if (codes[row] !== 0 || !Number.isInteger(numbers[row])) return false;
    if (row > 0 && numbers[row]! !== numbers[row - 1]! + 1) isInOrder = false;
  }
  return isInOrder || (name !== undefined && new Set(numbers).size === count);
}
