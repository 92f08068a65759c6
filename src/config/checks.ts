/** The kinds of values that options take. A check returns the value, or refuses it by the option's name. */
import { errors } from '../errors.js';
import { grouped } from '../text/grouped.js';

export const MAX_COUNT = 2 ** 31 - 1;
const MAX_WIDTH = 2 ** 24;

export interface Kind<Value> {
  /** As docs/metrics.md names it. */
  readonly type: 'integer' | 'number' | 'integer[]' | 'boolean' | 'string' | 'string or boolean';
  /** The names that can be chosen from, or a description of the range. */
  readonly values?: readonly string[] | string;
  /** @throws LockstepError (status 2) if the value is not one of them */
  readonly check: (name: string, value: unknown) => Value;
}

export function integer(least: number, most = MAX_COUNT): Kind<number> {
  return {
    type: 'integer',
    values: most === MAX_COUNT ? `from ${least}` : `${least} to ${grouped(most)}`,
    check(name, value) {
      if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
      throw errors.invalidOption(name, value, `an integer from ${least} to ${grouped(most)}`);
    },
  };
}

/** @param or  appended to the error message, where other values are accepted too */
function positive(name: string, value: unknown, or = ''): number {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw errors.invalidOption(name, value, `${or}a positive finite number`);
}

export const POSITIVE: Kind<number> = { type: 'number', values: 'above 0', check: positive };

/** Steps are computed in float32, where a number outside its range would become 0 or infinite. */
function float32(name: string, value: unknown, or?: string): number {
  const number = positive(name, value, or);
  const single = Math.fround(number);
  if (single > 0 && Number.isFinite(single)) return number;
  throw errors.invalidOption(name, value, 'a number from 1e-45 to 3.4e38, the range of float32');
}

export const RATE: Kind<number> = { type: 'number', values: '1e-45 to 3.4e38', check: float32 };

export const RATE_OR_ZERO: Kind<number> = {
  type: 'number',
  values: '0 to 3.4e38',
  check: (name, value) => (value === 0 ? 0 : float32(name, value, '0 or ')),
};

/** @param isZeroIn  whether 0 is accepted */
function fraction(isZeroIn: boolean): Kind<number> {
  const expected = isZeroIn ? '0 or more and less than 1' : 'more than 0 and less than 1';
  return {
    type: 'number',
    values: isZeroIn ? '0 to below 1' : 'above 0, below 1',
    check(name, value) {
      if (typeof value === 'number' && value < 1 && (value > 0 || (value === 0 && isZeroIn))) return value;
      throw errors.invalidOption(name, value, `a number, ${expected}`);
    },
  };
}

/** Decay factors include 0, parts of a data set do not. */
export const DECAY = fraction(true);
export const PART = fraction(false);

export const WIDTHS: Kind<readonly number[]> = {
  type: 'integer[]',
  values: `1 to ${grouped(MAX_WIDTH)} each`,
  check(name, value) {
    const isWidth = (width: unknown) => Number.isInteger(width) && Number(width) >= 1 && Number(width) <= MAX_WIDTH;
    // A copy, because the array is the caller's; and one without holes, which `every` would skip.
    const copy: unknown[] | undefined = Array.isArray(value) ? [...value] : undefined;
    if (copy?.every(isWidth)) return copy as number[];
    const most = grouped(MAX_WIDTH);
    throw errors.invalidOption(
      name,
      value,
      `comma-separated widths from 1 to ${most}, such as 1000 or 512,256, or none`,
      `an array of integers from 1 to ${most}, such as [1000] or [512, 256], or [] for none`,
    );
  },
};

export function text(expected: string): Kind<string> {
  return {
    type: 'string',
    check(name, value) {
      if (typeof value === 'string' && value !== '') return value;
      throw errors.invalidOption(name, value, expected, `a string: ${expected}`);
    },
  };
}

/** An option whose value may be omitted. */
export function textOrYes(expected: string): Kind<string | boolean> {
  return {
    type: 'string or boolean',
    check(name, value) {
      if (typeof value === 'boolean' || (typeof value === 'string' && value !== '')) return value;
      throw errors.invalidOption(name, value, expected, `true, false or a string: ${expected}`);
    },
  };
}

export const YES_OR_NO: Kind<boolean> = {
  type: 'boolean',
  check(name, value) {
    if (typeof value === 'boolean') return value;
    throw errors.invalidOption(name, value, 'true or false');
  },
};

export function oneOf<const T extends string>(values: readonly T[]): Kind<T> {
  return {
    type: 'string',
    values,
    check(name, value) {
      const found = values.find((each) => each === value);
      if (found !== undefined) return found;
      const inLibrary = `one of ${values.map((each) => `'${each}'`).join(', ')}`;
      throw errors.invalidOption(name, value, `one of ${values.join(', ')}`, inLibrary);
    },
  };
}
