/** Losses and weights against PyTorch's own, over the same steps from the same initial weights: test/fixtures/objectives.py. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { temporaryFolder } from '../support/idx-files.js';
import { kernelNames } from '../support/kernels.js';
import { OBJECTIVE_CASES, resultOf } from '../support/objective-job.js';
import { fixtures } from '../support/paths.js';
import { resultsOf } from '../support/results.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

interface Expected {
  readonly train_loss: readonly number[];
  readonly parameters: readonly number[];
}

const fixture = JSON.parse(readFileSync(path.join(fixtures, 'objectives.json'), 'utf8')) as Record<string, Expected>;

const folder = temporaryFolder();
afterAll(() => folder.remove());

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

it('the fixture is of these cases, and each leads somewhere else', () => {
  expect(Object.keys(fixture)).toEqual(Object.keys(OBJECTIVE_CASES));
  const all = Object.values(fixture);
  for (const [i, { parameters }] of all.entries()) {
    for (const other of all.slice(i + 1)) {
      if (other.parameters.length !== parameters.length) continue;
      expect(largestDifference(parameters, other.parameters)).toBeGreaterThan(1e-3);
    }
  }
});

describe.each(Object.entries(OBJECTIVE_CASES))('%s', (name, each) => {
  const { parameters: expected, train_loss } = fixture[name]!;

  it('PyTorch has the same weights and losses within 1e-10, in float64', async () => {
    const { parameters, run } = await resultOf(each, { kernel: 'reference', threads: 1 }, folder);
    expect(largestDifference(parameters, expected)).toBeLessThan(1e-10);
    const losses = run.epochs.map((epoch) => epoch.train_loss!);
    expect(largestDifference(losses, train_loss)).toBeLessThan(1e-10);
  });

  const number = Object.keys(OBJECTIVE_CASES).indexOf(name);
  const fast = casesOf(kernelNames().slice(0, -1), () => number % 3 === 0);
  it.each(fast)('kernel %s: within 1e-4, and the same for any threads and strategy', async (kernel) => {
    const of = async (given: TrainOptions) => await resultOf(each, { kernel, ...given }, folder);
    const one = await of({ threads: 1 });
    expect(largestDifference(one.parameters, expected)).toBeLessThan(1e-4);
    for (const threads of valuesOf([3, 8], [3])) {
      const { run } = await of({ threads });
      expect(resultsOf(run.all)).toEqual(resultsOf(one.run.all));
    }
    const dense = await of({ threads: 2, strategy: 'dense' });
    expect(largestDifference(dense.parameters, expected)).toBeLessThan(1e-4);
  });
});
