/** The kinds of values that options take. */
import { parseFold } from '../data/folds.js';
import { errors } from '../errors.js';
import { grouped } from '../text/grouped.js';

const MAX_COUNT = 2 ** 31 - 1;
const MAX_WIDTH = 2 ** 24;

export interface Kind<Value> {
  /** As docs/metrics.md names it. */
  readonly type:
    | ('integer' | 'number' | 'integer[]' | 'string[]' | 'boolean' | 'string')
    | ('string or boolean' | 'number or number[]');
  /** The names to choose from, or the range. */
  readonly values: readonly string[] | string;
  /** @throws LockstepError (status 2) that names the option, if it cannot have this value */
  readonly check: (name: string, value: unknown) => Value;
}

/** @param inLibrary  what a program is told, where that differs */
function kind<Value>(
  type: Kind<Value>['type'],
  values: Kind<Value>['values'],
  accepts: (value: unknown) => boolean,
  expected: string,
  inLibrary = expected,
): Kind<Value> {
  const check = (name: string, value: unknown) => {
    if (accepts(value)) return value as Value;
    throw errors.invalidOption(name, value, expected, inLibrary);
  };
  return { type, values, check };
}

export function integer(least: number, most = MAX_COUNT): Kind<number> {
  const accepts = (value: unknown) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  const range = most === MAX_COUNT ? `at least ${least}` : `${least} to ${grouped(most)}`;
  return kind('integer', range, accepts, `an integer from ${least} to ${grouped(most)}`);
}

const isPositive = (value: unknown) => typeof value === 'number' && value > 0 && Number.isFinite(value);
export const POSITIVE: Kind<number> = kind('number', 'greater than 0', isPositive, 'a positive finite number');

/** Steps are computed in float32, where a number outside its range would become 0 or infinite. */
const isRate = (value: unknown) => isPositive(value) && isPositive(Math.fround(Number(value)));
const RATE_TEXT = 'a positive number in the range of float32, 1e-45 to 3.4e38';
export const RATE: Kind<number> = kind('number', '1e-45 to 3.4e38', isRate, RATE_TEXT);
export const RATE_OR_ZERO: Kind<number> = kind(
  'number',
  '0 to 3.4e38',
  (value) => value === 0 || isRate(value),
  `0 or ${RATE_TEXT}`,
);

const isPart = (value: unknown) => isPositive(value) && Number(value) < 1;
/** Fraction of a data set. */
export const PART: Kind<number> = kind(
  'number',
  'greater than 0 and less than 1',
  isPart,
  'a number above 0 and less than 1',
);
export const PART_OR_ZERO: Kind<number> = kind(
  'number',
  'at least 0 and less than 1',
  (value) => value === 0 || isPart(value),
  'a number, at least 0 and less than 1',
);
/** A number in a range, both ends included. */
export function within(least: number, most: number): Kind<number> {
  const accepts = (value: unknown) => typeof value === 'number' && value >= least && value <= most;
  return kind('number', `${least} to ${most}`, accepts, `a number from ${least} to ${most}`);
}

/** A smaller probability would be rounded to 0 (src/model/dropout.ts). */
const LEAST_DROPOUT = 1e-5;
const isDropout = (value: unknown) => value === 0 || (isPart(value) && Number(value) >= LEAST_DROPOUT);
const DROPOUT_TEXT = '0, or at least 1e-5 and less than 1';
/** Probability that a unit is dropped. */
export const DROPOUT: Kind<number> = kind('number', DROPOUT_TEXT, isDropout, DROPOUT_TEXT);
const eachDropout = kind<number | readonly number[]>(
  'number or number[]',
  `${DROPOUT_TEXT} each`,
  (value) =>
    isDropout(value) || (Array.isArray(value) && value.length > 0 && [...(value as unknown[])].every(isDropout)),
  `${DROPOUT_TEXT}; or one for each hidden layer, such as 0.2,0.5`,
  `${DROPOUT_TEXT}; or an array of one for each hidden layer, such as [0.2, 0.5]`,
);
/** Dropout of all hidden layers, or of each. An array is copied, because it is the caller's. */
export const DROPOUT_BY_LAYER: typeof eachDropout = {
  ...eachDropout,
  check: (name, value) => {
    const parts = eachDropout.check(name, value);
    return typeof parts === 'number' ? parts : [...parts];
  },
};

/** A decay factor. */
export const DECAY = PART_OR_ZERO;

const isWidth = (value: unknown) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_WIDTH;
const widths = kind<readonly number[]>(
  'integer[]',
  `1 to ${grouped(MAX_WIDTH)} each`,
  // A copy has no holes, which `every` would skip.
  (value) => Array.isArray(value) && [...(value as unknown[])].every(isWidth),
  `comma-separated widths from 1 to ${grouped(MAX_WIDTH)}, such as 1000 or 512,256, or none`,
  `an array of integers from 1 to ${grouped(MAX_WIDTH)}, such as [1000] or [512, 256], or [] for none`,
);
/** Copied, because the array is the caller's. */
export const WIDTHS: Kind<readonly number[]> = { ...widths, check: (name, value) => [...widths.check(name, value)] };

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const isYesOrNo = (value: unknown) => typeof value === 'boolean';
export const YES_OR_NO: Kind<boolean> = kind('boolean', '', isYesOrNo, 'true or false');

/** @param expected  the list, as typed */
export function texts(
  expected: string,
  isOne: (text: string, all: readonly string[]) => boolean = () => true,
): Kind<readonly string[]> {
  const accepts = (value: unknown) =>
    Array.isArray(value) &&
    value.length > 0 &&
    [...(value as unknown[])].every((each) => typeof each === 'string' && isOne(each, value as readonly string[]));
  const inLibrary = `an array of strings: ${expected}`;
  const check = (name: string, value: unknown) => {
    // Copied, because the array is the caller's.
    if (accepts(value)) return [...(value as string[])];
    // As typed.
    const areTexts = Array.isArray(value) && value.every((each) => typeof each === 'string');
    throw errors.invalidOption(name, areTexts ? value.join(',') : value, expected, inLibrary);
  };
  return { type: 'string[]', values: '', check };
}

export function text(expected: string): Kind<string> {
  return kind('string', '', isText, expected, `a string: ${expected}`);
}

const FOLD_TEXT = 'i/k, such as 2/5 for the second of five folds';
export const FOLD: Kind<string> = kind(
  'string',
  '',
  (value) => typeof value === 'string' && parseFold(value) !== undefined,
  FOLD_TEXT,
  `a string: ${FOLD_TEXT}`,
);

/** An option whose value may be omitted. */
export function textOrYes(expected: string): Kind<string | boolean> {
  const accepts = (value: unknown) => isText(value) || isYesOrNo(value);
  return kind('string or boolean', '', accepts, expected, `true, false or a string: ${expected}`);
}

export function oneOf<const T extends string>(values: readonly T[]): Kind<T> {
  const accepts = (value: unknown) => values.some((each) => each === value);
  const inLibrary = `one of ${values.map((each) => `'${each}'`).join(', ')}`;
  return kind('string', values, accepts, `one of ${values.join(', ')}`, inLibrary);
}
