import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expOfNonPositive, logOfAtLeastOne, roughLog } from '../../src/kernels/exact-math.js';

/** Fixed-point numbers of 160 fractional bits: some 48 decimal digits, against the 16 of a float64. */
const BITS = 160n;
const ONE = 1n << BITS;

/** A float64, exactly. */
function toFixed(x: number): bigint {
  const [mantissa, exponent] = parts(x);
  const shift = BITS + BigInt(exponent);
  return shift >= 0n ? mantissa << shift : mantissa >> -shift;
}

function parts(x: number): [bigint, number] {
  let exponent = 0;
  let mantissa = x;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent--;
  }
  return [BigInt(mantissa), exponent];
}

/** e^x by its Taylor series, after halving x until it is small, and squaring the result as often. */
function expFixed(x: bigint): bigint {
  const halvings = 20n;
  const small = x >> halvings;
  let sum = ONE;
  let term = ONE;
  for (let n = 1n; n < 40n; n++) {
    term = ((term * small) >> BITS) / n;
    sum += term;
  }
  for (let i = 0n; i < halvings; i++) sum = (sum * sum) >> BITS;
  return sum;
}

/** |a − b| in units of the last place of the float64 a. */
function ulps(a: number, b: bigint): number {
  const [, exponent] = parts(nextUp(a) - a);
  const ulp = toFixed(2 ** exponent);
  const difference = toFixed(a) - b;
  return Number(((difference < 0n ? -difference : difference) * 1000n) / ulp) / 1000;
}

function nextUp(x: number): number {
  const bits = new BigInt64Array(1);
  const value = new Float64Array(bits.buffer);
  value[0] = x;
  bits[0]! += 1n;
  return value[0];
}

describe('expOfNonPositive', () => {
  it('is within 1 ulp of e^x where its result is at least 1e-20', () => {
    fc.assert(
      fc.property(fc.double({ min: -46, max: 0, noNaN: true }), (x) => {
        expect(ulps(expOfNonPositive(x), expFixed(toFixed(x)))).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });

  it('is within 2 ulp of Math.exp down to the underflow', () => {
    fc.assert(
      fc.property(fc.double({ min: -708, max: 0, noNaN: true }), (x) => {
        const expected = Math.exp(x);
        expect(Math.abs(expOfNonPositive(x) - expected)).toBeLessThanOrEqual(2 * (nextUp(expected) - expected));
      }),
    );
  });

  it('is exact at 0, 0 far below, and NaN for NaN', () => {
    expect(expOfNonPositive(0)).toBe(1);
    expect(expOfNonPositive(-0)).toBe(1);
    expect(expOfNonPositive(-1e4)).toBe(0);
    expect(expOfNonPositive(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(expOfNonPositive(Number.NaN)).toBeNaN();
  });
});

describe('logOfAtLeastOne', () => {
  it('is within 1 ulp of ln x: e^(ln x) leads back to x', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 2 ** 24, noNaN: true, minExcluded: true }), (x) => {
        const log = logOfAtLeastOne(x);
        // e^log − x ≈ x · (log − ln x): the error of log, seen through exp.
        const back = expFixed(toFixed(log));
        const ulp = nextUp(log) - log;
        const error = Number(((back - toFixed(x)) * 2n ** 80n) / toFixed(x)) / 2 ** 80;
        expect(Math.abs(error)).toBeLessThanOrEqual(ulp);
      }),
      { numRuns: 2000, examples: [[1.441112355797322]] },
    );
  });

  it('is exact at 1, and passes on what is not finite', () => {
    expect(logOfAtLeastOne(1)).toBe(0);
    expect(logOfAtLeastOne(Number.NaN)).toBeNaN();
    expect(logOfAtLeastOne(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });
});

it('gives the same bits for ever', () => {
  expect(expOfNonPositive(-1)).toBe(0.36787944117144233);
  expect(expOfNonPositive(-10.5)).toBe(0.000027536449349747158);
  expect(logOfAtLeastOne(7)).toBe(1.9459101490553132);
  expect(logOfAtLeastOne(1.0625)).toBe(0.06062462181643484);
});

describe('roughLog', () => {
  it('is within 1e-8 of ln x', () => {
    const anyOf = fc.oneof(
      fc.double({ min: 1, max: 4, noNaN: true }),
      fc.double({ min: 1, noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(anyOf, (x) => {
        expect(Math.abs(roughLog(x) - Math.log(x))).toBeLessThanOrEqual(1e-8);
      }),
    );
    expect(roughLog(1)).toBe(0);
  });
});
