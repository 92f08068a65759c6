/** What a run leaves for TensorBoard, read by a reader of its own (and TensorBoard's, where Python has it). */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../../src/config/options.js';
import type { EpochEvent, StepEvent, TrainEvent } from '../../../src/metrics/events.js';
import { withTensorBoard } from '../../../src/output/tensorboard/with-tensorboard.js';
import { train } from '../../../src/run/train.js';
import { withDiskFault } from '../../support/disk-fault.js';
import { fieldsOf, mapOf, numberOf, type ReadFile, readEventFiles } from '../../support/event-files.js';
import { fixtures } from '../../support/paths.js';
import { refusalOf } from '../../support/refusals.js';
import { runTrain } from '../../support/run-command.js';
import { casesOf } from '../../support/thoroughness.js';
import { type TinyRun, tinyRun } from '../../support/tiny-run.js';

let tiny: TinyRun;
let options: TrainOptions;
beforeAll(async () => {
  tiny = await tinyRun();
  options = { data: tiny.data, hidden: [3, 2], batchSize: 5, epochs: 3, lr: 0.05, threads: 1, logEvery: 2 };
});
afterAll(() => tiny.remove());

let folders = 0;
const newFolder = () => path.join(tiny.folder, `logs-${++folders}`, 'run');

async function runInto(folder: string, given: TrainOptions): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of withTensorBoard(train(given), folder)) events.push(event);
  return events;
}

/** Of all files, by tag: the steps and values. */
function scalarsIn(files: readonly ReadFile[]): Record<string, [number, number][]> {
  const found: Record<string, [number, number][]> = {};
  for (const { step, values } of files.flatMap(({ events }) => events)) {
    for (const { tag, scalar } of values) {
      if (scalar !== undefined) found[tag] = [...(found[tag] ?? []), [step, scalar]];
    }
  }
  return found;
}

const only = <E extends TrainEvent>(events: readonly TrainEvent[], kind: E['event']) =>
  events.filter((event): event is E => event.event === kind);
const series = <E extends { step: number }>(events: readonly E[], value: (event: E) => number | undefined) =>
  events.map((event) => [event.step, Math.fround(value(event)!)]);

/** What must be in the files of these events. */
function expectedOf(events: readonly TrainEvent[], lr?: number): Record<string, unknown> {
  const [steps, epochs] = [only<StepEvent>(events, 'step'), only<EpochEvent>(events, 'epoch')];
  const isHeldOut = epochs[0]?.validation_loss !== undefined;
  return {
    'loss/step': series(steps, ({ loss }) => loss),
    'error/step': series(steps, ({ error }) => error),
    'loss/train': series(epochs, (each) => each.train_loss),
    'error/train': series(epochs, (each) => each.train_error),
    'loss/test': series(epochs, (each) => each.test_loss),
    'error/test': series(epochs, (each) => each.test_error),
    ...(isHeldOut && {
      'loss/validation': series(epochs, (each) => each.validation_loss),
      'error/validation': series(epochs, (each) => each.validation_error),
    }),
    lr: series(epochs, (each) => each.lr ?? lr),
    samples_per_second: series(epochs, (each) => each.samples_per_second),
    wait_fraction: series(epochs, (each) => each.wait_fraction),
    'phase/forward': series(epochs, (each) => each.phase_fractions.forward),
    'phase/gradients': series(epochs, (each) => each.phase_fractions.gradients),
    'phase/update': series(epochs, (each) => each.phase_fractions.update),
    'phase/wait': series(epochs, (each) => each.phase_fractions.wait),
  };
}

describe('a run', () => {
  let folder: string;
  let events: TrainEvent[];
  let files: ReadFile[];
  const began = Date.now() / 1000;
  beforeAll(async () => {
    folder = newFolder();
    events = await runInto(folder, { ...options, validationSplit: 0.3, schedule: 'cosine' });
    files = readEventFiles(folder);
  });

  it('passes its events on as they are', () => {
    const ofEpoch = ['step', 'step', 'epoch'];
    expect(events.map(({ event }) => event)).toEqual(['start', ...ofEpoch, ...ofEpoch, ...ofEpoch, 'end']);
  });

  it('leaves one file, under the name that TensorBoard looks for, of whole records', () => {
    expect(files).toHaveLength(1);
    expect(files[0]!.name).toMatch(new RegExp(`^events\\.out\\.tfevents\\.\\d{10}\\..+\\.${process.pid}$`));
    expect(files[0]!.rest).toBe(0);
    expect(files[0]!.events[0]).toMatchObject({ fileVersion: 'brain.Event:2', step: 0 });
    expect(files[0]!.events[1]).toMatchObject({ session: 1, step: 1 });
  });

  it('has each figure at its step, and the time at which it was written', () => {
    expect(scalarsIn(files)).toEqual(expectedOf(events));
    for (const { wallTime } of files[0]!.events) {
      expect(wallTime).toBeGreaterThan(began - 1);
      expect(wallTime).toBeLessThan(Date.now() / 1000 + 1);
    }
  });

  it('has its configuration as a text, and as hyperparameters', () => {
    const values = files[0]!.events.flatMap(({ values }) => values);
    const [run] = values.filter(({ plugin }) => plugin === 'text');
    expect(run!.tag).toBe('run');
    expect(run!.text).toContain('| hidden | 3-2 |');
    expect(run!.text).toContain('| kernel | ');
    const [start, end, ...more] = values.filter(({ plugin }) => plugin === 'hparams');
    expect(more).toEqual([]);
    expect(start!.tag).toBe('_hparams_/session_start_info');
    const hparams = mapOf(fieldsOf(start!.content!).get(3)![0]!, 1);
    expect(hparams).toMatchObject({ lr: 0.05, schedule: 'cosine', nesterov: false, hidden: '3-2', dataset_test: 6 });
    expect(hparams).not.toHaveProperty('save');
    expect(end!.tag).toBe('_hparams_/session_end_info');
    expect(numberOf(fieldsOf(fieldsOf(end!.content!).get(4)![0]!).get(1)![0])).toBe(1);
  });

  const python = process.env.PYTHON ?? 'python3';
  const inPython = (...args: string[]) => spawnSync(python, [path.join(fixtures, 'tensorboard-scalars.py'), ...args]);
  // Where Python has tensorboard (PYTHON names another than python3), it is asked.
  it.skipIf(inPython().status !== 0)(
    "is the same in TensorBoard's own reader (skipped where Python has no tensorboard)",
    () => {
      const { status, stdout } = inPython(folder);
      expect(status).toBe(0);
      const { scalars, texts } = JSON.parse(String(stdout)) as { scalars: unknown; texts: { run: [number, string] } };
      expect(scalars).toEqual(expectedOf(events));
      expect(texts.run[1]).toContain('| hidden | 3-2 |');
    },
  );
});

describe('what is written', () => {
  it('has the learning rate of a run in which it is the same for all', async () => {
    const folder = newFolder();
    const events = await runInto(folder, options);
    expect(scalarsIn(readEventFiles(folder))).toEqual(expectedOf(events, 0.05));
  });

  it('is, without epochs, the evaluation', async () => {
    const folder = newFolder();
    const events = await runInto(folder, { ...options, epochs: 0 });
    const { test_loss: loss, test_error: error } = events.at(-1) as { test_loss: number; test_error: number };
    expect(scalarsIn(readEventFiles(folder))).toEqual({
      'loss/test': [[0, Math.fround(loss)]],
      'error/test': [[0, Math.fround(error)]],
    });
  });

  it('goes on, when the run is resumed, in another file, which takes the place of later steps', async () => {
    const folder = newFolder();
    const checkpoints = path.join(folder, '../checkpoints');
    const first = await runInto(folder, { ...options, checkpointDir: checkpoints });
    const [start] = await runInto(folder, {
      resume: path.join(checkpoints, 'epoch-000002.safetensors'),
      checkpointDir: `${checkpoints}-2`,
      epochs: 4,
    });
    expect(start).toMatchObject({ event: 'start', resumed: { step: 10 } });
    const files = readEventFiles(folder);
    expect(files).toHaveLength(2);
    const resumed = files.find(({ events }) => events[1]!.step === 11)!;
    expect(resumed.events[1]).toMatchObject({ session: 1 });
    expect(scalarsIn([resumed])['loss/test']!.map(([step]) => step)).toEqual([15, 20]);
    // What both tell of is the same.
    const third = only<EpochEvent>(first, 'epoch')[2]!;
    expect(scalarsIn([resumed])['loss/test']![0]).toEqual([15, Math.fround(third.test_loss!)]);
  });
});

describe('what has been written before', () => {
  it('is not written again when a complete run is resumed, or one that is ended within an epoch', async () => {
    const folder = newFolder();
    const resume = path.join(folder, '../checkpoints');
    await runInto(folder, { ...options, checkpointDir: resume });
    const before = scalarsIn(readEventFiles(folder));
    await runInto(folder, { resume });
    expect(scalarsIn(readEventFiles(folder))).toEqual(before);

    const abort = new AbortController();
    abort.abort();
    const events = withTensorBoard(train({ resume, epochs: 9, signal: abort.signal }), folder);
    for await (const { event } of events) expect(['start', 'checkpoint', 'end']).toContain(event);
    expect(scalarsIn(readEventFiles(folder))).toEqual(before);
  });
});

describe('a folder', () => {
  it('that cannot be made is an error before anything else', async () => {
    const file = path.join(tiny.data, readdirSync(tiny.data)[0]!);
    const seen: TrainEvent[] = [];
    const { status, message } = await refusalOf(async () => {
      for await (const event of withTensorBoard(train(options), file)) seen.push(event);
    });
    expect(message).toMatch(/^--tensorboard .*: cannot be written \(ENOTDIR.*\); check the path/);
    expect([status, seen]).toEqual([1, []]);
    const { status: wrong } = await refusalOf(() => withTensorBoard(train(options), '').next());
    expect(wrong).toBe(2);
  });

  it('is not made for a run that is refused', async () => {
    const folder = newFolder();
    await refusalOf(() => runInto(folder, { ...options, batchSize: 1000 }));
    expect(existsSync(path.dirname(folder))).toBe(false);
  });
});

describe('the command', () => {
  const args = () => ['--data', tiny.data, '--hidden', '3', '--batch-size', '5', '--epochs', '3', '--threads', '1'];
  /** Files that are opened to be written there: one. Its third operation is the second record, the first being its opening. */
  const RECORDS = { first: 2, epoch1: 5, epoch2: 6 } as const;

  it('writes there, and nothing else on stdout', async () => {
    const folder = newFolder();
    const { status, stdout, stderr } = await runTrain([...args(), '--tensorboard', folder]);
    expect([status, stderr]).toEqual([0, '']);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TrainEvent);
    expect(scalarsIn(readEventFiles(folder))['loss/test']).toEqual(
      series(only<EpochEvent>(events, 'epoch'), (each) => each.test_loss),
    );
    expect((await runTrain([...args(), '--tensorboard', ''])).status).toBe(2);
  });

  const manners = [
    ['short', 0],
    ['killed within', null],
    ['killed before', null],
    ['killed after', null],
  ] as const;
  it.each(casesOf<(typeof manners)[number]>(manners, (_, i) => i < 2))(
    'when a record is %s leaves whole records',
    async (manner, expected) => {
      const folder = newFolder();
      mkdirSync(folder, { recursive: true });
      const fault = { folder, manner, at: [{ file: 1, operation: RECORDS.epoch2 }] };
      const { nodeArgs, environment } = withDiskFault(fault);
      const { status } = await runTrain([...args(), '--tensorboard', folder], environment, nodeArgs);
      expect(status).toBe(expected);
      const [file] = readEventFiles(folder);
      const epochs = expected === 0 ? [5, 10, 15] : manner === 'killed after' ? [5, 10] : [5];
      expect(scalarsIn([file!])['loss/test']!.map(([step]) => step)).toEqual(epochs);
      expect(file!.rest > 0).toBe(manner === 'killed within');
    },
  );

  it('tells once when it cannot be written, and goes on; later records follow the last whole one', async () => {
    const folder = newFolder();
    mkdirSync(folder, { recursive: true });
    const at = [RECORDS.epoch1, RECORDS.epoch2].map((operation) => ({ file: 1, operation }));
    const { nodeArgs, environment } = withDiskFault({ folder, manner: 'ENOSPC', at });
    const { status, stdout } = await runTrain([...args(), '--tensorboard', folder], environment, nodeArgs);
    expect(status).toBe(0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TrainEvent);
    expect(events.map(({ event }) => event)).toEqual(['start', 'warning', 'epoch', 'epoch', 'epoch', 'end']);
    const [file] = readdirSync(folder);
    expect(events[1]).toMatchObject({
      code: 'tensorboard_failed',
      message: expect.stringMatching(new RegExp(`${file}.* could not be written \\(ENOSPC.*free disk space`)) as string,
    });
    expect(scalarsIn(readEventFiles(folder))['loss/test']!.map(([step]) => step)).toEqual([15]);
  });

  it('fails at its start where the disk is full, and leaves no file', async () => {
    const folder = newFolder();
    mkdirSync(folder, { recursive: true });
    const { nodeArgs, environment } = withDiskFault({
      folder,
      manner: 'ENOSPC',
      at: [{ file: 1, operation: RECORDS.first }],
    });
    const run = await runTrain([...args(), '--tensorboard', folder], environment, nodeArgs);
    expect([run.status, run.stdout]).toEqual([1, '']);
    expect(run.stderr).toMatch(/^train: --tensorboard .*: cannot be written \(ENOSPC.*\); check the path.*\n$/);
    expect(readdirSync(folder)).toEqual([]);
  });
});
