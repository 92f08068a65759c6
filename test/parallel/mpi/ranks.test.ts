/** What ranks train together: what one process does, but for float32's rounding; and the same again, for any threads. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../../src/config/options.js';
import type { EndEvent, TrainEvent } from '../../../src/metrics/events.js';
import { collect } from '../../support/events.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { type Folder, mnistPart } from '../../support/mnist-part.js';
import { ifSkipped, noMpich, noOpenMpi, runMpichRanks, runRanks } from '../../support/mpi.js';
import { root } from '../../support/paths.js';
import { finishOf, spawnQuiet } from '../../support/run-command.js';
import { casesOf } from '../../support/thoroughness.js';

const RUNS = path.join(root, 'dist/test/support/mpi-runs.js');

let data: Folder;
let scratch: Folder;
let common: TrainOptions;
beforeAll(async () => {
  data = await mnistPart(230, 45);
  scratch = temporaryFolder();
  common = { data: data.path, hidden: [100], batchSize: 50, epochs: 2, lr: 0.01, threads: 1, kernel: 'simd' };
});
afterAll(() => {
  data.remove();
  scratch.remove();
});

/** By name; all of them run in one MPI job, which takes a second to start. */
const ALL_RECIPES: Readonly<Record<string, TrainOptions>> = {
  'plain SGD, with step events': { logEvery: 3 },
  'plain SGD, 2 threads': { threads: 2, logEvery: 3 },
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
  'the test set at the end, with the best epoch': {
    ...{ validationSplit: 0.2, patience: 1, keepBest: true, epochs: 9, testAt: 'end' },
  },
  'a moving average, and the best epoch': { ema: 0.8, validationSplit: 0.2, keepBest: true, testAt: 'end' },
  'exact, with a moving average, evaluated at the end': { exact: true, ema: 0.8, optimizer: 'adam', testAt: 'end' },
  'shifts and noise, 2 threads': { shift: 2, inputNoise: 0.1, threads: 2 },
  'exact, with rotations': { exact: true, rotate: 20, flip: true },
  'the noise scale': { noiseScale: true, logEvery: 2 },
  'the noise scale, 2 threads': { noiseScale: true, logEvery: 2, threads: 2 },
  'exact, with the noise scale': { exact: true, noiseScale: true },
  'exact, with Adam and a clipped norm': { exact: true, optimizer: 'adam', clipNorm: 1 },
  'exact, with Adam and a clipped norm, 2 threads': { exact: true, optimizer: 'adam', clipNorm: 1, threads: 2 },
  'exact, with dropout and a maximum norm': { exact: true, dropout: 0.3, inputDropout: 0.2, maxNorm: 0.6 },
  'exact, with dropout and a maximum norm, 2 threads': {
    ...{ exact: true, dropout: 0.3, inputDropout: 0.2, maxNorm: 0.6, threads: 2 },
  },
  'exact, kernel reference, fewer samples than shards': {
    exact: true,
    kernel: 'reference',
    hidden: [10],
    batchSize: 5,
    limit: 33,
  },
};
/** Two threads as well only of some. */
const isTried = (name: string) => !/^(Adam|exact, with dropout).* 2 threads$/.test(name);
const RECIPES = Object.fromEntries(casesOf(Object.entries(ALL_RECIPES), ([name]) => isTried(name)));
const NAMES: readonly string[] = Object.keys(RECIPES);
const ALL_SAME: readonly (readonly [string, string])[] = [
  ['the noise scale', 'the noise scale, 2 threads'],
  ['plain SGD, with step events', 'plain SGD, 2 threads'],
  ['Adam with weight decay and a clipped norm', 'Adam with weight decay and a clipped norm, 2 threads'],
  ['exact, with Adam and a clipped norm', 'exact, with Adam and a clipped norm, 2 threads'],
  ['exact, with dropout and a maximum norm', 'exact, with dropout and a maximum norm, 2 threads'],
];

const SAME = casesOf(ALL_SAME, ([, other]) => isTried(other));

/** Compared to the bit with a run without MPI, or, exact ones, with other numbers of ranks. */
const ALL_SINGLE: readonly string[] = [
  'plain SGD, with step events',
  'momentum and the mean, two hidden layers, the first of one panel',
  'kernel reference',
  'a moving average, and the best epoch',
  'exact, with a moving average, evaluated at the end',
  'shifts and noise, 2 threads',
  'exact, with rotations',
  'the noise scale',
  'Adam with weight decay and a clipped norm',
  'exact, with Adam and a clipped norm',
  'exact, with dropout and a maximum norm',
  'exact, kernel reference, fewer samples than shards',
];
const SINGLE = casesOf(ALL_SINGLE, (name) => /^(plain|shifts|Adam|exact, with Adam|exact, kernel)/.test(name));

type Runs = ReadonlyMap<string, readonly TrainEvent[]>;

/** The events by recipe, of each rank. */
function runsOf(folder: string, ranks: number, names = NAMES): Runs[] {
  return Array.from({ length: ranks }, (_, rank) => {
    const all = JSON.parse(readFileSync(path.join(folder, `rank-${rank}.json`), 'utf8')) as TrainEvent[][];
    return new Map(names.map((name, i) => [name, all[i]!]));
  });
}

const recipes = (names = NAMES) => JSON.stringify(names.map((name) => ({ ...common, ...RECIPES[name] })));
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

const OF_GRADIENTS = /^(grad_|noise_|layer_gradients)/;

/** Numbers, however they are nested. */
function expectCloseNumbers(found: unknown, expected: unknown): void {
  if (typeof found === 'number') expect(found / (expected as number)).toBeCloseTo(1, 3);
  else if (found === null) expect(expected).toBe(null);
  else
    for (const [name, value] of Object.entries(found!)) expectCloseNumbers(value, (expected as object)[name as never]);
}

function expectClose(found: readonly TrainEvent[], expected: readonly TrainEvent[]): void {
  const [a, b] = [figuresOf(found), figuresOf(expected)];
  expect(a.length).toBe(b.length);
  for (const [i, figures] of a.entries()) {
    for (const [name, value] of Object.entries(figures)) {
      const other = b[i]![name];
      if (name.endsWith('loss')) expect(value, name).toBeCloseTo(other as number, 4);
      else if (OF_GRADIENTS.test(name)) expectCloseNumbers(value, other);
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
      const same = SAME.find(([, other]) => other === name);
      // (Threads change nothing there.)
      if (same) alone.set(name, alone.get(same[0])!);
      else alone.set(name, (await collect({ ...common, ...recipe, exact: false })).all);
    }
  });

  it.each(NAMES)('%s: as one process, within rounding', (name) => {
    expectClose(ranks[0]!.get(name)!, alone.get(name)!);
  });

  it.each(NAMES)('%s: all ranks have the same figures and the same weights', (name) => {
    expect(figuresOf(ranks[1]!.get(name)!)).toEqual(figuresOf(ranks[0]!.get(name)!));
    expect(endOf(ranks[1]!, name).weights_sha256).toBe(endOf(ranks[0]!, name).weights_sha256);
  });

  it.each(SAME)('%s and %s: the same bits', (one, other) => {
    expect(endOf(ranks[0]!, other).weights_sha256).toBe(endOf(ranks[0]!, one).weights_sha256);
  });

  it('report the same gradients for any number of threads, and of the whole batch', () => {
    const [one, two] = ['the noise scale', 'the noise scale, 2 threads'].map((name) => figuresOf(ranks[0]!.get(name)!));
    expect(two).toEqual(one);
    expect(one!.filter(({ noise_scale }) => (noise_scale as number) > 0).length).toBeGreaterThan(2);
  });

  it('say how many they are, and by which MPI', () => {
    expect(ranks[0]!.get('plain SGD, with step events')![0]).toMatchObject({ ranks: 2, rank: 0, threads: 1 });
    expect(ranks[1]!.get('plain SGD, with step events')![0]).toMatchObject({
      ranks: 2,
      rank: 1,
      mpi: expect.stringMatching(/^Open MPI v/),
    });
  });

  it('alone, without a launcher, a process is the only rank: the bits of a run without MPI, whatever the optimizer', async () => {
    const { status, stderr } = await finishOf(spawnQuiet(process.execPath, [RUNS, scratch.path, recipes(SINGLE)]));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [single] = runsOf(scratch.path, 1, SINGLE);
    const hashes = (runs: Runs, names: readonly string[]) =>
      names.map((name) => [name, endOf(runs, name).weights_sha256]);
    const [exact, others] = [true, false].map((is) => SINGLE.filter((name) => (RECIPES[name]!.exact ?? false) === is));
    expect(hashes(single!, others!)).toEqual(hashes(alone, others!));
    // And with --exact no number of ranks changes a bit.
    expect(hashes(single!, exact!)).toEqual(hashes(ranks[0]!, exact!));
    const more = await runRanks([{ ranks: 4, args: [RUNS, scratch.path, recipes(exact)] }]);
    expect({ status: more.status, stderr: more.stderr }).toEqual({ status: 0, stderr: '' });
    for (const each of runsOf(scratch.path, 4, exact)) expect(hashes(each, exact!)).toEqual(hashes(ranks[0]!, exact!));
  });
});

describe.skipIf(noMpich)(`two ranks of MPICH${ifSkipped(noMpich)}`, () => {
  const names = ['plain SGD, with step events', 'exact, with Adam and a clipped norm'];

  it('train as one process does, within rounding, and all have the same weights', async () => {
    const { status, stderr } = await runMpichRanks(2, [RUNS, scratch.path, recipes(names)]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [first, second] = runsOf(scratch.path, 2, names);
    for (const name of names) {
      const { all } = await collect({ ...common, ...RECIPES[name], exact: false });
      expectClose(first!.get(name)!, all);
      expect(second!.get(name)![0]).toMatchObject({ ranks: 2, rank: 1, mpi: expect.stringMatching(/MPICH/) });
      expect(endOf(second!, name).weights_sha256).toBe(endOf(first!, name).weights_sha256);
    }
  });
});
