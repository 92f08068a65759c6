/** --checkpoint-required: one that could not be written ends the run, however late somebody looks. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { TrainEvent } from '../../src/metrics/events.js';
import { train } from '../../src/run/train.js';
import { NAMES, SAMPLES } from '../support/checkpoint-job.js';
import { temporaryFolder } from '../support/idx-files.js';
import { mnistPart } from '../support/mnist-part.js';

it('a failure ends the run before its event is asked for', async () => {
  const data = await mnistPart(SAMPLES, 50);
  const folder = temporaryFolder();
  const job = { data: data.path, hidden: [10], epochs: 3, batchSize: 30, threads: 2, keep: 100 };
  const events: TrainEvent[] = [];
  const run = async () => {
    const checkpoints = { checkpointDir: folder.path, checkpointEverySteps: 1, checkpointRequired: true };
    for await (const event of train({ ...job, ...checkpoints })) {
      events.push(event);
      // In the place of the second checkpoint: it cannot be written.
      if (event.event === 'start') mkdirSync(path.join(folder.path, NAMES[1]!));
      // Somebody who is slow: the run is ended all the same, and does not train on until he looks.
      if (event.event === 'checkpoint') await setTimeout(300);
    }
  };
  await expect(run()).rejects.toThrow(`${NAMES[1]} could not be written (it exists and is not a regular file`);
  expect(existsSync(path.join(folder.path, NAMES[8]!))).toBe(false);
  expect(events.at(-1)).toMatchObject({ event: 'end', status: 'failed' });
  data.remove();
  folder.remove();
});
