/**
 * Signals end a run in order: the step is finished, a checkpoint is there, the end event is said, the exit status names the
 * signal.
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, copyFileSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import type { CheckpointEvent, EndEvent, TrainEvent } from '../../src/metrics/events.js';
import { linesOf, startTrain } from '../support/child.js';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { makePipe } from '../support/named-pipe.js';
import { openFilesOf } from '../support/open-files.js';
import { trainCommand } from '../support/paths.js';
import { tensorFile } from '../support/plain-model.js';
import { finishOf, spawnQuiet } from '../support/run-command.js';
import { runHere } from '../support/run-here.js';
import { lockstepCommand } from '../support/run-lockstep.js';
import { readTensorFile } from '../support/tensor-file.js';
import { casesOf } from '../support/thoroughness.js';
import { until } from '../support/until.js';

let data: Folder;
beforeAll(async () => {
  data = await mnistPart(2000, 100);
});
afterAll(() => data.remove());

const endless = () => ['--data', data.path, '--threads', '2', '--epochs', '1000000', '--hidden', '100'];

const SIGNALS = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const;

/** With a folder for checkpoints, all signals end a run; elsewhere one stands for them. */
const SOME_SIGNALS = casesOf<(typeof SIGNALS)[number]>(SIGNALS, ([signal]) => signal === 'SIGTERM');

describe.each(SOME_SIGNALS)('%s', (signal, expected) => {
  it(`ends the run with an end event and status ${expected}`, async () => {
    const { child, lines, ended } = startTrain(endless());
    const events: { event: string; status?: string; weights_sha256?: string }[] = [];
    for await (const line of lines) {
      events.push(JSON.parse(line));
      if (events.length === 3) child.kill(signal);
    }
    const { status, stderr } = await ended;
    expect(status).toBe(expected);
    expect(stderr).toBe('');
    expect(events.at(-1)).toMatchObject({ event: 'end', status: 'interrupted' });
    expect(events.at(-1)?.weights_sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});

it('a signal while the data are loading ends the run too', async () => {
  const child = spawnQuiet(process.execPath, [trainCommand, '--threads', '2', '--epochs', '1000000']);
  const ended = new Promise((resolve) => child.on('close', resolve));
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  // Where this process is too slow to see that, the run has begun.
  const isLoading = () => openFilesOf(child.pid!).some((file) => file.includes('idx3-ubyte'));
  await until(() => isLoading() || stdout !== '');
  child.kill('SIGTERM');
  expect(await ended).toBe(143);
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({ event: 'end', status: 'interrupted' });
});

it('a signal while a table is being read ends the process at once', async () => {
  const child = spawn(process.execPath, [trainCommand, '--data', '-', '--label', '1'], { stdio: 'pipe' });
  const ended = new Promise((resolve) => child.on('close', resolve));
  // More than a pipe holds: when it is written, it is being read.
  await new Promise((resolve) => child.stdin.write('1,2\n'.repeat(100_000), resolve));
  child.kill('SIGINT');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect({ status: await ended, stdout, stderr }).toEqual({ status: 130, stdout: '', stderr: '' });
});

describe('a named pipe', () => {
  let folder: Folder;
  let pipe: string;
  let table: string;
  let model: string;
  beforeAll(async () => {
    folder = temporaryFolder();
    pipe = path.join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    folder.write('table.csv', Buffer.from(Array.from({ length: 40 }, (_, i) => `${i},${i % 2}\n`).join('')));
    table = path.join(folder.path, 'table.csv');
    model = path.join(folder.path, 'model.safetensors');
    await collect({ data: table, label: '2', batchSize: 4, hidden: [2], epochs: 1, threads: 1, save: model });
  });
  afterAll(() => folder.remove());

  /** Waits until the process has the pipe open, sends the signal, and gives what came of it. */
  async function interrupted(signal: NodeJS.Signals, command: string, args: readonly string[]) {
    const child = spawnQuiet(process.execPath, [command, ...args]);
    const ended = finishOf(child);
    await until(() => child.exitCode !== null || openFilesOf(child.pid!).includes(pipe));
    child.kill(signal);
    return await ended;
  }

  it.each(SOME_SIGNALS)('that nobody writes to is not waited for after %s', async (signal, status) => {
    expect(await interrupted(signal, trainCommand, ['--data', pipe, '--label', '1'])).toEqual({
      ...{ status, signal: null, stdout: '', stderr: '' },
    });
  });

  it('as --test-data is not waited for either', async () => {
    const args = ['--data', table, '--label', '2', '--test-data', pipe];
    expect(await interrupted('SIGINT', trainCommand, args)).toEqual({
      ...{ status: 130, signal: null, stdout: '', stderr: '' },
    });
  });

  it('whose writer says nothing more is not waited for', async () => {
    const writer = openSync(pipe, constants.O_RDWR);
    writeSync(writer, '1,2\n3,4\n');
    const args = ['--data', pipe, '--label', '2'];
    expect(await interrupted('SIGTERM', trainCommand, args)).toMatchObject({ status: 143, stdout: '', stderr: '' });
    closeSync(writer);
  });

  it('of gzipped rows is not waited for', async () => {
    const writer = openSync(pipe, constants.O_RDWR);
    writeSync(writer, gzipSync('1,2\n3,4\n').subarray(0, 20));
    const args = ['--data', pipe, '--label', '2'];
    expect(await interrupted('SIGINT', trainCommand, args)).toMatchObject({ status: 130, stdout: '', stderr: '' });
    closeSync(writer);
  });

  it('that a checkpoint names is not waited for', async () => {
    const checkpoints = path.join(folder.path, 'checkpoints');
    const own = path.join(folder.path, 'own.csv');
    copyFileSync(table, own);
    await collect({
      data: own,
      label: '2',
      batchSize: 4,
      hidden: [2],
      epochs: 1,
      threads: 1,
      checkpointDir: checkpoints,
    });
    rmSync(own);
    renameSync(pipe, own);
    const child = spawnQuiet(process.execPath, [trainCommand, '--resume', checkpoints, '--epochs', '2']);
    const ended = finishOf(child);
    await until(() => child.exitCode !== null || openFilesOf(child.pid!).includes(own));
    child.kill('SIGINT');
    expect(await ended).toEqual({ status: 130, signal: null, stdout: '', stderr: '' });
    renameSync(own, pipe);
  });

  // (These leave signals to the system: a shell says 130 of them, too.)
  it.each([
    ['predict', () => ['predict', model, pipe]],
    ['evaluate', () => ['evaluate', model, '--data', pipe]],
    ['plot', () => ['plot', pipe]],
  ] as const)('lets %s be interrupted', async (_, args) => {
    expect(await interrupted('SIGINT', lockstepCommand, args())).toEqual({
      ...{ status: null, signal: 'SIGINT', stdout: '', stderr: '' },
    });
  });

  it('is not waited for by plot -o - , which draws what stdin has said when it is interrupted', async () => {
    const args = ['plot', pipe, '-', '-o', path.join(folder.path, 'x.svg')];
    expect(await interrupted('SIGINT', lockstepCommand, args)).toMatchObject({ status: 130, stdout: '', stderr: '' });
  });

  it.each([
    ['as a model', () => ['inspect', pipe]],
    ['as a model to export', () => ['export', pipe, '-o', path.join(folder.path, 'x.npz')]],
    ['as a picture', () => ['predict', imageModel(), pipe]],
  ] as const)('is refused %s', async (_, args) => {
    const { status, stderr } = await runHere(args());
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/not a regular file/) as string,
    });
  });

  /** (A picture may be of any kind, so its first bytes are looked at.) */
  function imageModel(): string {
    folder.write(
      'images.safetensors',
      tensorFile(
        [
          [1, 2],
          [3, 4],
          [5, 6],
          [7, 8],
        ],
        [0, 0],
      ),
    );
    return path.join(folder.path, 'images.safetensors');
  }
});

describe('with a folder for checkpoints', () => {
  let folder: Folder;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  /** None but the one that is taken when the run ends, unless more is said. */
  const checkpoints = () => ['--checkpoint-dir', folder.path, '--checkpoint-every', '1000000'];
  const names = () => readdirSync(folder.path).filter((name) => name.endsWith('.safetensors'));
  /** What its newest says of itself. */
  const newest = () => {
    const files = names().map((name) => readTensorFile(path.join(folder.path, name)).metadata);
    return files.sort((a, b) => Number(b.step) - Number(a.step))[0]!;
  };

  /** Resumed, the run ends in the weights that it would have had, had it never been stopped. */
  async function expectExactResume(options: TrainOptions): Promise<void> {
    const epochs = Number(newest().epochs) + 2;
    const resumed = await collect({ resume: folder.path, epochs });
    const undisturbed = await collect({ data: data.path, threads: 2, epochs, ...options });
    expect(resumed.end.weights_sha256).toBe(undisturbed.end.weights_sha256);
  }

  it.each(SIGNALS)('%s leaves one of the very step that the end event tells of', async (signal, expected) => {
    const { child, lines, ended } = startTrain([...endless(), ...checkpoints()]);
    const events: TrainEvent[] = [];
    for await (const line of lines) {
      events.push(JSON.parse(line) as TrainEvent);
      if (events.length === 3) child.kill(signal);
    }
    expect(await ended).toEqual({ status: expected, stderr: '' });
    const told = events.filter((event): event is CheckpointEvent => event.event === 'checkpoint');
    expect(told).toHaveLength(1);
    const { file, step } = told[0]!;
    expect(names()).toEqual([path.basename(file)]);
    const { weights_sha256 } = events.at(-1) as EndEvent;
    expect(newest()).toMatchObject({ step: String(step), weights_sha256 });
    // (What is resumed does not know which signal it was.)
    if (SOME_SIGNALS.some(([name]) => name === signal)) await expectExactResume({ hidden: [100] });
  });

  /** Begins a run whose lines nobody reads, and interrupts it when its pipe is full. */
  async function interruptStalled(signal: 'SIGINT' | 'SIGTERM') {
    const pipe = makePipe(path.join(folder.path, 'pipe'));
    // An epoch's 2,000 lines are more than any buffers on the way hold, so its events cannot all have been handled; and
    // the threads are at most one epoch ahead of those.
    const small = ['--data', data.path, '--threads', '1', '--hidden', '10', '--batch-size', '1', '--epochs', '1000000'];
    const often = ['--checkpoint-every-steps', '3999'];
    const running = startTrain([...small, '--log-every', '1', ...checkpoints(), ...often], pipe.writingEnd);
    pipe.closeWritingEnd();
    await until(() => names().includes('step-0003999.safetensors'));
    running.child.kill(signal);
    await until(() => names().length === 2);
    return { ...running, read: pipe.read };
  }

  it('one is written though nobody reads the lines', async () => {
    const { ended, read } = await interruptStalled('SIGTERM');
    let last = '';
    for await (const line of linesOf(read())) last = line;
    expect(await ended).toEqual({ status: 143, stderr: '' });
    expect(newest()).toMatchObject({ step: '4000', weights_sha256: (JSON.parse(last) as EndEvent).weights_sha256 });
    await expectExactResume({ hidden: [10], batchSize: 1, threads: 1 });
  });

  it('a second signal ends the process at once, though nobody reads its lines', async () => {
    const { child, ended, read } = await interruptStalled('SIGINT');
    // Without it the process would wait for the reader, which begins only when it has ended.
    child.kill('SIGINT');
    expect(await ended).toEqual({ status: 130, stderr: '' });
    read().destroy();
  });

  it('one is written when the reader of the lines has gone', async () => {
    const { child, lines, ended } = startTrain([...endless(), ...checkpoints()]);
    for await (const _ of lines) break;
    child.stdout!.destroy();
    expect(await ended).toEqual({ status: 141, stderr: '' });
    expect(names()).toHaveLength(1);
    await expectExactResume({ hidden: [100] });
  });
});
