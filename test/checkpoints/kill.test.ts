/**
 * A process that is killed at any operation of a checkpoint's writing leaves checkpoints that are whole and right, and
 * goes on from them to the weights that it would have had. The long form is test/reliability/kill-sweep.ts.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { Random } from '../../src/model/random.js';
import { CHECKPOINTING, JOB, KEEP, kindsOf, NAMES, OFTEN, SAMPLES, WRITING } from '../support/checkpoint-job.js';
import { type Manner, withDiskFault } from '../support/disk-fault.js';
import { collect } from '../support/events.js';
import { flagsOf } from '../support/flags.js';
import { temporaryFolder } from '../support/idx-files.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { trainCommand } from '../support/paths.js';
import { type Finished, finishOf, runTrain, spawnQuiet } from '../support/run-command.js';
import { tableJobs } from '../support/table-jobs.js';
import { casesOf, inFull, TRIES_ALL, valuesOf } from '../support/thoroughness.js';
import { announcedIn, problemsIn, temporariesIn, type Undisturbed, undisturbed } from '../support/undisturbed.js';

let data: Folder;
let images: Job;
beforeAll(async () => {
  data = await mnistPart(SAMPLES, 50);
  const args = [...JOB, ...OFTEN, '--data', data.path];
  images = { args, options: { ...OPTIONS, data: data.path }, expected: await undisturbed(args) };
});
afterAll(() => data.remove());

const OPTIONS = { hidden: [10], epochs: 3, batchSize: 30, checkpointEverySteps: 1, keep: KEEP };

interface Job {
  readonly args: readonly string[];
  /** The same, as they are given to `train`: where there is no checkpoint yet, they are not to be found in one. */
  readonly options: TrainOptions;
  readonly expected: Undisturbed;
}

/** Runs it, looks at what it left, and goes on from there. */
async function expectLossless(
  { args, options, expected }: Job,
  run: (args: readonly string[], folder: string) => Promise<Finished>,
): Promise<Finished> {
  const folder = temporaryFolder();
  try {
    const checkpoints = ['--checkpoint-dir', folder.path, '--keep', String(KEEP)];
    const finished = await run([...args, ...checkpoints], folder.path);
    const announced = announcedIn(finished.stdout);
    expect(await problemsIn(folder.path, expected, announced, KEEP)).toEqual([]);

    const { end } = await collect({ ...options, checkpointDir: folder.path, resume: true, threads: valuesOf(3, 1) });
    expect(end).toMatchObject({ status: 'completed', weights_sha256: expected.sha256 });
    expect(await problemsIn(folder.path, expected, announced, KEEP)).toEqual([]);
    expect(await temporariesIn(folder.path)).toEqual([]);
    return finished;
  } finally {
    folder.remove();
  }
}

it('the operations are those that it is killed at', async () => {
  const folder = temporaryFolder();
  const log = folder.write('log', '');
  const checkpoints = path.join(folder.path, 'checkpoints');
  const { nodeArgs, environment } = withDiskFault({ folder: checkpoints, log });
  await runTrain([...images.args, '--checkpoint-dir', checkpoints, '--keep', String(KEEP)], environment, nodeArgs);
  const expected = NAMES.flatMap((_, i) => (i < KEEP ? WRITING : CHECKPOINTING));
  const operations = readFileSync(log, 'utf8').trim().split('\n');
  // (Before the first, the folder itself is made and flushed.)
  expect(operations.slice(operations.indexOf('open'))).toEqual(expected);
  folder.remove();
});

/** After one is before the next: only the last needs both. */
const KILLS = kindsOf(CHECKPOINTING).flatMap(({ name, operation }) => {
  const manners: Manner[] = ['killed before'];
  if (name === 'write') manners.push('killed within');
  if (name === 'unlink') manners.push('killed after');
  return manners.map((manner) => ({ manner, name, operation }));
});

/** Those after which something else is left behind. */
const TELLING: readonly string[] = ['killed within write', 'killed before rename', 'killed before unlink'];
it.concurrent.each(casesOf(KILLS, ({ name, manner }) => TELLING.includes(`${manner} ${name}`)))(
  '$manner operation $operation, $name',
  async ({ manner, operation }) => {
    const { status } = await expectLossless(images, (args, folder) => {
      // A checkpoint in the middle of an epoch, with older ones before it and newer ones to come.
      const { nodeArgs, environment } = withDiskFault({ folder, manner, at: [{ file: 14, operation }] });
      return runTrain(args, environment, nodeArgs);
    });
    expect(status).toBeNull();
  },
);

const random = new Random(4, 0);
const partsOf = (count: number) => Array.from({ length: count }, () => random.fraction());

/** @param part  of the life of the run */
async function expectLosslessAfter(part: number, job: Job): Promise<void> {
  let after = part * job.expected.milliseconds;
  let isKilled = false;
  while (!isKilled) {
    const { stderr } = await expectLossless(job, async (args) => {
      const child = spawnQuiet(process.execPath, [trainCommand, ...args]);
      const timer = setTimeout(() => child.kill('SIGKILL'), after);
      const finished = await finishOf(child).finally(() => clearTimeout(timer));
      isKilled = finished.signal === 'SIGKILL';
      return finished;
    });
    expect(stderr).toBe('');
    // Where the machine is faster just now than it was, the run had ended by then: once more, and earlier.
    after /= 2;
  }
}

(TRIES_ALL ? it.concurrent : it.skip).each(partsOf(3))(`killed after %d of its life${inFull}`, async (part) => {
  await expectLosslessAfter(part, images);
});

describe.concurrent('on a table', () => {
  const folder = temporaryFolder();
  afterAll(() => folder.remove());
  const jobs = Object.entries(tableJobs(folder.write));
  const some = casesOf(jobs, ([name]) => name === 'mixed columns, regression');
  it.each(some.map(([name, job]) => ({ name, job, parts: partsOf(valuesOf(2, 1)) })))(
    '$name, killed after $parts of its life',
    async ({ job, parts }) => {
      const options = { ...OPTIONS, ...job };
      const args = [...flagsOf({ ...job, hidden: [10], epochs: 3, batchSize: 30 }), '--threads', '2', ...OFTEN];
      const expected = await undisturbed(args);
      for (const part of parts) await expectLosslessAfter(part, { args, options, expected });
    },
  );
});
