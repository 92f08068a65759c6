/** A resumed run says and leaves what it would have, had it never stopped: to the last bit, from every checkpoint. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { stateOf } from '../../src/metrics/run-state.js';
import { objectiveNamed } from '../../src/model/objectives/index.js';
import { train } from '../../src/run/train.js';
import { collect, collectUntil } from '../support/events.js';
import { kernelNames } from '../support/kernels.js';
import { resultsAfter, resultsOf } from '../support/results.js';
import { scratchWith } from '../support/scratch.js';
import { readTensorFile } from '../support/tensor-file.js';
import { casesOf, inFull, TRIES_ALL, valuesOf } from '../support/thoroughness.js';
import { until } from '../support/until.js';

const scratch = scratchWith(45, 20);

/**
 * 3 steps an epoch, the last of 5 samples, which has a rate of its own where the gradient is a mean; windows of 5 steps that
 * span epochs.
 */
const SMALL: TrainOptions = {
  ...{ limit: 25, batchSize: 10, epochs: 4, hidden: [20], logEvery: 5 },
  ...{ reduction: 'mean', lr: 0.1 },
};

const KERNELS = kernelNames();
/** Within an epoch, after its last step and before its evaluation, after an epoch. */
const ONE_OF_EACH = /step-0000002|step-0000009|epoch-000002/;
/** At either side of a window's end, too. */
const SOME = /step-000000[2579]|step-0000010|epoch/;

describe.each(casesOf(KERNELS, (name) => name !== 'reference'))('kernel %s', (kernel) => {
  it.each([
    { strategy: 'sliced' as const, otherThreads: [1, 3] },
    { strategy: 'dense' as const, otherThreads: [2] },
  ])('from every checkpoint, strategy $strategy, with $otherThreads threads', async ({ strategy, otherThreads }) => {
    const checkpointDir = scratch.newPath();
    // Every other epoch: so that there are checkpoints also after an epoch's last step, before its evaluation.
    const often = { checkpointDir, checkpointEvery: 2, checkpointEverySteps: 1, keep: 100 };
    const options: TrainOptions = { ...SMALL, data: scratch.data, kernel, strategy, threads: 2 };
    const undisturbed = await collect({ ...options, ...often });
    expect(undisturbed.end.status).toBe('completed');

    const names = (await readdir(checkpointDir)).sort();
    expect(names).toEqual(
      [
        ...['epoch-000002', 'epoch-000004'],
        ...[1, 2, 3, 4, 5, 7, 8, 9, 10, 11].map((step) => `step-${String(step).padStart(7, '0')}`),
      ].map((name) => `${name}.safetensors`),
    );

    // With one kernel from each, with the others from one of each kind.
    const own = valuesOf(/./, strategy === 'sliced' ? SOME : ONE_OF_EACH);
    const some = names.filter((name) => (kernel === KERNELS[0] ? own : ONE_OF_EACH).test(name));
    for (const [i, name] of some.entries()) {
      const resume = path.join(checkpointDir, name);
      const threads = otherThreads[i % otherThreads.length]!;
      const resumed = await collect({ resume, threads, checkpointDir: scratch.newPath() });
      expect(resultsOf(resumed.all), name).toEqual(resultsAfter(undisturbed.all, positionOf(resume)));
    }
  });
});

it('from a checkpoint of the initial weights', async () => {
  const options: TrainOptions = { ...SMALL, data: scratch.data, threads: 2 };
  const checkpointDir = scratch.newPath();
  const interrupted = await collect({ ...options, checkpointDir, signal: AbortSignal.abort() });
  expect(interrupted.end).toMatchObject({ status: 'interrupted', epochs: 0 });
  expect(await readdir(checkpointDir)).toEqual(['epoch-000000.safetensors']);
  const resumed = await collect({ checkpointDir, resume: true });
  expect(resultsOf(resumed.all)).toEqual(resultsOf((await collect(options)).all));
});

it.skipIf(!TRIES_ALL)(`a window of steps longer than an epoch, and than the whole first part${inFull}`, async () => {
  const options: TrainOptions = { ...SMALL, data: scratch.data, threads: 1, logEvery: 11 };
  const undisturbed = await collect(options);
  expect(undisturbed.steps.map(({ step }) => step)).toEqual([11]);
  const checkpointDir = scratch.newPath();
  await collect({ ...options, checkpointDir, epochs: 1 });
  await collect({ checkpointDir, resume: true, epochs: 2 });
  const last = await collect({ checkpointDir, resume: true, epochs: 4 });
  expect(last.steps.map(({ loss, error }) => ({ loss, error }))).toEqual(
    undisturbed.steps.map(({ loss, error }) => ({ loss, error })),
  );
  expect(last.end.weights_sha256).toBe(undisturbed.end.weights_sha256);
});

describe('interrupted again and again', () => {
  it('at any event, with any threads: all parts together say what the undisturbed run says', async () => {
    const upTo = (max: number) => fc.integer({ min: 1, max });
    const shape = fc.record({
      limit: upTo(45),
      batchSize: upTo(45),
      epochs: upTo(4),
      logEvery: fc.option(upTo(30), { nil: undefined }),
      checkpointEvery: upTo(3),
      checkpointEverySteps: fc.option(upTo(9), { nil: undefined }),
    });
    const parts = fc.array(fc.record({ threads: upTo(3), stopAt: fc.nat(6) }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(shape, parts, async (shape, parts) => {
        const { checkpointEvery, checkpointEverySteps, ...rest } = shape;
        const options = { ...rest, batchSize: Math.min(shape.batchSize, shape.limit), data: scratch.data, hidden: [5] };
        const undisturbed = await collect({ ...options, threads: 1 });
        const checkpoints = { checkpointDir: scratch.newPath(), checkpointEvery, checkpointEverySteps };

        const told: ReturnType<typeof resultsOf> = [];
        let last = await collectUntil(parts[0]!.stopAt, { ...options, ...checkpoints, threads: parts[0]!.threads });
        for (const { threads, stopAt } of [...parts.slice(1), { threads: 2, stopAt: Number.POSITIVE_INFINITY }]) {
          if (last.end.status === 'completed') break;
          told.push(...resultsOf(last.all).slice(0, -1));
          last = await collectUntil(stopAt, { checkpointDir: checkpoints.checkpointDir, resume: true, threads });
        }
        expect([...told, ...resultsOf(last.all)]).toEqual(resultsOf(undisturbed.all));
      }),
      { numRuns: valuesOf(8, 3) },
    );
  });
});

it('a consumer that leaves the loop at any event leaves a checkpoint, from which it goes on', async () => {
  const options: TrainOptions = { ...SMALL, data: scratch.data, threads: 2, epochs: 2, logEvery: 2 };
  const undisturbed = await collect(options);
  // The start event aside: before it has been handled nothing runs.
  for (let stopAt = 1; stopAt < undisturbed.all.length - 1; stopAt++) {
    const checkpointDir = scratch.newPath();
    let count = 0;
    for await (const _ of train({ ...options, checkpointDir })) if (count++ === stopAt) break;
    const { start, all } = await collect({ checkpointDir, resume: true, threads: valuesOf(2, 1) });
    expect(resultsOf(all)).toEqual(resultsAfter(undisturbed.all, start.resumed!));
  }
});

it('checkpoints keep coming, and are right, while a consumer is two epochs behind the threads', async () => {
  const options: TrainOptions = { ...SMALL, data: scratch.data, threads: 2 };
  const undisturbed = await collect(options);
  const checkpointDir = scratch.newPath();
  const second = path.join(checkpointDir, 'epoch-000002.safetensors');
  for await (const event of train({ ...options, checkpointDir, checkpointEverySteps: 1, keep: 100 })) {
    if (event.event !== 'epoch') continue;
    await until(() => existsSync(second));
    break;
  }
  // The threads may not begin the third epoch before the first has been handled.
  expect((await readdir(checkpointDir)).sort()).toEqual(
    ['epoch-000001', 'epoch-000002', 'step-0000001', 'step-0000002', 'step-0000004', 'step-0000005'].map(
      (name) => `${name}.safetensors`,
    ),
  );
  const resumed = await collect({ checkpointDir, resume: true });
  expect(resultsOf(resumed.all)).toEqual(resultsAfter(undisturbed.all, { epochs: 2, step: 6 }));
});

function positionOf(checkpoint: string) {
  return stateOf(JSON.parse(readTensorFile(checkpoint).metadata.state!), objectiveNamed())!;
}
