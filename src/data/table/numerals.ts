/** Numbers in decimal notation, parsed from bytes: correctly rounded, as `Number(text)` is, but without making a string. */

export const PLUS = 0x2b;
export const MINUS = 0x2d;
export const POINT = 0x2e;
const ZERO = 0x30;
const LOWER = 0x20;
const E = 0x65;

/** Powers of ten that a float64 holds exactly. */
export const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const MOST_EXACT = POWERS_OF_TEN.length - 1;
/** Digits in each half of a mantissa: 10^9 < 2^30, and times 5^9 < 2^53. */
const HALF = 9;
/** Beyond it, every number is 0 or infinite, whatever its digits. Keeps the sum of exponents exact. */
const LARGE_EXPONENT = 1e9;
/** Far above the error of the correction, which is within 2^-51 of its size. */
const DOUBT = 2 ** -48;
/** Splits a float64 into halves of 26 bits (Veltkamp). */
const SPLITTER = 2 ** 27 + 1;

/**
 * `[+-] digits [. digits] [e [+-] digits]`, where the digits before or after the point may be absent.
 *
 * @param comma  another byte that stands for the point; `POINT` for none
 * @returns NaN if it is not a number, or too large for float64; 0 for -0
 */
export function numeralIn(bytes: Uint8Array, from: number, to: number, comma: number): number {
  let at = from;
  const isNegative = bytes[at] === MINUS;
  if (isNegative || bytes[at] === PLUS) at++;
  let high = 0;
  let low = 0;
  // Significant digits: without leading zeros.
  let digits = 0;
  let exponent = 0;
  let hasDigits = false;
  let hasPoint = false;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    const digit = byte - ZERO;
    if (digit >= 0 && digit <= 9) {
      hasDigits = true;
      if (digits < HALF) high = high * 10 + digit;
      else if (digits < 2 * HALF) low = low * 10 + digit;
      if (digits > 0 || digit > 0) digits++;
      if (hasPoint) exponent--;
    } else if (!hasPoint && (byte === POINT || byte === comma)) hasPoint = true;
    else break;
  }
  if (!hasDigits) return Number.NaN;
  if (at < to) {
    const { value, end } = exponentIn(bytes, at, to);
    if (end !== to) return Number.NaN;
    exponent += value;
  }
  const size = digits > 2 * HALF ? Number.NaN : magnitude(high, low, Math.max(0, digits - HALF), exponent);
  const value = Number.isNaN(size) ? Math.abs(Number(textOf(bytes, from, to, comma))) : size;
  if (value === Number.POSITIVE_INFINITY) return Number.NaN;
  return isNegative ? 0 - value : value;
}

/**
 * The number of digits that are known to be digits, without a sign and an exponent.
 *
 * @param from  of the first digit, or of the mark, which stands behind `whole` digits if there is a fraction
 * @returns NaN if the digits are too many, or the last bit is not certain
 */
export function longNumeral(bytes: Uint8Array, from: number, whole: number, fraction: number): number {
  const digits = whole + fraction;
  if (digits > 2 * HALF) return Number.NaN;
  const mark = from + whole;
  const middle = Math.min(HALF, digits);
  let at = from;
  let high = 0;
  for (let i = 0; i < middle; i++) {
    if (at === mark) at++;
    high = (Math.imul(high, 10) + bytes[at++]! - ZERO) | 0;
  }
  let low = 0;
  for (let i = middle; i < digits; i++) {
    if (at === mark) at++;
    low = (Math.imul(low, 10) + bytes[at++]! - ZERO) | 0;
  }
  return magnitude(high, low, digits - middle, -fraction);
}

/** @returns an end before `from` if there is none */
function exponentIn(bytes: Uint8Array, from: number, to: number): { readonly value: number; readonly end: number } {
  let at = from;
  if ((bytes[at++]! | LOWER) !== E) return { value: 0, end: -1 };
  const isNegative = bytes[at] === MINUS;
  if (isNegative || bytes[at] === PLUS) at++;
  if (at >= to) return { value: 0, end: -1 };
  let value = 0;
  for (; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return { value: 0, end: -1 };
    value = Math.min(value * 10 + digit, LARGE_EXPONENT);
  }
  return { value: isNegative ? -value : value, end: at };
}

/**
 * (high · 10^lowDigits + low) · 10^exponent; NaN if the last bit is not certain. With two float64s for the mantissa and
 * one step of long division, as in Dekker's double-double arithmetic.
 */
function magnitude(high: number, low: number, lowDigits: number, exponent: number): number {
  const large = high * POWERS_OF_TEN[lowDigits]!;
  const sum = large + low;
  // Exact, because large ≥ low.
  const rest = low - (sum - large);
  if (exponent === 0 || sum === 0) return sum;
  if (exponent < -MOST_EXACT || exponent > MOST_EXACT) return Number.NaN;
  if (exponent > 0) return rest === 0 ? sum * POWERS_OF_TEN[exponent]! : Number.NaN;
  const divisor = POWERS_OF_TEN[-exponent]!;
  const quotient = sum / divisor;
  if (rest === 0) return quotient;
  const correction = (remainder(sum, quotient, divisor) + rest) / divisor;
  const least = quotient + (correction - Math.abs(correction) * DOUBT);
  const most = quotient + (correction + Math.abs(correction) * DOUBT);
  return least === most ? least : Number.NaN;
}

/** dividend − quotient · divisor, which a float64 holds exactly. */
function remainder(dividend: number, quotient: number, divisor: number): number {
  const product = quotient * divisor;
  const a = SPLITTER * quotient;
  const aHigh = a - (a - quotient);
  const aLow = quotient - aHigh;
  const b = SPLITTER * divisor;
  const bHigh = b - (b - divisor);
  const bLow = divisor - bHigh;
  const error = aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
  return dividend - product - error;
}

function textOf(bytes: Uint8Array, from: number, to: number, comma: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
  return comma === POINT ? text : text.replace(String.fromCharCode(comma), '.');
}

/** Whether a number must also be kept as text: an integer beyond 2^53, or one with leading zeros, such as a postal code. */
export function isCode(bytes: Uint8Array, from: number, to: number, value: number): boolean {
  const begin = bytes[from] === MINUS || bytes[from] === PLUS ? from + 1 : from;
  const isLeadingZero = bytes[begin] === ZERO && begin + 1 < to && isDigit(bytes[begin + 1]!);
  if (!isLeadingZero && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return false;
  if (isLeadingZero) return true;
  for (let at = begin; at < to; at++) if (!isDigit(bytes[at]!)) return false;
  return true;
}

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

/** Whether a numeral may begin with it. */
export function mayBeginNumeral(byte: number): boolean {
  return byte >= PLUS && byte <= ZERO + 9;
}
