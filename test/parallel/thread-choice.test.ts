/** The rule by which the number of threads is chosen, for any measurement. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isClearlySmall, type Job, obviousThreads, threadsThatPay } from '../../src/parallel/thread-choice.js';

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

describe('obviousThreads', () => {
  const job: fc.Arbitrary<Job> = fc.record({
    layers: fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 2, maxLength: 5 }),
    batchSize: fc.integer({ min: 1, max: 5000 }),
    samples: fc.integer({ min: 1, max: 100_000 }),
    epochs: fc.integer({ min: 1, max: 100 }),
    density: fc.double({ min: 0, max: 1, noNaN: true }),
    cores: fc.integer({ min: 2, max: 1024 }),
    isPlain: fc.boolean(),
  });
  const times = (given: Job, factor: number): Job => ({ ...given, epochs: given.epochs * factor });

  it('is one thread, all cores, or unknown', () => {
    fc.assert(
      fc.property(job, (given) => {
        expect([1, given.cores, undefined]).toContain(obviousThreads(given));
      }),
    );
  });

  it('stays all cores for more of anything but cores', () => {
    const large = job.filter((given) => obviousThreads(given) === given.cores);
    fc.assert(
      fc.property(large, fc.nat(), (given, at) => {
        const { layers, batchSize, samples, epochs } = given;
        const wider = layers.map((width, l) => (l === at % layers.length ? 2 * width : width));
        for (const more of [
          ...[{ layers: wider }, { batchSize: 2 * batchSize }, { density: 1 }],
          ...[{ samples: 2 * samples }, { epochs: 2 * epochs }],
        ]) {
          expect(obviousThreads({ ...given, ...more })).toBe(given.cores);
        }
      }),
    );
  });

  it('does not depend on the cores where it is one thread, which more epochs end', () => {
    const brief = job
      .map((given) => ({ ...given, epochs: 1, samples: 10 }))
      .filter((given) => obviousThreads(given) === 1);
    fc.assert(
      fc.property(brief, (given) => {
        expect(obviousThreads({ ...given, cores: 1024 })).toBe(1);
        expect(obviousThreads(times(given, 10_000))).not.toBe(1);
      }),
    );
  });

  it('is known for the reference job on two cores and for iris, not for a table', () => {
    const two = { cores: 2, isPlain: false, batchSize: 100 };
    const mnist = { layers: [784, 1000, 10], samples: 70_000, epochs: 100, density: 0.19 };
    const table = { layers: [28, 64, 2], samples: 100_000, epochs: 5, density: 1 };
    expect(obviousThreads({ ...two, ...mnist })).toBe(2);
    expect(obviousThreads({ ...two, layers: [4, 16, 3], samples: 150, epochs: 100, density: 1 })).toBe(1);
    expect(obviousThreads({ ...two, ...table })).toBe(undefined);
    expect(obviousThreads({ ...two, ...table, batchSize: 50_000 })).toBe(2);
  });
});
