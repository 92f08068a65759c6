/** Regression: exact for any number of threads, resumed, and the same from training, evaluate, predict and ONNX. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../src/checkpoints/model-file.js';
import type { TrainOptions } from '../../src/config/options.js';
import { splitOff } from '../../src/data/split.js';
import type { NumbersEvaluationEvent } from '../../src/metrics/events.js';
import { LOSSES } from '../../src/model/objectives/index.js';
import { TEST_SPLIT_STREAM, VALIDATION_SPLIT_STREAM } from '../../src/model/random.js';
import { PrettyFormat } from '../../src/output/pretty.js';
import { progressLine } from '../../src/output/progress-line.js';
import { ofEpoch } from '../../src/output/tensorboard/summaries.js';
import { exportModel } from '../../src/tools/export/export-model.js';
import { loadModel } from '../../src/tools/network.js';
import { plotSvg } from '../../src/tools/plot/render.js';
import { RunReader } from '../../src/tools/plot/run.js';
import type { EstimateLine } from '../../src/tools/predict/prediction-line.js';
import { type Collected, collect } from '../support/events.js';
import { idxBytes, temporaryFolder } from '../support/idx-files.js';
import { kernelNames } from '../support/kernels.js';
import { ifSkipped, noOpenMpi, runRanks } from '../support/mpi.js';
import { csvOfNumbers, numberRows } from '../support/number-tables.js';
import { readOnnx, runOnnx } from '../support/onnx-file.js';
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

const ROWS = numberRows(200, 7);
const data = folder.write('numbers.csv', csvOfNumbers(ROWS));
const OPTIONS: TrainOptions = {
  ...REFERENCE_DEFAULTS,
  ...{ data, target: ['price', 'tiny'], scale: 'standard', testSplit: 0.2, validationSplit: 0.25 },
  ...{ hidden: [12], reduction: 'mean', lr: 0.1, batchSize: 16, epochs: 3, threads: 1, logEvery: 5 },
};
const PRICES = ROWS.map(({ y }) => y[0]);

/** By their definitions. */
function metricsOf(estimates: readonly number[], numbers: readonly number[]) {
  const n = numbers.length;
  const mean = numbers.reduce((sum, y) => sum + y, 0) / n;
  const sum = (of: (y: number, i: number) => number) => numbers.reduce((total, y, i) => total + of(y, i), 0);
  const squares = sum((y, i) => (y - estimates[i]!) ** 2);
  return {
    rmse: Math.sqrt(squares / n),
    mae: sum((y, i) => Math.abs(y - estimates[i]!)) / n,
    r2: 1 - squares / sum((y) => (y - mean) ** 2),
  };
}

describe.each(LOSSES)('--loss %s', (loss) => {
  const given: TrainOptions = { ...OPTIONS, loss, ...(loss === 'huber' && { huberDelta: 0.5 }) };

  it.each(casesOf(kernelNames(), (_, i) => i === LOSSES.indexOf(loss)))(
    'kernel %s: the same weights and metrics for any number of threads',
    async (kernel) => {
      const runs: Collected[] = [];
      for (const threads of valuesOf([1, 3, 8], [1, 3])) runs.push(await collect({ ...given, kernel, threads }));
      const [first, ...others] = runs.map(({ all }) => resultsOf(all));
      for (const other of others) expect(other).toEqual(first);
    },
  );

  const all: TrainOptions[] = [
    { strategy: 'dense', threads: 3 },
    { optimizer: 'adam', lr: 0.01, threads: 2 },
    { momentum: 0.9, clipNorm: 0.1, weightDecay: 0.01, lr: 0.01, keepBest: true, threads: 2 },
    { hidden: [], threads: 2 },
    { hidden: [20, 8], threads: 2, target: ['price'] },
  ];
  it.each(casesOf(all, (_, i) => i === LOSSES.indexOf(loss) || (loss === 'mse' && i > 2)))(
    'resumes from every checkpoint as if it had never stopped: %j',
    async (more) => {
      const name = `${loss}-${JSON.stringify(more)}`;
      const options = { ...given, ...more, epochs: 2, checkpointEverySteps: 4, keep: 100 };
      const whole = await collect({ ...options, checkpointDir: inFolder(`${name}-whole`) });
      expect(whole.end.train_rmse).toBeGreaterThan(0);
      for (const [i, file] of readdirSync(inFolder(`${name}-whole`)).entries()) {
        if (i % valuesOf(1, 3) > 0) continue;
        const resume = path.join(inFolder(`${name}-whole`), file);
        const resumed = await collect({ resume, checkpointDir: inFolder(`${name}-${i}`) });
        expect(resultsOf(resumed.all)).toEqual(resultsAfter(whole.all, resumed.start.resumed!));
      }
    },
  );
});

it.skipIf(noOpenMpi || !TRIES_ALL)(
  `two and four ranks give the same with --exact${ifSkipped(noOpenMpi)}${inFull}`,
  async () => {
    const flags = ['--data', data, '--target', 'price,tiny', '--scale', 'standard', '--hidden', '12', '--lr', '0.1'];
    const more = [
      '--reduction',
      'mean',
      '--epochs',
      '2',
      '--threads',
      '2',
      '--test-split',
      '0.2',
      '--format',
      'ndjson',
    ];
    const ends: unknown[] = [];
    for (const ranks of [1, 2, 4]) {
      const { status, stdout, stderr } = await runRanks([
        { ranks, args: [trainCommand, '--mpi', '--exact', ...flags, ...more] },
      ]);
      expect(status, stderr).toBe(0);
      const { seconds: _, ...end } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
      ends.push(end);
    }
    expect(ends[0]).toMatchObject({ status: 'completed', test_targets: [{ target: 'price' }, { target: 'tiny' }] });
    expect(ends.slice(1)).toEqual([ends[0], ends[0]]);
  },
);

describe('a model of numbers', () => {
  const model = inFolder('model.safetensors');
  let trained: Collected;
  let lines: EstimateLine[];
  const parts = () => {
    const { kept, apart: test } = splitOff(ROWS.length, 0.2, 1, TEST_SPLIT_STREAM);
    const { kept: train, apart: validation } = splitOff(kept.length, 0.25, 1, VALIDATION_SPLIT_STREAM);
    return {
      train: [...train].map((i) => kept[i]!),
      validation: [...validation].map((i) => kept[i]!),
      test: [...test],
    };
  };

  beforeAll(async () => {
    trained = await collect({ ...OPTIONS, epochs: 30, threads: 2, save: model });
    const { stdout, stderr } = await runHere(['predict', model, data]);
    expect(stderr).toBe('');
    lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as EstimateLine);
  });

  it('learns, and its events have no error', () => {
    const { start, epochs, steps, end } = trained;
    expect(end.test_targets!.map(({ r2 }) => r2! > 0.8)).toEqual([true, true]);
    expect(start.objective).toBe('squared-error');
    expect(start.dataset.classes).toBeUndefined();
    for (const event of [...epochs, ...steps, end]) {
      expect(Object.keys(event).filter((name) => name.endsWith('error'))).toEqual([]);
    }
  });

  it('standardizes the targets by the rows trained on', async () => {
    const { targets } = await readModel(model);
    const own = parts().train.map((i) => PRICES[i]!);
    const mean = own.reduce((sum, y) => sum + y, 0) / own.length;
    const deviation = Math.sqrt(own.reduce((sum, y) => sum + (y - mean) ** 2, 0) / own.length);
    expect(targets[0]).toEqual({ name: 'price', mean, deviation });
    expect(trained.start.dataset.targets).toEqual(targets);
  });

  it('estimates in the own units of the targets, from which all metrics follow', () => {
    expect(lines).toHaveLength(ROWS.length);
    for (const split of ['validation', 'test'] as const) {
      const rows = parts()[split];
      const all = (['price', 'tiny'] as const).map((target, k) =>
        metricsOf(
          rows.map((i) => lines[i]!.estimates[target]!),
          rows.map((i) => ROWS[i]!.y[k]!),
        ),
      );
      for (const metric of ['rmse', 'mae', 'r2'] as const) {
        for (const [k, each] of all.entries()) {
          const found = trained.end[`${split}_targets`]![k]![metric]!;
          expect(Math.abs(found / each[metric] - 1)).toBeLessThan(1e-12);
        }
        const mean = (all[0]![metric] + all[1]![metric]) / 2;
        expect(Math.abs(trained.end[`${split}_${metric}`]! / mean - 1)).toBeLessThan(1e-12);
      }
    }
  });

  it('has the same metrics from evaluate, to the last digit', async () => {
    const { stdout } = await runHere(['evaluate', model, '--data', data]);
    const event = JSON.parse(stdout) as NumbersEvaluationEvent;
    expect(event.dataset).toEqual({ name: 'numbers.csv', split: 'test', samples: 40 });
    for (const name of ['test_loss', 'test_rmse', 'test_mae', 'test_r2', 'test_targets'] as const) {
      expect(event[name]).toEqual(trained.end[name]);
    }
    const { stdout: text } = await runHere(['evaluate', model, '--data', data, '--format', 'pretty']);
    expect(text).toMatch(/\nloss 0\.\d+, rmse \d+\.\d+, mae \d+\.\d+, r2 0\.\d+\nprice: rmse/);
  });

  it('has the same estimates from the library and, within rounding, from ONNX', async () => {
    const network = await loadModel(model);
    const file = inFolder('model.onnx');
    await exportModel(model, file, 'matrix');
    const graph = readOnnx(file);
    for (const [i, { x }] of ROWS.entries()) {
      const own = Object.values(lines[i]!.estimates);
      expect([...network.estimate(x)]).toEqual(own);
      const [price, tiny] = runOnnx(graph, x.map(Math.fround)).get('estimates')!;
      const { deviation: ofPrice } = network.targets[0]!;
      const { deviation: ofTiny } = network.targets[1]!;
      expect(Math.abs(price! - own[0]!) / ofPrice).toBeLessThan(1e-5);
      expect(Math.abs(tiny! - own[1]!) / ofTiny).toBeLessThan(1e-5);
    }
    expect((await refusalOf(() => network.predict([1, 2, 3]))).message).toContain(
      'predict(): this is a regression network',
    );
  });

  it('is shown with these metrics: in the table, the progress bar, TensorBoard and plots', async () => {
    const pretty = new PrettyFormat(false);
    const text = trained.all.map((event) => pretty.format(event)).join('');
    expect(text).toMatch(/\nepoch +loss +rmse +val\. loss +val\. rmse +test loss +test rmse +seconds\n/);
    expect(text).toMatch(/test loss 0\.\d+, rmse \d+\.\d+, mae \d+\.\d+, r2 0\.\d+/);
    for (const line of text.split('\n').filter((each) => /^ *(epoch|\d+) /.test(each))) {
      expect(line.replace(/ +step .*/, '').length).toBeLessThanOrEqual(79);
    }
    const progress = {
      epoch: 1,
      epochs: 2,
      step: 3,
      stepsPerEpoch: 4,
      samples: 48,
      samplesPerSecond: 5,
      secondsLeft: 6,
    };
    const measured = { ...progress, loss: 0.25, rmse: 12_345.678, mae: 9000, r2: 0.5 };
    expect(progressLine(measured, 100, 'huber')).toContain('loss 0.2500 · rmse 12346');
    const tags = ofEpoch(trained.epochs[0]!, trained.start.objective, 0.1).map(({ tag }) => tag);
    expect(tags).toEqual(expect.arrayContaining(['rmse/train', 'mae/validation', 'r2/test']));
    expect(tags).not.toContain('error/test');
    const reader = new RunReader('run.ndjson');
    for (const event of trained.all) expect(reader.add(JSON.stringify(event))).toBeUndefined();
    expect(await plotSvg(reader.runs, { steps: true })).toContain('>root mean squared error</text>');
    expect(await plotSvg(reader.runs, { what: 'r2' })).toContain('>R²</text>');
    await expect(plotSvg(reader.runs, { what: 'error' })).rejects.toThrow('--what error: none of the runs');
  });

  it('stops early by the validation loss', async () => {
    const { end, epochs } = await collect({ ...OPTIONS, lr: 0.6, loss: 'mae', epochs: 200, patience: 2 });
    expect(end.stopped_by).toBe('patience');
    const best = epochs.reduce((a, b) => (b.validation_loss! < a.validation_loss! ? b : a));
    expect(end.best_epoch).toBe(best.epoch);
  });
});

describe('numbers of another kind', () => {
  it('a constant target has no R²; nor does the mean over targets count it', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => [i, i % 7, 5, (i * i) % 11]);
    const file = folder.write('constant.csv', csvOf([['a', 'b', 'five', 'y'], ...rows]));
    const given: TrainOptions = {
      ...{ data: file, hidden: [3], batchSize: 10, epochs: 1, threads: 1 },
      scale: 'standard',
    };
    const alone = await collect({ ...given, target: ['five'] });
    expect(alone.end.train_r2).toBeNull();
    const both = await collect({ ...given, target: ['five', 'y'] });
    expect(both.end.train_targets!.map(({ r2 }) => r2 === null)).toEqual([true, false]);
    expect(both.end.train_r2).toBe(both.end.train_targets![1]!.r2);
  });

  it('rows without a target are left out, and counted', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => [i, i % 7, i % 10 === 3 ? 'NA' : i / 3]);
    const file = folder.write('missing.csv', csvOf([['a', 'b', 'y'], ...rows]));
    const job = { data: file, target: ['y'], testSplit: 0, hidden: [2], epochs: 1, threads: 1, lr: 1e-5 };
    const { start, all } = await collect(job);
    expect(start.dataset.train).toBe(36);
    expect(all).toContainEqual({
      ...{ event: 'warning', code: 'rows_left_out' },
      message: expect.stringMatching(/missing\.csv: left out: 4 rows without a target$/),
    });
  });

  it('a table without a header has targets by number', async () => {
    const file = folder.write('bare.csv', csvOf(ROWS.map(({ x, y }) => [...x, ...y])));
    const named = await collect({ ...OPTIONS });
    const bare = await collect({ ...OPTIONS, data: file, target: ['4', '5'], save: inFolder('bare.safetensors') });
    expect(bare.end.weights_sha256).toBe(named.end.weights_sha256);
    const { stdout } = await runHere(['predict', inFolder('bare.safetensors'), file]);
    expect(Object.keys((JSON.parse(stdout.split('\n')[0]!) as EstimateLine).estimates)).toEqual(['4', '5']);
  });

  const files = [
    { type: 0x0d, bytes: 4, width: 1, name: 'labels-idx1-ubyte' },
    { type: 0x0e, bytes: 8, width: 1, name: 'labels-idx1-double' },
    { type: 0x0e, bytes: 8, width: 3, name: 'labels-idx2-double' },
  ];
  it.each(casesOf(files, ({ width }) => width > 1))(
    'images with numbers of IDX type $type, $width each',
    async ({ type, bytes, width, name }) => {
      const own = temporaryFolder();
      try {
        const count = 60;
        const pixels = Array.from({ length: count * 4 }, (_, p) => (p * 37) % 251);
        const labels = Buffer.alloc((width > 1 ? 12 : 8) + count * width * bytes);
        labels.set([0, 0, type, width > 1 ? 2 : 1]);
        labels.writeUInt32BE(count, 4);
        if (width > 1) labels.writeUInt32BE(width, 8);
        for (let i = 0; i < count * width; i++) {
          const [s, k] = [Math.floor(i / width), i % width];
          const value = 1000 * (k + 1) + pixels[4 * s]! - pixels[4 * s + 1]! / (k + 2);
          const at = labels.length - (count * width - i) * bytes;
          if (bytes === 4) labels.writeFloatBE(value, at);
          else labels.writeDoubleBE(value, at);
        }
        for (const part of ['train', 't10k']) {
          own.write(`${part}-images-idx3-ubyte`, idxBytes([count, 2, 2], pixels));
          own.write(`${part}-${name}`, labels);
        }
        const save = path.join(own.path, 'model.safetensors');
        const given: TrainOptions = { data: own.path, hidden: [10], batchSize: 10, epochs: 40, threads: 1, save };
        const { start, end } = await collect({ ...given, reduction: 'mean', lr: 0.05 });
        expect(start.dataset.targets!.map((target) => target.name)).toEqual(['1', '2', '3'].slice(0, width));
        expect(end.test_r2).toBeGreaterThan(0.9);
        const { stdout } = await runHere(['evaluate', save, '--data', own.path]);
        expect((JSON.parse(stdout) as NumbersEvaluationEvent).test_rmse).toBe(end.test_rmse);
      } finally {
        own.remove();
      }
    },
  );

  it.each<[TrainOptions, string]>([
    [{ label: 'price' }, '--target and --label are mutually exclusive'],
    [{ target: ['price', 'price'] }, '(price) is given twice; give it once'],
    [{ target: ['cost'] }, '--target cost: '],
    [{ loss: 'huber', huberDelta: 0 }, '--huber-delta 0: expected'],
    [{ huberDelta: 2 }, '--huber-delta 2: requires --loss huber'],
    [{ data: 'mnist' }, '--target price,tiny: only for tables'],
  ])('%j is refused', async (given, expected) => {
    const { message } = await refusalOf(() => collect({ ...OPTIONS, ...given }));
    expect(message).toContain(expected);
  });

  it('a column without any number is refused as a target, not as a label', async () => {
    const file = folder.write('none.csv', 'a,b,y\n1,2,\n3,4,NA\n5,6,\n');
    const { message } = await refusalOf(() => collect({ data: file, target: ['y'] }));
    expect(message).toContain('none.csv: no row has all targets; ');
  });

  it('a text among the numbers is refused by its row', async () => {
    const file = folder.write('text.csv', 'a,y\n1,2\n3,many\n');
    const { message } = await refusalOf(() => collect({ data: file, target: ['y'] }));
    expect(message).toContain(
      'text.csv: column 2 (y): 1 of 2 cells is not a number (row 3: many); expected numeric targets, such as 1234.5; correct',
    );
  });

  it('--loss needs numbers', async () => {
    const file = folder.write('classes.csv', 'a,y\n1,2\n3,4\n');
    const { message, status } = await refusalOf(() => collect({ data: file, label: 'y', loss: 'mae' }));
    expect([status, message]).toEqual([2, expect.stringContaining('--loss mae: only for regression')]);
  });
});
