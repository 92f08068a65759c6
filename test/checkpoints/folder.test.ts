/** A folder of checkpoints: what is in it, what is kept, which is the newest, and what else may lie there. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { saysWhatToTrain } from '../../src/checkpoints/resume.js';
import { resolveOptions, type TrainOptions } from '../../src/config/options.js';
import { ownerName } from '../../src/files/owner.js';
import type { TrainEvent } from '../../src/metrics/events.js';
import { collect } from '../support/events.js';
import { refusalOf } from '../support/refusals.js';
import { resultsAfter, resultsOf } from '../support/results.js';
import { scratchWith } from '../support/scratch.js';

const scratch = scratchWith(25, 10);

/** 3 steps an epoch. */
const options = (): TrainOptions => ({ data: scratch.data, hidden: [5], epochs: 3, batchSize: 10, threads: 1 });

let undisturbed: Awaited<ReturnType<typeof collect>>;
/** Every checkpoint of that run. */
let all: string;
beforeAll(async () => {
  all = scratch.newPath();
  undisturbed = await collect({ ...options(), checkpointDir: all, checkpointEverySteps: 1, keep: 100 });
});

/** A new folder with some of them, under their own names. */
function folderWith(...names: readonly string[]): string {
  const folder = scratch.newPath();
  mkdirSync(folder);
  for (const name of names) copyFileSync(path.join(all, fileOf(name)), path.join(folder, fileOf(name)));
  return folder;
}

const fileOf = (name: string) => `${name}.safetensors`;

/** The checkpoints in it, and whatever else. */
const namesIn = (folder: string) =>
  readdirSync(folder)
    .sort()
    .map((name) => name.replace('.safetensors', ''));

const warningsOf = (events: readonly TrainEvent[]) => events.filter(({ event }) => event === 'warning');

describe('names', () => {
  it('say the epochs done at the end of one, and the steps done within', () => {
    const steps = [1, 2, 4, 5, 7, 8].map((step) => `step-000000${step}`);
    expect(namesIn(all)).toEqual(['epoch-000001', 'epoch-000002', 'epoch-000003', ...steps]);
  });

  it('are told in an event each, in order, with epochs and steps', () => {
    const told = undisturbed.all.filter((event) => event.event === 'checkpoint');
    expect(told.map(({ epochs, step }) => [epochs, step])).toEqual([
      ...[
        [0, 1],
        [0, 2],
        [1, 3],
        [1, 4],
        [1, 5],
        [2, 6],
        [2, 7],
        [2, 8],
        [3, 9],
      ],
    ]);
    expect(told[0]).toEqual({ event: 'checkpoint', file: path.join(all, fileOf('step-0000001')), epochs: 0, step: 1 });
    expect(told[2]!.file).toBe(path.join(all, fileOf('epoch-000001')));
  });
});

describe('--checkpoint-every', () => {
  it.each([
    { every: 1, epochs: [1, 2, 3] },
    { every: 2, epochs: [2, 3] },
    { every: 9, epochs: [3] },
  ])('$every: after epochs $epochs, the last one always', async ({ every, epochs }) => {
    const checkpointDir = scratch.newPath();
    await collect({ ...options(), checkpointDir, checkpointEvery: every });
    expect(namesIn(checkpointDir)).toEqual(epochs.map((epoch) => `epoch-00000${epoch}`));
  });
});

it('a checkpoint is told while the run goes on', async () => {
  const { all } = await collect({ ...options(), epochs: 4, checkpointDir: scratch.newPath() });
  const told = all.map(
    (event) => `${event.event} ${'epochs' in event ? event.epochs : 'epoch' in event && event.epoch}`,
  );
  // The second one waits until the first has been written, and the third epoch for the second.
  expect(told.indexOf('checkpoint 1')).toBeGreaterThan(0);
  expect(told.indexOf('checkpoint 1')).toBeLessThan(told.indexOf('epoch 3'));
});

describe('--keep', () => {
  it('keeps the newest, 3 if nothing is said', async () => {
    const run = async (keep?: number) => {
      const checkpointDir = scratch.newPath();
      await collect({ ...options(), checkpointDir, checkpointEverySteps: 1, ...(keep && { keep }) });
      return namesIn(checkpointDir);
    };
    expect(await run()).toEqual(['epoch-000003', 'step-0000007', 'step-0000008']);
    expect(await run(1)).toEqual(['epoch-000003']);
  });

  it('counts those of the earlier part of the run, and goes by steps, not names', async () => {
    const folder = folderWith('epoch-000001', 'step-0000004', 'step-0000005');
    const { end } = await collect({ resume: folder, keep: 3 });
    expect(end.weights_sha256).toBe(undisturbed.end.weights_sha256);
    // The run goes on as it was begun, with a checkpoint after each step.
    expect(namesIn(folder)).toEqual(['epoch-000003', 'step-0000007', 'step-0000008']);
  });

  it('leaves alone whatever is no checkpoint of ours', async () => {
    const folder = folderWith('epoch-000001');
    const others = [
      'notes.txt',
      'model.safetensors',
      'epoch-1.safetensors',
      'epoch-000001.safetensors.bak',
      '.hidden.tmp',
    ];
    for (const name of others) writeFileSync(path.join(folder, name), name);
    const { all } = await collect({ resume: folder, keep: 1 });
    expect(warningsOf(all)).toEqual([]);
    for (const name of others) expect(readFileSync(path.join(folder, name), 'utf8')).toBe(name);
    expect(readdirSync(folder).sort()).toEqual([...others, fileOf('epoch-000003')].sort());
  });
});

describe('the newest', () => {
  it('is the one with the most steps, whatever its name or age', async () => {
    // Copied in another order than written, so that neither the name nor the time says it.
    const folder = folderWith('step-0000005', 'step-0000004', 'epoch-000001');
    expect((await collect({ resume: folder })).start.resumed).toMatchObject({ epochs: 1, step: 5 });
  });

  it('of two at the same step is the one whose epoch has been evaluated', async () => {
    const folder = folderWith('epoch-000001');
    // Odd epochs leave one before their evaluation.
    const before = scratch.newPath();
    await collect({
      ...options(),
      epochs: 2,
      checkpointDir: before,
      checkpointEvery: 2,
      checkpointEverySteps: 3,
      keep: 9,
    });
    expect(namesIn(before)).toEqual(['epoch-000002', 'step-0000003']);
    copyFileSync(path.join(before, fileOf('step-0000003')), path.join(folder, fileOf('step-0000003')));
    expect((await collect({ resume: folder })).start.resumed).toMatchObject({ epochs: 1, step: 3 });
  });
});

describe('a folder that holds checkpoints', () => {
  it('is refused to a run that starts afresh, and left as it was', async () => {
    const folder = folderWith('epoch-000001', 'epoch-000002');
    const { message, status } = await refusalOf(() => collect({ ...options(), checkpointDir: folder }));
    expect(message).toBe(
      `--checkpoint-dir ${folder}: contains checkpoints of another run (epoch-000002.safetensors); ` +
        'add --resume to continue that run, or choose another folder',
    );
    expect(status).toBe(2);
    expect(namesIn(folder)).toEqual(['epoch-000001', 'epoch-000002']);
  });

  it('is refused to a run that is resumed from elsewhere', async () => {
    const folder = folderWith('epoch-000001');
    const { message } = await refusalOf(() => collect({ resume: all, checkpointDir: folder, epochs: 4 }));
    expect(message).toMatch(/contains checkpoints of another run/);
  });

  it('is refused to a run that is resumed from an older one of them by name', async () => {
    const folder = folderWith('epoch-000001', 'epoch-000002');
    const resume = path.join(folder, fileOf('epoch-000001'));
    const { message, status } = await refusalOf(() => collect({ resume }));
    expect(message).toBe(
      `--resume ${resume}: epoch-000002.safetensors in the same folder is newer and would be mixed with the checkpoints of this ` +
        'run; move it away, or choose another --checkpoint-dir',
    );
    expect(status).toBe(2);
    const { end } = await collect({ resume, checkpointDir: scratch.newPath() });
    expect(end.weights_sha256).toBe(undisturbed.end.weights_sha256);
  });

  it('is where a run goes on that is resumed from the newest of them by name', async () => {
    const folder = folderWith('epoch-000001', 'epoch-000002');
    const { end } = await collect({ resume: path.join(folder, fileOf('epoch-000002')) });
    expect(end.weights_sha256).toBe(undisturbed.end.weights_sha256);
    expect(namesIn(folder)).toContain('epoch-000003');
  });
});

describe('nothing to resume', () => {
  it.each([
    { name: 'an empty folder', make: () => folderWith() },
    { name: 'a folder that is not there', make: () => path.join(scratch.newPath(), 'deep', 'below') },
  ])('$name and a bare --resume: the run starts afresh, with a warning', async ({ make }) => {
    const checkpointDir = make();
    const { all, end } = await collect({ ...options(), checkpointDir, resume: true });
    expect(all[1]).toEqual({
      event: 'warning',
      code: 'nothing_to_resume',
      message: `no checkpoint in ${checkpointDir}; starting a new run`,
    });
    expect(all[0]).not.toHaveProperty('resumed');
    expect(end.weights_sha256).toBe(undisturbed.end.weights_sha256);
    expect(namesIn(checkpointDir)).toHaveLength(3);
  });

  it('an empty folder given to --resume is where the checkpoints go', async () => {
    const folder = folderWith();
    const { all } = await collect({ ...options(), resume: folder });
    expect(warningsOf(all)).toMatchObject([{ code: 'nothing_to_resume' }]);
    expect(namesIn(folder)).toHaveLength(3);
  });

  it.each<[string, TrainOptions]>([
    ['no options', {}],
    ['more epochs, which a run that goes on takes', { epochs: 200 }],
    ['other threads', { threads: 1 }],
    ['what a run may have otherwise', { patience: 3, logEvery: 5, checkpointEverySteps: 7, keep: 9, maxTime: 60 }],
  ])('is refused where nothing says what to train: %s', async (_, given) => {
    const empty = folderWith();
    for (const where of [{ resume: empty }, { checkpointDir: empty, resume: true as const }]) {
      const { message, status, code } = await refusalOf(() => collect({ ...where, ...given }));
      expect(message).toBe(
        `--resume: no checkpoint in ${empty}, and no option says what to train; check the folder, ` +
          'or start a new run, for example with --data mnist',
      );
      expect({ status, code }).toEqual({ status: 2, code: 'nothing_to_resume' });
    }
    expect(namesIn(empty)).toEqual([]);
  });

  it('an option says what to train if it decides the weights, and is not one that a resumed run may have otherwise', () => {
    const names = Object.keys(resolveOptions({}));
    const free = [
      ...[
        'threads',
        'vectorBits',
        'ensemble',
        'epochs',
        'patience',
        'maxTime',
        'logEvery',
        'save',
        'testAt',
        'checkpointDir',
        'checkpointEvery',
      ],
      ...['checkpointEverySteps', 'keep', 'checkpointRequired', 'audit', 'noiseScale'],
    ];
    expect(names.filter((name) => !saysWhatToTrain({ [name]: 1 })).sort()).toEqual(free.sort());
    expect(saysWhatToTrain({ resume: 'a', resumeAnyway: true, mpi: true })).toBe(false);
  });

  it('a path that is not there given to --resume is an error: it may be a typing error', async () => {
    const resume = scratch.newPath();
    const { message, status } = await refusalOf(() => collect({ ...options(), resume }));
    expect(message).toBe(
      `--resume ${resume}: no such file or folder; expected a checkpoint or a folder of checkpoints`,
    );
    expect(status).toBe(1);
    expect(existsSync(resume)).toBe(false);
  });
});

describe('damaged checkpoints', () => {
  const damage = (folder: string, name: string, how: (bytes: Buffer) => Uint8Array) => {
    const file = path.join(folder, fileOf(name));
    writeFileSync(file, how(readFileSync(file)));
  };
  const MANNERS = [
    {
      manner: 'without its checksum',
      how: (bytes: Buffer) => Buffer.from(bytes.toString('latin1').replace('"sha256":', '"sha255":'), 'latin1'),
      says: 'it has no checksum',
    },
    {
      manner: 'truncated',
      how: (bytes: Buffer) => bytes.subarray(0, bytes.length - 1),
      says: 'its checksum does not match',
    },
    { manner: 'empty', how: () => Buffer.alloc(0), says: '0 bytes are too few for a header' },
    {
      manner: 'with a flipped bit',
      how: (bytes: Buffer) => {
        bytes[bytes.length - 1]! ^= 1;
        return bytes;
      },
      says: 'its checksum does not match',
    },
  ];

  it.each(MANNERS)('the newest $manner: the run goes on from the one before, with a warning', async ({ how }) => {
    const folder = folderWith('epoch-000001', 'epoch-000002');
    damage(folder, 'epoch-000002', how);
    const { start, all } = await collect({ resume: folder });
    expect(start.resumed).toMatchObject({ step: 3 });
    expect(all[1]).toMatchObject({ event: 'warning', code: 'checkpoint_unusable' });
    expect((all[1] as { message: string }).message).toContain(path.join(folder, fileOf('epoch-000002')));
    expect(resultsOf(all)).toEqual(resultsAfter(undisturbed.all, { epochs: 1, step: 3 }));
  });

  it.each(MANNERS)('all $manner: an error, and nothing is touched', async ({ how }) => {
    const folder = folderWith('epoch-000001', 'epoch-000002');
    for (const name of ['epoch-000001', 'epoch-000002']) damage(folder, name, how);
    const { message, status } = await refusalOf(() => collect({ ...options(), resume: folder }));
    expect(message).toMatch(new RegExp(`^--resume ${folder}: no usable checkpoint: `));
    expect(status).toBe(1);
    expect(namesIn(folder)).toEqual(['epoch-000001', 'epoch-000002']);
  });

  it.each(MANNERS)('one $manner that is named is an error, though there are others', async ({ how, says }) => {
    const folder = folderWith('epoch-000001', 'epoch-000002');
    damage(folder, 'epoch-000002', how);
    const resume = path.join(folder, fileOf('epoch-000002'));
    const { message } = await refusalOf(() => collect({ resume }));
    expect(message).toContain(`${resume}: not a usable checkpoint: ${says}`);
  });

  it('do not keep good ones from being kept', async () => {
    const folder = folderWith('epoch-000001', 'epoch-000002');
    damage(folder, 'epoch-000002', () => Buffer.alloc(0));
    await collect({ resume: folder, keep: 1, epochs: 2 });
    // The run has written the damaged one again.
    expect((await collect({ resume: folder })).start.resumed).toMatchObject({ step: 6 });
  });
});

it.skipIf(process.platform === 'win32')(
  'a named pipe among checkpoints is not waited for (skipped on Windows)',
  async () => {
    const folder = folderWith('epoch-000001');
    execFileSync('mkfifo', [path.join(folder, fileOf('epoch-000002'))]);
    const { start, all } = await collect({ resume: folder });
    expect(start.resumed).toMatchObject({ step: 3 });
    expect(all[1]).toMatchObject({ event: 'warning', code: 'checkpoint_unusable' });
  },
);

it('a model is no checkpoint, and is called what it is', async () => {
  const save = scratch.newPath('model.safetensors');
  await collect({ ...options(), epochs: 0, save });
  const { message, status } = await refusalOf(() => collect({ resume: save }));
  expect(message).toBe(`${save}: not a usable checkpoint: it is a model`);
  expect(status).toBe(1);
});

it('what a dead process left half written is removed, and nothing that only looks so', async () => {
  const folder = folderWith('epoch-000001');
  const dead = `.epoch-000002.safetensors.lockstep-checkpoint-${ownerName().replace(/\d+$/, '4194305')}.tmp`;
  const other = '.epoch-000002.safetensors.4194305.tmp';
  for (const name of [dead, other]) writeFileSync(path.join(folder, name), 'half');
  mkdirSync(path.join(folder, '.epoch-000003.safetensors.4194305.tmp'));
  await collect({ resume: folder });
  expect(existsSync(path.join(folder, dead))).toBe(false);
  expect(existsSync(path.join(folder, other))).toBe(true);
});

it('a file that has come under the name of a checkpoint, and is none, is kept', async () => {
  const folder = folderWith('epoch-000001');
  const stranger = path.join(folder, fileOf('epoch-000003'));
  const { all, end } = await collect({ resume: folder }, ({ event }) => {
    if (event === 'start') writeFileSync(stranger, 'mine');
  });
  expect(readFileSync(stranger, 'utf8')).toBe('mine');
  expect(warningsOf(all)).toMatchObject([{ code: 'checkpoint_failed' }]);
  expect((warningsOf(all)[0] as { message: string }).message).toContain('it exists and is not a checkpoint');
  expect(end).toMatchObject({ status: 'completed', checkpoint: path.join(folder, fileOf('step-0000008')) });
});

describe('a folder that cannot be', () => {
  it('because a file is there, or on the way, is refused before any work', async () => {
    const file = scratch.newPath('file');
    writeFileSync(file, 'mine');
    for (const checkpointDir of [file, path.join(file, 'below')]) {
      const { message, status } = await refusalOf(() => collect({ ...options(), checkpointDir }));
      expect(message).toMatch(/^--checkpoint-dir .*: cannot be written \(.*E(EXIST|NOTDIR).*\); check the path/);
      expect(status).toBe(1);
    }
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('resumed because a file is there, is no checkpoint', async () => {
    const file = scratch.newPath('file');
    writeFileSync(file, 'mine');
    const { message } = await refusalOf(() => collect({ ...options(), checkpointDir: file, resume: true }));
    expect(message).toBe(`${file}: not a usable checkpoint: 4 bytes are too few for a header`);
  });
});
