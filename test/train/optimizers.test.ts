/** Optimisers, schedules and clipping against PyTorch's own, over the same steps from the same initial weights. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/options.js';
import { collect } from '../support/events.js';
import type { Folder } from '../support/idx-files.js';
import { allKernels, fastKernels } from '../support/kernels.js';
import { OPTIMIZER_CASES } from '../support/optimizer-cases.js';
import { parametersAfter, writeJobData } from '../support/optimizer-job.js';
import { fixtures } from '../support/paths.js';

interface Fixture {
  readonly initial: readonly number[];
  /** By case. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

const fixture: Fixture = JSON.parse(readFileSync(path.join(fixtures, 'optimizers.json'), 'utf8'));

let data: Folder;
beforeAll(() => {
  data = writeJobData();
});
afterAll(() => data.remove());

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

it('the fixture is of these cases and initial values, and every case leads somewhere else', async () => {
  expect(Object.keys(fixture.parameters)).toEqual(Object.keys(OPTIMIZER_CASES));
  expect(largestDifference(await parametersAfter({ epochs: 0 }, data), fixture.initial)).toBe(0);
  const all = [fixture.initial, ...Object.values(fixture.parameters)];
  for (const [i, one] of all.entries()) {
    for (const other of all.slice(i + 1)) expect(largestDifference(one, other)).toBeGreaterThan(1e-3);
  }
});

const [fastest] = fastKernels().slice(-1);

describe.each(Object.entries(OPTIMIZER_CASES))('%s', (name, options) => {
  it.each([
    ...allKernels().map((kernel) => ({ kernel: kernel.name, strategy: 'sliced' as const })),
    { kernel: fastest!.name, strategy: 'dense' as const },
  ])('kernel $kernel, strategy $strategy: PyTorch has the same weights within 1e-5', async ({ kernel, strategy }) => {
    const found = await parametersAfter({ ...options, kernel, strategy, threads: 2 }, data);
    expect(largestDifference(found, fixture.parameters[name]!)).toBeLessThan(kernel === 'reference' ? 1e-6 : 1e-5);
  });

  it.each([
    { hidden: [100, 6], of: 'panels for any number of threads', numbers: [1, 2, 3, 8] },
    { hidden: [20], of: 'a single panel, which several threads cut by rows', numbers: [1, 2] },
  ])('the same weights for $numbers threads, first layer of $of', async ({ hidden, numbers }) => {
    const hashes = new Set<string | undefined>();
    for (const threads of numbers) {
      const run: TrainOptions = { ...options, data: data.path, hidden, batchSize: 16, epochs: 2, threads };
      const { end } = await collect(run);
      expect(end.status).toBe('completed');
      hashes.add(end.weights_sha256);
    }
    expect(hashes.size).toBe(1);
  });
});
