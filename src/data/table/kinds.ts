/** Finds the kind of a column from its cells. */
import { IS_DATE, IS_MISSING, IS_NUMBER, meaningsOf, type TextMeanings } from './meanings.js';
import type { MissingValues } from './missing.js';
import type { RawColumn } from './raw-table.js';
import { inParts, ROWS_A_STEP, type Steps } from './steps.js';

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
/** From this fraction on, someone should look at the other cells. */
const HALF = 0.5;
/** So few texts among numbers are probably notations for a missing value. */
const FEW_TEXTS = 3;
/** With more different numbers, they are probably measurements, not names of categories. */
const FEW_NUMBERS = 20;
/** With fewer repetitions of each number on average, they are probably measurements, too. */
const REPETITIONS = 5;
/** With fewer rows, one cannot tell. */
const FEW_ROWS = 10;

/** What the texts of a column stand for. */
export function* meaningsIn(column: RawColumn): Steps<TextMeanings> {
  if (column.meanings) return column.meanings;
  const { numbers, codes, texts } = column;
  const meanings = yield* meaningsOf(texts);
  // The reader may know more notations, such as decimal commas.
  if (texts.length > 0) {
    yield* inParts(codes.length, (from, to) => {
      for (let row = from; row < to; row++) {
        const code = codes[row]!;
        if (code === 0 || Number.isNaN(numbers[row]!)) continue;
        meanings.kinds[code - 1] = IS_NUMBER;
        meanings.values[code - 1] = numbers[row]!;
      }
    });
  }
  column.meanings = meanings;
  return meanings;
}

export function* profileOf(column: RawColumn, missing: MissingValues): Steps<Profile> {
  const { numbers, codes, texts } = column;
  const { kinds } = yield* meaningsIn(column);
  const counts = new Uint32Array(texts.length + 1);
  if (texts.length === 0) counts[0] = codes.length;
  else {
    yield* inParts(codes.length, (from, to) => {
      for (let row = from; row < to; row++) counts[codes[row]!]!++;
    });
  }
  if (missing.hasNumbers) {
    counts[0] = 0;
    yield* inParts(codes.length, (from, to) => {
      for (let row = from; row < to; row++) {
        if (codes[row] === 0 && !missing.isNumber(numbers[row]!)) counts[0]!++;
      }
    });
  }
  const profile = { present: counts[0]!, numbers: counts[0]!, dates: 0, differentTexts: 0 };
  const { hasTexts } = missing;
  yield* inParts(texts.length, (from, to) => {
    for (let i = from; i < to; i++) {
      const count = counts[i + 1]!;
      if (count === 0 || kinds[i] === IS_MISSING || (hasTexts && missing.isText(texts.at(i)!))) continue;
      profile.present += count;
      if (kinds[i] === IS_NUMBER) profile.numbers += count;
      else {
        profile.differentTexts++;
        if (kinds[i] === IS_DATE) profile.dates += count;
      }
    }
  });
  return profile;
}

/** @returns undefined if all cells are missing */
export function* kindOf(column: RawColumn, profile: Profile): Steps<Kind | Mixed | undefined> {
  const { present, numbers, dates, differentTexts } = profile;
  if (present === 0) return undefined;
  if (numbers === present) return 'number';
  if (dates === present) return 'date';
  const others = present - numbers;
  if (dates >= NEARLY_ALL * present) return { mostly: 'date' };
  const isMostlyNumbers = numbers >= NEARLY_ALL * present || (numbers > others && differentTexts <= FEW_TEXTS);
  return isMostlyNumbers && (yield* areMeasurements(column, numbers)) ? { mostly: 'number' } : 'category';
}

/** What most cells of a category column are, although the others are too many to be mistakes. */
export function* mostlyOf(column: RawColumn, { present, numbers, dates }: Profile): Steps<Mixed['mostly'] | undefined> {
  if (dates >= HALF * present) return 'date';
  return numbers >= HALF * present && (yield* areMeasurements(column, numbers)) ? 'number' : undefined;
}

/** Whether numbers are too many and too different to be names of categories. */
function* areMeasurements({ numbers, codes }: RawColumn, count: number): Steps<boolean> {
  const different = new Set<number>();
  for (let row = 0; row < numbers.length && different.size <= FEW_NUMBERS; row++) {
    if (codes[row] === 0) different.add(numbers[row]!);
    if (row % ROWS_A_STEP === 0) yield;
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
export function* countsRows({ numbers, codes }: RawColumn, name: string | undefined): Steps<boolean> {
  const count = numbers.length;
  if (count < FEWEST_COUNTED || (name !== undefined && !ROW_NAME.test(name))) return false;
  let isInOrder = true;
  for (let row = 0, before = numbers[0]! - 1; row < count; row++) {
    const x = numbers[row]!;
    if (codes[row] !== 0 || !Number.isInteger(x)) return false;
    if (x !== before + 1) isInOrder = false;
    before = x;
    if (!isInOrder && name === undefined) return false;
    if (row % ROWS_A_STEP === 0) yield;
  }
  return isInOrder || (yield* areDifferent(numbers));
}

function* areDifferent(numbers: Float64Array): Steps<boolean> {
  const seen = new Set<number>();
  for (let row = 0; row < numbers.length; row++) {
    const x = numbers[row]!;
    if (seen.has(x)) return false;
    seen.add(x);
    if (row % ROWS_A_STEP === 0) yield;
  }
  return true;
}
