/** What ranks train together: what one process does, but for float32's rounding; and the same again, for any threads. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EndEvent, TrainEvent } from '../../src/metrics/events.js';
import type { TrainOptions } from '../../src/options.js';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { ifSkipped, noMpich, noOpenMpi, runMpichRanks, runRanks } from '../support/mpi.js';
import { root } from '../support/paths.js';
import { finishOf, spawnQuiet } from '../support/run-command.js';

const RUNS = path.join(root, 'dist/test/support/mpi-runs.js');

let data: Folder;
let scratch: Folder;
let common: TrainOptions;
beforeAll(async () => {
  data = await mnistPart(330, 45);
  scratch = temporaryFolder();
  common = { data: data.path, hidden: [100], batchSize: 50, epochs: 2, lr: 0.01, threads: 1, kernel: 'simd' };
});
afterAll(() => {
  data.remove();
  scratch.remove();
});

/** By name; all of them run in one MPI job, which takes a second to start. */
const RECIPES: Readonly<Record<string, TrainOptions>> = {
  'plain SGD': {},
  'plain SGD, 2 threads, with step events': { threads: 2, logEvery: 3 },
  'momentum and the mean, two hidden layers, the first of one panel': {
    ...{ momentum: 0.9, nesterov: true, reduction: 'mean', lr: 0.1 },
    ...{ hidden: [12, 20], threads: 2 },
  },
  'no hidden layer': { hidden: [] },
  'batches of one sample, of which one rank has none': { batchSize: 1, limit: 10 },
  'kernel reference': { kernel: 'reference', hidden: [10], limit: 100 },
  'Adam with weight decay and a clipped norm': { optimizer: 'adam', weightDecay: 0.001, clipNorm: 1 },
  'Adam with weight decay and a clipped norm, 2 threads': {
    ...{ optimizer: 'adam', weightDecay: 0.001, clipNorm: 1 },
    threads: 2,
  },
  'validation, patience and the best epoch': { validationSplit: 0.2, patience: 1, keepBest: true, epochs: 9 },
  'an evaluation alone': { epochs: 0 },
};
const SAME: readonly (readonly [string, string])[] = [
  ['plain SGD', 'plain SGD, 2 threads, with step events'],
  ['Adam with weight decay and a clipped norm', 'Adam with weight decay and a clipped norm, 2 threads'],
];

type Runs = ReadonlyMap<string, readonly TrainEvent[]>;

/** The events by recipe, of each rank. */
function runsOf(folder: string, ranks: number): Runs[] {
  return Array.from({ length: ranks }, (_, rank) => {
    const all = JSON.parse(readFileSync(path.join(folder, `rank-${rank}.json`), 'utf8')) as TrainEvent[][];
    return new Map(Object.keys(RECIPES).map((name, i) => [name, all[i]!]));
  });
}

const recipes = () => JSON.stringify(Object.values(RECIPES).map((recipe) => ({ ...common, ...recipe })));
const endOf = (runs: Runs, name: string) => runs.get(name)!.at(-1) as EndEvent;

/** These depend on the clock, or are compared by themselves. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['seconds', 'samples_per_second', 'wait_fraction', 'phase_fractions', 'weights_sha256'],
]);

/** What must not depend on who computed it. */
function figuresOf(events: readonly TrainEvent[]): Readonly<Record<string, unknown>>[] {
  // (Where a launcher has put the ranks is no matter here.)
  const told = events.slice(1).filter(({ event }) => event !== 'warning');
  return told.map((event) => Object.fromEntries(Object.entries(event).filter(([name]) => !LEFT_OUT.has(name))));
}

function expectClose(found: readonly TrainEvent[], expected: readonly TrainEvent[]): void {
  const [a, b] = [figuresOf(found), figuresOf(expected)];
  expect(a.length).toBe(b.length);
  for (const [i, figures] of a.entries()) {
    for (const [name, value] of Object.entries(figures)) {
      const other = b[i]![name];
      if (name.endsWith('loss')) expect(value, name).toBeCloseTo(other as number, 4);
      else expect(value, name).toEqual(other);
    }
  }
}

describe.skipIf(noOpenMpi)(`two ranks of Open MPI${ifSkipped(noOpenMpi)}`, () => {
  let ranks: Runs[];
  const alone = new Map<string, readonly TrainEvent[]>();
  beforeAll(async () => {
    const { status, stderr } = await runRanks([{ ranks: 2, args: [RUNS, scratch.path, recipes()] }]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    ranks = runsOf(scratch.path, 2);
    for (const [name, recipe] of Object.entries(RECIPES)) {
      alone.set(name, (await collect({ ...common, ...recipe })).all);
    }
  }, 60_000);

  it.each(Object.keys(RECIPES))('%s: as one process, within rounding', (name) => {
    expectClose(ranks[0]!.get(name)!, alone.get(name)!);
  });

  it.each(Object.keys(RECIPES))('%s: all ranks have the same figures and the same weights', (name) => {
    expect(figuresOf(ranks[1]!.get(name)!)).toEqual(figuresOf(ranks[0]!.get(name)!));
    expect(endOf(ranks[1]!, name).weights_sha256).toBe(endOf(ranks[0]!, name).weights_sha256);
  });

  it.each(SAME)('%s and %s: the same bits', (one, other) => {
    expect(endOf(ranks[0]!, other).weights_sha256).toBe(endOf(ranks[0]!, one).weights_sha256);
  });

  it('say how many they are, and by which MPI', () => {
    expect(ranks[0]!.get('plain SGD')![0]).toMatchObject({ ranks: 2, rank: 0, threads: 1 });
    expect(ranks[1]!.get('plain SGD')![0]).toMatchObject({
      ranks: 2,
      rank: 1,
      mpi: expect.stringMatching(/^Open MPI v/),
    });
  });

  it('alone, without a launcher, a process is the only rank: the bits of a run without MPI, whatever the optimiser', async () => {
    const { status, stderr } = await finishOf(spawnQuiet(process.execPath, [RUNS, scratch.path, recipes()]));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [single] = runsOf(scratch.path, 1);
    const hashes = (runs: Runs) => Object.keys(RECIPES).map((name) => [name, endOf(runs, name).weights_sha256]);
    expect(hashes(single!)).toEqual(hashes(alone));
  }, 60_000);
});

describe.skipIf(noMpich)(`two ranks of MPICH${ifSkipped(noMpich)}`, () => {
  it('train as one process does, within rounding', async () => {
    const { status, stderr } = await runMpichRanks(2, [RUNS, scratch.path, JSON.stringify([common])]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [first, second] = runsOf(scratch.path, 2);
    const { all } = await collect(common);
    expectClose(first!.get('plain SGD')!, all);
    expect(second!.get('plain SGD')![0]).toMatchObject({ ranks: 2, rank: 1, mpi: expect.stringMatching(/MPICH/) });
    expect(endOf(second!, 'plain SGD').weights_sha256).toBe(endOf(first!, 'plain SGD').weights_sha256);
  }, 60_000);
});
