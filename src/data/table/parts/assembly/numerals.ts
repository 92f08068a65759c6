/** Numbers in decimal notation, rounded correctly: ../../numerals.ts has the same arithmetic, and takes what is too long for it. */

export const PLUS: u32 = 0x2b;
export const MINUS: u32 = 0x2d;
export const POINT: u32 = 0x2e;
export const ZERO: u32 = 0x30;
const LOWER: u32 = 0x20;
const E: u32 = 0x65;

/** So many digits fit in 64 bits. */
const MOST_DIGITS: u32 = 18;
/** Integers of so many digits are below 2^53. */
const SAFE_DIGITS: u32 = 15;
/** Far above the error of the correction, which is within 2^-51 of its size. */
const DOUBT: f64 = 1.0 / 281474976710656.0;
/** Splits a float64 into halves of 26 bits (Veltkamp). */
const SPLITTER: f64 = 134217729.0;
/** Powers of ten that a float64 holds exactly. */
const POWERS = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
]);

/**
 * mantissa / 10^fraction
 *
 * @param digits  of the mantissa, with leading zeros
 * @returns NaN if they are too many, or the last bit is not certain; also for integers that may be beyond 2^53
 */
export function quotientOf(mantissa: u64, digits: u32, fraction: u32): f64 {
  if (fraction === 0) return digits <= SAFE_DIGITS ? <f64>(<i64>mantissa) : NaN;
  if (digits > MOST_DIGITS) return NaN;
  const sum = <f64>(<i64>mantissa);
  const divisor = load<f64>(POWERS + ((<usize>fraction) << 3));
  const quotient = sum / divisor;
  return digits <= SAFE_DIGITS ? quotient : corrected(mantissa, sum, quotient, divisor);
}

function corrected(mantissa: u64, sum: f64, quotient: f64, divisor: f64): f64 {
  const rest = <f64>(<i64>mantissa - <i64>sum);
  if (rest === 0) return quotient;
  const correction = (remainder(sum, quotient, divisor) + rest) / divisor;
  const least = quotient + (correction - abs(correction) * DOUBT);
  const most = quotient + (correction + abs(correction) * DOUBT);
  return least === most ? least : NaN;
}

/** dividend − quotient · divisor, which a float64 holds exactly (Dekker). */
function remainder(dividend: f64, quotient: f64, divisor: f64): f64 {
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

export function isDigit(byte: u32): bool {
  return byte - ZERO <= 9;
}

/** `[+-] digits [. digits] [e [+-] digits]` */
export function isNumeral(from: usize, to: usize): bool {
  let at = from;
  if (isSign(at, to)) at++;
  const first = at;
  while (at < to && isDigit(load<u8>(at))) at++;
  let digits = at - first;
  if (at < to && load<u8>(at) === POINT) {
    const point = ++at;
    while (at < to && isDigit(load<u8>(at))) at++;
    digits += at - point;
  }
  if (digits === 0) return false;
  if (at === to) return true;
  if ((load<u8>(at++) | LOWER) !== E) return false;
  if (isSign(at, to)) at++;
  if (at >= to) return false;
  while (at < to && isDigit(load<u8>(at))) at++;
  return at === to;
}

function isSign(at: usize, to: usize): bool {
  return at < to && (load<u8>(at) === PLUS || load<u8>(at) === MINUS);
}

/** Whether a number must also be kept as text: an integer beyond 2^53, or one with leading zeros. */
export function isCode(from: usize, to: usize, value: f64): bool {
  const begin = isSign(from, to) ? from + 1 : from;
  if (load<u8>(begin) === ZERO && begin + 1 < to && isDigit(load<u8>(begin + 1))) return true;
  if (abs(value) <= 9007199254740991.0) return false;
  for (let at = begin; at < to; at++) if (!isDigit(load<u8>(at))) return false;
  return true;
}
