/** Weights of rows and of classes, stratified splits, and warnings about what cannot be learned. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { splitOff, splitOffByClass } from '../../src/data/split.js';
import type { EvaluationEvent, NumbersEvaluationEvent, TrainEvent } from '../../src/metrics/events.js';
import { TEST_SPLIT_STREAM } from '../../src/model/random.js';
import { loadModel } from '../../src/tools/network.js';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { kernelNames } from '../support/kernels.js';
import { ifSkipped, noOpenMpi, runRanks } from '../support/mpi.js';
import { numberRows, type WeightedRow, weightedRows } from '../support/number-tables.js';
import { trainCommand } from '../support/paths.js';
import { REFERENCE_DEFAULTS } from '../support/reference-defaults.js';
import { refusalOf } from '../support/refusals.js';
import { resultsAfter, resultsOf } from '../support/results.js';
import { runHere } from '../support/run-here.js';
import { csvOf } from '../support/tables.js';
import { casesOf, inFull, TRIES_ALL, valuesOf } from '../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const inFolder = (name: string) => path.join(folder.path, name);

const ROWS = weightedRows();

function table(name: string, columns: Readonly<Record<string, (row: WeightedRow) => string | number>>): string {
  const all = Object.values(columns);
  const rows = ROWS.map((row) => [...row.x, ...all.map((of) => of(row))]);
  return folder.write(name, csvOf([['a', 'b', 'c', ...Object.keys(columns)], ...rows]));
}
const kind = ({ kind: own }: WeightedRow) => own;
const weight = ({ weight: own }: WeightedRow) => own;
const price = ({ price: own }: WeightedRow) => own;
const PLAIN = table('plain.csv', { kind });
const WEIGHTED = table('weighted.csv', { kind, w: weight });
const NUMBERS = table('numbers.csv', { price, w: weight });

const OPTIONS: TrainOptions = {
  ...REFERENCE_DEFAULTS,
  ...{ label: 'kind', scale: 'standard', testSplit: 0.2, validationSplit: 0.2, hidden: [10], batchSize: 16 },
  ...{ reduction: 'mean', lr: 0.1, epochs: 2, threads: 1, logEvery: 3 },
};

describe('weights', () => {
  it.each(casesOf(kernelNames(), (name) => name !== 'reference'))(
    'kernel %s: the same for any number of threads',
    async (kernel) => {
      const given: TrainOptions = { ...OPTIONS, data: WEIGHTED, weight: 'w', classWeights: ['balanced'], kernel };
      const [first, ...others] = await Promise.all(
        valuesOf([1, 2, 7], [1, 3]).map(async (threads) => await collect({ ...given, threads })),
      );
      for (const other of others) expect(resultsOf(other.all)).toEqual(resultsOf(first!.all));
    },
  );

  it('of 1 change no bit', async () => {
    const ones = table('ones.csv', { kind, w: () => 1 });
    const without = await collect({ ...OPTIONS, data: PLAIN });
    for (const given of [
      { data: ones, weight: 'w' },
      { data: PLAIN, classWeights: ['odd=1'] },
    ]) {
      expect(resultsOf((await collect({ ...OPTIONS, ...given })).all)).toEqual(resultsOf(without.all));
    }
  });

  it('of classes train as the same weights of rows; but only the latter count in validation and test, and in the error', async () => {
    const OF: Readonly<Record<string, number>> = { high: 0.5, odd: 4, low: 1 };
    const byRow = table('by-row.csv', { kind, w: (row) => OF[row.kind]! });
    const rows = await collect({ ...OPTIONS, data: byRow, weight: 'w' });
    const classes = await collect({ ...OPTIONS, data: PLAIN, classWeights: ['high=.5', 'odd=4'] });
    const without = await collect({ ...OPTIONS, data: PLAIN });
    expect(classes.end.weights_sha256).toBe(rows.end.weights_sha256);
    expect(classes.end.weights_sha256).not.toBe(without.end.weights_sha256);
    expect(classes.end.train_loss).toBe(rows.end.train_loss);
    expect(classes.end.train_error).not.toBe(rows.end.train_error);
    expect(classes.end.test_loss).not.toBe(rows.end.test_loss);
  });

  it('balanced is n / (k · n_c) over the rows trained on', async () => {
    const { kept } = splitOff(ROWS.length, 0.2, 1, TEST_SPLIT_STREAM);
    const counts = { high: 0, odd: 0, low: 0 };
    for (const i of kept) counts[ROWS[i]!.kind as keyof typeof counts]++;
    const { validationSplit: _, ...given } = { ...OPTIONS, data: PLAIN };
    const named = Object.entries(counts).map(([name, count]) => `${name}=${kept.length / (3 * count)}`);
    const [balanced, explicit] = [
      await collect({ ...given, classWeights: ['balanced'] }),
      await collect({ ...given, classWeights: named }),
    ];
    expect(balanced.end.weights_sha256).toBe(explicit.end.weights_sha256);
  });

  it('count in every metric of validation and test, in evaluate as in training', async () => {
    const save = inFolder('weighted.safetensors');
    const { end } = await collect({ ...OPTIONS, data: WEIGHTED, weight: 'w', save });
    const network = await loadModel(save);
    const { apart } = splitOff(ROWS.length, 0.2, 1, TEST_SPLIT_STREAM);
    let [wrong, losses, all] = [0, 0, 0];
    for (const i of apart) {
      const row = ROWS[i]!;
      const target = network.classNames.indexOf(row.kind);
      const { loss, label } = network.evaluate(row.x, target);
      losses += row.weight * loss;
      wrong += label === target ? 0 : row.weight;
      all += row.weight;
    }
    expect(end.test_loss).toBeCloseTo(losses / all, 12);
    expect(end.test_error).toBeCloseTo(wrong / all, 12);
    const { stdout } = await runHere(['evaluate', save, '--data', WEIGHTED]);
    const event = JSON.parse(stdout) as EvaluationEvent;
    expect([event.test_loss, event.test_error]).toEqual([end.test_loss, end.test_error]);
    const { stderr } = await runHere(['evaluate', save, '--data', PLAIN]);
    expect(stderr).toContain('plain.csv: no column w, which the training table has');
    expect((await runHere(['predict', save, PLAIN])).stderr).toBe('');
  });

  it('count in the metrics of numbers', async () => {
    const save = inFolder('numbers.safetensors');
    const { label: _, ...given } = { ...OPTIONS, data: NUMBERS, target: ['price'], weight: 'w', save };
    const { end } = await collect(given);
    const network = await loadModel(save);
    const { apart } = splitOff(ROWS.length, 0.2, 1, TEST_SPLIT_STREAM);
    const rows = [...apart].map((i) => ROWS[i]!);
    const all = rows.reduce((sum, row) => sum + row.weight, 0);
    const mean = rows.reduce((sum, row) => sum + row.weight * row.price, 0) / all;
    const squares = (of: (row: WeightedRow) => number) => rows.reduce((sum, row) => sum + row.weight * of(row) ** 2, 0);
    const residual = squares((row) => network.estimate(row.x)[0]! - row.price);
    expect(end.test_rmse! / Math.sqrt(residual / all)).toBeCloseTo(1, 12);
    expect(end.test_r2).toBeCloseTo(1 - residual / squares((row) => row.price - mean), 12);
    const { stdout } = await runHere(['evaluate', save, '--data', NUMBERS]);
    expect((JSON.parse(stdout) as NumbersEvaluationEvent).test_r2).toBe(end.test_r2);
  });

  it('resume from every checkpoint as if the run had never stopped', async () => {
    const options: TrainOptions = {
      ...{ ...OPTIONS, data: WEIGHTED, weight: 'w', classWeights: ['odd=3'], keepBest: true, threads: valuesOf(2, 1) },
      ...{ checkpointEverySteps: 4, keep: 100, checkpointDir: inFolder('whole') },
    };
    const whole = await collect(options);
    for (const [i, file] of readdirSync(inFolder('whole')).entries()) {
      if (i % valuesOf(1, 3) > 0) continue;
      const resumed = await collect({ resume: inFolder(`whole/${file}`), checkpointDir: inFolder(`again-${i}`) });
      expect(resultsOf(resumed.all)).toEqual(resultsAfter(whole.all, resumed.start.resumed!));
    }
    const other = { resume: inFolder('whole'), epochs: 3 };
    const { message } = await refusalOf(() => collect({ ...other, classWeights: ['odd=2'] }));
    expect(message).toContain('--class-weights odd=2: ');
    const { message: without } = await refusalOf(() => collect({ ...other, data: PLAIN }));
    expect(without).toMatch(/--weight w: .*plain\.csv has no such column/);
  });

  it.skipIf(noOpenMpi || !TRIES_ALL)(
    `two and four ranks give the same with --exact${ifSkipped(noOpenMpi)}${inFull}`,
    async () => {
      const flags = ['--data', WEIGHTED, '--label', 'kind', '--weight', 'w', '--class-weights', 'balanced', '--exact'];
      const more = ['--reduction', 'mean', '--lr', '0.1', '--hidden', '10', '--epochs', '2', '--test-split', '0.2'];
      const ends: unknown[] = [];
      for (const ranks of [1, 2, 4]) {
        const args = [trainCommand, '--mpi', ...flags, ...more, '--threads', '2', '--format', 'ndjson'];
        const { status, stdout, stderr } = await runRanks([{ ranks, args }]);
        expect(status, stderr).toBe(0);
        const { seconds: _, ...end } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
        ends.push(end);
      }
      expect(ends[0]).toMatchObject({ status: 'completed' });
      expect(ends.slice(1)).toEqual([ends[0], ends[0]]);
    },
  );

  it.each<[TrainOptions, string]>([
    [{ classWeights: ['high'] }, '--class-weights high: expected balanced, or name=weight'],
    [{ classWeights: ['high=-1'] }, '--class-weights high=-1: expected'],
    [{ classWeights: ['balanced', 'high=1'] }, '--class-weights balanced,high=1: expected'],
    [{ classWeights: ['top=1'] }, '--class-weights top=1: no such class; the classes are high, low, odd'],
    [{ classWeights: ['high=1', 'high=2'] }, '--class-weights: class high is given twice'],
    [{ classWeights: ['high=0', 'low=0', 'odd=0'] }, 'the weights of the training samples are all 0'],
    [
      { classWeights: ['high=1e26'] },
      '--class-weights: a training sample has the weight 1e+26; expected 0, or 1e-25 to 1e+25',
    ],
    [{ classWeights: ['odd=1e-320'] }, '--class-weights: a training sample has the weight '],
    [{ data: WEIGHTED, weight: 'w', classWeights: ['low=1e25'] }, '--weight: a training sample has the weight '],
    [{ weight: 'kind' }, '--weight kind: this column is also given by --label'],
    [{ weight: 'z' }, '--weight z: '],
    [{ stratify: true, testSplit: 0, validationSplit: undefined }, '--stratify: requires'],
  ])('%j is refused', async (given, expected) => {
    const { message } = await refusalOf(() => collect({ ...OPTIONS, data: PLAIN, ...given }));
    expect(message).toContain(expected);
  });

  it('as large and as small as they may be train as others do', async () => {
    const of = async (factor: number) => {
      const data = table('scaled.csv', { price, w: ({ weight: own }) => own * factor });
      const { label: _, ...given } = { ...OPTIONS, data, target: ['price'], weight: 'w' };
      return (await collect(given)).end;
    };
    const expected = await of(1);
    for (const factor of [2 ** 79, 2 ** -79]) {
      const { train_loss, test_r2 } = await of(factor);
      expect(train_loss! / expected.train_loss!).toBeCloseTo(1, 6);
      expect(test_r2).toBeCloseTo(expected.test_r2!, 6);
    }
  });

  it.each([
    ['-1', 'row 3, column 3 (w): -1, a negative weight; expected a weight, from 0'],
    ['', 'row 3, column 3 (w): missing; expected a weight, from 0'],
    ['heavy', 'column 3 (w): 1 of 2 cells is not a number (row 3: heavy); expected weights, from 0'],
    ['inf', 'column 3 (w): 1 of 2 cells is not a number (row 3: inf, not finite); expected weights, from 0'],
  ])('%j in the column is refused by its row', async (cell, expected) => {
    const data = folder.write('bad.csv', `a,k,w\n1,x,1\n2,y,${cell}\n`);
    const { message } = await refusalOf(() => collect({ data, label: 'k', weight: 'w' }));
    expect(message).toContain(`bad.csv: ${expected}`);
  });

  it('classes of numbers have none', async () => {
    const given = { data: NUMBERS, target: ['price'], testSplit: 0.2 };
    for (const more of [{ classWeights: ['balanced'] }, { stratify: true }]) {
      expect((await refusalOf(() => collect({ ...given, ...more }))).message).toContain('only for classes');
    }
  });
});

describe('--stratify', () => {
  it('takes the same fraction of every class, and as many samples', () => {
    const samples = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(samples, fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.nat(99), (classes, fraction, seed) => {
        const { kept, apart } = splitOffByClass(classes, fraction, seed, TEST_SPLIT_STREAM);
        const usual = splitOff(classes.length, fraction, seed, TEST_SPLIT_STREAM);
        expect([kept.length, apart.length]).toEqual([usual.kept.length, usual.apart.length]);
        expect([...kept, ...apart].sort((a, b) => a - b)).toEqual([...classes.keys()]);
        for (const part of [kept, apart]) expect([...part]).toEqual([...part].sort((a, b) => a - b));
        for (const label of new Set(classes)) {
          const own = classes.filter((each) => each === label).length;
          const taken = [...apart].filter((i) => classes[i] === label).length;
          expect(Math.abs(taken - (own * apart.length) / classes.length)).toBeLessThan(1);
        }
      }),
    );
  });

  it('is used for both splits, and known to evaluate', async () => {
    const save = inFolder('stratified.safetensors');
    const { end, start } = await collect({ ...OPTIONS, data: PLAIN, stratify: true, save });
    expect(start.config.stratify).toBe(true);
    const { stdout } = await runHere(['evaluate', save, '--data', PLAIN]);
    const event = JSON.parse(stdout) as EvaluationEvent;
    expect(event.test_loss).toBe(end.test_loss);
    const all = (name: string) => ROWS.filter((row) => row.kind === name).length;
    for (const { class: name, samples } of event.classes)
      expect(Math.abs(samples - all(String(name)) / 5)).toBeLessThan(1);
  });
});

describe('warnings', () => {
  const warningsOf = (all: readonly TrainEvent[]) =>
    all.flatMap((event) => (event.event === 'warning' ? [`${event.code}: ${event.message}`] : []));

  it('a class without a training row', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => [i % 7, i % 5, i === 29 ? 'rare' : i % 2 ? 'x' : 'y']);
    const data = folder.write('rare.csv', csvOf([['a', 'b', 'kind'], ...rows]));
    const { all } = await collect({
      ...REFERENCE_DEFAULTS,
      data,
      label: 'kind',
      limit: 20,
      hidden: [2],
      epochs: 1,
      threads: 1,
    });
    expect(warningsOf(all)[0]).toBe(
      'class_without_rows: no training row has the class rare, so the network cannot learn it',
    );
  });

  it('columns that differ by a factor of 1,000 and are not scaled', async () => {
    const of = async (factor: number, scale: 'none' | 'standard') => {
      const rows = Array.from({ length: 30 }, (_, i) => [i % 3, factor * (i % 3), 5, i % 2 ? 'x' : 'y']);
      const data = folder.write('scales.csv', csvOf([['a', 'b', 'five', 'kind'], ...rows]));
      const { all } = await collect({ data, label: 'kind', testSplit: 0, scale, hidden: [2], epochs: 0, threads: 1 });
      return warningsOf(all);
    };
    expect(await of(1000, 'none')).toEqual([
      'unscaled_columns: column b varies 1,000 times as much as column a; use `scale` standard',
    ]);
    expect(await of(990, 'none')).toEqual([]);
    expect(await of(1e6, 'standard')).toEqual([]);
  });

  const rareAt = (i: number) => i % 40 === 0;
  const rare = () => {
    const rows = numberRows(800, 3).map(({ x: [a, b, c] }, i) => [
      rareAt(i) ? a + 25 : a,
      b,
      c,
      rareAt(i) ? 'fraud' : 'ok',
    ]);
    return folder.write('rare.csv', csvOf([['a', 'b', 'c', 'kind'], ...rows]));
  };

  it.each<[string, TrainOptions, string | undefined]>([
    ['a network that has learned nothing', { lr: 1e-9 }, 'the training error is '],
    [
      'classes that are weighted, and not learned',
      { lr: 1e-9, classWeights: ['balanced'] },
      'training error, weighted by class,',
    ],
    ['classes that are weighted, and learned', { lr: 0.01, classWeights: ['balanced'] }, undefined],
    ['a network that has learned', { lr: 0.01, epochs: 30 }, undefined],
  ])('%s', async (_, given, expected) => {
    const common: TrainOptions = { data: rare(), label: 'kind', testSplit: 0, hidden: [16], threads: 1 };
    const { all } = await collect({ ...common, optimizer: 'adam', reduction: 'mean', epochs: 10, ...given });
    const warnings = warningsOf(all).filter((text) => text.startsWith('no_better_than_constant'));
    expect(warnings).toEqual(expected === undefined ? [] : [expect.stringContaining(expected)]);
  });

  it('numbers that are estimated worse than by their mean', async () => {
    const { label: _, ...given } = { ...OPTIONS, data: NUMBERS, target: ['price'] };
    const { all } = await collect({ ...given, lr: 1e-9, epochs: 1 });
    expect(warningsOf(all)).toEqual([
      expect.stringMatching(/^no_better_than_constant: the network has learned nothing useful: the test R² is -/),
    ]);
  });
});
