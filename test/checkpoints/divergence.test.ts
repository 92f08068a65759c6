/** A run that diverges leaves the last good checkpoint the newest, and no file with weights that are not finite. */
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { LockstepError } from '../../src/errors.js';
import type { RunView } from '../../src/run/view.js';
import { collect, collectFailed, follow } from '../support/events.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { scratchWith } from '../support/scratch.js';
import { readTensorFile } from '../support/tensor-file.js';
import { casesOf } from '../support/thoroughness.js';

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

  const all = [
    // Weights that are huge, and weights that are infinite: each time the loss of the next step tells.
    { what: 'a loss is', lr: 1e30, left: [1, 2, 3, 4] },
    { what: 'weights are', lr: 3e38, left: [1, 2, 3] },
  ];
  it.each(casesOf(all, (_, i) => strategy === 'sliced' || i === 0))('$what no longer finite', async ({ lr, left }) => {
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
        /^a weight is not finite at step 1 \(learning rate 3e\+38\): .* try a smaller `lr`/,
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

/** The only epoch's only step makes weights that are finite, and with which no loss is. */
const ONE_STEP = { hidden: [], lr: 1e38, threads: 1 };

it("a stop while an evaluation meets such a loss leaves no checkpoint that would take a good one's place", async () => {
  const checkpointDir = scratch.newPath();
  // 10,000 test samples, so that it takes a while.
  const job: TrainOptions = { data: 'mnist', limit: 20, batchSize: 20, hidden: [], threads: 1, checkpointDir, keep: 1 };
  await collect({ ...job, epochs: 1, lr: 0.001 });
  const good = checkpointsIn(checkpointDir);
  expect(good).toHaveLength(1);

  const abort = new AbortController();
  let view: RunView;
  const onView = (given: RunView) => {
    view = given;
  };
  const resumed = { resume: checkpointDir, resumeAnyway: true, epochs: 100, lr: ONE_STEP.lr, logEvery: 1, keep: 1 };
  const { end } = await collectFailed({ ...resumed, onView, signal: abort.signal }, ({ event }) => {
    if (event !== 'step') return;
    void (async () => {
      while (view.heldOut(2)!.losses.every(Number.isFinite)) await setImmediate();
      abort.abort();
    })();
  });
  expect(end).toMatchObject({
    status: 'failed',
    message: expect.stringMatching(/^the test loss is not finite at step 2/),
  });
  expect(checkpointsIn(checkpointDir)).toEqual(good);
});

it('a stop before any evaluation leaves the older checkpoint, which alone is known to be good', async () => {
  const checkpointDir = scratch.newPath();
  const job: TrainOptions = { data: scratch.data, ...ONE_STEP, limit: 60, batchSize: 60, checkpointDir, keep: 1 };
  await collect({ ...job, epochs: 1, lr: 0.001 });
  const good = checkpointsIn(checkpointDir);
  const abort = new AbortController();
  const resumed = { resume: checkpointDir, resumeAnyway: true, epochs: 9, lr: ONE_STEP.lr, logEvery: 1, keep: 1 };
  await follow({ ...resumed, signal: abort.signal }, ({ event }) => {
    if (event === 'step') abort.abort();
  });
  expect(checkpointsIn(checkpointDir)).toEqual(expect.arrayContaining(good));
});

it("a checkpoint that no finite loss has followed takes no older one's place", async () => {
  const checkpointDir = scratch.newPath();
  const job: TrainOptions = { data: scratch.data, hidden: [20], batchSize: 20, threads: 2 };
  await collect({ ...job, checkpointDir, checkpointEverySteps: 1, epochs: 1, keep: 1 });
  expect(checkpointsIn(checkpointDir)).toEqual([{ step: 3, allFinite: true }]);
  // Of step 4 the weights are finite, and the loss of step 5 is not.
  const { end } = await collectFailed({ resume: checkpointDir, epochs: 5, lr: 1e30, resumeAnyway: true });
  expect(end.message).toMatch(/^the loss is not finite at step 5 /);
  expect(checkpointsIn(checkpointDir).map(({ step }) => step)).toEqual([3, 4]);
  expect(end.checkpoint).toMatch(/step-0000004/);
});

describe('what is said of it', () => {
  it('names the validation loss where that is the one', async () => {
    const options = { data: scratch.data, ...ONE_STEP, validationSplit: 0.3, batchSize: 42, epochs: 1 };
    expect((await collectFailed(options)).end.message).toMatch(/^the validation loss is not finite at step 1 /);
    const without = { data: scratch.data, ...ONE_STEP, batchSize: 60, epochs: 1 };
    expect((await collectFailed(without)).end.message).toMatch(/^the test loss is not finite at step 1 /);
  });

  it("names the step's own rate, and --lr where that is another", async () => {
    const options = { data: scratch.data, ...ONE_STEP, batchSize: 60, epochs: 1 };
    expect((await collectFailed(options)).end.message).toContain('at step 1 (learning rate 1e+38): training diverged');
    const scheduled = await collectFailed({ ...options, warmupSteps: 4 });
    expect(scheduled.end.message).toContain('at step 1 (learning rate 2.5e+37 by the schedule, `lr` 1e+38): training');
    // The loss tells it a step later, whose rate is named.
    const steps = await collectFailed({ ...options, batchSize: 20, hidden: [20], lr: 1e30, warmupSteps: 4 });
    expect(steps.end.message).toMatch(
      /^the loss is not finite at step 2 \(learning rate 5e\+29 by the schedule, `lr` 1e\+30\)/,
    );
  });

  it('points to a checkpoint where there is one', async () => {
    const pointer = 'perhaps from a checkpoint with `resumeAnyway`';
    const options = { data: scratch.data, ...ONE_STEP, batchSize: 60, epochs: 1 };
    expect((await collectFailed(options)).end.message).not.toContain(pointer);
    const checkpointDir = scratch.newPath();
    expect((await collectFailed({ ...options, checkpointDir })).end.message).not.toContain(pointer);
    await collect({ ...options, lr: 0.001, checkpointDir });
    const resumed = { resume: checkpointDir, lr: ONE_STEP.lr, resumeAnyway: true, epochs: 2 };
    expect((await collectFailed(resumed)).end.message).toContain(pointer);
  });

  it('blames no rate before the first step', async () => {
    const table = scratch.newPath('large.csv');
    writeFileSync(table, `x,y,class\n${'3e38,-3e38,a\n3e38,3e38,b\n'.repeat(10)}`);
    const job = { data: table, label: 'class', hidden: [20], batchSize: 4, threads: 1, epochs: 1 };
    const { end } = await collectFailed({ ...job, scale: 'none' });
    expect(end.message).toMatch(/^the loss is not finite before the first step: .* use `scale` standard$/);
  });
});
