/** What the texts of a column stand for. Found once for each text, because that takes longer than all else. */
import { isMissing, LONGEST_MISSING, mayBeNumber, numberOfText } from './cells.js';
import { plainSecondsIn, secondsOf } from './dates.js';
import { inParts, type Steps } from './steps.js';
import { PagedTexts, type Texts } from './texts.js';

/** What a text may be. (A date is never a number.) */
export const [IS_TEXT, IS_NUMBER, IS_DATE, IS_MISSING] = [0, 1, 2, 3];

export interface TextMeanings {
  /** (texts) */
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** (texts) The number, or the seconds of a date; NaN for other texts. */
  readonly values: Float64Array<ArrayBuffer>;
}

/** Texts that are examined in a few milliseconds. */
const TEXTS_A_STEP = 1 << 14;

export function* meaningsOf(texts: Texts): Steps<TextMeanings> {
  const meanings = noMeanings(texts.length);
  yield* inParts(texts.length, (from, to) => examine(texts, from, to, meanings), TEXTS_A_STEP);
  return meanings;
}

/** With one more text. */
export function withMeaning(meanings: TextMeanings, text: string): TextMeanings {
  const { length } = meanings.kinds;
  const more = noMeanings(length + 1);
  more.kinds.set(meanings.kinds);
  more.values.set(meanings.values);
  setMeaning(more, length, text);
  return more;
}

function noMeanings(count: number): TextMeanings {
  return { kinds: new Uint8Array(count), values: new Float64Array(count).fill(Number.NaN) };
}

function examine(texts: Texts, from: number, to: number, meanings: TextMeanings): void {
  const paged = texts instanceof PagedTexts ? texts : undefined;
  for (let i = from; i < to; i++) {
    if (!paged || !hasPlainMeaning(paged, i, meanings)) setMeaning(meanings, i, texts.at(i)!);
  }
}

/** Most texts need not be made into strings: their first byte tells that they are neither numbers nor dates, or they are usual dates. */
function hasPlainMeaning(texts: PagedTexts, i: number, { kinds, values }: TextMeanings): boolean {
  const { bytes, begin, length } = texts.place(i);
  if (length <= LONGEST_MISSING) return false;
  if (!mayBeNumber(bytes.getUint8(begin))) return true;
  const seconds = plainSecondsIn(bytes, begin, length);
  if (seconds === undefined) return false;
  kinds[i] = IS_DATE;
  values[i] = seconds;
  return true;
}

function setMeaning({ kinds, values }: TextMeanings, i: number, text: string): void {
  if (isMissing(text)) {
    kinds[i] = IS_MISSING;
    return;
  }
  const number = numberOfText(text);
  const value = number ?? secondsOf(text);
  if (value === undefined) return;
  kinds[i] = number === undefined ? IS_DATE : IS_NUMBER;
  values[i] = value;
}
