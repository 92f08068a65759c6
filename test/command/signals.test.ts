/**
 * Signals end a run in order: the step is finished, a checkpoint is there, the end event is said, the exit status names the
 * signal.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CheckpointEvent, EndEvent, TrainEvent } from '../../src/metrics/events.js';
import type { TrainOptions } from '../../src/options.js';
import { linesOf, startTrain } from '../support/child.js';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { makePipe } from '../support/named-pipe.js';
import { trainCommand } from '../support/paths.js';
import { readTensorFile } from '../support/tensor-file.js';
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

describe.each(SIGNALS)('%s', (signal, expected) => {
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
  const { child, lines, ended } = startTrain(['--threads', '2', '--epochs', '1000000']);
  // Its handlers stand before anything is loaded; before them, the signal's default would end it just as well.
  setTimeout(() => child.kill('SIGTERM'), 300);
  let last = '';
  for await (const line of lines) last = line;
  const { status } = await ended;
  expect([143, null]).toContain(status);
  if (status === 143) expect(JSON.parse(last)).toMatchObject({ event: 'end', status: 'interrupted' });
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
    await expectExactResume({ hidden: [100] });
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
