/** --audit in whole runs: against an independent computation; the same for any threads, resumed; without it, nothing changes. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AuditedLabel, AuditedNumber } from '../../src/metrics/audit/audited-sample.js';
import type { TrainInput } from '../../src/run/train.js';
import { fit as train } from '../../src/tools/fit.js';
import { type Classifier, loadClassifier, loadRegressor, type Regressor } from '../../src/tools/model.js';
import { collect } from '../support/events.js';
import { kernelNames } from '../support/kernels.js';
import { refusalOf } from '../support/refusals.js';
import { scratchWith } from '../support/scratch.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

const scratch = scratchWith(60, 20);
const newFile = (ending = '.ndjson') => scratch.newPath(`audit${ending}`);
const linesOf = <T = AuditedLabel>(file: string) =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
const byRow = <T extends { readonly row: number }>(samples: readonly T[]) => samples.toSorted((a, b) => a.row - b.row);

const NAMES = ['ash', 'elm', 'oak'] as const;
const ROWS = Array.from({ length: 31 }, (_, r) => ({
  ...{ a: ((r * 7) % 11) / 8, b: r % 4 === 0 ? 0 : ((r * 5) % 9) / -4, c: ((r * r) % 13) / 16 },
  ...{ tree: NAMES[(r * r + (r >> 2)) % 3], height: ((r * 11) % 17) - 3 + (r === 9 ? 60 : 0), width: (r * 3) % 7 },
  weight: 0.5 + (r % 4),
}));
const TABLE = {
  drop: ['height', 'width', 'weight'],
  testSplit: 0,
  hidden: [6, 5],
  kernel: 'reference',
  lr: 0.2,
} as const;
const CLASSES: TrainInput = { ...TABLE, data: { rows: ROWS, label: 'tree' }, optimizer: 'sgd', batchSize: ROWS.length };

/** Models with the weights before each epoch: with one batch an epoch, what each sample meets. */
async function modelsBefore(options: TrainInput, epochs: number): Promise<(Classifier | Regressor)[]> {
  const checkpointDir = scratch.newPath();
  const given: TrainInput = { ...options, audit: false, checkpointDir, keep: epochs };
  const models: (Classifier | Regressor)[] = [await train({ ...options, audit: false, epochs: 0 })];
  await collect({ ...given, epochs: epochs - 1 });
  const load = 'target' in (options.data as object) ? loadRegressor : loadClassifier;
  for (const file of readdirSync(checkpointDir).sort()) models.push(await load(path.join(checkpointDir, file)));
  expect(models).toHaveLength(epochs);
  return models;
}

const mean = (values: readonly number[]) => values.reduce((all, each) => all + each, 0) / values.length;

describe('scores', () => {
  it.each([
    ['equal samples', {}],
    [
      'weighted samples, whose weights do not count',
      { data: { rows: ROWS, label: 'tree', weight: 'weight' }, drop: ['height', 'width'] },
    ],
    ['weighted classes', { classWeights: ['balanced'] }],
  ] as const)('are those of the outputs before each epoch: %s', async (_, more) => {
    const options: TrainInput = { ...CLASSES, ...(more as TrainInput) };
    const audit = newFile();
    const epochs = 9;
    const { end } = await collect({ ...options, epochs, audit, threads: 2 });
    const models = (await modelsBefore(options, epochs)) as Classifier[];
    const samples = byRow(linesOf(audit));
    expect(samples.map(({ row }) => row)).toEqual(ROWS.map((_, r) => r + 1));
    expect(end.audit).toBe(audit);
    expect(end.suspects).toBe(samples.filter(({ suspect }) => suspect).length);
    for (const [r, sample] of samples.entries()) {
      const label = NAMES.indexOf(ROWS[r]!.tree!);
      expect(sample.label).toBe(NAMES[label]);
      const all = models.map((model) => [...model.predict(ROWS[r]!).probabilities]);
      const own = all.map((p) => p[label]!);
      const other = all.map((p) => Math.max(...p.filter((_, j) => j !== label)));
      const right = all.map((p) => p.indexOf(Math.max(...p)) === label);
      expect(sample.mean_loss).toBeCloseTo(mean(own.map((p) => -Math.log(p))), 4);
      expect(sample.aum).toBeCloseTo(mean(own.map((p, e) => Math.log(p / other[e]!))), 4);
      expect(sample.el2n).toBeCloseTo(
        mean(all.map((p) => Math.hypot(...p.map((each, j) => each - (j === label ? 1 : 0))))),
        4,
      );
      expect(sample.forgotten).toBe(right.filter((is, e) => !is && e > 0 && right[e - 1]).length);
      const means = NAMES.map((_, j) => mean(all.map((p) => p[j]!)));
      const best = means.map((each, j) => (j === label ? -1 : each));
      expect(sample.suggested).toBe(NAMES[best.indexOf(Math.max(...best))]);
    }
  });

  it('norms of gradients are those of --noise-scale, in the first epoch and each tenth from there', async () => {
    const [audit, alone] = [newFile(), newFile()];
    const options: TrainInput = { ...CLASSES, epochs: 12, batchSize: 8 };
    const { epochs } = await collect({ ...options, audit, noiseScale: true });
    await collect({ ...options, audit: alone });
    expect(readFileSync(alone, 'utf8')).toBe(readFileSync(audit, 'utf8'));
    const measured = epochs.filter(({ epoch }) => epoch % 10 === 1);
    const means = measured.map((event) => (event as { readonly grad_norm_mean?: number }).grad_norm_mean!);
    expect(mean(linesOf(audit).map(({ grad_norm: norm }) => norm))).toBeCloseTo(mean(means), 4);
  });

  it('for regression, in the unit of the target', async () => {
    const options: TrainInput = {
      ...CLASSES,
      ...{ data: { rows: ROWS, target: ['height', 'width'] }, drop: ['tree', 'weight'], lr: 0.05 },
    };
    const audit = newFile();
    const epochs = 12;
    await collect({ ...options, epochs, audit });
    const models = (await modelsBefore(options, epochs)) as Regressor[];
    const samples = linesOf<AuditedNumber>(audit);
    for (const { row, column, target, suggested, residual } of samples) {
      const cells = ROWS[row - 1]!;
      const estimate = mean(models.map((model) => model.predict(cells).estimates[column]!));
      expect(target).toBeCloseTo(cells[column as 'height'], 3);
      expect(suggested).toBeCloseTo(estimate, 3);
      expect(residual).toBeCloseTo(target - estimate, 3);
    }
    expect(samples[0]).toMatchObject({ rank: 1, row: 10, column: 'height' });
  });
});

describe('the same', () => {
  const IMAGES: TrainInput = { hidden: [20], batchSize: 9, epochs: 4, lr: 0.02, validationSplit: 0.2 };

  it.each(casesOf(kernelNames(), (name) => name !== 'reference'))(
    'for any number of threads and any width: %s',
    async (kernel) => {
      const options = { ...IMAGES, data: scratch.data, kernel };
      const files = await Promise.all(
        valuesOf([1, 3, 8], [1, 3]).map(async (threads) => {
          const audit = newFile();
          await collect({ ...options, threads, audit });
          return readFileSync(audit, 'utf8');
        }),
      );
      expect(new Set(files).size).toBe(1);
    },
  );

  it.each(['sliced', 'dense'] as const)('weights with and without it: strategy %s', async (strategy) => {
    const options: TrainInput = { ...IMAGES, data: scratch.data, strategy, threads: 2, validationSplit: undefined };
    const hashes = await Promise.all(
      [false, true].map(async (audit) => (await collect({ ...options, audit })).end.weights_sha256),
    );
    expect(hashes[0]).toBe(hashes[1]);
  });

  it('resumed from every checkpoint, within an epoch, too', async () => {
    const checkpointDir = scratch.newPath();
    const audit = newFile();
    const options: TrainInput = { ...IMAGES, data: scratch.data, threads: 2 };
    await collect({ ...options, audit, checkpointDir, checkpointEverySteps: 2, keep: 100 });
    const names = readdirSync(checkpointDir).filter((name) => name.endsWith('.safetensors'));
    expect(names.length).toBeGreaterThan(8);
    for (const [i, name] of names.entries()) {
      if (i % valuesOf(1, 4) > 0) continue;
      const again = newFile();
      await collect({
        resume: path.join(checkpointDir, name),
        checkpointDir: scratch.newPath(),
        audit: again,
        threads: valuesOf(3, 1),
      });
      // There is nothing left to train after the last.
      expect(readFileSync(again, 'utf8'), name).toBe(readFileSync(audit, 'utf8'));
    }
  });

  it('as CSV', async () => {
    const [audit, csv] = [newFile(), newFile('.csv')];
    await collect({ ...CLASSES, epochs: 3, audit });
    await collect({ ...CLASSES, epochs: 3, audit: csv });
    const [header, ...lines] = readFileSync(csv, 'utf8').trimEnd().split('\n');
    const samples = linesOf(audit);
    expect(header!.split(',')).toEqual(Object.keys(samples[0]!));
    expect(lines).toEqual(samples.map((sample) => Object.values(sample).join()));
  });
});

describe('in a program', () => {
  it('the model has the samples that the file has', async () => {
    const audit = newFile();
    const options = { ...TABLE, data: { rows: ROWS, label: 'tree' }, epochs: 4 } as const;
    const written = await train({ ...options, audit });
    expect(written.audit).toEqual(linesOf(audit));
    expect((await train({ ...options, audit: true })).audit).toEqual(written.audit);
    expect((await train(options)).audit).toBeUndefined();
  });
});

describe('rows', () => {
  it('of images are their numbers in the file, without those that were held out', async () => {
    const audit = newFile();
    const options: TrainInput = { data: scratch.data, hidden: [5], epochs: 1, batchSize: 9, limit: 50 };
    await collect({ ...options, audit, validationSplit: 0.3 });
    const samples = byRow(linesOf(audit));
    const labels = readFileSync(path.join(scratch.data, 'train-labels-idx1-ubyte')).subarray(8);
    expect(samples).toHaveLength(35);
    expect(new Set(samples.map(({ row }) => row)).size).toBe(35);
    expect(samples.map(({ label }) => label)).toEqual(samples.map(({ row }) => labels[row]));
    expect(samples.at(-1)!.row).toBeGreaterThan(35);
  });

  it('of a CSV file are its lines, as in messages', async () => {
    const data = scratch.newPath('rows.csv');
    const cells = ROWS.flatMap(({ a, b, tree }, r) => [
      `${a},${b},${r % 5 === 2 ? '' : tree},${r + 2 + (r > 3 ? 1 : 0)}`,
    ]);
    // A row without a label is left out, and a cell has a line end.
    writeFileSync(
      data,
      `a,b,tree,line\n${cells.slice(0, 3).join('\n')}\n0.5,"1\n","oak",5\n${cells.slice(4).join('\n')}\n`,
    );
    const audit = newFile();
    await collect({ data, label: 'tree', testSplit: 0.3, drop: ['line'], epochs: 1, hidden: [4], audit });
    const lines = readFileSync(data, 'utf8').split('\n');
    for (const { row, label } of linesOf(audit)) {
      const [line = '', next = ''] = [lines[row - 1], lines[row]];
      expect(line.includes('"1') ? next : line).toContain(String(label));
    }
  });
});

describe('a run that ends early', () => {
  it('writes the audit after an epoch, and none before', async () => {
    for (const [stopAfter, isWritten] of [
      [1, true],
      [0, false],
    ] as const) {
      const audit = newFile();
      const stop = new AbortController();
      const options: TrainInput = { data: scratch.data, hidden: [5], epochs: 1e6, batchSize: 10, audit, logEvery: 1 };
      const { end } = await collect({ ...options, signal: stop.signal }, (event) => {
        const isTime = stopAfter === 0 ? event.event === 'start' : event.event === 'epoch' && event.epoch > 1;
        if (isTime) stop.abort();
      });
      expect(end.status).toBe('interrupted');
      expect([existsSync(audit), end.audit]).toEqual([isWritten, isWritten ? audit : undefined]);
      if (isWritten) expect(linesOf(audit)).toHaveLength(60);
    }
  });
});

describe('refused', () => {
  it.each([
    [
      'another type',
      () => ({ audit: newFile('.txt') }),
      /unsupported file type; expected a name that ends in \.ndjson or \.csv/,
    ],
    ['with --mpi', () => ({ audit: newFile(), mpi: true }), /not available with --mpi/],
    ['the file of --save', () => ({ audit: '/tmp/model.csv', save: '/tmp/model.csv' }), /the same file as --save/],
  ] as const)('%s', async (_, options, message) => {
    const refusal = await refusalOf(() => collect({ data: scratch.data, epochs: 1, ...options() }));
    expect(refusal.message).toMatch(message);
    expect(refusal.status).toBe(2);
  });

  it('other NDJSON, which is kept', async () => {
    const audit = newFile();
    writeFileSync(audit, '{"event":"start"}\n');
    await expect(collect({ data: scratch.data, epochs: 1, audit })).rejects.toThrow(/is not an audit/);
    expect(readFileSync(audit, 'utf8')).toBe('{"event":"start"}\n');
  });
});
