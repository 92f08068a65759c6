/** A run that diverges leaves the last good checkpoint the newest, and no file with weights that are not finite. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { LockstepError } from '../../src/errors.js';
import type { TrainOptions } from '../../src/options.js';
import { collect, collectFailed } from '../support/events.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { scratchWith } from '../support/scratch.js';
import { readTensorFile } from '../support/tensor-file.js';

const scratch = scratchWith(60, 20);

/** Every checkpoint of a folder: its step, and whether all its weights are finite. */
function checkpointsIn(folder: string) {
  return readdirSync(folder)
    .map((name) => {
      const { metadata, tensors } = readTensorFile(path.join(folder, name));
      const allFinite = [...tensors.values()].every(({ values }) => values.every(Number.isFinite));
      return { step: Number(metadata.step), allFinite };
    })
    .sort((a, b) => a.step - b.step);
}

describe.each(['sliced', 'dense'] as const)('strategy %s', (strategy) => {
  const options = (): TrainOptions => ({ data: scratch.data, hidden: [20], batchSize: 20, threads: 2, strategy });

  it.each([
    // Weights that are huge, and weights that are infinite: each time the loss of the next step tells.
    { what: 'a loss is', lr: 1e30, left: [1, 2, 3, 4] },
    { what: 'weights are', lr: 3e38, left: [1, 2, 3] },
  ])('$what no longer finite', async ({ lr, left }) => {
    // Good for an epoch of 3 steps, then with a rate that is far too large.
    const checkpointDir = scratch.newPath();
    const often = { checkpointDir, checkpointEverySteps: 1, keep: 100 };
    await collect({ ...options(), ...often, epochs: 1 });
    const run = () => collectFailed({ resume: checkpointDir, epochs: 5, lr, resumeAnyway: true });

    const first = await run();
    expect(first.error).toBeInstanceOf(LockstepError);
    expect(first.end).toMatchObject({ status: 'failed', message: (first.error as LockstepError).message });
    expect(first.end.message).toMatch(/^the loss is not finite at step 5 \(learning rate /);
    const found = checkpointsIn(checkpointDir);
    expect(found).toEqual(left.map((step) => ({ step, allFinite: true })));

    // From the newest that is left it comes to the same end again.
    const { start, end } = await run();
    expect(start.resumed!.step).toBe(left.at(-1));
    expect(end.message).toBe(first.end.message);
    expect(checkpointsIn(checkpointDir)).toEqual(found);
  });
});

describe('with no test set', () => {
  let withoutTest: Folder;
  beforeAll(async () => {
    withoutTest = await mnistPart(60, 0);
    return () => withoutTest.remove();
  });

  it('the very last step is looked at too: its weights are not finite, and the run has failed', async () => {
    const [checkpointDir, save] = [scratch.newPath(), scratch.newPath('model.safetensors')];
    const options = { data: withoutTest.path, hidden: [20], batchSize: 60, threads: 2, lr: 3e38 };
    const { end, error } = await collectFailed({ ...options, epochs: 1, checkpointDir, save });
    expect(end).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(
        /^a weight is not finite at step 1 \(learning rate 3e\+38\): .* try a smaller --lr/,
      ),
    });
    expect(String(error)).toContain(end.message);
    expect(end).not.toHaveProperty('saved');
    expect(readdirSync(checkpointDir)).toEqual([]);
    expect(readdirSync(path.dirname(save))).not.toContain(path.basename(save));
  });
});

it('a run that is interrupted with weights that are not finite has failed: they replace no model', async () => {
  const save = scratch.newPath('model.safetensors');
  const abort = new AbortController();
  // One step, and an evaluation of 10,000 samples that would tell, were it not cut short.
  const options = { data: 'mnist', limit: 20, batchSize: 20, lr: 3e38, threads: 1, logEvery: 1, save };
  const { end } = await collectFailed({ ...options, signal: abort.signal }, ({ event }) => {
    if (event === 'step') abort.abort();
  });
  expect(end.status).toBe('failed');
  expect(end.message).toMatch(/is not finite at step 1 /);
  expect(end).not.toHaveProperty('saved');
});
