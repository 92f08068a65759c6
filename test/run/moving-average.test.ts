/** `--ema`: the moving average of the weights is evaluated and becomes the model, and training goes on with the weights. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../src/checkpoints/model-file.js';
import type { TrainOptions } from '../../src/config/options.js';
import { sha256Of } from '../../src/model/parameters.js';
import { inspectModel } from '../../src/tools/inspect/inspect-model.js';
import { collect, collectUntil } from '../support/events.js';
import type { Folder } from '../support/idx-files.js';
import { JOB, writeJobData } from '../support/optimizer-job.js';
import { refusalOf } from '../support/refusals.js';
import { resultsOf } from '../support/results.js';
import { valuesOf } from '../support/thoroughness.js';

let data: Folder;
let job: TrainOptions;
beforeAll(() => {
  data = writeJobData();
  job = { ...JOB, data: data.path, lr: 0.1, validationSplit: 0.25, threads: 2, ema: 0.7 };
});
afterAll(() => data.remove());
const at = (name: string) => path.join(data.path, name);

describe('a moving average of the weights', () => {
  it('leaves training as it is', async () => {
    const [averaged, plain] = [await collect(job), await collect({ ...job, ema: 0 })];
    expect(averaged.epochs.map((event) => event.train_loss)).toEqual(plain.epochs.map((event) => event.train_loss));
    for (const [i, { validation_loss: loss }] of averaged.epochs.entries())
      expect(loss).not.toBe(plain.epochs[i]!.validation_loss);
  });

  it('is what is evaluated, saved and hashed; a checkpoint is read as the same model', async () => {
    const [save, checkpointDir] = [at('model.safetensors'), at('run')];
    const { end } = await collect({ ...job, save, checkpointDir });
    const model = await readModel(save);
    expect(sha256Of(model.values)).toBe(end.weights_sha256);
    const checkpoint = await readModel(end.checkpoint!);
    expect(checkpoint.values).toEqual(model.values);
    expect((await inspectModel(end.checkpoint!)).weights_sha256).toBe(end.weights_sha256);
    // A run that is complete already restores both.
    const resumed = await collect({ resume: checkpointDir, save });
    expect(resultsOf([resumed.end])).toEqual(resultsOf([end]));
  });

  it.each(valuesOf([0, 1, 3], [3]))('a run that was stopped at event %i goes on exactly', async (event) => {
    const whole = await collect({ ...job, keepBest: true });
    const checkpointDir = at(`stopped-${event}`);
    await collectUntil(event, { ...job, keepBest: true, checkpointDir });
    const { end } = await collect({ ...job, keepBest: true, checkpointDir, resume: true, threads: 3 });
    expect(resultsOf([end])).toEqual(resultsOf([whole.end]));
  });

  it('keeps the average of the best epoch', async () => {
    const first = await collect({ ...job, epochs: 1 });
    // The rate is so large that the first epoch stays the best.
    const { end } = await collect({
      ...job,
      lr: 0.1,
      schedule: 'step',
      lrStepSize: 1,
      lrGamma: 100,
      epochs: 3,
      keepBest: true,
    });
    expect(end).toMatchObject({ best_epoch: 1, weights_sha256: first.end.weights_sha256 });
  });

  it('without a step, the initial weights are evaluated', async () => {
    const [averaged, plain] = [await collect({ ...job, epochs: 0 }), await collect({ ...job, epochs: 0, ema: 0 })];
    expect(averaged.end.weights_sha256).toBe(plain.end.weights_sha256);
    expect(averaged.end.validation_loss).toBe(plain.end.validation_loss);
  });

  it('cannot be added to a run that has none', async () => {
    const checkpointDir = at('without');
    await collect({ ...job, ema: 0, epochs: 1, checkpointDir });
    const { message } = await refusalOf(() => collect({ resume: checkpointDir, epochs: 2, ema: 0.5 }));
    expect(message).toContain('--ema 0.5');
  });
});
