/** A consumer that leaves the loop: the run ends as one that was interrupted, and hides no failure. */
import { getEventListeners } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readModel } from '../../src/checkpoints/model-file.js';
import type { TrainOptions } from '../../src/config/options.js';
import { Ledger } from '../../src/metrics/epoch-metrics.js';
import type { TrainEvent } from '../../src/metrics/events.js';
import { sha256Of } from '../../src/model/parameters.js';
import { untilTheEnd } from '../../src/run/early-exit.js';
import { type TrainControls, train } from '../../src/run/train.js';
import { collect } from '../support/events.js';
import { olderModel } from '../support/older-model.js';
import { scratchWith } from '../support/scratch.js';
import { type Threads, watchThreads } from '../support/threads-of.js';

const scratch = scratchWith(60, 20);
const endless = (): TrainOptions => ({
  ...{ data: scratch.data, hidden: [10], batchSize: 20, epochs: 1_000_000, threads: 2, logEvery: 1 },
});
/** No checkpoint but the last. */
const rarely = { checkpointEvery: 1_000_000 };

let threads: Threads;
beforeEach(() => {
  threads = watchThreads();
});
afterEach(() => threads.stop());

/** Leaves at the first event of that name, when `act` is done. */
async function leaveAt(
  name: TrainEvent['event'],
  options: TrainOptions & TrainControls,
  act: (event: TrainEvent) => unknown = () => undefined,
): Promise<void> {
  for await (const event of train({ ...endless(), ...options })) {
    if (event.event !== name) continue;
    await act(event);
    break;
  }
}

/** As a disk that has gone. */
const remove = (folder: string) => rmSync(folder, { recursive: true });

describe('leaving throws what the run has failed of', () => {
  it('a required checkpoint that could not be written', async () => {
    const checkpointDir = scratch.newPath();
    const leaving = leaveAt('epoch', { checkpointDir, ...rarely, checkpointRequired: true }, () =>
      remove(checkpointDir),
    );
    await expect(leaving).rejects.toThrow(
      /epoch-\d+\.safetensors could not be written|step-\d+\.safetensors could not be/,
    );
  });

  it('a model that could not be written', async () => {
    const folder = scratch.newPath('folder');
    const save = path.join(folder, 'model.safetensors');
    mkdirSync(folder);
    const leaving = leaveAt('epoch', { save }, () => remove(folder));
    await expect(leaving).rejects.toThrow(`\`save\` ${save}: the model could not be written`);
  });

  it('a thread that has died', async () => {
    const leaving = leaveAt('epoch', {}, async () => {
      await threads.all[0]!.terminate();
      await threads.ended();
    });
    await expect(leaving).rejects.toThrow(/worker thread \d of 2 died/);
  });

  it('a loss that is not finite', async () => {
    // The team ends by itself, at the second step.
    const ended = () => new Promise((resolve) => setTimeout(resolve, 500));
    await expect(leaveAt('step', { lr: 1e30 }, ended)).rejects.toThrow(/the loss is not finite at step 2/);
  });

  it('also at the end event, which has told it', async () => {
    await expect(leaveAt('end', { lr: 1e30 })).rejects.toThrow(/the loss is not finite at step 2/);
  });
});

it('leaving without a failure throws nothing, and a checkpoint that was not required is none', async () => {
  const checkpointDir = scratch.newPath();
  await leaveAt('epoch', { checkpointDir, ...rarely }, () => remove(checkpointDir));
  expect(existsSync(checkpointDir)).toBe(false);
});

it('leaves a last checkpoint and a model, of the same weights', async () => {
  const [checkpointDir, save] = [scratch.newPath(), scratch.newPath('model.safetensors')];
  await leaveAt('epoch', { checkpointDir, ...rarely, save });
  const [checkpoint] = readdirSync(checkpointDir).filter((name) => name.endsWith('.safetensors'));
  const [of, saved] = await Promise.all([readModel(path.join(checkpointDir, checkpoint!)), readModel(save)]);
  expect(sha256Of(saved.values)).toBe(sha256Of(of.values));
  expect(saved.metadata.step).toBe(of.metadata.step);
  await threads.ended();
});

describe("the consumer's own error is what it sees", () => {
  const failing = () => {
    const checkpointDir = scratch.newPath();
    return { checkpointDir, ...rarely, checkpointRequired: true };
  };

  it('thrown in the loop', async () => {
    const options = failing();
    const leaving = leaveAt('epoch', options, () => {
      remove(options.checkpointDir);
      throw new Error('mine');
    });
    await expect(leaving).rejects.toThrow(/^mine$/);
    await threads.ended();
  });

  it('thrown into the generator', async () => {
    const options = failing();
    const events = train({ ...endless(), ...options });
    for (let { value } = await events.next(); value?.event !== 'epoch'; ) ({ value } = await events.next());
    remove(options.checkpointDir);
    await expect(events.throw(new Error('mine'))).rejects.toThrow(/^mine$/);
    await threads.ended();
  });

  it('thrown into the generator of a run that fails meanwhile', async () => {
    const told: string[] = [];
    async function* run(): AsyncGenerator<number, void, undefined> {
      yield 1;
      told.push('followed to its end');
      throw new Error('the run has failed');
    }
    const events = untilTheEnd(run(), () => told.push('stop'));
    await events.next();
    await expect(events.throw(new Error('mine'))).rejects.toThrow(/^mine$/);
    expect(told).toEqual(['stop', 'followed to its end']);
  });

  it('thrown by onView, before the first event', async () => {
    const { signal } = new AbortController();
    const onView = () => {
      throw new Error('mine');
    };
    await expect(leaveAt('start', { signal, onView })).rejects.toThrow(/^mine$/);
    expect(threads.all).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('before the threads have started', () => {
  it.each(['start', 'warning'] as const)('leaving at %s starts none, and replaces no model', async (name) => {
    const { signal } = new AbortController();
    const save = scratch.newPath('model.safetensors');
    writeFileSync(save, olderModel());
    // The schedule is longer than the run, which is told in a warning.
    await leaveAt(name, { signal, save, epochs: 1, warmupSteps: 100 });
    expect(threads.all).toEqual([]);
    expect(readFileSync(save).equals(olderModel())).toBe(true);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

it('nobody listens to the signal any more when the run is over', async () => {
  const { signal } = new AbortController();
  await leaveAt('epoch', { signal });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('an error in following the threads leaves none of them', async () => {
  const { signal } = new AbortController();
  vi.spyOn(Ledger.prototype, 'epoch').mockImplementation(() => {
    throw new Error('of the ledger');
  });
  try {
    await expect(collect({ ...endless(), signal })).rejects.toThrow('the run failed');
  } finally {
    vi.restoreAllMocks();
  }
  expect(threads.all).toHaveLength(2);
  // (A thread that has ended has no number.)
  expect(threads.all.map(({ threadId }) => threadId)).toEqual([-1, -1]);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
