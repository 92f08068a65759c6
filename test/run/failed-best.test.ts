/** A run with --keep-best that fails leaves the best epoch's weights and figures, as one that ends well does. */
import { describe, expect, it } from 'vitest';
import { readModel } from '../../src/checkpoints/model-file.js';
import type { TrainOptions } from '../../src/config/options.js';
import { sha256Of } from '../../src/model/parameters.js';
import { type Collected, collect, collectFailed } from '../support/events.js';
import { scratchWith } from '../support/scratch.js';
import { watchThreads } from '../support/threads-of.js';

const scratch = scratchWith(150, 20);
const job = (): TrainOptions => ({
  ...{ data: scratch.data, hidden: [30], batchSize: 16, lr: 0.02, threads: 2 },
  ...{ validationSplit: 0.3, keepBest: true, epochs: 1_000_000 },
});

/** Against the events: the best epoch's figures, and the weights that a run would leave that ends with that epoch. */
async function expectBest({ epochs, end }: Collected, save: string): Promise<void> {
  const best = epochs.reduce((least, each) => (each.validation_loss! < least.validation_loss! ? each : least));
  const { train_loss, train_error, validation_loss, validation_error, test_loss, test_error } = best;
  const figures = { train_loss, train_error, validation_loss, validation_error, test_loss, test_error };
  expect(end).toMatchObject({
    status: 'failed',
    best_epoch: best.epoch,
    epochs: epochs.length,
    saved: save,
    ...figures,
  });
  const expected = await collect({ ...job(), epochs: best.epoch });
  expect(end.weights_sha256).toBe(expected.end.weights_sha256);
  expect(sha256Of((await readModel(save)).values)).toBe(expected.end.weights_sha256);
}

describe('a run with --keep-best that fails', () => {
  it('by a loss that is not finite', async () => {
    const [checkpointDir, save] = [scratch.newPath(), scratch.newPath('model.safetensors')];
    const good = await collect({ ...job(), epochs: 4, checkpointDir });
    const run = await collectFailed({ resume: checkpointDir, lr: 1e30, epochs: 9, resumeAnyway: true, save });
    expect(run.end.message).toMatch(/is not finite at step/);
    await expectBest({ ...run, epochs: [...good.epochs, ...run.epochs] }, save);
  });

  it('by the death of a thread, which may leave a step half done', async () => {
    const save = scratch.newPath('model.safetensors');
    const threads = watchThreads();
    const run = await collectFailed({ ...job(), save }, (event) => {
      if (event.event === 'epoch' && event.epoch === 3) void threads.all[0]!.terminate();
    });
    threads.stop();
    expect(run.end.message).toMatch(/worker thread \d of 2 died/);
    await expectBest(run, save);
  });

  it('before there is a best epoch leaves no model', async () => {
    const save = scratch.newPath('model.safetensors');
    const { end } = await collectFailed({ ...job(), lr: 1e30, save });
    expect(end).toMatchObject({ status: 'failed', epochs: 0 });
    expect(end).not.toHaveProperty('saved');
    expect(end).not.toHaveProperty('train_loss');
  });
});

it('without --keep-best it leaves the last completed figures, and no model', async () => {
  const [checkpointDir, save] = [scratch.newPath(), scratch.newPath('model.safetensors')];
  const good = await collect({ ...job(), keepBest: false, epochs: 4, checkpointDir });
  const { end } = await collectFailed({ resume: checkpointDir, lr: 1e30, epochs: 9, resumeAnyway: true, save });
  const { train_loss, validation_loss } = good.epochs.at(-1)!;
  expect(end).toMatchObject({ status: 'failed', epochs: 4, train_loss, validation_loss });
  expect(end).not.toHaveProperty('saved');
});
