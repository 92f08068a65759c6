/** Runs read from their lines: resumed ones, damaged ones, and what they are called. */
import { describe, expect, it } from 'vitest';
import { namesOf } from '../../../src/tools/plot/names.js';
import { RunReader } from '../../../src/tools/plot/run.js';
import { CHECKPOINT, END, EPOCH, START, STEP, WARNING } from '../../support/sample-events.js';

function readerOf(lines: readonly (object | string)[], source = 'run.ndjson') {
  const reader = new RunReader(source);
  const problems = lines.map((line) => reader.add(typeof line === 'string' ? line : JSON.stringify(line)));
  const { runs } = reader;
  return { reader, problems, runs: runs.map((run) => run.epochs.map(({ epoch, train_loss }) => [epoch, train_loss])) };
}

const RESUMED = { ...START, resumed: { file: 'checkpoints/epoch-000002.safetensors', epochs: 2, step: 1200 } };
const epoch = (number: number, loss: number) => ({ ...EPOCH, epoch: number, step: number * 600, train_loss: loss });
const runWith = (config: object, source: string) =>
  readerOf([{ ...START, config: { ...START.config, ...config } }, EPOCH], source).reader.runs[0]!;

describe('a run', () => {
  it('is read without a complaint from all events that there are', () => {
    const { problems, reader } = readerOf([START, STEP, EPOCH, CHECKPOINT, WARNING, END, '']);
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
    expect(reader.runs).toMatchObject([{ start: START, epochs: [EPOCH], steps: [STEP] }]);
  });

  it('that was resumed is one curve: what is told again wins', () => {
    const { runs } = readerOf([START, epoch(1, 0.5), epoch(2, 0.4), epoch(3, 0.3), RESUMED, epoch(3, 0.25)]);
    expect(runs).toEqual([
      [
        [1, 0.5],
        [2, 0.4],
        [3, 0.25],
      ],
    ]);
  });

  it('that went back leaves out what had come after, to its beginning if need be', () => {
    const told = [START, epoch(1, 0.5), epoch(2, 0.4), epoch(3, 0.3), RESUMED];
    expect(readerOf([...told, epoch(2, 0.45)]).runs).toEqual([
      [
        [1, 0.5],
        [2, 0.45],
      ],
    ]);
    expect(readerOf([...told, epoch(1, 0.45)]).runs).toEqual([[[1, 0.45]]]);
  });

  it('may be known from where it was resumed', () => {
    const { runs } = readerOf([RESUMED, epoch(3, 0.3), epoch(4, 0.2)]);
    expect(runs).toEqual([
      [
        [3, 0.3],
        [4, 0.2],
      ],
    ]);
  });

  it('is one of several where there are several starts, or a first epoch again', () => {
    const second = { ...START, config: { ...START.config, lr: 0.5 } };
    const { runs, reader } = readerOf([START, epoch(1, 0.5), epoch(2, 0.4), second, STEP, epoch(1, 0.7)]);
    expect(runs).toEqual([
      [
        [1, 0.5],
        [2, 0.4],
      ],
      [[1, 0.7]],
    ]);
    expect(reader.runs.map(({ start, steps }) => [start?.config.lr, steps.length])).toEqual([
      [0.001, 0],
      [0.5, 1],
    ]);
    const filtered = readerOf([STEP, epoch(1, 0.5), STEP, epoch(1, 0.7), epoch(2, 0.6)]);
    expect(filtered.runs).toEqual([
      [[1, 0.5]],
      [
        [1, 0.7],
        [2, 0.6],
      ],
    ]);
    expect(filtered.reader.runs.map(({ steps }) => steps.length)).toEqual([1, 1]);
  });

  it('without an epoch is counted, and is not there', () => {
    const { runs, reader } = readerOf([START, STEP, START, epoch(1, 0.5)]);
    expect(runs).toEqual([[[1, 0.5]]]);
    expect(reader.empty).toBe(1);
  });

  it.each([
    ['{"event":"epoch","ep', 'invalid JSON'],
    ['[1]', 'not an event of train'],
    ['null', 'not an event of train'],
    ['7', 'not an event of train'],
    ['{"loss":1}', 'not an event of train'],
    ['{"event":"epoch","epoch":1}', 'event "epoch" without valid metrics'],
    [JSON.stringify({ ...EPOCH, test_loss: '1' }), 'event "epoch" without valid metrics'],
    ['{"event":"step","epoch":1,"step":1,"loss":1e301,"error":0}', 'event "step" without valid metrics'],
    [JSON.stringify({ ...EPOCH, train_error: 12 }), 'event "epoch" without valid metrics'],
    [JSON.stringify({ ...EPOCH, epoch: 0 }), 'event "epoch" without valid metrics'],
    [JSON.stringify({ ...STEP, loss: null }), 'event "step" without valid metrics'],
  ])('leaves out %s', (line, problem) => {
    const { problems, reader } = readerOf([line]);
    expect(problems).toEqual([problem]);
    expect(reader.hasEpochs).toBe(false);
  });
});

describe('names', () => {
  it('say what differs', () => {
    const runs = [runWith({ lr: 0.001, threads: 1 }, 'a.ndjson'), runWith({ lr: 0.01, threads: 2 }, 'b.ndjson')];
    expect(namesOf(runs)).toEqual(['learning rate 0.001', 'learning rate 0.01']);
    const nets = [runWith({ hidden: [] }, 'a.ndjson'), runWith({ hidden: [300, 100], seed: 2 }, 'b.ndjson')];
    expect(namesOf(nets)).toEqual(['no hidden layer, seed 1', 'hidden 300–100, seed 2']);
  });

  it('are those of the files where nothing differs, or much, or not all runs say what they are', () => {
    const a = runWith({}, 'runs/a.ndjson');
    expect(namesOf([a, runWith({ threads: 1 }, 'runs/b.jsonl')])).toEqual(['a', 'b']);
    expect(namesOf([a, runWith({ lr: 1, seed: 2, batch_size: 7 }, 'b')])).toEqual(['a', 'b']);
    expect(namesOf([a, readerOf([EPOCH], 'b.ndjson').reader.runs[0]!])).toEqual(['a', 'b']);
    expect(namesOf([a, runWith({}, 'other/a.ndjson')])).toEqual(['runs/a.ndjson', 'other/a.ndjson']);
  });

  it('number the runs of one file where they are alike', () => {
    const alike = [runWith({}, 'a.ndjson'), runWith({}, 'b.ndjson'), runWith({}, 'b.ndjson')];
    expect(namesOf(alike)).toEqual(['a', 'b, run 1', 'b, run 2']);
    expect(namesOf([runWith({ lr: 1 }, 'stdin'), runWith({ lr: 2 }, 'stdin')])).toEqual([
      'learning rate 1',
      'learning rate 2',
    ]);
  });
});
