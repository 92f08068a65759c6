import { describe, expect, it } from 'vitest';
import { Accountant } from '../../src/privacy/accountant.js';
import { epochsWithin, noiseMultiplierFor } from '../../src/privacy/budget.js';
import { renyiEpsilon } from '../../src/privacy/renyi.js';
import { casesOf, inFull, TRIES_ALL } from '../support/thoroughness.js';

describe('the noise for a budget', () => {
  const all = [
    { epsilon: 3, delta: 1e-5, rate: 256 / 60_000, steps: 2350 },
    { epsilon: 0.5, delta: 1e-6, rate: 0.02, steps: 500 },
    { epsilon: 20, delta: 1e-3, rate: 0.5, steps: 10 },
    { epsilon: 1, delta: 1e-12, rate: 0.1, steps: 100 },
    { epsilon: 2, delta: 1e-5, rate: 1, steps: 3 },
  ];
  it.each(casesOf(all, ({ epsilon, steps }) => steps < 1000 && epsilon < 20))(
    'is enough, and the least: %o',
    ({ epsilon, delta, rate, steps }) => {
      const sigma = noiseMultiplierFor(epsilon, delta, rate, steps)!;
      expect(new Accountant(rate, sigma, steps, delta).epsilon(steps)).toBeLessThanOrEqual(epsilon);
      const less = Number((sigma - 1e-4).toFixed(4));
      expect(new Accountant(rate, less, steps, delta).epsilon(steps)).toBeGreaterThan(epsilon);
    },
  );

  it('is not found for a budget that nothing keeps', () => {
    expect(noiseMultiplierFor(1e-6, 1e-9, 1, 100_000)).toBeUndefined();
  });
});

it.skipIf(!TRIES_ALL)(`the epochs of a budget are the most that keep it${inFull}`, () => {
  const accountant = new Accountant(0.02, 1.1, 100 * 50, 1e-5);
  for (const budget of [1, 2, 3.3]) {
    const epochs = epochsWithin(budget, accountant, 50, 100);
    expect(accountant.epsilon(epochs * 50)).toBeLessThanOrEqual(budget);
    expect(accountant.epsilon((epochs + 1) * 50)).toBeGreaterThan(budget);
  }
  expect(epochsWithin(100, accountant, 50, 100)).toBe(100);
  expect(epochsWithin(0.001, accountant, 50, 100)).toBe(0);
});

it.skipIf(!TRIES_ALL)(`the accountant names the bound that is the smaller one${inFull}`, () => {
  const steps = 1e6;
  const accountant = new Accountant(1, 1000, steps, 1e-10);
  // The other bound's rounding errors are too large.
  expect(accountant.nameFor(steps)).toBe('renyi');
  expect(accountant.epsilon(steps)).toBe(renyiEpsilon({ samplingRate: 1, noiseMultiplier: 1000, steps }, 1e-10));
  expect(accountant.nameFor(1000)).toBe('privacy loss distribution');
  expect(new Accountant(0.1, 1, 10, 1e-12).nameFor(10)).toBe('renyi');
});
