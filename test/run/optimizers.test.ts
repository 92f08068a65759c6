/** Optimizers, schedules and clipping against PyTorch's own, over the same steps from the same initial weights. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import type { KernelName } from '../../src/kernels/builds.js';
import { collect } from '../support/events.js';
import type { Folder } from '../support/idx-files.js';
import { fastKernels, kernelNames } from '../support/kernels.js';
import { OPTIMIZER_CASES } from '../support/optimizer-cases.js';
import { JOB, parametersAfter, writeJobData } from '../support/optimizer-job.js';
import { fixtures } from '../support/paths.js';
import { REFERENCE_DEFAULTS } from '../support/reference-defaults.js';
import { csvOf } from '../support/tables.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

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

/** With strategy dense, in which the coordinator applies the step: each option once. */
const DENSE: readonly string[] = ['nesterov', 'adam and weight decay', 'warm-up, cosine, nesterov, decay and clipping'];

describe.each(Object.entries(OPTIMIZER_CASES))('%s', (name, options) => {
  const all = [
    ...kernelNames().map((kernel) => ({ kernel, strategy: 'sliced' as const, threads: 1 })),
    { kernel: fastest!.name, strategy: 'dense' as const, threads: 2 },
  ];
  it.each(casesOf(all, ({ kernel, strategy }) => (strategy === 'sliced' ? kernel !== 'simd' : DENSE.includes(name))))(
    'kernel $kernel, strategy $strategy: PyTorch has the same weights within 1e-5',
    async (given) => {
      const found = await parametersAfter({ ...options, ...given }, data);
      expect(largestDifference(found, fixture.parameters[name]!)).toBeLessThan(
        given.kernel === 'reference' ? 1e-6 : 1e-5,
      );
    },
  );
});

/** Every option is in one of them. (Most of a run's time is its threads' start.) */
const TOLD_APART: Readonly<Record<string, TrainOptions>> = {
  momentum: OPTIMIZER_CASES.momentum!,
  nesterov: OPTIMIZER_CASES.nesterov!,
  'weight decay and a step schedule': {
    ...OPTIMIZER_CASES['weight decay'],
    ...{ schedule: 'step', lrStepSize: 1, lrGamma: 0.3 },
  },
  'adam and weight decay': OPTIMIZER_CASES['adam and weight decay']!,
  'clipping and adam': OPTIMIZER_CASES['clipping and adam']!,
  adamw: OPTIMIZER_CASES.adamw!,
  'rmsprop and weight decay': OPTIMIZER_CASES['rmsprop and weight decay']!,
  lion: OPTIMIZER_CASES.lion!,
  'rmsprop, centered, with momentum': OPTIMIZER_CASES['rmsprop, centered, with momentum']!,
  'moving average': { ...OPTIMIZER_CASES['moving average'], validationSplit: 0.3, keepBest: true },
  'warm-up, cosine, nesterov, decay and clipping': OPTIMIZER_CASES['warm-up, cosine, nesterov, decay and clipping']!,
};

/** test/checkpoints/resume-optimizers.test.ts has others with two threads. */
const ALWAYS_TOLD_APART = Object.keys(TOLD_APART).filter(
  (name) => !/^(momentum|adam and|adamw|rmsprop and|lion)/.test(name),
);

describe.each(casesOf(Object.entries(TOLD_APART), ([name]) => ALWAYS_TOLD_APART.includes(name)))(
  '%s: the same weights for any number of threads',
  (name, options) => {
    const all: [readonly number[], string, TrainOptions][] = [
      [valuesOf([1, 2, 5], [1, 3]), 'first layer of panels for each', { hidden: [100, 6] }],
      [[1, 2], 'which cut a single panel by rows', { hidden: [20] }],
      [valuesOf([1, 3], [1, 2]), 'kernel reference', { hidden: [9], kernel: 'reference', epochs: 1 }],
    ];
    // Each option in one of the last two ways; in full, in all.
    const other = 1 + (Object.keys(TOLD_APART).indexOf(name) % 2);
    it.each(casesOf(all, (_, number) => number === other))('%j, %s', async (numbers, _what, given) => {
      const hashes = new Set<string | undefined>();
      for (const threads of numbers) {
        const run: TrainOptions = { ...options, data: data.path, batchSize: 16, epochs: 2, threads, ...given };
        const { end } = await collect(run);
        expect(end.status).toBe('completed');
        hashes.add(end.weights_sha256);
      }
      expect(hashes.size).toBe(1);
    });
  },
);

it('a run that ends while its rate still rises says so', async () => {
  const warnings = async (warmupSteps: number) => {
    const { all } = await collect({ ...JOB, data: data.path, epochs: 1, threads: 1, warmupSteps });
    return all.flatMap((event) => (event.event === 'warning' ? [`${event.code}: ${event.message}`] : []));
  };
  expect(await warnings(3)).toEqual([]);
  expect(await warnings(4)).toEqual([
    'warmup_too_long: `warmupSteps` 4: the run has only 3 steps and does not reach the learning rate 0.001',
  ]);
});

it('adam with a tiny eps, on inputs whose gradients have subnormal squares: no weight explodes', async () => {
  const table = `${data.path}/tiny.csv`;
  // The squares of gradients of 1e-20 are 1e-40, below the smallest normal float32.
  const row = (i: number) => [`${i % 3}.6e-19`, `${(i * 7) % 5}.6e-20`, i % 2 ? 'yes' : 'no'];
  writeFileSync(table, csvOf(Array.from({ length: 40 }, (_, i) => row(i))));
  const weightsOf = (kernel: KernelName) =>
    parametersAfter(
      {
        ...REFERENCE_DEFAULTS,
        ...{ data: table, label: '3', header: 'no', hidden: [], batchSize: 8, epochs: 4, threads: 1 },
        ...{ optimizer: 'adam', reduction: 'mean', eps: 1e-30, lr: 0.01, kernel },
      },
      data,
    );
  const expected = await weightsOf('reference');
  for (const { name } of fastKernels()) {
    // Twenty steps of at most 0.01, of mean squares that float32 holds to two digits or three.
    expect(largestDifference(await weightsOf(name), expected)).toBeLessThan(0.01);
  }
});
