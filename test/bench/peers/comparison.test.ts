/** bench/peers with stand-ins for other trainers and for other checkouts: what is started, checked and reported. */
import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LossCheck } from '../../../bench/support/peer-check.js';
import { provideData } from '../../../bench/support/peer-data.js';
import { findPeers, lockstep, type Peer } from '../../../bench/support/peer-list.js';
import { type PeerRun, runProgram } from '../../../bench/support/peer-run.js';
import { type Folder, temporaryFolder } from '../../support/idx-files.js';
import { root } from '../../support/paths.js';
import { finishOf, spawnQuiet } from '../../support/run-command.js';
import { inFull, TRIES_ALL } from '../../support/thoroughness.js';

const PROGRAM = path.join(root, 'dist/bench/peers.js');
const SMALL_JOB = '--data table-small --peers none --samples 2000 --rounds 1 --epochs 2 --threads 1,2'.split(' ');

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** A checkout that runs this one's code. */
function sameCheckout(name: string): string {
  const checkout = path.join(folder.path, name);
  mkdirSync(checkout);
  symlinkSync(path.join(root, 'dist'), path.join(checkout, 'dist'));
  return checkout;
}

/** A checkout whose train command is this script. */
function otherCheckout(name: string, script: string): string {
  mkdirSync(path.join(folder.path, name, 'dist/bundle'), { recursive: true });
  folder.write(`${name}/dist/bundle/train.js`, script);
  return path.join(folder.path, name);
}

/** A train command that prints these losses. */
function printing(losses: readonly number[], threads = 1): string {
  const epochs = losses.map((train_loss, i) => ({ event: 'epoch', epoch: i + 1, train_loss, seconds: 1 }));
  const lines = [{ event: 'start', threads }, ...epochs].map((line) => JSON.stringify(line));
  return `for (const line of ${JSON.stringify(lines)}) console.log(line);`;
}

async function compare(...args: readonly string[]) {
  const { status, stdout, stderr } = await finishOf(
    spawnQuiet(process.execPath, [PROGRAM, ...SMALL_JOB, '--json', ...args]),
  );
  const rows = stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { status, rows, stderr };
}

describe.skipIf(!TRIES_ALL)(`peers.js${inFull}`, () => {
  it('compares another checkout and the default number of threads, turn by turn', async () => {
    const { status, rows, stderr } = await compare('--default-threads', '--lockstep', sameCheckout('older'));
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const node = `Node ${process.version}`;
    const names = [`Lockstep, ${node}`, `Lockstep older, ${node}`, `Lockstep, ${node}, default threads`];
    expect(rows.map(({ peer, threads }) => [peer, threads])).toEqual(
      [1, 2].flatMap((threads) => names.map((name) => [name, threads])),
    );
    for (const row of rows) {
      expect(row).toMatchObject({ data: 'table-small', samples: 2000, network: [28, 64, 2], batch: 100 });
      expect(row.seconds).toBeGreaterThan(0);
      expect(row.times_lockstep).toBeGreaterThan(0);
    }
    expect(rows[0]).toMatchObject({ times_lockstep: 1, used_threads: [1] });
  });

  it('fails a checkout that reaches other losses', async () => {
    const { status, rows } = await compare('--threads', '1', '--lockstep', otherCheckout('wrong', printing([1, 2])));
    expect(status).toBe(1);
    expect(rows.map((row) => row.failed ?? 'ok')).toEqual([
      expect.stringMatching(/^loss 1\.0000 after epoch 1 of 2000 samples, not 0\.\d+$/),
      'ok',
    ]);
  });

  it.each([
    [['--lockstep', '/nowhere'], '/nowhere/dist/bundle/train.js does not exist: build that checkout first'],
    [['--batch', '300'], 'expected a batch size that divides 2000, found 300'],
  ])('refuses %j', async (args, message) => {
    const { status, stderr, rows } = await compare(...args);
    expect({ status, rows, stderr: stderr.trim() }).toEqual({ status: 2, rows: [], stderr: `error: ${message}` });
  });
});

describe('Lockstep', () => {
  const job = { data: provideData('mnist', 50), threads: 3, epochs: 2, samples: 500 };

  it('is told the whole job, whatever its defaults are', () => {
    const command = lockstep(process.execPath).command(job).join(' ');
    for (const option of ['--hidden 1000', '--batch-size 50', '--optimizer sgd', '--reduction sum', '--lr 0.002']) {
      expect(command).toContain(option);
    }
    expect(command).toContain('--data mnist --limit 500 --epochs 2 ');
    expect(command).toMatch(/ --threads 3$/);
  });

  it('chooses its number of threads itself, if it is to', () => {
    expect(lockstep(process.execPath, { defaultThreads: true }).command(job)).not.toContain('--threads');
  });
});

describe('findPeers', () => {
  it('leaves out programs for images if the job is a table', async () => {
    const data = { ...provideData('mnist', 100), kind: 'table' as const };
    const { present, missing } = await findPeers(['jax-js', 'convnetjs'], process.execPath, data);
    expect(present).toEqual([]);
    expect(missing.map(({ why }) => why)).toEqual(Array(2).fill('its program is written for images'));
  });

  it('says what is not installed', async () => {
    const python = process.env.PYTHON;
    process.env.PYTHON = path.join(folder.path, 'python');
    try {
      const { missing } = await findPeers(['pytorch'], process.execPath, provideData('mnist', 100));
      expect(missing).toHaveLength(1);
      expect(missing[0]!.why).toContain('bench/peers/requirements.txt');
    } finally {
      if (python === undefined) delete process.env.PYTHON;
      else process.env.PYTHON = python;
    }
  });
});

describe('runProgram', () => {
  it('gives a program its number of threads and its environment', async () => {
    const script = `
      const { OMP_NUM_THREADS, OPENBLAS_NUM_THREADS, RAYON_NUM_THREADS, ATEN_CPU_CAPABILITY } = process.env;
      const threads = new Set([OMP_NUM_THREADS, OPENBLAS_NUM_THREADS, RAYON_NUM_THREADS].map(Number));
      console.log('a greeting');
      console.log(JSON.stringify({ event: 'start', threads: threads.size === 1 ? [...threads][0] : -1 }));
      console.log(JSON.stringify({ epoch: 1, train_loss: ATEN_CPU_CAPABILITY === 'avx2' ? 2 : 0, seconds: 3 }));
    `;
    const command = [process.execPath, '-e', script] as const;
    const run = await runProgram(command, 2, { ATEN_CPU_CAPABILITY: 'avx2' });
    expect(run.threads).toBe(2);
    expect(run.epochs).toEqual([{ train_loss: 2, seconds: 3 }]);
  });
});

describe('LossCheck', () => {
  const data = provideData('mnist', 100);
  const stub = (losses: readonly number[]): Peer => ({
    name: 'Lockstep',
    part: undefined,
    otherJob: undefined,
    environment: {},
    command: () => [process.execPath, '-e', printing(losses)],
  });
  const runOf = (losses: readonly (number | null)[]): PeerRun => ({
    epochs: losses.map((train_loss) => ({ train_loss, seconds: 1 })),
    startupSeconds: 1,
    peakBytes: undefined,
    threads: undefined,
  });

  it.each([
    ['within 5 %', [1.04, 0.48], undefined],
    ['above', [1, 0.53], 'loss 0.5300 after epoch 2 of 600 samples, not 0.5000'],
    ['below', [0.94, 0.5], 'loss 0.9400 after epoch 1 of 600 samples, not 1.0000'],
    ['not a number', [1, null], 'loss NaN after epoch 2'],
    ['missing', [1], '1 epochs instead of 2'],
  ])('losses %s', async (_, losses, message) => {
    const check = new LossCheck(stub([1, 0.5]), data, 2).check(stub([]), 600, runOf(losses));
    if (message === undefined) await expect(check).resolves.toBeUndefined();
    else await expect(check).rejects.toThrow(message);
  });

  it('holds Lockstep itself to the losses of the reference', async () => {
    const wrong = stub([1, 0.5]);
    const check = new LossCheck(wrong, data, 2).check(wrong, data.samples, runOf([1, 0.5]));
    await expect(check).rejects.toThrow('loss 1.0000 after epoch 1 of 60000 samples, not 0.4870');
  });

  it('does not compare the losses of a different job', async () => {
    const different = { ...stub([]), otherJob: 'squared error' };
    const check = new LossCheck(stub([1, 0.5]), data, 2).check(different, 600, runOf([null, null]));
    await expect(check).resolves.toBeUndefined();
  });
});
