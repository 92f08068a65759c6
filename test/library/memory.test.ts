/** Training on tables in memory, and the models that come out: against files, and the command's way through a file. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  fit as fitted,
  LockstepError,
  loadClassifier,
  loadModel,
  loadRegressor,
  type TrainInput,
  train,
} from '../../src/index.js';
import { collect } from '../support/events.js';
import { refusalOf } from '../support/refusals.js';
import { scratchWith } from '../support/scratch.js';
import { IRIS } from '../support/tables.js';
import { valuesOf } from '../support/thoroughness.js';

const scratch = scratchWith(200, 50);

const [NAMES = [], ...CELLS] = readFileSync(IRIS, 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(','));
const ROWS = CELLS.map((cells) =>
  Object.fromEntries(NAMES.map((name, i) => [name, i < 4 ? Number(cells[i]) : cells[i]!])),
);
const SPECIES = CELLS.map((cells) => cells[4]!);
const MEASURES = Float64Array.from(CELLS.flatMap((cells) => cells.slice(0, 4).map(Number)));

const JOB = {
  hidden: [8],
  epochs: 4,
  threads: valuesOf(2, 1),
  scale: 'standard',
  batchSize: 16,
  lr: 0.02,
  testSplit: 0.2,
} as const;

describe('a run on a table in memory', () => {
  it('ends with the weights of the run on the file, bit for bit', async () => {
    const ofFile = await collect({ ...JOB, data: IRIS, label: 'species' });
    const forms: TrainInput['data'][] = [
      { rows: ROWS, label: 'species' },
      { rows: CELLS, columns: NAMES, label: 'species' },
      { rows: CELLS, label: '5' },
      { rows: MEASURES, columns: NAMES.slice(0, 4), label: SPECIES },
      {
        columns: Object.fromEntries(NAMES.map((name, i) => [name, CELLS.map((cells) => cells[i]!)])),
        label: 'species',
      },
    ];
    for (const data of forms) {
      const { start, epochs, end } = await collect({ ...JOB, data });
      expect(end.weights_sha256).toBe(ofFile.end.weights_sha256);
      expect(epochs.map(({ test_loss }) => test_loss)).toEqual(ofFile.epochs.map(({ test_loss }) => test_loss));
      expect([start.config.data, start.dataset.name]).toEqual(['memory', 'memory']);
    }
  });

  it('has targets and weights as a run on a file has', async () => {
    const weights = CELLS.map((_, i) => 1 + (i % 3));
    const lines = ['w', ...weights].map((weight, i) => `${[NAMES, ...CELLS][i]!.slice(0, 4).join()},${weight}\n`);
    const file = `${scratch.newPath('weighted.csv')}`;
    writeFileSync(file, lines.join(''));
    const job = { ...JOB, threads: 1 };
    const ofFile = await collect({ ...job, data: file, target: ['petal_width'], weight: 'w' });
    const rows = ROWS.map(({ species: _, ...row }, i) => ({ ...row, w: weights[i] }));
    const named = await collect({ ...job, data: { rows, target: 'petal_width', weight: 'w' } });
    expect(named.end).toMatchObject({ weights_sha256: ofFile.end.weights_sha256, test_rmse: ofFile.end.test_rmse });
    const petals = Float64Array.from(CELLS, (cells) => Number(cells[3]));
    const matrix = CELLS.map((cells) => cells.slice(0, 3));
    const apart = await collect({ ...job, data: { rows: matrix, target: petals, weight: weights } });
    expect(apart.end.weights_sha256).toBe(ofFile.end.weights_sha256);
  });

  it('may have its test data in memory or in a file, or only these', async () => {
    const [train, test] = [ROWS.filter((_, i) => i % 3 > 0), ROWS.filter((_, i) => i % 3 === 0)];
    const apart = { rows: test.map(({ species: _, ...row }) => row), label: test.map(({ species }) => species!) };
    const csv = scratch.newPath('test.csv');
    writeFileSync(csv, [NAMES, ...CELLS.filter((_, i) => i % 3 === 0)].map((cells) => cells.join()).join('\n'));
    const { testSplit: _, ...job } = JOB;
    const run = async (testData: TrainInput['testData']) =>
      (await collect({ ...job, data: { rows: train, label: 'species' }, testData })).end.test_loss;
    const loss = await run(csv);
    expect(loss).toBeGreaterThan(0);
    expect(await run({ rows: test })).toBe(loss);
    expect(await run(apart)).toBe(loss);
  });

  it('is resumed with the same data, given again, and with no other', async () => {
    const job = {
      ...JOB,
      data: { rows: ROWS, label: 'species' },
      checkpointDir: scratch.newPath(),
      epochs: 2,
    } as const;
    await collect(job);
    const whole = await collect({ ...JOB, data: IRIS, label: 'species' });
    const { checkpointDir } = job;
    const gone = await refusalOf(() => collect({ resume: checkpointDir, epochs: 4 }));
    expect(gone.error.message).toMatch(
      /^`resume`: .* was trained on data in the memory of a program; provide the same data/,
    );
    const other = { rows: [...ROWS].reverse(), label: 'species' };
    expect(await refusalOf(() => collect({ resume: checkpointDir, epochs: 4, data: other }))).toMatchObject({
      code: 'resume_differs',
    });
    const { end, start } = await collect({ resume: checkpointDir, epochs: 4, data: job.data });
    expect(start.resumed?.epochs).toBe(2);
    expect(end.weights_sha256).toBe(whole.end.weights_sha256);
  });

  it.each([
    [{ header: 'yes' }, '`header`: only for files, but `data` is a table in memory; omit this option'],
    [{ delimiter: ';' }, '`delimiter`: only for files, but `data` is a table in memory; omit this option'],
    [{ label: 'species' }, '`label`: given in `data` and as an option; give it once'],
    [
      { data: { rows: ROWS, label: 'kind' } },
      /^`label` kind: memory has no such column; its columns are 1 sepal_length/,
    ],
    [
      {
        data: {
          rows: ROWS.map((row, i) => ({ ...row, petal_width: i === 9 ? 'big' : row.petal_width })),
          label: 'species',
        },
      },
      /^memory: column 4 \(petal_width\): 1 of 150 cells is not a number \(row 10: big\); if it is a missing value/,
    ],
  ])('is refused with %o', async (options, expected) => {
    const given = { ...JOB, data: { rows: ROWS, label: 'species' }, ...options } as TrainInput;
    const { error } = await refusalOf(() => collect(given));
    expect(error.message).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
  });
});

describe('a model', () => {
  it('is the model of the file: same bytes, predictions and evaluation', async () => {
    const [own, saved] = [scratch.newPath('own.safetensors'), scratch.newPath('saved.safetensors')];
    const model = await fitted({ ...JOB, data: { rows: ROWS, label: 'species' }, save: own });
    await model.save(saved);
    expect(readFileSync(saved).equals(readFileSync(own))).toBe(true);
    const network = await loadModel(own);
    const expected = CELLS.map((cells) => network.predict(cells.slice(0, 4)));
    expect(model.predict(ROWS)).toEqual(expected);
    expect(model.predict(CELLS.map((cells) => cells.slice(0, 4).map(Number)))).toEqual(expected);
    expect(ROWS.map((row) => model.predict(row))).toEqual(expected);
    expect(model.predict(MEASURES.subarray(4, 8))).toEqual(expected[1]);
    expect(model.predict([])).toEqual([]);
    const loaded = await loadClassifier(saved);
    expect(loaded.predict(ROWS)).toEqual(expected);
    const evaluation = await model.evaluate(IRIS);
    expect(evaluation).toMatchObject({ samples: 150, warnings: [] });
    const right = expected.filter(({ className }, i) => className === SPECIES[i]).length;
    expect(evaluation.test_error).toBeCloseTo(1 - right / 150, 12);
    expect(await model.evaluate({ rows: ROWS })).toEqual(evaluation);
    expect(await loaded.evaluate({ rows: MEASURES, columns: NAMES.slice(0, 4), label: SPECIES })).toEqual(evaluation);
    await expect(loadRegressor(saved)).rejects.toThrow(/the model predicts classes; use loadClassifier\(\)$/);
  });

  it('of numbers estimates by target', async () => {
    const data = { rows: ROWS, target: ['petal_width', 'petal_length'] };
    const file = scratch.newPath('numbers.safetensors');
    const model = await fitted({ ...JOB, data, save: file });
    const network = await loadModel(file);
    const [one, ...others] = model.predict(ROWS.slice(0, 3));
    const values = network.estimate(network.sampleOf(ROWS[0]!));
    expect(one).toEqual({ estimates: { petal_width: values[0], petal_length: values[1] } });
    expect(others).toHaveLength(2);
    expect(model.targets).toEqual(['petal_width', 'petal_length']);
    const { test_rmse } = await model.evaluate({ rows: ROWS });
    const errors = ROWS.map((row) => {
      const { estimates } = model.predict(row);
      return data.target.reduce((sum, name) => sum + (estimates[name]! - Number(row[name])) ** 2, 0) / 2;
    });
    expect(test_rmse).toBeGreaterThan(0);
    expect(Math.sqrt(errors.reduce((a, b) => a + b) / 150)).toBeCloseTo(test_rmse!, 1);
    expect((await loadRegressor(file)).predict(ROWS)).toEqual(model.predict(ROWS));
  });

  it('is in the last event, but not in its JSON', async () => {
    const kinds: string[] = [];
    for await (const event of train({ ...JOB, data: { rows: ROWS, label: 'species' } })) {
      if (event.event !== 'end') continue;
      kinds.push(event.model!.kind);
      expect(event.model).toBe(event.model);
      expect(event.model!.network.weightsSha256).toBe(event.weights_sha256);
      expect(Object.keys(event)).not.toContain('model');
      expect(JSON.stringify(event)).not.toContain('network');
    }
    expect(kinds).toEqual(['classifier']);
  });

  it('has the weights of the best epoch with keepBest, and what it had when it was stopped', async () => {
    const data = { rows: ROWS, label: 'species' };
    const best = await fitted({ ...JOB, data, validationSplit: 0.2, keepBest: true, lr: 0.3 });
    const { end } = await collect({ ...JOB, data, validationSplit: 0.2, keepBest: true, lr: 0.3 });
    expect(best.network.weightsSha256).toBe(end.weights_sha256);
    const abort = new AbortController();
    const stopped = await fitted({
      ...JOB,
      ...{ data, epochs: 100_000, signal: abort.signal },
      onEvent: ({ event }) => event === 'epoch' && abort.abort(),
    });
    expect(stopped.predict(ROWS[0]!).probabilities).toHaveLength(3);
    await expect(fitted({ ...JOB, data, signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never');
  });

  it.each([5, 'x', new Map(), new Date(), [{}]])('does not come of options that are %o', async (options) => {
    expect(await refusalOf(() => fitted(options as TrainInput))).toMatchObject({ code: 'not_options', status: 2 });
  });

  it.each([
    [{ onEvent: 5 }, 'invalid_option'],
    [{ onEvents: 5 }, 'unknown_option'],
  ])('does not come of %o', async (options, code) => {
    expect(await refusalOf(() => fitted(options as TrainInput))).toMatchObject({ code, status: 2 });
  });

  it('names the row that it cannot predict, and refuses goals that it does not have', async () => {
    const model = await fitted({ ...JOB, epochs: 1, data: { rows: ROWS, label: 'species' } });
    const rows = [ROWS[0]!, { ...ROWS[1], petal_width: 'big' }];
    expect(() => model.predict(rows)).toThrow('row 2: column petal_width: big; expected a number');
    expect(() => model.predict([{ sepal_length: 1 }, null] as object[])).toThrow(/^row 2: a row of a table: expected/);
    const other = { rows: ROWS.map(({ species, ...row }) => ({ ...row, kind: species })), label: 'kind' };
    expect((await model.evaluate(other)).samples).toBe(150);
    for (const goal of [{ target: 'petal_width' }, { weight: 'petal_width' }]) {
      const { error } = await refusalOf(() => model.evaluate({ rows: ROWS, ...goal }));
      expect(error.message).toMatch(/^`data`: (target|weight): petal_width; expected none, as for the training data$/);
    }
    const { testSplit: _, ...job } = JOB;
    const { error } = await refusalOf(() =>
      collect({ ...job, data: { rows: ROWS, label: 'species' }, testData: other }),
    );
    expect(error.message).toBe('`testData`: label: kind; expected species, as for the training data');
    const unknown = { rows: [...ROWS, { ...ROWS[0], species: 'rose' }] };
    expect((await refusalOf(() => model.evaluate(unknown))).error.message).toMatch(
      /^memory: row 151, column 5 \(species\): rose/,
    );
  });

  it('of images predicts pixels', async () => {
    const model = await fitted({ data: scratch.data, hidden: [5], epochs: 1, threads: 1 });
    if (model.kind !== 'classifier') throw new Error('a regressor');
    const images = [new Uint8Array(784), new Uint8Array(784).fill(255)];
    expect(model.predict(images)).toEqual(images.map((image) => model.predict(image)));
    await expect(model.evaluate({ rows: ROWS })).rejects.toThrow(LockstepError);
  });

  it('saves a checkpoint as a model that names no files', async () => {
    const checkpointDir = scratch.newPath();
    const { end } = await collect({ ...JOB, data: { rows: ROWS, label: 'species' }, checkpointDir });
    const model = await loadClassifier(end.checkpoint!);
    const file = scratch.newPath('of-checkpoint.safetensors');
    await model.save(file);
    const { metadata, weightsSha256 } = await loadModel(file);
    expect(weightsSha256).toBe(end.weights_sha256);
    expect(metadata).toMatchObject({ lockstep: 'model', weights_sha256: end.weights_sha256 });
    expect(metadata.config).not.toContain(checkpointDir);
    expect(metadata.state).toBeUndefined();
  });
});
