/** With every optimizer, a run that goes on from a checkpoint ends as if it had never stopped; and what cannot be, is refused. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { collect } from '../support/events.js';
import { flagsOf } from '../support/flags.js';
import type { Folder } from '../support/idx-files.js';
import { OPTIMIZER_CASES } from '../support/optimizer-cases.js';
import { JOB, writeJobData } from '../support/optimizer-job.js';
import { trainCommand } from '../support/paths.js';
import { refusalOf } from '../support/refusals.js';
import { finishOf, spawnQuiet } from '../support/run-command.js';
import { readTensorFile } from '../support/tensor-file.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

let data: Folder;
beforeAll(() => {
  data = writeJobData();
});
afterAll(() => data.remove());

let folders = 0;
const newFolder = () => path.join(data.path, `run-${++folders}`);
/** What goes on needs no checkpoints, which wait for the disk. */
const NO_MORE = { checkpointEvery: 100, checkpointEverySteps: 300 } as const;
const NAMES = ['step-0000005.safetensors', 'epoch-000003.safetensors'];

/** Every option is in one of them. */
const RESUMED = [
  ...[
    'nesterov',
    'weight decay',
    'adam with other numbers',
    'adam and weight decay',
    'clipping the mean, and momentum',
  ],
  ...[
    'clipping and adam',
    'step schedule',
    'cosine schedule',
    'warm-up',
    'warm-up, cosine, nesterov, decay and clipping',
  ],
  ...['adamw', 'rmsprop and weight decay', 'lion', 'one-cycle schedule'],
  ...['moving average', 'rmsprop, centered, with momentum', 'moving average, adam and clipping'],
];

it.each(casesOf(RESUMED, (name, number) => number % 4 === 1 || name.startsWith('rmsprop, centered')))(
  '%s: from within an epoch, and from the end of one',
  async (name) => {
    const options = OPTIMIZER_CASES[name]!;
    const checkpointDir = newFolder();
    const run: TrainOptions = { ...JOB, ...options, data: data.path, threads: 1 };
    const undisturbed = await collect({
      ...run,
      checkpointDir,
      checkpointEvery: 3,
      checkpointEverySteps: 5,
      keep: 100,
    });
    expect(await readdir(checkpointDir)).toEqual(expect.arrayContaining(NAMES));
    for (const [i, file] of NAMES.entries()) {
      const resume = path.join(checkpointDir, file);
      const end = (await collect({ resume, ...NO_MORE, checkpointDir: newFolder(), threads: valuesOf(2 - i, 1) })).end;
      expect(end.weights_sha256, file).toBe(undisturbed.end.weights_sha256);
      expect(end.train_loss).toBe(undisturbed.end.train_loss);
    }
  },
);

/** Every option is in one of them: test/reliability/kill-sweep.ts has all alone. */
const KILLED = ['clipping and adam', 'step schedule', 'warm-up, cosine, nesterov, decay and clipping'] as const;
it.concurrent.each(casesOf(KILLED, (name) => name === 'clipping and adam'))('%s: after a kill', async (name) => {
  const options = OPTIMIZER_CASES[name];
  const checkpointDir = newFolder();
  const run: TrainOptions = { ...JOB, ...options, data: data.path, epochs: 100, threads: 2 };
  const child = spawnQuiet(process.execPath, [
    trainCommand,
    ...flagsOf({ ...run, checkpointDir, checkpointEverySteps: 1 }),
  ]);
  // Within an epoch, and long before the last.
  child.stdout.setEncoding('utf8').on('data', (lines: string) => {
    if (/"file":"[^"]*step-00000[1-9]/.test(lines)) child.kill('SIGKILL');
  });
  expect((await finishOf(child)).signal).toBe('SIGKILL');

  const undisturbed = await collect(run);
  const resumed = await collect({ resume: checkpointDir, ...NO_MORE, threads: valuesOf(3, 1) });
  expect(resumed.start.resumed!.step).toBeGreaterThan(9);
  expect(resumed.end).toMatchObject({ status: 'completed', weights_sha256: undisturbed.end.weights_sha256 });
});

it.each([
  ['F64', { kernel: 'reference' }],
  ['F32', { kernel: 'simd', strategy: 'dense' }],
] as const)('what the optimizer remembers is kept as %s, given %j', async (type, given) => {
  const run: TrainOptions = { ...JOB, ...OPTIMIZER_CASES.adam, ...given, data: data.path, threads: 2 };
  const checkpointDir = newFolder();
  const undisturbed = await collect({ ...run, checkpointDir, checkpointEverySteps: 5, keep: 100 });
  const resume = path.join(checkpointDir, NAMES[0]!);
  const { tensors } = readTensorFile(resume);
  const moments = [...tensors].filter(([name]) => !/^layers\.\d\.(weight|bias)$/.test(name));
  expect(moments).toHaveLength(2 * (tensors.size - moments.length));
  expect(new Set(moments.map(([, { dtype }]) => dtype))).toEqual(new Set([type]));
  const { end } = await collect({ resume, ...NO_MORE, checkpointDir: newFolder() });
  expect(end.weights_sha256).toBe(undisturbed.end.weights_sha256);
});

describe('with another optimizer than the checkpoint was written with', () => {
  let file: string;
  beforeAll(async () => {
    const checkpointDir = newFolder();
    const run = { ...JOB, lr: 0.01, momentum: 0.5, schedule: 'cosine', data: data.path, threads: 1 } as const;
    const { end } = await collect({ ...run, checkpointDir });
    file = end.checkpoint!;
  });
  const resume = (given: TrainOptions) => () => collect({ resume: file, checkpointDir: newFolder(), ...given });

  it.each([
    [{ optimizer: 'adam', momentum: 0 } as const, '--optimizer adam', true],
    [{ momentum: 0 }, '--momentum 0', true],
    [{ momentum: 0.9 }, '--momentum 0.9', false],
    [{ weightDecay: 0.1 }, '--weight-decay 0.1', false],
    [{ clipNorm: 1 }, '--clip-norm 1', false],
    [{ schedule: 'constant' } as const, '--schedule constant', false],
    [{ schedule: 'linear' } as const, '--schedule linear', false],
    [{ epochs: JOB.epochs + 1 }, `--epochs ${JOB.epochs + 1}`, false],
  ])('%j is refused, and said why', async (given, flag, isForGood) => {
    const refusal = await refusalOf(resume(given));
    expect(refusal.message).toContain(`${flag}: `);
    expect(refusal.status).toBe(2);
    const anyway = resume({ ...given, resumeAnyway: true });
    if (isForGood) {
      expect((await refusalOf(anyway)).message).toContain('does not hold the state of the other optimizer');
      return;
    }
    const { end, all } = await anyway();
    expect(end.status).toBe('completed');
    expect(all.filter((event) => event.event === 'warning')).toHaveLength(1);
  });
});
