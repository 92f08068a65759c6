/** What the value of an option may be: each check gives the value, or refuses it by the name that a program has for it. */

import { errors } from '../errors.js';
import { grouped } from '../text/grouped.js';

export const MAX_COUNT = 2 ** 31 - 1;
const MAX_WIDTH = 2 ** 24;

export function whole(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw errors.invalidOption(name, value, `a whole number from ${least} to ${grouped(most)}`);
}

export function positive(name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw errors.invalidOption(name, value, 'a finite number above 0');
}

/** A rate, or 0 for none. */
export function rateOrNone(name: string, value: unknown): number {
  if (typeof value === 'number' && !(value >= 0))
    throw errors.invalidOption(name, value, '0, or a finite number above 0');
  return value === 0 ? 0 : rate(name, value);
}

/** The step is computed in float32, where a rate beyond its range would be 0 or infinite. */
export function rate(name: string, value: unknown): number {
  const number = positive(name, value);
  const single = Math.fround(number);
  if (single > 0 && Number.isFinite(single)) return number;
  throw errors.invalidOption(name, value, 'a number from 1e-45 to 3.4e38, the range of float32');
}

/** @param least  whether 0 itself is one */
export function fraction(name: string, value: unknown, least: 'from 0' | 'above 0' = 'from 0'): number {
  if (typeof value === 'number' && value < 1 && (value > 0 || (value === 0 && least === 'from 0'))) return value;
  throw errors.invalidOption(name, value, `a number ${least} to less than 1`);
}

export function widths(name: string, value: unknown): readonly number[] {
  const isWidth = (width: unknown) => Number.isInteger(width) && Number(width) >= 1 && Number(width) <= MAX_WIDTH;
  // A copy: it is the program's array; and one without holes, which `every` would pass over.
  const copy: unknown[] | undefined = Array.isArray(value) ? [...value] : undefined;
  if (copy?.every(isWidth)) return copy as number[];
  const most = grouped(MAX_WIDTH);
  throw errors.invalidOption(
    name,
    value,
    `widths from 1 to ${most} with commas between, such as 1000 or 512,256, or none`,
    `an array of whole numbers from 1 to ${most}, such as [1000] or [512, 256], or [] for none`,
  );
}

export function text(name: string, value: unknown, expected: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw errors.invalidOption(name, value, expected, `a string: ${expected}`);
}

/** An option that may be given without a value. */
export function textOrYes(name: string, value: unknown, expected: string): string | boolean {
  if (typeof value === 'boolean' || (typeof value === 'string' && value !== '')) return value;
  throw errors.invalidOption(name, value, expected, `true, false or a string: ${expected}`);
}

export function yesOrNo(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw errors.invalidOption(name, value, 'true or false');
}

export function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  const inLibrary = `one of ${allowed.map((each) => `'${each}'`).join(', ')}`;
  throw errors.invalidOption(name, value, `one of ${allowed.join(', ')}`, inLibrary);
}
