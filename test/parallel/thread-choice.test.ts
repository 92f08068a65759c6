/** The rule by which the number of threads is chosen, for any measurement. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isClearlySmall, mayBeSmall, threadsThatPay } from '../../src/parallel/thread-choice.js';

const cores = fc.integer({ min: 1, max: 1024 });
const stepSeconds = fc.double({ min: 1e-7, max: 10, noNaN: true });
const barrierSeconds = fc.double({ min: 100e-9, max: 1e-3, noNaN: true });
const measured = fc.record({ cores, stepSeconds, barrierSeconds: fc.option(barrierSeconds, { nil: undefined }) });
const factor = fc.double({ min: 1, max: 1000, noNaN: true });

describe('threadsThatPay', () => {
  it('is from 1 to the number of cores', () => {
    fc.assert(
      fc.property(measured, (choice) => {
        const threads = threadsThatPay(choice);
        expect(Number.isInteger(threads) && threads >= 1 && threads <= choice.cores).toBe(true);
      }),
    );
  });

  it('grows with the work of a step, and falls with the time of a barrier', () => {
    fc.assert(
      fc.property(cores, stepSeconds, barrierSeconds, factor, (cores, step, barrier, more) => {
        const threads = threadsThatPay({ cores, stepSeconds: step, barrierSeconds: barrier });
        const ofMore = threadsThatPay({ cores, stepSeconds: step * more, barrierSeconds: barrier });
        const ofSlower = threadsThatPay({ cores, stepSeconds: step, barrierSeconds: barrier * more });
        expect(ofMore).toBeGreaterThanOrEqual(threads);
        expect(ofSlower).toBeLessThanOrEqual(threads);
      }),
    );
  });

  it('is the same with more cores, unless it was limited by them', () => {
    fc.assert(
      fc.property(measured, (choice) => {
        const unlimited = threadsThatPay({ ...choice, cores: Number.MAX_SAFE_INTEGER });
        expect(threadsThatPay(choice)).toBe(Math.min(choice.cores, unlimited));
      }),
    );
  });

  it('gives each of several threads work for 60 barriers', () => {
    fc.assert(
      fc.property(cores, stepSeconds, barrierSeconds, (cores, step, barrier) => {
        const threads = threadsThatPay({ cores, stepSeconds: step, barrierSeconds: barrier });
        if (threads > 1) expect(step / threads).toBeGreaterThanOrEqual(60 * barrier * (1 - 1e-9));
      }),
    );
  });

  it.each([
    // A table of 28 columns, 64 hidden units and batches of 100; the same with 300 and 300 units and batches of 1,000.
    { step: 40e-6, barrier: 0.48e-6, cores: 2, threads: 1 },
    { step: 40e-6, barrier: 0.19e-6, cores: 2, threads: 2 },
    { step: 10.5e-3, barrier: 0.5e-6, cores: 2, threads: 2 },
    { step: 10.5e-3, barrier: 0.4e-6, cores: 16, threads: 16 },
    { step: 275e-6, barrier: 0.7e-6, cores: 16, threads: 6 },
    { step: 1e-3, barrier: 1.5e-6, cores: 16, threads: 11 },
    { step: 359e-6, barrier: undefined, cores: 2, threads: 1 },
    { step: 361e-6, barrier: undefined, cores: 2, threads: 2 },
  ])('is $threads for a step of $step s and a barrier of $barrier s on $cores cores', (given) => {
    expect(threadsThatPay({ cores: given.cores, stepSeconds: given.step, barrierSeconds: given.barrier })).toBe(
      given.threads,
    );
  });
});

describe('isClearlySmall', () => {
  it('means one thread, whatever a barrier costs', () => {
    fc.assert(
      fc.property(measured, fc.double({ min: 1e-7, max: 1e-4, noNaN: true }), (choice, step) => {
        fc.pre(isClearlySmall(step));
        expect(threadsThatPay({ ...choice, stepSeconds: step })).toBe(1);
      }),
    );
    expect([isClearlySmall(11e-6), isClearlySmall(13e-6)]).toEqual([true, false]);
  });
});

describe('mayBeSmall', () => {
  const widths = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 2, maxLength: 5 });
  const density = fc.double({ min: 0, max: 1, noNaN: true });
  const machine = fc.record({ cores, isPlain: fc.boolean() });
  const batch = fc.integer({ min: 1, max: 5000 });

  it('stays false for a larger batch, a wider layer or denser inputs', () => {
    fc.assert(
      fc.property(widths, batch, density, machine, fc.nat(), (layers, batchSize, dense, on, at) => {
        fc.pre(!mayBeSmall({ layers, batchSize }, dense, on));
        const wider = layers.map((width, l) => (l === at % layers.length ? 2 * width : width));
        expect(mayBeSmall({ layers, batchSize: 2 * batchSize }, dense, on)).toBe(false);
        expect(mayBeSmall({ layers: wider, batchSize }, dense, on)).toBe(false);
        expect(mayBeSmall({ layers, batchSize }, 1, on)).toBe(false);
      }),
    );
  });

  it('is false for the reference job on two cores, and true for a table', () => {
    const on = { cores: 2, isPlain: false };
    expect(mayBeSmall({ layers: [784, 1000, 10], batchSize: 100 }, 0.19, on)).toBe(false);
    expect(mayBeSmall({ layers: [28, 64, 2], batchSize: 100 }, 1, on)).toBe(true);
    expect(mayBeSmall({ layers: [28, 64, 2], batchSize: 100_000 }, 1, on)).toBe(false);
  });
});
