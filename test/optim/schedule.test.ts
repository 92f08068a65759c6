/** The learning rate of each step, against the formulas of docs/mathematics.md, "Schedules". */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rateAt, SCHEDULES, type Schedule } from '../../src/optim/schedule.js';

const PLAIN: Schedule = { lr: 0.4, schedule: 'constant', warmupSteps: 0, lrStepSize: 30, lrGamma: 0.1, lrPatience: 10 };

function ratesOf(schedule: Partial<Schedule>, stepsPerEpoch: number, totalSteps: number): number[] {
  return Array.from({ length: totalSteps }, (_, index) =>
    rateAt({ ...PLAIN, ...schedule }, index, stepsPerEpoch, totalSteps),
  );
}

/** Within float64's rounding. */
function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, rate] of actual.entries()) expect(Math.abs(rate - expected[i]!)).toBeLessThanOrEqual(1e-15);
}

describe('rateAt', () => {
  it('constant: the rate', () => {
    expect(ratesOf({}, 2, 5)).toEqual([0.4, 0.4, 0.4, 0.4, 0.4]);
  });

  it('warm-up: rises in a straight line, and reaches the rate with its last step', () => {
    expectClose(ratesOf({ warmupSteps: 4 }, 3, 6), [0.1, 0.2, 0.3, 0.4, 0.4, 0.4]);
  });

  it('step: falls after every so many epochs, counted from the start of the run', () => {
    const rates = ratesOf({ schedule: 'step', lrStepSize: 2, lrGamma: 0.5, warmupSteps: 1 }, 2, 10);
    expectClose(rates, [0.4, 0.4, 0.4, 0.4, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1]);
  });

  it('cosine: half a turn from the end of the warm-up to the end of the run', () => {
    const [steps, warmupSteps] = [97, 7];
    const expected = Array.from({ length: steps }, (_, i) =>
      i < warmupSteps
        ? (0.4 * (i + 1)) / warmupSteps
        : (0.4 * (1 + Math.cos((Math.PI * (i - warmupSteps)) / (steps - warmupSteps)))) / 2,
    );
    const rates = ratesOf({ schedule: 'cosine', warmupSteps }, 10, steps);
    expectClose(rates, expected);
    expect(rates[warmupSteps]).toBe(0.4);
  });

  it('cosine: 0 behind the end, where a resumed run may be that was given fewer epochs', () => {
    expect(rateAt({ ...PLAIN, schedule: 'cosine' }, 12, 5, 10)).toBe(0);
  });

  it('linear: to 0 in a straight line, and 0 behind the end', () => {
    expectClose(ratesOf({ schedule: 'linear', warmupSteps: 2 }, 3, 7), [0.2, 0.4, 0.4, 0.32, 0.24, 0.16, 0.08]);
    expect(rateAt({ ...PLAIN, schedule: 'linear' }, 12, 5, 10)).toBe(0);
  });

  it('flat-cosine: three quarters at the rate, then half a turn', () => {
    const rates = ratesOf({ schedule: 'flat-cosine' }, 10, 40);
    expect(new Set(rates.slice(0, 31))).toEqual(new Set([0.4]));
    expectClose(
      rates.slice(30),
      Array.from({ length: 10 }, (_, i) => 0.2 * (1 + Math.cos((Math.PI * i) / 10))),
    );
    expect(rateAt({ ...PLAIN, schedule: 'flat-cosine' }, 40, 5, 40)).toBe(0);
  });

  it('one-cycle: reaches the rate, and ends at its last step', () => {
    const rates = ratesOf({ schedule: 'one-cycle' }, 10, 50);
    expect(rates[0]).toBe(0.4 / 25);
    expect(rates[14]).toBe(0.4);
    expect(rates.slice(1, 15).every((rate, i) => rate > rates[i]!)).toBe(true);
    expect(rates.slice(15).every((rate, i) => rate < rates[14 + i]!)).toBe(true);
    expect(rates[49]).toBe(0.4 / 250_000);
  });

  it('is never negative, above the rate, or not a number, at any step of any run', () => {
    const schedule = fc.record({
      lr: fc.double({ min: 1e-45, max: 3e38, noNaN: true }),
      schedule: fc.constantFrom(...SCHEDULES),
      warmupSteps: fc.nat(2 ** 31 - 1),
      lrStepSize: fc.integer({ min: 1, max: 1000 }),
      lrGamma: fc.double({ min: 1e-45, max: 1, noNaN: true }),
      lrPatience: fc.nat(9),
    });
    fc.assert(
      fc.property(
        schedule,
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 2000 }),
        fc.nat(),
        (given, ...n) => {
          const [stepsPerEpoch, epochs, pick] = n;
          const total = stepsPerEpoch * epochs;
          const rate = rateAt(given, pick % total, stepsPerEpoch, total);
          expect(rate).toBeGreaterThanOrEqual(0);
          expect(rate).toBeLessThanOrEqual(given.lr * (1 + 1e-15));
        },
      ),
    );
  });
});
