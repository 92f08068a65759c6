/** The default number of threads: as many as pay, chosen by measurement, and of no influence on the weights. */
import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { collect } from '../support/events.js';
import { resultsOf } from '../support/results.js';
import { runTrain } from '../support/run-command.js';
import { scratchWith } from '../support/scratch.js';
import { readTensorFile } from '../support/tensor-file.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

const scratch = scratchWith(60, 10);
const cores = availableParallelism();

/** 2 threads take longer than 1 on any machine, and the run is long enough to be measured. */
const tiny = (): TrainOptions => ({ data: scratch.data, hidden: [40], batchSize: 2, epochs: 40 });

/** As long, with few steps. */
const coarse = (): TrainOptions => ({ data: scratch.data, hidden: [64], batchSize: 30, epochs: 30 });

const CHOSEN = {
  cores,
  step_seconds: expect.any(Number) as number,
  // (On a busy machine, even this step may seem too long to do without.)
  barrier_seconds: expect.toSatisfy((seconds: unknown) => seconds === null || typeof seconds === 'number') as null,
};

describe.runIf(cores > 1)('without --threads', () => {
  it('a tiny job runs on one thread, and says why', async () => {
    const { start } = await collect(tiny());
    expect(start).toMatchObject({ threads: 1, config: { threads: 1 }, thread_choice: CHOSEN });
    expect(start.thread_choice!.step_seconds).toBeGreaterThan(0);
    // Less than the work that pays without a known barrier.
    expect(start.thread_choice!.step_seconds).toBeLessThan(360e-6);
  });

  it('a run of a few milliseconds has one thread without a measurement', async () => {
    const { start } = await collect({ ...tiny(), epochs: 1 });
    expect(start.threads).toBe(1);
    expect(start).not.toHaveProperty('thread_choice');
  });

  it('a long step takes all cores without a measurement', async () => {
    const { start } = await collect({ ...tiny(), hidden: [3000], batchSize: 60, epochs: 1, kernel: 'reference' });
    expect(start.threads).toBe(cores);
    expect(start).not.toHaveProperty('thread_choice');
  });

  const jobs: TrainOptions[] = [
    {},
    { optimizer: 'adam' },
    { clipNorm: 1 },
    { kernel: 'simd' },
    { hidden: [64, 5] },
    { scale: 'none' },
  ];
  it.each(casesOf(jobs, ({ optimizer }) => optimizer !== undefined))(
    'the results are those of any number of threads: %o',
    async (other) => {
      const job = { ...coarse(), lr: 0.01, ...other };
      const { all, start } = await collect(job);
      expect(start.thread_choice).toBeDefined();
      for (const threads of valuesOf([1, 2, 3], [1, 3]))
        expect(resultsOf(all)).toEqual(resultsOf((await collect({ ...job, threads })).all));
    },
  );

  it('checkpoints and models have the chosen number, and a resumed run keeps that of its checkpoint', async () => {
    const checkpointDir = scratch.newPath();
    const save = scratch.newPath('model.safetensors');
    await collect({ ...tiny(), checkpointDir, checkpointEvery: 20, save });
    expect(JSON.parse(readTensorFile(save).metadata.config!)).toMatchObject({ threads: 1 });
    const { start } = await collect({ resume: checkpointDir, epochs: 41 });
    expect(start).toMatchObject({ threads: 1, config: { threads: 1 } });
    expect(start).not.toHaveProperty('thread_choice');

    const other = scratch.newPath();
    await collect({ ...coarse(), threads: 2, checkpointDir: other });
    const resumed = await collect({ resume: other, epochs: 31 });
    expect(resumed.start.threads).toBe(2);
    expect(resumed.start).not.toHaveProperty('thread_choice');
  });

  it.each<TrainOptions>([{ strategy: 'dense' }, { epochs: 0 }])('all cores are used with %o', async (other) => {
    const { start } = await collect({ ...coarse(), ...other });
    expect(start.threads).toBe(cores);
    expect(start).not.toHaveProperty('thread_choice');
  });

  it('the header of the command shows it', async () => {
    const { data, hidden, batchSize, epochs } = tiny();
    const args = [
      '--data',
      data!,
      '--hidden',
      `${hidden![0]}`,
      '--batch-size',
      `${batchSize}`,
      '--epochs',
      `${epochs}`,
    ];
    const { stdout, stderr } = await runTrain([...args, '--format', 'pretty']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^Lockstep · 1 thread · /);
    expect(stdout).toMatch(
      new RegExp(`^threads 1 of ${cores}: a step takes [\\d,.]+ µs(, a barrier [\\d.]+ µs)?$`, 'm'),
    );
  });
});

describe('--threads N', () => {
  it.each(valuesOf([1, 2, 5], [2]))('means %i', async (threads) => {
    const { start } = await collect({ ...coarse(), threads });
    expect(start).toMatchObject({ threads, config: { threads } });
    expect(start).not.toHaveProperty('thread_choice');
  });
});
