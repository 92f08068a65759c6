/** Validation, patience, the best epoch and the time limit: on real digits. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readModel } from '../../src/checkpoints/model-file.js';
import type { TrainOptions } from '../../src/config/options.js';
import { loadDataset } from '../../src/data/sources.js';
import { splitOff } from '../../src/data/split.js';
import type { TrainEvent } from '../../src/metrics/events.js';
import { sha256Of } from '../../src/model/parameters.js';
import { VALIDATION_SPLIT_STREAM } from '../../src/model/random.js';
import { collect, collectUntil } from '../support/events.js';
import { type Part, temporaryFolder, writeDataset } from '../support/idx-files.js';
import { resultsAfter, resultsOf } from '../support/results.js';
import { scratchWith } from '../support/scratch.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

const scratch = scratchWith(150, 20);

/** So few samples are learnt by heart, and the validation loss rises again. */
const OVERFITTING: TrainOptions = {
  ...{ hidden: [30], batchSize: 16, lr: 0.02, epochs: 100, threads: valuesOf(2, 1) },
  ...{ validationSplit: 0.3, patience: 3, momentum: 0.9 },
};
const run = (given: TrainOptions = {}) => collect({ data: scratch.data, ...OVERFITTING, ...given });

describe('--validation-split', () => {
  const parts = temporaryFolder();
  afterAll(() => parts.remove());

  it('trains on the others alone, and judges by these: as if they were a data set and its test set', async () => {
    const given: TrainOptions = { patience: undefined, epochs: 3, limit: 101, seed: 5 };
    const { start, epochs, end } = await run(given);
    expect(start.dataset).toMatchObject({ train: 70, validation: 31, test: 20 });

    const { train } = await loadDataset(scratch.data);
    const { kept, apart } = splitOff(101, 0.3, 5, VALIDATION_SPLIT_STREAM);
    const partOf = (positions: Uint32Array): Part => ({
      labels: [...positions].map((i) => train.targets[i]!),
      shape: [28, 28],
      pixel: (p) => train.values[positions[Math.floor(p / 784)]! * 784 + (p % 784)]!,
    });
    writeDataset(parts, { train: partOf(kept), test: partOf(apart) });
    const same = await run({ ...given, data: parts.path, validationSplit: undefined, limit: undefined });
    expect(end.weights_sha256).toBe(same.end.weights_sha256);
    expect(epochs.map(({ validation_loss, validation_error }) => [validation_loss, validation_error])).toEqual(
      same.epochs.map(({ test_loss, test_error }) => [test_loss, test_error]),
    );
  });

  it('refuses a batch that is larger than what is left, and says how much that is', async () => {
    const refusal = run({ batchSize: 150 });
    await expect(refusal).rejects.toThrow('`batchSize` 150: there are only 105 training samples');
  });

  it('with no epochs says how good the initial weights are', async () => {
    const { end } = await run({ epochs: 0 });
    expect(end.validation_loss).toBeGreaterThan(0);
    expect(end).not.toHaveProperty('best_epoch');
  });
});

describe('--patience', () => {
  it('ends the run so many epochs after the best, whatever the threads and the test set', async () => {
    const { epochs, end } = await run();
    const losses = epochs.map(({ validation_loss }) => validation_loss!);
    const best = losses.indexOf(Math.min(...losses)) + 1;
    expect(end).toMatchObject({ status: 'completed', stopped_by: 'patience', best_epoch: best, epochs: best + 3 });
    expect(epochs).toHaveLength(best + 3);
    expect(best + 3).toBeLessThan(100);
    for (const threads of valuesOf([1, 3, 8], [3])) {
      const other = await run({ threads });
      expect(resultsOf(other.all)).toEqual(resultsOf(epochs.concat(end as never) as TrainEvent[]));
    }
  });

  it('is not reached if the run has no more epochs', async () => {
    const { end } = await run({ epochs: 2 });
    expect(end).toMatchObject({ status: 'completed', epochs: 2 });
    expect(end).not.toHaveProperty('stopped_by');
    // Also where patience ends with the last epoch: the run is as long as it was to be.
    const stopped = await run();
    const exact = await run({ epochs: stopped.end.epochs });
    expect(exact.end).toMatchObject({ status: 'completed', epochs: stopped.end.epochs });
    expect(exact.end).not.toHaveProperty('stopped_by');
  });

  it('a run that has lost it does not go on when it is resumed, unless it is given more', async () => {
    const checkpointDir = scratch.newPath();
    const { end } = await run({ checkpointDir });
    const again = await collect({ checkpointDir, resume: true });
    expect(again.epochs).toEqual([]);
    expect(resultsOf([again.end])).toEqual(resultsOf([end]));
    const more = await collect({ checkpointDir, resume: true, patience: 5 });
    expect(more.epochs.map(({ epoch }) => epoch)).toEqual([end.epochs + 1, end.epochs + 2]);
  });
});

describe('--keep-best', () => {
  it('leaves the weights and the figures of the best epoch', async () => {
    const save = scratch.newPath('model.safetensors');
    const { epochs, end } = await run({ keepBest: true, save });
    const best = epochs[end.best_epoch! - 1]!;
    const shorter = await run({ epochs: best.epoch, patience: undefined });
    expect(end.weights_sha256).toBe(shorter.end.weights_sha256);
    expect(sha256Of((await readModel(save)).values)).toBe(end.weights_sha256);
    const { validation_loss, validation_error, test_loss, test_error, train_loss } = best;
    expect(end).toMatchObject({ validation_loss, validation_error, test_loss, test_error, train_loss });
    expect(end.epochs).toBe(best.epoch + 3);
  });

  it('also if the run is interrupted', async () => {
    const options = { data: scratch.data, ...OVERFITTING, keepBest: true, lr: 0.05, patience: undefined };
    const all = await collect({ ...options, epochs: 12 });
    expect(all.end.best_epoch).toBeLessThan(9);
    const { end } = await collectUntil(11, options);
    expect(end.status).toBe('interrupted');
    expect(end.best_epoch).toBe(all.end.best_epoch);
    expect(end.weights_sha256).toBe(all.end.weights_sha256);
  });

  it.each(casesOf(['simd', 'reference'] as const, (kernel) => kernel === 'simd'))(
    'goes on from every checkpoint as if it had never stopped, kernel %s',
    async (kernel) => {
      const checkpointDir = scratch.newPath();
      const options: TrainOptions = { kernel, keepBest: true, lr: 0.05, limit: 60, batchSize: 21 };
      const undisturbed = await run({ ...options, checkpointDir, checkpointEverySteps: 1, keep: 100 });
      expect(undisturbed.end.stopped_by).toBe('patience');
      const names = (await readdir(checkpointDir)).sort();
      expect(names).toHaveLength(2 * undisturbed.end.epochs);
      // Within an epoch and at its end, before the best epoch and behind it.
      const step = valuesOf(1, kernel === 'reference' ? 5 : 3);
      for (const [i, name] of names.filter((_, n) => n % step === 0).entries()) {
        const resume = path.join(checkpointDir, name);
        const { all, start } = await collect({ resume, checkpointDir: scratch.newPath(), threads: 1 + (i % 3) });
        expect(resultsOf(all), name).toEqual(resultsAfter(undisturbed.all, start.resumed!));
      }
    },
  );

  it('cannot be asked for afterwards, and if it is all the same, begins there', async () => {
    const checkpointDir = scratch.newPath();
    const { end } = await run({ checkpointDir, epochs: 4, patience: undefined });
    const given: TrainOptions = { resume: end.checkpoint!, keepBest: true, epochs: 6 };
    await expect(collect({ ...given, checkpointDir: scratch.newPath() })).rejects.toThrow('`keepBest` true: ');
    const anyway = await collect({ ...given, checkpointDir: scratch.newPath(), resumeAnyway: true });
    expect(anyway.end.status).toBe('completed');
    expect(anyway.end.best_epoch).toBeGreaterThan(4);
  });
});

it('a run that is judged by other samples from here on has its best epoch among those to come', async () => {
  const { end } = await run({ checkpointDir: scratch.newPath() });
  const given: TrainOptions = { resume: end.checkpoint!, validationSplit: 0.4, resumeAnyway: true, patience: 3 };
  const other = await collect({ ...given, checkpointDir: scratch.newPath(), epochs: end.epochs + 2 });
  expect(other.epochs).toHaveLength(2);
  expect(other.end.best_epoch).toBeGreaterThan(end.epochs);
});

describe('--max-time', () => {
  it('the epoch in which it is over is the last, with a checkpoint from which the run goes on', async () => {
    const checkpointDir = scratch.newPath();
    const options: TrainOptions = { epochs: 3, patience: undefined };
    const undisturbed = await run(options);
    const told = [];
    for (const epoch of [1, 2]) {
      const first = { ...OVERFITTING, ...options, data: scratch.data, checkpointDir, maxTime: 1e-9 };
      const part = await collect(epoch === 1 ? first : { checkpointDir, resume: true });
      expect(part.end).toMatchObject({ status: 'completed', stopped_by: 'max_time', epochs: epoch });
      told.push(...part.epochs);
    }
    // The last epoch is the last anyway.
    const last = await collect({ checkpointDir, resume: true });
    expect(last.end).not.toHaveProperty('stopped_by');
    expect(resultsOf([...told, ...last.all])).toEqual(resultsOf(undisturbed.all));
  });

  it('is of no account while there is time', async () => {
    const { end } = await run({ epochs: 2, maxTime: 1e9 });
    expect(end.epochs).toBe(2);
    expect(end).not.toHaveProperty('stopped_by');
  });
});
