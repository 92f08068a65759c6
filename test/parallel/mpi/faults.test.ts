/** What goes wrong on one rank ends all of them: with one clear line, no hang, and nobody left behind. */
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndEvent } from '../../../src/metrics/events.js';
import { collect } from '../../support/events.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { type Folder, mnistPart } from '../../support/mnist-part.js';
import { ifSkipped, noOpenMpi, type Part, runRanks, spawnRanks } from '../../support/mpi.js';
import { modularTrainCommand, root, trainCommand } from '../../support/paths.js';
import { processesWith } from '../../support/processes-with.js';
import { type Child, type Ended, finishOf, runTrain } from '../../support/run-command.js';
import { inFull, TRIES_ALL } from '../../support/thoroughness.js';
import { until } from '../../support/until.js';

const FAULT = path.join(root, 'dist/test/support/fault.js');
const NO_KOFFI = path.join(root, 'dist/test/support/no-koffi.js');

let data: Folder;
let otherData: Folder;
let scratch: Folder;
beforeAll(async () => {
  data = await mnistPart(200, 20);
  otherData = await mnistPart(200, 21);
  scratch = temporaryFolder();
});
afterAll(() => {
  for (const folder of [data, otherData, scratch]) folder.remove();
});

const job = (...more: readonly string[]) => [
  ...['--mpi', '--data', data.path, '--hidden', '50', '--batch-size', '20', '--threads', '2', '--format', 'ndjson'],
  ...more,
];

/** What the command itself said. (mpirun has lines of its own.) */
const said = (stderr: string) => stderr.split('\n').filter((line) => line.startsWith('train: '));

const lastOf = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1)!) as EndEvent;

describe.skipIf(noOpenMpi)(`ranks that cannot train together${ifSkipped(noOpenMpi)}`, { concurrent: true }, () => {
  const first = (): Part => ({ ranks: 1, args: [trainCommand, ...job('--epochs', '1')] });

  async function expectRefusal(second: readonly string[], line: RegExp): Promise<void> {
    const { status, stdout, stderr } = await runRanks([first(), { ranks: 1, args: second }]);
    expect(said(stderr)).toEqual([expect.stringMatching(line)]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  }

  it.skipIf(!TRIES_ALL)(`unequal data${inFull}`, async () => {
    await expectRefusal(
      [trainCommand, ...job('--epochs', '1', '--data', otherData.path)],
      /^train: SHA-256 of the test data: rank 1 \(.*\) has [0-9a-f]{64}, but rank 0 \(.*\) has [0-9a-f]{64}; expected the same/,
    );
  });

  it('a table on stdin, which the first alone would get', async () => {
    const args = [trainCommand, ...job('--epochs', '1', '--data', '-', '--label', '1')];
    const { status, stdout, stderr } = await runRanks([{ ranks: 2, args }]);
    expect(said(stderr)).toEqual([
      expect.stringMatching(/^train: -: with --mpi every rank reads the table, but only the first has stdin/),
    ]);
    expect(status).not.toBe(0);
    expect(stdout).toBe('');
  });

  it('unequal options', async () => {
    await expectRefusal(
      [trainCommand, ...job('--epochs', '1', '--lr', '0.5')],
      /^train: --lr: rank 1 \(.*\) has 0.5, but rank 0 \(.*\) has 0.001; expected the same on all ranks/,
    );
  });

  it('data that one of them does not find', async () => {
    await expectRefusal(
      [trainCommand, ...job('--epochs', '1', '--data', path.join(scratch.path, 'none'))],
      /^train: rank 1 \(.*\): --data .*none: no such file or folder/,
    );
  });

  it.skipIf(!TRIES_ALL)(`unequal versions of Lockstep${inFull}`, async () => {
    // The same code, beside another package.json.
    const other = path.join(scratch.path, 'other');
    mkdirSync(other);
    for (const name of ['dist', 'node_modules']) symlinkSync(path.join(root, name), path.join(other, name));
    writeFileSync(path.join(other, 'package.json'), JSON.stringify({ type: 'module', version: '99.1.0' }));
    const asLinked = ['--preserve-symlinks', '--preserve-symlinks-main', path.join(other, 'dist/bundle/train.js')];
    await expectRefusal(
      [...asLinked, ...job('--epochs', '1')],
      /^train: Lockstep's version: rank 1 \(.*\) has 99.1.0, but rank 0 \(.*\) has \d+\.\d+\.\d+;/,
    );
  });
});

describe.skipIf(noOpenMpi || !TRIES_ALL)(`ranks that end before their time${ifSkipped(noOpenMpi)}${inFull}`, () => {
  /** Starts two endless ranks, and waits for their first checkpoint. */
  async function start(
    name: string,
    ...more: readonly string[]
  ): Promise<{ child: Child; ended: Promise<Ended>; folder: string }> {
    const folder = path.join(scratch.path, name);
    const args = [trainCommand, ...job('--epochs', '1000000', '--checkpoint-dir', folder, ...more)];
    mkdirSync(folder);
    const child = spawnRanks([{ ranks: 2, args }]);
    const ended = finishOf(child);
    await until(() => checkpointsIn(folder).length > 0);
    return { child, ended, folder };
  }

  const checkpointsIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.safetensors'));

  it('a rank that is killed ends the job, and its checkpoint is gone on from by fewer ranks', async () => {
    const { ended, folder } = await start('killed-rank', '--exact');
    const [victim] = processesWith(folder, 'OMPI_COMM_WORLD_RANK=1');
    process.kill(victim!, 'SIGKILL');
    const { status, stderr } = await ended;
    expect(status).toBe(137);
    expect(stderr).toContain('process rank 1');
    await until(() => processesWith(folder).length === 0);
    const names = checkpointsIn(folder);
    const epochs = Math.max(...names.map((each) => Number(/\d+/.exec(each)![0])));
    const resumed = await runTrain(job('--checkpoint-dir', folder, '--resume', '--epochs', `${epochs + 1}`));
    expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: '' });
    expect(lastOf(resumed.stdout)).toMatchObject({ status: 'completed', epochs: epochs + 1 });
    // Sums in a tree of shards are MPI's business, and the option is in the checkpoint.
    await expect(collect({ checkpointDir: folder, resume: true, epochs: epochs + 2 })).rejects.toThrow(
      /^`resume`: .*\.safetensors was trained with `exact`; add `mpi`/,
    );
  });

  it('SIGTERM to mpirun: an end event, and a checkpoint', async () => {
    // Few lines a second: mpirun reads none from now on, and the end event is to fit into the terminal.
    const { child, ended, folder } = await start('terminated', '--hidden', '1000', '--batch-size', '3');
    child.kill('SIGTERM');
    const { status, stdout, stderr } = await ended;
    expect({ status, said: said(stderr) }).toEqual({ status: 1, said: [] });
    const end = lastOf(stdout);
    expect(end).toMatchObject({ event: 'end', status: 'interrupted' });
    expect(checkpointsIn(folder)).toContain(path.basename(end.checkpoint!));
    await until(() => processesWith(folder).length === 0);
  });

  it('SIGTERM to mpirun, which then reads nothing more: lines are lost, the checkpoint is not', async () => {
    const folder = path.join(scratch.path, 'unread');
    // None but the last is due. One rank, for a line every few milliseconds: 4 KB fill the terminal that mpirun gave it.
    const checkpoints = ['--checkpoint-dir', folder, '--checkpoint-every', '1000000'];
    const small = ['--hidden', '5', '--batch-size', '2', '--threads', '1'];
    const args = [trainCommand, ...job('--epochs', '1000000', '--log-every', '1'), ...small, ...checkpoints];
    const child = spawnRanks([{ ranks: 1, args }], { OMPI_MCA_odls_base_sigkill_timeout: '3' });
    const ended = finishOf(child);
    let read = '';
    child.stdout.on('data', (chunk) => {
      read += String(chunk);
    });
    await until(() => read.includes('"event":"epoch"'));
    child.kill('SIGTERM');
    const { status, stderr } = await ended;
    expect({ status, said: said(stderr) }).toEqual({ status: 1, said: [] });
    expect(checkpointsIn(folder)).toHaveLength(1);
    await until(() => processesWith(folder).length === 0);
  });

  it('a rank that is suspended is waited for, and the run goes on with it', async () => {
    // (A fault that never comes: the watchdog's patience is wanted.)
    const environment = { FAULT: 'throw:step:1000000000', FAULT_PATIENCE_MS: '1500' };
    const folder = path.join(scratch.path, 'suspended');
    const args = job('--epochs', '1000000', '--checkpoint-dir', folder, '--keep', '1');
    mkdirSync(folder);
    const child = spawnRanks([{ ranks: 2, args: ['--import', FAULT, modularTrainCommand, ...args] }], environment);
    const ended = finishOf(child);
    await until(() => checkpointsIn(folder).length > 0);
    const [rank1] = processesWith(folder, 'OMPI_COMM_WORLD_RANK=1');
    process.kill(rank1!, 'SIGSTOP');
    await setTimeout(2500);
    const before = checkpointsIn(folder);
    process.kill(rank1!, 'SIGCONT');
    await until(() => checkpointsIn(folder).some((name) => !before.includes(name)));
    process.kill(rank1!, 'SIGTERM');
    const { stdout, stderr } = await ended;
    expect(said(stderr)).toEqual([]);
    expect(lastOf(stdout)).toMatchObject({ event: 'end', status: 'interrupted' });
    await until(() => processesWith(folder).length === 0);
  });

  it('SIGKILL to mpirun leaves nobody behind', async () => {
    const { child, folder } = await start('killed-launcher');
    // The launcher and its two ranks.
    expect(processesWith(folder).length).toBeGreaterThanOrEqual(3);
    child.kill('SIGKILL');
    await until(() => processesWith(folder).length === 0);
  });

  it('a thread that dies on one rank: its line, and the end of all', async () => {
    const args = job('--epochs', '1000000', '--save', path.join(scratch.path, 'never.safetensors'));
    const { status, stdout, stderr } = await runRanks(
      [
        { ranks: 1, args: [trainCommand, ...args] },
        { ranks: 1, args: ['--import', FAULT, modularTrainCommand, ...args] },
      ],
      { FAULT: 'throw:transpose:30' },
    );
    expect(said(stderr)).toEqual([
      expect.stringMatching(
        /^train: rank 1 \(.*\): worker thread 2 of 2 died in the update phase, in step 15: out of luck/,
      ),
    ]);
    expect({ status, events: stdout.includes('"event":"end","status":"completed"') }).toEqual({
      status: 1,
      events: false,
    });
    await until(() => processesWith('never.safetensors').length === 0);
  });
});

describe('what --mpi needs', () => {
  const refusal = async (args: readonly string[], nodeArgs: readonly string[] = []) =>
    await runTrain(['--data', data.path, ...args], {}, nodeArgs);

  it('the package koffi', async () => {
    const { status, stdout, stderr } = await refusal(['--mpi'], ['--import', NO_KOFFI]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      "train: --mpi: cannot load the package koffi, which calls MPI (Cannot find module 'koffi'); " +
        'install it: npm install koffi\n',
    );
  });

  it.skipIf(noOpenMpi?.includes('koffi'))('an MPI library', async () => {
    const { status, stdout, stderr } = await refusal(['--mpi', '/none/libmpi.so']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^train: --mpi \/none\/libmpi\.so: .*: expected an MPI library, such as .*\n$/);
  });

  it.skipIf(noOpenMpi)(`that the launcher is of the same MPI${ifSkipped(noOpenMpi)}`, async () => {
    const { status, stderr } = await runTrain(job(), { OMPI_COMM_WORLD_SIZE: '3' });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^train: --mpi: the launcher started 3 ranks, but .* sees only this one/);
  });

  it.skipIf(noOpenMpi)(`strategy sliced${ifSkipped(noOpenMpi)}`, async () => {
    expect(await runTrain(job('--strategy', 'dense'))).toEqual({
      ...{ status: 2, stdout: '' },
      stderr: 'train: --strategy dense: expected sliced with --mpi\n',
    });
  });
});
