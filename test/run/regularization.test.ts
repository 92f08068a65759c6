/** Dropout and label smoothing in whole runs: resumed, in folds and searches, or refused. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { collect } from '../support/events.js';
import type { Folder } from '../support/idx-files.js';
import { JOB, writeJobData } from '../support/optimizer-job.js';
import { refusalOf } from '../support/refusals.js';
import { REGULARIZATION_CASES } from '../support/regularization-cases.js';
import { runHere } from '../support/run-here.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

let data: Folder;
beforeAll(() => {
  data = writeJobData();
});
afterAll(() => data.remove());

const RUN = { ...JOB, lr: 0.05, reduction: 'mean' } satisfies TrainOptions;

describe('a resumed run', () => {
  it.each(casesOf(Object.keys(REGULARIZATION_CASES), (_, i) => i % 3 === 0))(
    '%s: ends with the same weights, from within an epoch and from the end of one',
    async (name) => {
      const checkpointDir = path.join(data.path, name);
      const run: TrainOptions = { ...RUN, ...REGULARIZATION_CASES[name], data: data.path, threads: 1 };
      const undisturbed = await collect({ ...run, checkpointDir, checkpointEverySteps: 5, keep: 100 });
      const names = ['step-0000005.safetensors', 'epoch-000003.safetensors'];
      expect(await readdir(checkpointDir)).toEqual(expect.arrayContaining(names));
      for (const [i, file] of names.entries()) {
        const resume = path.join(checkpointDir, file);
        const { end } = await collect({
          resume,
          checkpointDir: path.join(data.path, `${name} ${i}`),
          threads: valuesOf(3 - i, 1),
        });
        expect(end.weights_sha256).toBe(undisturbed.end.weights_sha256);
        expect(end.train_loss).toBe(undisturbed.end.train_loss);
      }
    },
  );
});

describe('evaluation', () => {
  it('has no masks, and the targets as they are', async () => {
    const evaluated = async (more: TrainOptions) => {
      const { end } = await collect({ ...RUN, ...more, data: data.path, epochs: 1, lr: 1e-30, validationSplit: 0.5 });
      return end;
    };
    const plain = await evaluated({});
    const regularized = await evaluated({ dropout: 0.5, inputDropout: 0.5, labelSmoothing: 0.3 });
    expect(regularized.validation_loss).toBe(plain.validation_loss);
    expect(regularized.train_loss).not.toBe(plain.train_loss);
  });
});

describe('an option that makes no sense', () => {
  const table = { data: 'a.csv', target: ['y'] };
  it.each<[TrainOptions, string]>([
    [
      { hidden: [], dropout: 0.5 },
      '--dropout 0.5: the network has no hidden layers; omit this option, or specify --hidden',
    ],
    [{ dropout: [0.1, 0.2, 0.3] }, '--dropout 0.1,0.2,0.3: expected one number, or 2, one for each hidden layer'],
    [{ dropout: 1 }, '--dropout 1: expected 0, or at least 1e-5 and less than 1; or one for each hidden layer'],
    [{ dropout: [] }, '--dropout []: expected 0, or at least 1e-5 and less than 1; or one for each hidden layer'],
    [{ dropout: [0.5, Number.NaN] }, '--dropout 0.5,NaN: expected 0, or at least 1e-5'],
    [{ inputDropout: -0.1 }, '--input-dropout -0.1: expected 0, or at least 1e-5 and less than 1'],
    [{ labelSmoothing: 1 }, '--label-smoothing 1: expected a number, at least 0 and less than 1'],
    [{ ...table, labelSmoothing: 0.1 }, '--label-smoothing: only for classes, but --target is for regression'],
  ])('%j is refused', async (given, message) => {
    const refusal = await refusalOf(() => collect({ ...RUN, data: data.path, ...given }));
    expect(refusal.message).toContain(message);
    expect(refusal.status).toBe(2);
  });
});

it('a search varies dropout and label smoothing, and each trial is the run that it names', async () => {
  const args = ['search', '--data', data.path, '--validation-split', '0.3', '--hidden', '9|9,6', '--epochs', '2'];
  const ranges = ['--dropout', '0..0.5', '--label-smoothing', '0|0.1', '--input-dropout', '0..0.3', '--trials', '3'];
  const { stdout } = await runHere([...args, ...ranges, '--format', 'ndjson']);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const trials = lines.filter(({ event }) => event === 'trial');
  expect(trials.length).toBeGreaterThan(0);
  expect(trials.some(({ options }) => (options as { dropout: number }).dropout > 0)).toBe(true);
  expect(trials.every(({ loss }) => typeof loss === 'number')).toBe(true);
});
