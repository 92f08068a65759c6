/** The model of several machines: its formulas at the ends, where they are known. */
import { describe, expect, it } from 'vitest';
import {
  allReduceSeconds,
  aloneSeconds,
  fastestBatch,
  fitStep,
  leastBatch,
  type Machine,
  ranksSeconds,
  secondsToLoss,
  speedUp,
} from '../../bench/cluster/model.js';

const cost = { fixed: 0.001, perSample: 1e-5 };
const machine: Machine = { alone: cost, ranked: cost, gamma: 0, gradientBytes: 1e6 };
const gigabit = { alpha: 1e-5, beta: 8e-9 };

describe('the all-reduce', () => {
  it('of one rank costs nothing', () => expect(allReduceSeconds(gigabit, 1, 1, 1e6)).toBe(0));

  it('of two ranks takes the time of the bytes, once', () =>
    expect(allReduceSeconds(gigabit, 0, 2, 1e6)).toBeCloseTo(1e-5 + 8e-3, 9));

  it('of many ranks takes the time of the bytes, twice, and more messages', () => {
    expect(allReduceSeconds({ alpha: 0, beta: 8e-9 }, 0, 1024, 1e6)).toBeCloseTo(2 * 8e-3, 4);
    expect(allReduceSeconds({ alpha: 1e-3, beta: 0 }, 0, 8, 1e6)).toBeCloseTo(3e-3, 9);
  });
});

describe('machines', () => {
  it('without a network between them scale as their shares do, but for what is fixed', () => {
    const free = { alpha: 0, beta: 0 };
    expect(ranksSeconds(machine, free, 4, 4000)).toBeCloseTo(0.001 + 1000e-5, 12);
    expect(speedUp(machine, free, 4, 1e6)).toBeCloseTo(4, 1);
  });

  it('pay from the least batch on, and not before', () => {
    const least = leastBatch(machine, gigabit, 2, 1);
    expect(speedUp(machine, gigabit, 2, least)).toBeGreaterThanOrEqual(1);
    expect(speedUp(machine, gigabit, 2, least - 1)).toBeLessThan(1);
    expect(leastBatch(machine, { alpha: 1e6, beta: 0 }, 2, 1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the batch that is fastest to a loss', () => {
  it('of one machine is the root of the noise scale and of what a step costs besides its samples', () => {
    // d/dB of (1 + noise / B) · (fixed + perSample · B) is 0 at B² = noise · fixed / perSample.
    for (const noise of [100, 1000, 10_000]) {
      const expected = Math.sqrt((noise * cost.fixed) / cost.perSample);
      expect(fastestBatch(machine, gigabit, undefined, noise, 10) / expected).toBeCloseTo(1, 1);
    }
    expect(fastestBatch(machine, gigabit, undefined, 1, 64)).toBe(64);
  });

  it('grows with the machines, and the time to the loss falls', () => {
    const fast = { alpha: 1e-6, beta: 1e-11 };
    const fastestOf = (ranks: number | undefined) => fastestBatch(machine, fast, ranks, 1000, 10);
    const secondsOf = (ranks: number | undefined) => secondsToLoss(machine, fast, ranks, fastestOf(ranks), 1000);
    expect(fastestOf(8)).toBeGreaterThan(2 * fastestOf(undefined));
    expect(secondsOf(8)).toBeLessThan(secondsOf(undefined) / 1.3);
    expect(secondsToLoss(machine, fast, 2, 500, 0)).toBe(ranksSeconds(machine, fast, 2, 500));
    expect(secondsToLoss(machine, fast, 2, 500, 500)).toBe(2 * ranksSeconds(machine, fast, 2, 500));
  });
});

it('finds the line that points lie on', () => {
  const points = [50, 200, 800].map((batch) => ({ batch, seconds: aloneSeconds(machine, batch) }));
  const { fixed, perSample } = fitStep(points);
  expect(fixed).toBeCloseTo(cost.fixed, 12);
  expect(perSample).toBeCloseTo(cost.perSample, 12);
});
