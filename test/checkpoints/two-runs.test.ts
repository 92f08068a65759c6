/** One folder, more than one run: none of them loses anything by the other. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  promises,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../src/checkpoints/checkpoint-file.js';
import { lockCheckpointFolder } from '../../src/checkpoints/folder.js';
import { findCheckpoint, openFolder } from '../../src/checkpoints/resume.js';
import type { TrainOptions } from '../../src/config/options.js';
import type { TrainEvent } from '../../src/metrics/events.js';
import { train } from '../../src/run/train.js';
import { collect, collectFailed } from '../support/events.js';
import { type Folder, temporaryFolder } from '../support/idx-files.js';
import { mnistPart } from '../support/mnist-part.js';
import { trainCommand } from '../support/paths.js';
import { nodeInNamespace } from '../support/pid-namespace.js';
import { refusalOf } from '../support/refusals.js';
import { finishOf, runTrain, spawnQuiet } from '../support/run-command.js';
import { inFull, TRIES_ALL, valuesOf } from '../support/thoroughness.js';
import { endOf, eventsOf } from '../support/undisturbed.js';
import { until } from '../support/until.js';

let data: Folder;
let folder: Folder;
beforeAll(async () => {
  data = await mnistPart(60, 20);
  folder = temporaryFolder();
});
afterAll(() => {
  data.remove();
  folder.remove();
});

const options = (seed: number): TrainOptions => ({ data: data.path, hidden: [5], batchSize: 20, threads: 1, seed });
const inFolder = (...names: string[]) => path.join(folder.path, ...names);

const busy = (folder: string) =>
  `--checkpoint-dir ${folder}: another run is writing checkpoints there; wait until it ends, or choose another folder`;

/** All that is in a folder, and when each was changed. */
const stateOf = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((name) => [name, statSync(path.join(folder, name)).mtimeMs]);

describe('a folder that another run writes in', () => {
  it('is refused to a second run of the same process, which touches nothing', async () => {
    const checkpointDir = inFolder('at-once');
    const events: TrainEvent[] = [];
    for await (const event of train({ ...options(1), epochs: 2, checkpointDir, checkpointEverySteps: 1, keep: 9 })) {
      events.push(event);
      if (event.event !== 'start' && event.event !== 'epoch') continue;
      const before = stateOf(checkpointDir);
      for (const resume of [undefined, true] as const) {
        const second = { ...options(2), checkpointDir, ...(resume && { resume }) };
        // Resumed, it is another run's seed; the rest is the same.
        const { message, status } = await refusalOf(() => collect(resume ? { ...second, seed: 1 } : second));
        expect([message, status]).toEqual([busy(checkpointDir), 2]);
      }
      if (event.event === 'start') expect(stateOf(checkpointDir)).toEqual(before);
    }
    expect(events.filter(({ event }) => event === 'warning')).toEqual([]);
    expect(events.at(-1)).toMatchObject({ event: 'end', status: 'completed' });
    expect(readdirSync(checkpointDir)).toHaveLength(6);
  });

  it('is free again when the run has been left, failed or refused', async () => {
    const checkpointDir = inFolder('free');
    for await (const event of train({ ...options(1), checkpointDir })) if (event.event === 'start') break;
    const names = readdirSync(checkpointDir);
    expect(names.filter((name) => !name.endsWith('.safetensors'))).toEqual([]);
    await collectFailed({ ...options(1), checkpointDir, resume: true, epochs: 1, lr: 1e30, resumeAnyway: true });
    await refusalOf(() => collect({ ...options(1), checkpointDir, resume: true, save: inFolder('none', 'model') }));
    // Refused when the folder has been locked already: the name of the temporary file is too long.
    const save = inFolder(`${'m'.repeat(240)}.safetensors`);
    const { message } = await refusalOf(() => collect({ ...options(1), checkpointDir, resume: true, epochs: 2, save }));
    expect(message).toMatch(/^--save .*name too long/);
    const { end } = await collect({ ...options(1), checkpointDir, resume: true, epochs: 2 });
    expect(end.status).toBe('completed');
    expect(readdirSync(checkpointDir).filter((name) => !name.endsWith('.safetensors'))).toEqual([]);
  });

  it('is free again where it could not be looked through', async () => {
    const { readdir } = promises;
    let looks = 0;
    let failAt = Number.POSITIVE_INFINITY;
    const failing = (...args: Parameters<typeof readdir>) =>
      ++looks === failAt ? Promise.reject(new Error('i/o error')) : readdir(...args);
    try {
      Object.assign(promises, { readdir: failing });
      syncBuiltinESMExports();
      (await lockCheckpointFolder(inFolder('readable')))[Symbol.dispose]();
      // The last look is for leftovers, with the lock held.
      failAt = 2 * looks;
      const checkpointDir = inFolder('unreadable');
      await expect(lockCheckpointFolder(checkpointDir)).rejects.toThrow('i/o error');
      (await lockCheckpointFolder(checkpointDir))[Symbol.dispose]();
    } finally {
      Object.assign(promises, { readdir });
      syncBuiltinESMExports();
    }
  });

  it.skipIf(!TRIES_ALL)(
    `by a run of another PID namespace is refused, and nothing of that run is touched${inFull}`,
    async () => {
      const checkpointDir = inFolder('containers');
      const job = ['--data', data.path, '--hidden', '5', '--batch-size', '20', '--threads', '1', '--epochs', '250'];
      const args = [trainCommand, ...job, '--checkpoint-dir', checkpointDir, '--checkpoint-every', '10'];
      const first = spawnQuiet(...nodeInNamespace([...args, '--log-every', '1']));
      const ended = new Promise<number | null>((resolve) => first.once('close', resolve));
      // It is held until somebody reads on: the pipe is full.
      await new Promise<void>((resolve) => {
        first.stdout.once('readable', resolve);
      });
      const isThere = (name: string) => name.endsWith('.safetensors');
      await until(() => existsSync(checkpointDir) && readdirSync(checkpointDir).some(isThere));
      const half = path.join(checkpointDir, '.epoch-000999.safetensors.lockstep-checkpoint-00000000-1-1.tmp');
      writeFileSync(half, 'half');
      for (const more of [[], ['--resume']]) {
        const second = await finishOf(spawnQuiet(...nodeInNamespace([...args, ...more])));
        expect(second).toMatchObject({ status: 2, stdout: '', stderr: `train: ${busy(checkpointDir)}\n` });
      }
      expect(existsSync(half)).toBe(true);
      const [stdout, stderr] = await Promise.all([text(first.stdout), text(first.stderr)]);
      expect([await ended, stderr]).toEqual([0, '']);
      expect(eventsOf(stdout).filter(({ event }) => event === 'warning')).toEqual([]);
      expect(endOf(stdout)).toMatchObject({ status: 'completed', epochs: 250 });
    },
  );

  it.each([2, valuesOf(10, 4)])('of %i runs that start at once exactly one runs', async (count) => {
    const checkpointDir = inFolder(`starts-${count}`);
    const job = ['--data', data.path, '--hidden', '5', '--batch-size', '20', '--threads', '1', '--epochs', '3'];
    const runs = await Promise.all(
      Array.from({ length: count }, (_, i) =>
        runTrain([...job, '--seed', String(i), '--checkpoint-dir', checkpointDir]),
      ),
    );
    const done = runs.filter(({ status }) => status === 0);
    expect(done).toHaveLength(1);
    for (const { status, stdout, stderr } of runs.filter((run) => run !== done[0])) {
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/another run (is writing|wrote)|contains checkpoints of another run/);
    }
    const end = endOf(done[0]!.stdout)!;
    expect(readdirSync(checkpointDir)).toHaveLength(3);
    const { config, state } = await readCheckpoint(path.join(checkpointDir, 'epoch-000003.safetensors'));
    expect([config.seed, state.epochs]).toEqual([runs.indexOf(done[0]!), end.epochs]);
  });
});

describe('a run that is refused', () => {
  const half = '.epoch-000001.safetensors.lockstep-checkpoint-00000000-1-1.tmp';

  it.each([
    ['for its data', { batchSize: 1000 }],
    ['for its output', { save: path.join('no', 'such', 'folder', 'model.safetensors') }],
    ['for an option', { strategy: 'sliced', exact: true }],
  ] as const)('%s has touched nothing in its folder, nor made one', async (_, more) => {
    const checkpointDir = inFolder(`untouched-${half.length}`);
    mkdirSync(checkpointDir, { recursive: true });
    writeFileSync(path.join(checkpointDir, half), 'half');
    const before = stateOf(checkpointDir);
    await refusalOf(() => collect({ ...options(1), checkpointDir, ...more }));
    expect(stateOf(checkpointDir)).toEqual(before);
    const missing = inFolder('not-made', 'at-all');
    await refusalOf(() => collect({ ...options(1), checkpointDir: missing, ...more }));
    expect(existsSync(inFolder('not-made'))).toBe(false);
  });
});

describe('a folder that changes while a run gets ready', () => {
  it.each([undefined, true, 'FILE'] as const)('is refused to it, with --resume %s', async (how) => {
    const [checkpointDir, other] = [inFolder(`changed-${how}`), inFolder(`source-${how}`)];
    await collect({ ...options(1), epochs: 2, checkpointDir: other });
    const names = ['epoch-000001.safetensors', 'epoch-000002.safetensors'] as const;
    mkdirSync(checkpointDir);
    const resume = how === 'FILE' ? path.join(checkpointDir, names[0]) : how;
    if (resume) copyFileSync(path.join(other, names[0]), path.join(checkpointDir, names[0]));
    const found = resume ? (await findCheckpoint({ checkpointDir, resume })).resumed : undefined;
    // Another run writes, and ends, before this one takes the folder.
    copyFileSync(path.join(other, names[1]), path.join(checkpointDir, names[1]));
    const { message, status } = await refusalOf(() => openFolder(checkpointDir, found));
    expect(message).toMatch(/another run wrote checkpoints there while this one was starting; start this run again/);
    expect(status).toBe(2);
    expect(readdirSync(checkpointDir).filter((name) => !name.endsWith('.safetensors'))).toEqual([]);
  });

  it('is taken where the newer ones cannot be used', async () => {
    const [checkpointDir, other] = [inFolder('damaged'), inFolder('source-of-damaged')];
    await collect({ ...options(1), epochs: 1, checkpointDir: other });
    mkdirSync(checkpointDir);
    copyFileSync(path.join(other, 'epoch-000001.safetensors'), path.join(checkpointDir, 'epoch-000001.safetensors'));
    writeFileSync(path.join(checkpointDir, 'epoch-000002.safetensors'), 'damaged');
    const { resumed } = await findCheckpoint({ checkpointDir, resume: true });
    const { checkpoints, lock } = await openFolder(checkpointDir, resumed);
    lock[Symbol.dispose]();
    expect(checkpoints).toHaveLength(2);
  });
});

describe('a checkpoint that is named, among those of others', () => {
  it('goes on without removing theirs, or itself', async () => {
    const [one, two, shared] = [inFolder('one'), inFolder('two'), inFolder('shared')];
    await collect({ ...options(1), epochs: 2, checkpointDir: one });
    await collect({ ...options(2), epochs: 6, checkpointDir: two });
    await collect({ ...options(1), epochs: 0, checkpointDir: shared });
    const names = { theirs: 'epoch-000001.safetensors', named: 'epoch-000006.safetensors' };
    copyFileSync(path.join(one, names.theirs), path.join(shared, names.theirs));
    copyFileSync(path.join(two, names.named), path.join(shared, names.named));
    await collect({ resume: path.join(shared, names.named), epochs: 9, keep: 1 });
    expect(readdirSync(shared).sort()).toEqual([
      'epoch-000000.safetensors',
      names.theirs,
      names.named,
      'epoch-000009.safetensors',
    ]);
  });
});

it('a folder that has two names is one folder', async () => {
  const [real, link] = [inFolder('real'), inFolder('link')];
  symlinkSync(real, link);
  await collect({ ...options(1), epochs: 1, checkpointDir: real });
  await collect({ resume: link, checkpointDir: real, epochs: 2 });
  const named = 'epoch-000002.safetensors';
  await collect({ resume: path.join(real, named), checkpointDir: link, epochs: 3, keep: 1 });
  // The one that was named stays.
  expect(readdirSync(real).sort()).toEqual([named, 'epoch-000003.safetensors']);
});

it('a run keeps its name when it is resumed, also elsewhere', async () => {
  const [one, other] = [inFolder('named'), inFolder('elsewhere')];
  await collect({ ...options(1), epochs: 1, checkpointDir: one });
  const { end } = await collect({ resume: one, checkpointDir: other, epochs: 2 });
  const [first, second] = [path.join(one, 'epoch-000001.safetensors'), path.join(other, 'epoch-000002.safetensors')];
  expect((await readCheckpoint(first)).run).toBe((await readCheckpoint(second)).run);
  expect(end.checkpoint).toBe(second);
  expect(existsSync(first)).toBe(true);
});

it('a run whose folder is replaced by that of another removes none of its checkpoints', async () => {
  const [own, other] = [inFolder('replaced'), inFolder('replacing')];
  await collect({ ...options(2), epochs: 6, checkpointDir: other, keep: 100 });
  const theirs = readdirSync(other).map((name) => [name, readFileSync(path.join(other, name))] as const);
  expect(theirs).toHaveLength(6);
  let checkpoints = 0;
  for await (const { event } of train({ ...options(1), epochs: 12, checkpointDir: own, keep: 3 })) {
    if (event !== 'checkpoint' || ++checkpoints !== 4) continue;
    // The threads run one epoch ahead and are held; what they have left is written by then.
    await setTimeout(500);
    renameSync(own, `${own}.old`);
    renameSync(other, own);
  }
  for (const [name, bytes] of theirs) expect(readFileSync(path.join(own, name)).equals(bytes)).toBe(true);
});
