/** What a run says: the events of docs/metrics.md, in order, with the right figures. */
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Piscina } from 'piscina';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LockstepError } from '../../src/errors.js';
import { train } from '../../src/run/train.js';
import { loadModel } from '../../src/tools/network.js';
import { collect, collectFailed } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { root } from '../support/paths.js';
import { casesOf, inFull, TRIES_ALL, valuesOf } from '../support/thoroughness.js';

let data: Folder;
let withoutTest: Folder;
beforeAll(async () => {
  data = await mnistPart(250, 100);
  withoutTest = await mnistPart(120, 0);
});
afterAll(() => {
  data.remove();
  withoutTest.remove();
});

describe('a complete run', () => {
  it('says start, steps, epochs and end, in order', async () => {
    const { all, start, steps, epochs, end } = await collect({
      data: data.path,
      epochs: 3,
      threads: 2,
      hidden: [30],
      logEvery: 2,
    });
    // 250 samples make 3 steps an epoch, the last of 50.
    const names = all.map((event) => (event.event === 'step' ? `step ${event.step}` : event.event));
    expect(names).toEqual(['start', 'step 2', 'epoch', 'step 4', 'step 6', 'epoch', 'step 8', 'epoch', 'end']);
    expect(start).toMatchObject({
      schema: 1,
      dataset: { train: 250, test: 100, inputs: 784, classes: 10 },
      model: { layers: [784, 30, 10], parameters: 784 * 30 + 30 + 30 * 10 + 10 },
      threads: 2,
      config: { epochs: 3, batch_size: 100, lr: 0.001, seed: 1, limit: null, log_every: 2 },
    });
    expect(epochs.map(({ step }) => step)).toEqual([3, 6, 9]);
    expect(steps.map(({ epoch }) => epoch)).toEqual([1, 2, 2, 3]);
    const { train_loss, train_error, test_loss, test_error } = epochs[2]!;
    expect(end).toMatchObject({ status: 'completed', epochs: 3, train_loss, train_error, test_loss, test_error });
    expect(end.weights_sha256).toMatch(/^[0-9a-f]{64}$/);
    const seconds = [...steps, end].map((event) => event.seconds);
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
  });

  it('has step losses whose means are the epoch losses', async () => {
    const { steps, epochs } = await collect({ data: data.path, epochs: 2, threads: 3, hidden: [30], logEvery: 1 });
    expect(epochs).toHaveLength(2);
    for (const { epoch, train_loss, train_error } of epochs) {
      const own = steps.filter((step) => step.epoch === epoch);
      const mean = (of: (step: (typeof own)[number]) => number) =>
        own.reduce((sum, step, i) => sum + of(step) * [100, 100, 50][i]!, 0) / 250;
      expect(mean((step) => step.loss)).toBeCloseTo(train_loss!, 12);
      expect(mean((step) => step.error!)).toBeCloseTo(train_error!, 12);
    }
  });

  it.each(['sliced', 'dense'] as const)('says where the time of its threads went, strategy %s', async (strategy) => {
    const { epochs } = await collect({ data: data.path, epochs: 3, threads: 2, hidden: [100], strategy });
    expect(epochs).toHaveLength(3);
    for (const { phase_fractions, wait_fraction } of epochs) {
      const fractions = Object.values(phase_fractions);
      for (const fraction of fractions) expect(fraction).toBeGreaterThanOrEqual(0);
      expect(fractions.reduce((sum, fraction) => sum + fraction)).toBeCloseTo(1, 9);
      expect(phase_fractions.wait).toBe(wait_fraction);
      // With 100 hidden units there are panels for both threads; strategy dense has no forward phase.
      expect(phase_fractions.forward > 0).toBe(strategy === 'sliced');
      for (const phase of ['gradients', 'update'] as const) expect(phase_fractions[phase]).toBeGreaterThan(0);
    }
  });

  it('learns: the loss falls', async () => {
    const { epochs } = await collect({ data: data.path, epochs: 20, threads: 2, hidden: [50] });
    expect(epochs[19]!.train_loss).toBeLessThan(epochs[0]!.train_loss! / 2);
  });
});

it('an epoch has the learning rate of its last step', async () => {
  const job = { data: data.path, epochs: 3, threads: 1, hidden: [5], lr: 0.01 };
  const { epochs } = await collect({ ...job, schedule: 'step', lrStepSize: 1, lrGamma: 0.5 });
  expect(epochs.map(({ lr }) => lr)).toEqual([0.01, 0.005, 0.0025]);
  // Three steps an epoch.
  const warm = await collect({ ...job, warmupSteps: 6 });
  expect(warm.epochs.map(({ lr }) => lr)).toEqual([0.005, 0.01, 0.01]);
});

describe('epochs: 0', () => {
  it('evaluates the initial weights', async () => {
    const { all, end } = await collect({ data: data.path, epochs: 0, threads: 2 });
    expect(all.map((event) => event.event)).toEqual(['start', 'end']);
    expect(end).toMatchObject({ status: 'completed', epochs: 0 });
    expect(end.train_loss).toBeUndefined();
    // Ten classes and weights that know nothing: ln 10, about.
    expect(end.test_loss).toBeGreaterThan(2.1);
    expect(end.test_loss).toBeLessThan(2.5);
  });
});

describe('a folder without a test pair', () => {
  it.each([0, 2])('has no test figures (%i epochs)', async (epochs) => {
    const { all, start } = await collect({ data: withoutTest.path, epochs, threads: 2, hidden: [20] });
    expect(start.dataset.test).toBe(0);
    expect(all.filter((event) => 'test_loss' in event || 'test_error' in event)).toEqual([]);
    expect(all).toHaveLength(2 + epochs);
  });
});

const MANY = valuesOf(12, 5);
describe('more threads than samples, and than rows', () => {
  it('is no problem', async () => {
    const options = { data: data.path, epochs: 1, limit: 3, batchSize: 2, hidden: [3] };
    const { start, end } = await collect({ ...options, threads: MANY });
    expect(start.threads).toBe(MANY);
    expect(end.weights_sha256).toBe((await collect({ ...options, threads: 1 })).end.weights_sha256);
  });
});

describe.each(['sliced', 'dense'] as const)('an interrupted run, strategy %s', (strategy) => {
  const options = () => ({ data: data.path, epochs: 1_000_000, threads: 2, hidden: [30], strategy });

  it('ends after a whole step when its signal aborts', async () => {
    const abort = new AbortController();
    const statuses: string[] = [];
    for await (const event of train({ ...options(), signal: abort.signal })) {
      if (event.event === 'epoch' && event.epoch === 3) abort.abort();
      if (event.event === 'end') statuses.push(event.status, `${event.epochs >= 3}`, `${event.weights_sha256?.length}`);
    }
    expect(statuses).toEqual(['interrupted', 'true', '64']);
  });

  it('ends at once when its signal has aborted before', async () => {
    const { all, end } = await collect({ ...options(), signal: AbortSignal.abort() });
    expect(all.map((event) => event.event)).toEqual(['start', 'end']);
    expect(end).toMatchObject({ status: 'interrupted', epochs: 0 });
  });

  it.each(casesOf(['start', 'step', 'epoch'], (name) => strategy === 'sliced' || name === 'step'))(
    'ends when its consumer leaves the loop at a %s event',
    async (name) => {
      const workers = { begun: 0, ended: 0 };
      const { run } = Piscina.prototype;
      vi.spyOn(Piscina.prototype, 'run').mockImplementation(async function (this: Piscina, ...args) {
        workers.begun++;
        return await run.apply(this, args).finally(() => workers.ended++);
      });
      const told: string[] = [];
      for await (const { event } of train({ ...options(), logEvery: 1 })) {
        told.push(event);
        if (event === name) break;
      }
      vi.restoreAllMocks();
      expect(told.filter((event) => event === name)).toHaveLength(1);
      expect(told).not.toContain('end');
      // Leaving has waited for the threads.
      await setImmediate();
      expect(workers.ended).toBe(workers.begun);
      if (name !== 'start') expect(workers.begun).toBe(2);
    },
  );

  it.skipIf(strategy === 'dense' && !TRIES_ALL)(
    `goes on when its consumer is slow${strategy === 'dense' ? inFull : ''}`,
    async () => {
      let epochs = 0;
      for await (const event of train({ ...options(), epochs: 5 })) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (event.event === 'epoch') epochs++;
      }
      expect(epochs).toBe(5);
    },
  );
});

describe.each(['sliced', 'dense'] as const)('a run whose loss is no longer finite, strategy %s', (strategy) => {
  it('ends with a failed end event and an error that names the step and the rate', async () => {
    const options = { data: data.path, epochs: 50, threads: 2, lr: 1e30, hidden: [30], strategy };
    const { end, error } = await collectFailed(options);
    expect(error).toBeInstanceOf(LockstepError);
    expect(String(error)).toMatch(/loss is not finite at step \d+ \(learning rate 1e\+30\).*smaller `lr`/);
    expect(end).toMatchObject({ status: 'failed', message: (error as LockstepError).message });
  });
});

const throws = () => {
  throw new Error('mine');
};
it.each<[string, () => void]>([
  ['throws', throws],
  ['rejects with', async () => throws()],
])('ends with the error that onProgress %s', async (_, onProgress) => {
  const options = { data: data.path, epochs: 1_000_000, threads: 2, hidden: [30], onProgress };
  const { end, error } = await collectFailed(options);
  expect(end).toMatchObject({ status: 'failed', message: 'mine' });
  expect(String(error)).toBe('Error: mine');
});

it('an event is a copy: what its consumer does to it changes nothing', async () => {
  const scratch = temporaryFolder();
  try {
    const save = path.join(scratch.path, 'model.safetensors');
    const table = path.join(root, 'examples/iris.csv');
    const options = { data: table, label: 'species', hidden: [8], threads: 1, epochs: 2, save };
    const expected = await collect(options);
    const spoil = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      Object.values(value).forEach(spoil);
      if (Array.isArray(value)) value.reverse();
      else for (const name of Object.keys(value)) Object.assign(value, { [name]: null });
    };
    const { classNames } = await loadModel(save);
    let hash: string | undefined;
    for await (const event of train(options)) {
      if (event.event === 'end') hash = event.weights_sha256;
      else spoil(event);
    }
    expect(hash).toBe(expected.end.weights_sha256);
    const model = await loadModel(save);
    expect([model.layers, model.classNames]).toEqual([[4, 8, 3], classNames]);
  } finally {
    scratch.remove();
  }
});

it('reports progress that never goes back', async () => {
  const seen: number[] = [];
  for await (const _ of train({
    data: data.path,
    epochs: 3000,
    threads: 2,
    hidden: [30],
    onProgress: ({ epoch, epochs, step, stepsPerEpoch, loss, error, samplesPerSecond, secondsLeft }) => {
      expect(epochs).toBe(3000);
      expect(step).toBeGreaterThan(0);
      expect(step).toBeLessThanOrEqual(stepsPerEpoch);
      expect(error).toBeLessThanOrEqual(1);
      for (const value of [loss, samplesPerSecond, secondsLeft]) expect(Number.isFinite(value)).toBe(true);
      seen.push(epoch * stepsPerEpoch + step);
    },
  })) {
    if (seen.length >= 3) break;
  }
  expect(seen.length).toBeGreaterThanOrEqual(3);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

it('judges the test loss at the same step every time, and leaves the same weights', async () => {
  // The training samples are fitted without trouble while the test images overflow: a rate that is just too large.
  const options = { data: data.path, hidden: [], lr: 1.6e38, epochs: 5, batchSize: 50 };
  const run = (threads: number) => collectFailed({ ...options, threads });
  const runs = [await run(2), await run(2), ...(TRIES_ALL ? [await run(3)] : [])];
  for (const { end } of runs)
    expect(end).toMatchObject({ status: 'failed', weights_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(new Set(runs.map(({ end }) => `${end.message} ${end.weights_sha256}`)).size).toBe(1);
});
