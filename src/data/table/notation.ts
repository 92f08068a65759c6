/** Recognizes text that people mean as numbers or dates, in notations that are not read as such. */
import { numberOfText } from './cells.js';
import { secondsOf } from './dates.js';
import type { MissingValues } from './missing.js';
import type { RawColumn } from './raw-table.js';
import type { Steps } from './steps.js';

/** Thousands separators: commas, points, apostrophes, and the blanks of ISO 31 and of French. */
const GROUPED = String.raw`\d{1,3}(?:[,.'’ \u00a0\u2009\u202f]\d{3})+`;
const SYMBOL = String.raw`(?:\p{Sc}|USD|EUR|GBP|JPY|CHF)`;
/** Signs: a hyphen, a plus, and the minus and dashes of typesetters. */
const SIGN = String.raw`[-+\u2212\u2012\u2013]?`;
/** Also in parentheses, as accountants write negative numbers. */
const NUMBER = new RegExp(
  String.raw`^\(?${SIGN}${SYMBOL}?\s?${SIGN}(?:${GROUPED}|\d+|(?=[.,]\d))(?:[.,]\d+)?\s?(?:%|‰|${SYMBOL})?\)?$`,
  'u',
);
const MONTH = '(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*';
const DATES = [
  String.raw`\d{1,2}([/.-])\d{1,2}\1(?:\d{4}|\d{2})`,
  String.raw`${MONTH}\.? \d{1,2},? \d{4}`,
  String.raw`\d{1,2}[. -]{1,2}${MONTH}[. -]{1,2}(?:\d{4}|\d{2})`,
];
/** A time may follow. */
const DATE = new RegExp(`^(?:${DATES.join('|')})(?:[ T,].*)?$`, 'i');
/** Longer texts are neither. */
const LONGEST = 40;

export function isOtherNumber(text: string): boolean {
  return text.length <= LONGEST && NUMBER.test(text) && numberOfText(text) === undefined;
}

function isOtherDate(text: string): boolean {
  return text.length <= LONGEST && DATE.test(text) && secondsOf(text) === undefined;
}

/** With fewer, they may be names of categories, such as 50% and 100%. */
const FEWEST = 3;
/** More are not looked at. */
const MOST = 1000;
const NEARLY_ALL = 0.9;

/** Text of a category column, if nearly all its texts look like numbers, or like dates. */
export function* textLikeNumbers({ texts }: RawColumn, missing: MissingValues): Steps<string | undefined> {
  yield;
  const stride = Math.max(1, Math.floor(texts.length / MOST));
  let [others, numbers, dates] = [0, 0, 0];
  let example: string | undefined;
  for (let i = 0; i < texts.length; i += stride) {
    const text = texts.at(i)!;
    if (missing.isText(text) || numberOfText(text) !== undefined) continue;
    others++;
    const isNumber = isOtherNumber(text);
    if (isNumber) numbers++;
    else if (isOtherDate(text)) dates++;
    else continue;
    example ??= text;
  }
  const most = Math.max(numbers, dates);
  return most >= FEWEST && most >= NEARLY_ALL * others ? example : undefined;
}
