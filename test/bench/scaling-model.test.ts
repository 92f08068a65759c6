/** The model of the scaling: its fit finds what made the points, and its predictions know the trainer's shares. */
import { describe, expect, it } from 'vitest';
import { type Coefficients, fitScaling, type Job, predictScaling, totalSeconds } from '../../bench/scaling/model.js';

const JOB: Job = { samples: 60_000, batchSize: 100, layers: [784, 1000, 10], nonzeros: 150, panelWidth: 32, lanes: 4 };
const TRUTH: Coefficients = { forward: 0.6, gradients: 0.25, update: 0.55, transfer: 3e-10, barrier: 2e-7 };

const pointsOf = (truth: Coefficients, threads: readonly number[], noise = (_: number) => 1) =>
  threads.map((count, i) => {
    const { forward, gradients, update, wait } = predictScaling(JOB, truth, count);
    return {
      threads: count,
      forward: forward * noise(4 * i),
      gradients: gradients * noise(4 * i + 1),
      update: update * noise(4 * i + 2),
      wait: wait * noise(4 * i + 3),
    };
  });

const expectClose = (found: Coefficients, truth: Coefficients, relative: number) => {
  for (const name of Object.keys(truth) as (keyof Coefficients)[]) {
    expect(Math.abs(found[name] - truth[name]), name).toBeLessThanOrEqual(relative * truth[name]);
  }
};

describe('fitScaling', () => {
  it.each([[[1, 2]], [[1, 2, 4, 8]], [[1, 16, 64]]])('recovers what made the points, threads %j', (threads) => {
    expectClose(fitScaling(JOB, pointsOf(TRUTH, threads)), TRUTH, 1e-6);
  });

  it('comes near where the points are off by 1 %', () => {
    const noise = (i: number) => 1 + 0.01 * (i % 3 === 0 ? -1 : 1);
    const found = fitScaling(JOB, pointsOf(TRUTH, [1, 2, 4, 8], noise));
    for (const threads of [16, 64]) {
      const error =
        totalSeconds(predictScaling(JOB, found, threads)) / totalSeconds(predictScaling(JOB, TRUTH, threads));
      expect(Math.abs(error - 1)).toBeLessThan(0.1);
    }
  });

  it('has no negative coefficients, whatever the points', () => {
    // Faster on two threads than half of one, as where the weights then fit in the caches.
    const [one, two] = pointsOf({ ...TRUTH, transfer: 0, barrier: 0 }, [1, 2]);
    const found = fitScaling(JOB, [one!, { ...two!, gradients: 0.9 * two!.gradients, update: 0.9 * two!.update }]);
    expect(found.transfer).toBe(0);
    for (const value of Object.values(found)) expect(value).toBeGreaterThanOrEqual(0);
  });

  it('says nothing of transfer and barrier where there was one thread', () => {
    const found = fitScaling(JOB, pointsOf(TRUTH, [1]));
    expectClose(found, { ...TRUTH, transfer: 0, barrier: 0 }, 1e-9);
  });
});

describe('predictScaling', () => {
  const ideal: Coefficients = { ...TRUTH, transfer: 0, barrier: 0 };
  const speedUp = (threads: number) =>
    totalSeconds(predictScaling(JOB, ideal, 1)) / totalSeconds(predictScaling(JOB, ideal, threads));

  it('knows that 32 panels and 100 samples cannot be cut evenly', () => {
    // 250 vectors are 32 panels of 7 or 8; of 8 workers the fullest has four with 128 columns together, of 125 on average;
    // and 13 samples of 12.5.
    const { wait } = predictScaling(JOB, ideal, 8);
    const excess = (0.6 + 0.55) * (128 / 125 - 1) + 0.25 * (13 / 12.5 - 1);
    expect(wait).toBeCloseTo(excess / 8, 12);
    expect(speedUp(8)).toBeCloseTo(1.4 / (1.4 / 8 + excess / 8), 9);
  });

  it('has more threads than panels fetch the first layer’s weights', () => {
    const bytes = (threads: number) =>
      predictScaling(JOB, { ...TRUTH, gradients: 0, transfer: 1 }, threads).gradients / 600;
    expect(bytes(32)).toBeCloseTo((31 / 32) * ((4 * 100 * 1000) / 32 + 4 * 1001 * 10), 6);
    // Panels are no narrower than 8 columns: there are 125 at most.
    expect(bytes(125)).toBeCloseTo((124 / 125) * ((4 * 100 * 1000) / 125 + 4 * 1001 * 10), 6);
    expect(bytes(126)).toBeCloseTo((125 / 126) * (4 * 785 * 1000 + 4 * 1001 * 10), 6);
  });
});
