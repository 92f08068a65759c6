/** Runs on tables with categories, dates and missing cells: exact, resumed, and alike in training, evaluate, predict and the library. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { splitOff } from '../../src/data/split.js';
import type { EvaluationEvent } from '../../src/metrics/events.js';
import { TEST_SPLIT_STREAM } from '../../src/model/random.js';
import { exportModel } from '../../src/tools/export/export-model.js';
import { loadModel } from '../../src/tools/network.js';
import type { PredictionLine } from '../../src/tools/predict/prediction-line.js';
import { type Collected, collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { MIXED_HEADER, mixedRows } from '../support/mixed-rows.js';
import { runOnColumns } from '../support/onnx-columns.js';
import { readOnnx } from '../support/onnx-file.js';
import { REFERENCE_DEFAULTS } from '../support/reference-defaults.js';
import { refusalOf } from '../support/refusals.js';
import { resultsAfter, resultsOf } from '../support/results.js';
import { runHere } from '../support/run-here.js';
import { csvOf } from '../support/tables.js';
import { valuesOf } from '../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const inFolder = (name: string) => path.join(folder.path, name);

const ROWS = mixedRows();
const LABELED = ROWS.filter((row) => row[5] !== '');
const DATA = folder.write('mixed.csv', csvOf([MIXED_HEADER, ...ROWS]));

const OPTIONS: TrainOptions = {
  ...{
    data: DATA,
    label: 'size',
    ...REFERENCE_DEFAULTS,
    scale: 'standard',
    testSplit: 0.2,
    hidden: [12],
    lr: 0.02,
    batchSize: 16,
    epochs: 15,
  },
  ...{ optimizer: 'adam', reduction: 'mean', threads: 1 },
};

let trained: Collected;
const model = inFolder('mixed.safetensors');
beforeAll(async () => {
  trained = await collect({ ...OPTIONS, threads: 2, save: model });
});

const linesOf = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PredictionLine);

describe('a run on a mixed table', () => {
  it('learns, and says what became of columns and rows', () => {
    const { start, all, end } = trained;
    const columns = start.columns!.map(({ name, kind, levels }) => [name, kind, levels]);
    expect(columns).toEqual([
      ['island', 'category', ['east', 'north', 'south']],
      ['mass', 'number', null],
      ['wild', 'category', ['false', 'true']],
      ['when', 'date', null],
    ]);
    expect(start.dataset.inputs).toBe(start.columns!.reduce((sum, { inputs }) => sum + inputs, 0));
    expect(start.dataset.train + start.dataset.test).toBe(LABELED.length);
    expect(all.flatMap((event) => (event.event === 'warning' ? [event.code] : []))).toEqual([
      'columns_left_out',
      'rows_left_out',
    ]);
    expect(end.train_error).toBeLessThan(0.1);
  });

  it('counts only the missing cells of the rows that it trains on', () => {
    const { kept } = splitOff(LABELED.length, 0.2, 1, TEST_SPLIT_STREAM);
    const missing = [...kept].filter((i) => LABELED[i]![2] === 'NA').length;
    expect(missing).toBeGreaterThan(0);
    expect(trained.start.columns![1]!.missing).toBe(missing);
    const present = [...kept].map((i) => LABELED[i]![2]!).filter((cell) => cell !== 'NA');
    const masses = present.map(Number).sort((a, b) => a - b);
    const median = (masses[(masses.length - 1) >> 1]! + masses[masses.length >> 1]!) / 2;
    expect(trained.start.columns![1]!.fill).toBe(median);
  });

  it.each(valuesOf([1, 3, 7], [3]))('has the same weights on %i threads', async (threads) => {
    const { end } = await collect({ ...OPTIONS, threads });
    expect(end.weights_sha256).toBe(trained.end.weights_sha256);
    expect(end.test_loss).toBe(trained.end.test_loss);
  });

  it('is the same from NDJSON, with truths and null, in another order of columns', async () => {
    const cellOf = (cell: string) =>
      cell === 'NA' || cell === '' ? null : cell === 'true' || cell === 'false' ? cell === 'true' : cell;
    const objects = ROWS.map((row) => {
      const object = Object.fromEntries(MIXED_HEADER.map((name, i) => [name, cellOf(row[i]!)]));
      return JSON.stringify({ ...object, mass: object.mass === null ? null : Number(object.mass) });
    });
    const { end } = await collect({ ...OPTIONS, data: folder.write('mixed.ndjson', objects.join('\n')) });
    expect(end.weights_sha256).toBe(trained.end.weights_sha256);
  });

  it('resumes from every checkpoint as if it had never stopped', async () => {
    const checkpointDir = inFolder('checkpoints');
    const options = { ...OPTIONS, epochs: 2, validationSplit: 0.2, checkpointEverySteps: 3, keep: 100 };
    const undisturbed = await collect({ ...options, checkpointDir });
    const names = readdirSync(checkpointDir);
    expect(names.length).toBeGreaterThan(3);
    for (const [i, name] of names.entries()) {
      if (i % valuesOf(1, 3) > 0) continue;
      const resumed = await collect({ resume: path.join(checkpointDir, name), checkpointDir: inFolder(`again-${i}`) });
      expect(resultsOf(resumed.all)).toEqual(resultsAfter(undisturbed.all, resumed.start.resumed!));
    }
    for (const [given, expected] of [
      [{ drop: ['wild'] }, 'the network has the layers'],
      [{ types: ['mass=category'] }, 'the network has the layers'],
      [{ missing: 'drop' as const }, 'the network has the layers'],
      [{ missingValues: ['unheard-of'] }, 'training data'],
    ] as const) {
      const { message } = await refusalOf(() => collect({ ...given, checkpointDir, resume: true, epochs: 3 }));
      expect(message).toContain(expected);
    }
  });
});

describe('its model', () => {
  it('has the metrics of the run on its test part', async () => {
    const { stdout, stderr } = await runHere(['evaluate', model, '--data', DATA]);
    expect(stderr).toContain(`${DATA}: left out: 4 rows without a label`);
    const event = JSON.parse(stdout) as EvaluationEvent;
    expect(event.dataset).toMatchObject({ split: 'test', samples: trained.start.dataset.test });
    expect([event.test_loss, event.test_error]).toEqual([trained.end.test_loss, trained.end.test_error]);
    expect(event.unseen_levels).toBeUndefined();
  });

  it('predicts alike from CSV, JSON rows, arrays, and in the library', async () => {
    const csv = linesOf((await runHere(['predict', model, DATA])).stdout);
    expect(csv).toHaveLength(ROWS.length);
    const own = ROWS.map((row) => ({ island: row[1]!, mass: row[2]!, wild: row[3]!, when: row[4]! }));
    const forms = own.map((row, i) =>
      JSON.stringify(
        i % 3 === 0
          ? row
          : i % 3 === 1
            ? Object.values(row)
            : Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== 'NA')),
      ),
    );
    const json = linesOf((await runHere(['predict', model], forms.join('\n'))).stdout);
    const probabilities = csv.map((line) => line.probabilities);
    expect(json.map((line) => line.probabilities)).toEqual(probabilities);
    const network = await loadModel(model);
    const ofRows = own.map((row) => [...network.predict(network.sampleOf(row)).probabilities]);
    expect(ofRows).toEqual(probabilities);
    const ofCells = own.map(({ island, mass, wild, when }) => {
      const isWild = wild === 'NA' ? null : wild === 'true';
      const cells = [island === 'NA' ? undefined : island, mass === 'NA' ? null : Number(mass), isWild, when];
      return [...network.predict(cells).probabilities];
    });
    expect(ofCells).toEqual(probabilities);
    const { test_error } = JSON.parse(
      (await runHere(['evaluate', model, '--data', DATA, '--split', 'all'])).stdout,
    ) as EvaluationEvent;
    const wrong = csv.filter((line, i) => ROWS[i]![5] !== '' && line.class !== ROWS[i]![5]).length;
    expect(wrong / LABELED.length).toBeCloseTo(test_error!, 12);
  });

  it('counts levels that it does not know', async () => {
    const file = folder.write(
      'new.csv',
      csvOf([
        ['island', 'mass', 'wild', 'when', 'size'],
        ['west', '1', 'true', '2026-01-01', 'big'],
        ['west', '', 'maybe', '', 'small'],
      ]),
    );
    const { stdout } = await runHere(['evaluate', model, '--data', file]);
    expect((JSON.parse(stdout) as EvaluationEvent).unseen_levels).toEqual([
      { column: 'island', cells: 2 },
      { column: 'wild', cells: 1 },
    ]);
    const { stderr, stdout: predicted } = await runHere(['predict', model, file]);
    expect(linesOf(predicted)).toHaveLength(2);
    expect(stderr).toContain('column island: 2 cells have categories that no training row had');
    expect(stderr).toContain('column wild: 1 cell has a category that no training row had');
    const network = await loadModel(model);
    network.predict(['west', 1, 2, null]);
    expect([...network.takeUnseenLevels()]).toEqual([
      ['island', 1],
      ['wild', 1],
    ]);
    expect(network.takeUnseenLevels().size).toBe(0);
  });

  it('says what is wrong with a row', async () => {
    const { stderr, stdout } = await runHere(
      ['predict', model],
      [
        '["north",1,true]',
        '{"mass":"heavy"}',
        '{"other":1}',
        '{"mass":[1]}',
        '{"when":"2026-02-30"}',
        '{"mass":4000}',
      ].join('\n'),
    );
    expect(linesOf(stdout)).toHaveLength(1);
    for (const expected of [
      'line 1: a row of 3 cells; expected 4, the input columns of the network',
      'line 2: column mass: heavy; expected a number',
      'line 3: a row without any column of the network; expected island, mass, wild, when',
      'line 4: column mass: an array; expected a number, a string, true, false or null',
      'line 5: column when: 2026-02-30; expected a date (ISO 8601)',
    ]) {
      expect(stderr).toContain(expected);
    }
  });

  it('is exported to ONNX with an input for each column, which gives the same probabilities on its own cells', async () => {
    const file = inFolder('mixed.onnx');
    await exportModel(model, file);
    const onnx = readOnnx(file);
    expect(onnx.inputs.map(({ name }) => name)).toEqual(['island', 'mass', 'wild', 'when']);
    const network = await loadModel(model);
    for (const [, island, mass, wild, when] of ROWS) {
      const { className, probabilities } = network.predict([island, mass, wild, when]);
      const seconds = when === 'NA' ? -(2 ** 63) : Date.parse(when!) / 1000;
      const found = runOnColumns(onnx, [island!, mass === 'NA' ? Number.NaN : Number(mass), wild!, seconds]);
      expect(found.get('label')).toEqual([className]);
      for (const [c, p] of probabilities.entries()) {
        expect(Math.abs(Number(found.get('probabilities')![c]) - p)).toBeLessThan(1e-5);
      }
    }
  });

  it('is not exported to ONNX with a matrix as input, which says why; its weights are to NumPy', async () => {
    const { message, status } = await refusalOf(() => exportModel(model, inFolder('matrix.onnx'), 'matrix'));
    expect(status).toBe(1);
    expect(message).toContain('found island (category), mass (missing cells), wild (category), when (date)');
    expect((await exportModel(model, inFolder('mixed.npz'))).format).toBe('npz');
  });
});

describe('the strict ways', () => {
  it('drop: rows with missing cells are dropped everywhere, and predict says which', async () => {
    const save = inFolder('drop.safetensors');
    const { start, end } = await collect({ ...OPTIONS, missing: 'drop', save });
    const complete = LABELED.filter((row) => !row.includes('NA'));
    expect(start.dataset.train + start.dataset.test).toBe(complete.length);
    expect(start.columns!.every(({ missing }) => missing === 0)).toBe(true);
    const { stdout, stderr } = await runHere(['evaluate', save, '--data', DATA]);
    expect((JSON.parse(stdout) as EvaluationEvent).test_loss).toBe(end.test_loss);
    expect(stderr).toContain(`${LABELED.length - complete.length} rows with missing cells`);
    const predicted = await runHere(['predict', save, DATA]);
    expect(linesOf(predicted.stdout)).toHaveLength(ROWS.filter((row) => !row.includes('NA')).length);
    const row = 2 + ROWS.findIndex((cells) => cells.includes('NA'));
    expect(predicted.stderr).toContain(`mixed.csv: row ${row}, column `);
    expect(predicted.stderr).toContain('missing (NA); expected ');
  });

  it('refuse: names the first cells', async () => {
    const { message } = await refusalOf(() => collect({ ...OPTIONS, missing: 'refuse' }));
    expect(message).toMatch(/\d+ missing cells \(row \d+, column \w+; /);
  });
});

it('a table of one-hot columns is stored sparsely, and the same densely', async () => {
  const cells = Array.from({ length: 200 }, (_, i) => [`a${i % 50}`, `b${(i * 7) % 40}`, i % 3 === 0 ? 'x' : 'y']);
  const sparse = folder.write('sparse.csv', csvOf([['a', 'b', 'kind'], ...cells]));
  const job = { data: sparse, label: 'kind', hidden: [5], epochs: 3, batchSize: 10, threads: 2 };
  const given: TrainOptions = { ...REFERENCE_DEFAULTS, ...job };
  const { start, end } = await collect(given);
  expect([start.dataset.inputs, start.dataset.density]).toEqual([90, 2 / 90]);
  // The same inputs as columns of numbers.
  const inputs = cells.map(([a, b, kind]) => [
    ...Array.from({ length: 50 }, (_, i) => Number(a === `a${i}`)),
    ...Array.from({ length: 40 }, (_, i) => Number(b === `b${i}`)),
    kind!,
  ]);
  const byText = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${prefix}${i}`).sort((x, y) => (x < y ? -1 : 1));
  const order = [...byText('a', 50), ...byText('b', 40)];
  const all = [...Array.from({ length: 50 }, (_, i) => `a${i}`), ...Array.from({ length: 40 }, (_, i) => `b${i}`)];
  const sorted = inputs.map((row) => [...order.map((name) => row[all.indexOf(name)]!), row[90]!]);
  const oneHot = folder.write('one-hot.csv', csvOf([[...order, 'kind'], ...sorted]));
  expect((await collect({ ...given, data: oneHot })).end.weights_sha256).toBe(end.weights_sha256);
  expect(readFileSync(oneHot, 'utf8').split('\n')).toHaveLength(202);
});
