/** What is written, and what is removed, checkpoint by checkpoint: without a run around it. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Checkpointer, type CheckpointerOptions } from '../../src/checkpoints/checkpointer.js';
import { listCheckpoints } from '../../src/checkpoints/folder.js';
import { checkOptions } from '../../src/config/options.js';
import { freshState } from '../../src/metrics/run-state.js';
import { softmaxCrossEntropy } from '../../src/model/objectives/softmax-cross-entropy.js';
import { prepare } from '../../src/run/prepare.js';
import { scratchWith } from '../support/scratch.js';

const scratch = scratchWith(60, 20);
const START = { epochs: 0, stepsInEpoch: 0 };

/** Of a run that is about to begin, and knows of no other checkpoints. */
async function optionsIn(folder: string): Promise<CheckpointerOptions> {
  const { model, memory } = await prepare(checkOptions({ data: scratch.data, hidden: [5], batchSize: 10, threads: 1 }));
  return {
    ...{ folder, keep: 1, model, layers: memory.layers, audit: memory.audit, listed: [] },
    ...{ resumedFrom: undefined, startStep: 0, isNamed: false },
    ...{ stateAt: (position) => ({ ...freshState(softmaxCrossEntropy), ...position, step: 6 * position.epochs }) },
    ...{ onNews: () => undefined, onFailure: () => undefined },
  };
}

it('the same place has one checkpoint, however often it is taken', async () => {
  const folder = scratch.newPath();
  mkdirSync(folder);
  const checkpointer = new Checkpointer(await optionsIn(folder));
  await checkpointer.take(START);
  await checkpointer.take(START);
  await checkpointer.finish(true);
  const file = path.join(folder, 'epoch-000000.safetensors');
  expect(checkpointer.drain()).toEqual([{ event: 'checkpoint', file, epochs: 0, step: 0 }]);
});

it('what could not be written is tried again at the same place', async () => {
  const folder = scratch.newPath();
  const failures: unknown[] = [];
  const checkpointer = new Checkpointer({ ...(await optionsIn(folder)), onFailure: (error) => failures.push(error) });
  await checkpointer.take(START);
  await checkpointer.finish(false);
  mkdirSync(folder);
  await checkpointer.take(START);
  await checkpointer.finish(false);
  expect(failures).toHaveLength(1);
  expect(checkpointer.drain()).toMatchObject([
    { event: 'warning', code: 'checkpoint_failed' },
    { event: 'checkpoint' },
  ]);
});

it('a checkpoint that is newer than the one resumed is neither counted nor removed', async () => {
  const folder = scratch.newPath();
  mkdirSync(folder);
  const options = await optionsIn(folder);
  const earlier = new Checkpointer(options);
  await earlier.take({ epochs: 9, stepsInEpoch: 0 });
  await earlier.finish(true);
  const listed = await listCheckpoints(folder);
  expect(listed).toMatchObject([{ step: 54, run: options.model.run }]);
  for (const [startStep, isThere] of [
    [53, true],
    // One that is as old gives way.
    [54, false],
  ] as const) {
    const checkpointer = new Checkpointer({ ...options, listed, startStep });
    await checkpointer.take({ epochs: 1, stepsInEpoch: 0 });
    await checkpointer.finish(true);
    expect(existsSync(listed[0]!.file)).toBe(isThere);
  }
});
