/** Runs on a table: exact, resumed, and the same classes from training, evaluate, predict, the library and ONNX. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evaluateCommand } from '../../bin/commands/evaluate.js';
import { type Split, tablePart } from '../../bin/commands/evaluation-table.js';
import { inspectCommand } from '../../bin/commands/inspect.js';
import { predictCommand } from '../../bin/commands/predict.js';
import { readModel } from '../../src/checkpoints/model-file.js';
import type { TrainOptions } from '../../src/config/options.js';
import { splitOff } from '../../src/data/split.js';
import type { LinearScaling } from '../../src/data/table/scaling.js';
import type { EvaluationEvent } from '../../src/metrics/events.js';
import { TEST_SPLIT_STREAM, VALIDATION_SPLIT_STREAM } from '../../src/model/random.js';
import { evaluateOn } from '../../src/tools/evaluation.js';
import { exportModel } from '../../src/tools/export/export-model.js';
import { loadModel } from '../../src/tools/network.js';
import type { PredictionLine } from '../../src/tools/predict/prediction-line.js';
import { type Collected, collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { kernelNames } from '../support/kernels.js';
import { readOnnx, runOnnx } from '../support/onnx-file.js';
import { REFERENCE_DEFAULTS } from '../support/reference-defaults.js';
import { refusalOf } from '../support/refusals.js';
import { resultsAfter, resultsOf } from '../support/results.js';
import { runHere } from '../support/run-here.js';
import { runLockstep } from '../support/run-lockstep.js';
import { csvOf, IRIS } from '../support/tables.js';
import { valuesOf } from '../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const inFolder = (name: string) => path.join(folder.path, name);

/** Without the header. */
const ROWS = readFileSync(IRIS, 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','));
const NUMBERS = ROWS.map((row) => row.slice(0, 4).map(Number));
const SPECIES = ['setosa', 'versicolor', 'virginica'];

const OPTIONS: TrainOptions = {
  ...REFERENCE_DEFAULTS,
  ...{ data: IRIS, label: 'species', scale: 'standard', testSplit: 0.2, hidden: [16], lr: 0.02, batchSize: 16 },
  ...{ epochs: 20, threads: 1 },
};

let trained: Collected;
const model = inFolder('model.safetensors');
beforeAll(async () => {
  trained = await collect({ ...OPTIONS, threads: 2, save: model });
});

describe('a run on a table', () => {
  it('learns, and says what the data are', () => {
    const { start, end } = trained;
    expect(start.dataset).toMatchObject({
      ...{ name: 'iris.csv', train: 120, test: 30, inputs: 4, classes: 3, class_names: SPECIES },
    });
    expect(start.config).toMatchObject({ label: 'species', header: 'auto', scale: 'standard', test_split: 0.2 });
    expect(end.test_error).toBeLessThanOrEqual(0.1);
  });

  // (2 of the default kernel is `trained` beside the runs of the same below.)
  it.each(kernelNames().map((name, i) => [name, i === 0 ? valuesOf([1, 3, 8], [1, 3]) : [1, 2]] as const))(
    'kernel %s: the same weights for %j threads',
    async (kernel, numbers) => {
      const hashes = new Set<string | undefined>();
      for (const threads of numbers) {
        const { end } = await collect({ ...OPTIONS, kernel, threads, epochs: 2, validationSplit: 0.1 });
        hashes.add(end.weights_sha256);
      }
      expect([...hashes]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    },
  );

  it('whose label is no class, by the look of it, warns and goes on', async () => {
    const prices = csvOf(Array.from({ length: 60 }, (_, i) => [i % 7, 10.5 + (i % 30) / 10]));
    const given: TrainOptions = { data: folder.write('prices.csv', prices), label: '2', hidden: [2], epochs: 1 };
    const { all, end } = await collect({ ...given, batchSize: 20, threads: 1 });
    expect(end.status).toBe('completed');
    expect(all.filter((event) => event.event === 'warning').slice(0, 1)).toEqual([
      {
        event: 'warning',
        code: 'doubtful_label',
        message: expect.stringContaining('`label` column 2: 30 different values'),
      },
    ]);
  });

  it('with all of it held out is refused', async () => {
    const refusal = await refusalOf(() => collect({ ...OPTIONS, testSplit: 0.9, validationSplit: 0.99 }));
    expect(refusal.message).toContain('--validation-split 0.99: leaves none of 15 samples for training');
  });

  it('is the same whether the table is CSV, NDJSON, or gzipped, and whatever its columns are called in a file without names', async () => {
    const objects = ROWS.map((row) =>
      JSON.stringify({ a: +row[0]!, b: +row[1]!, c: +row[2]!, d: +row[3]!, species: row[4] }),
    );
    const data = folder.write('iris.ndjson', objects.join('\n'));
    const { end } = await collect({ ...OPTIONS, data });
    expect(end.weights_sha256).toBe(trained.end.weights_sha256);
    const bare = await collect({ ...OPTIONS, data: folder.write('bare.csv', csvOf(ROWS)), label: '5' });
    expect(bare.end.weights_sha256).toBe(trained.end.weights_sha256);
  });

  it('tests on a table of its own, whose columns may stand in another order', async () => {
    const { kept, apart } = splitOff(150, 0.2, 1, TEST_SPLIT_STREAM);
    const header = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width', 'species'];
    const train = folder.write('train.csv', csvOf([header, ...[...kept].map((i) => ROWS[i]!)]));
    const turned = [header, ...[...apart].map((i) => ROWS[i]!)].map((row) => [...row].reverse());
    const test = folder.write('test.csv', csvOf(turned, { delimiter: ';' }));
    const { end } = await collect({ ...OPTIONS, data: train, testData: test, testSplit: undefined });
    expect(end.weights_sha256).toBe(trained.end.weights_sha256);
    expect(end.test_loss).toBe(trained.end.test_loss);
  });

  it('fits the scaling on what it trains on: not on test, validation or left out samples', async () => {
    const save = inFolder('fitted.safetensors');
    await collect({ ...OPTIONS, epochs: 1, limit: 100, validationSplit: 0.3, save });
    const { table } = await readModel(save);
    const { kept } = splitOff(150, 0.2, 1, TEST_SPLIT_STREAM);
    const limited = kept.slice(0, 100);
    const used = [...splitOff(100, 0.3, 1, VALIDATION_SPLIT_STREAM).kept].map((i) => NUMBERS[limited[i]!]!);
    expect(used).toHaveLength(70);
    const scaling = table!.scaling as LinearScaling;
    for (let i = 0; i < 4; i++) {
      const column = used.map((row) => row[i]!);
      const mean = column.reduce((sum, x) => sum + x, 0) / 70;
      expect(scaling.subtract[i]).toBe(mean);
      const deviation = Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 70);
      expect(scaling.divideBy[i]).toBe(deviation);
    }
  });
});

describe('one network, five ways to ask it', () => {
  let lines: readonly PredictionLine[];
  /** As the command, without a process of its own. */
  async function evaluated(data: string, split?: Split) {
    const network = await loadModel(model);
    const part = await tablePart(model, network, data, split, { label: undefined, header: 'auto' });
    const { evaluation } = await evaluateOn(network, part.samples);
    return { split: part.split, samples: part.samples.count, test_error: evaluation.test_error };
  }

  beforeAll(async () => {
    const asked = NUMBERS.map((row, i) => {
      const [sepal_length, sepal_width, petal_length, petal_width] = row;
      const named = { petal_width, sepal_width, petal_length, sepal_length };
      const forms = [row, { id: i, x: row }, { id: i, x: named }, { id: i, species: '?', ...named }];
      return JSON.stringify(forms[i % 4]);
    });
    const { status, stdout, stderr } = await runLockstep(['predict', model], `${asked.join('\n')}\n`);
    expect([status, stderr]).toEqual([0, '']);
    lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as PredictionLine);
  });

  it('predict says classes by their names, and gives ids back', () => {
    expect(lines).toHaveLength(150);
    expect(lines.every((line, i) => line.id === (i % 4 === 0 ? undefined : i))).toBe(true);
    expect(lines.every((line) => SPECIES.includes(String(line.class)))).toBe(true);
  });

  it('training, evaluate and predict agree on the test part', async () => {
    const { stdout } = await runHere(['evaluate', model, '--data', IRIS]);
    const event = JSON.parse(stdout) as EvaluationEvent;
    expect(event.dataset).toEqual({ name: 'iris.csv', split: 'test', samples: 30 });
    expect(event.test_error).toBe(trained.end.test_error);
    expect(event.test_loss).toBe(trained.end.test_loss);
    expect(event.classes.map((each) => each.class)).toEqual(SPECIES);
    const { apart } = splitOff(150, 0.2, 1, TEST_SPLIT_STREAM);
    expect([...apart].filter((i) => lines[i]!.class !== ROWS[i]![4]).length / 30).toBe(trained.end.test_error);
  });

  it('evaluate agrees with predict on all rows', async () => {
    const { test_error, ...part } = await evaluated(IRIS, 'all');
    expect(part).toEqual({ split: 'all', samples: 150 });
    expect(lines.filter((line, i) => line.class !== ROWS[i]![4]).length / 150).toBeCloseTo(test_error!, 12);
  });

  it('evaluate knows the parts of the table that the model was trained on, and of no other', async () => {
    const [train, test, all] = [await evaluated(IRIS, 'train'), await evaluated(IRIS), await evaluated(IRIS, 'all')];
    const wrong = (part: typeof all) => Math.round(part.test_error! * part.samples);
    expect([train.samples, test.split]).toEqual([120, 'test']);
    expect(wrong(train) + wrong(test)).toBe(wrong(all));
    const fewer = folder.write('fewer.csv', csvOf(ROWS.slice(1)));
    const refused = await refusalOf(() => evaluateCommand([model, '--data', fewer, '--split', 'test']));
    expect(refused.message).toContain('was trained on other rows than those of');
    expect(await evaluated(fewer)).toMatchObject({ split: 'all', samples: 149 });
  });

  it('predict takes tables, too: with the label or without it, from files and stdin; what is wrong with a row is said', async () => {
    const header = ['petal_width', 'note', 'petal_length', 'sepal_width', 'sepal_length'];
    const turned = NUMBERS.map(([a, b, c, d]) => [d!, 'any', c!, b!, a!]);
    const bare = csvOf(NUMBERS);
    const bad = csvOf([[1, 2, 'x', 4], ...NUMBERS.slice(0, 1), [1]]);
    const files = [IRIS, folder.write('turned.csv', csvOf([header, ...turned])), '-', folder.write('bad.csv', bad)];
    const { status, stdout, stderr } = await runHere(['predict', model, ...files], bare);
    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as PredictionLine);
    const alike = (own: readonly PredictionLine[]) => own.map((line) => line.probabilities);
    for (const from of [0, 150, 300]) expect(alike(found.slice(from, from + 150))).toEqual(alike(lines));
    expect([0, 150, 300, 450].map((i) => found[i]!.id)).toEqual([2, 2, 1, 2]);
    expect([found[0]!.file, found[300]!.file, found.length]).toEqual([IRIS, undefined, 451]);
    expect(status).toBe(0);
    expect(stderr).toContain('bad.csv: row 1, column 3: x; expected a number');
    expect(stderr).toContain('bad.csv: row 3: 1 column; expected 4');
    const strict = await refusalOf(() => predictCommand([model, '--strict', files[3]!]));
    expect(strict.message).toContain('bad.csv: row 1, column 3');
  });

  it('the library agrees with predict, to the last digit', async () => {
    const network = await loadModel(model);
    expect(network.columns).toEqual(['sepal_length', 'sepal_width', 'petal_length', 'petal_width']);
    for (const [i, row] of NUMBERS.entries()) {
      const { className, label, probabilities } = network.predict(row);
      expect([className, [...probabilities]]).toEqual([lines[i]!.class, lines[i]!.probabilities]);
      expect(network.classNames[label]).toBe(className);
    }
    const [a, b, c, d] = NUMBERS[0]!;
    const row = { petal_width: d, petal_length: `${c}`, sepal_width: b, sepal_length: a, species: 'any' };
    expect(network.predict(network.sampleOf(row))).toEqual(network.predict(NUMBERS[0]!));
    for (const [petal_width, expected] of [
      ['wide', 'column petal_width: wide; expected a number'],
      [true, 'column petal_width: true; expected a number'],
      [1e39, 'column petal_width: 1e+39, too large for float32 (maximum 3.4e38); expected a number'],
    ] as const) {
      expect((await refusalOf(() => network.sampleOf({ ...row, petal_width }))).message).toBe(expected);
    }
    // Bytes are numbers here, and no pixels.
    expect(network.predict(Uint8Array.of(5, 3, 1, 0))).toEqual(network.predict([5, 3, 1, 0]));
  });

  it('ONNX takes the numbers as they are, in one matrix, and agrees', async () => {
    const file = inFolder('model.onnx');
    await exportModel(model, file, 'matrix');
    const graph = readOnnx(file);
    expect(graph.nodes.slice(0, 3).map(({ operator }) => operator)).toEqual(['Sub', 'Div', 'Cast']);
    expect(JSON.parse(graph.metadata.class_names!)).toEqual(SPECIES);
    for (const [i, row] of NUMBERS.entries()) {
      const probabilities = runOnnx(graph, row).get('probabilities')!;
      expect(SPECIES[probabilities.indexOf(Math.max(...probabilities))]).toBe(lines[i]!.class);
      for (const [c, p] of probabilities.entries()) expect(p).toBeCloseTo(lines[i]!.probabilities![c]!, 4);
    }
  });
});

describe('resume', () => {
  it('goes on from every checkpoint as if it had never stopped', async () => {
    const checkpointDir = inFolder('checkpoints');
    const options: TrainOptions = {
      ...OPTIONS,
      epochs: 2,
      validationSplit: 0.2,
      checkpointEvery: 2,
      checkpointEverySteps: 5,
      keep: 100,
    };
    const undisturbed = await collect({ ...options, checkpointDir });
    const names = readdirSync(checkpointDir);
    expect(names.length).toBeGreaterThan(2);
    for (const [i, name] of names.entries()) {
      if (i % valuesOf(1, 3) > 0) continue;
      const resumed = await collect({ resume: path.join(checkpointDir, name), checkpointDir: inFolder(`again-${i}`) });
      expect(resultsOf(resumed.all)).toEqual(resultsAfter(undisturbed.all, resumed.start.resumed!));
    }
  });

  it('is refused with another scaling, split, seed of it, or table', async () => {
    const checkpointDir = inFolder('refused');
    await collect({ ...OPTIONS, epochs: 1, checkpointDir });
    const refusal = async (given: TrainOptions) =>
      (await refusalOf(() => collect({ ...given, epochs: 2, checkpointDir, resume: true }))).message;
    expect(await refusal({ scale: 'minmax' })).toContain('--scale minmax: ');
    expect(await refusal({ testSplit: 0.3 })).toContain('--test-split 0.3: ');
    expect(await refusal({ seed: 2 })).toContain('--seed 2: ');
    const other = ROWS.map((row, i) => (i === 140 ? [...row.slice(0, 4), 'setosa'] : row));
    const data = folder.write(
      'changed.csv',
      csvOf([['sepal_length', 'sepal_width', 'petal_length', 'petal_width', 'species'], ...other]),
    );
    expect(await refusal({ data })).toContain('training data (changed.csv): ');
  });
});

describe('what tables and images have not in common', () => {
  it.each<[TrainOptions, string]>([
    [{ label: 'x' }, '--label x: only for tables (CSV or NDJSON), and --data mnist is not a table; choose a table'],
    [{ scale: 'minmax' }, '--scale minmax: only for tables'],
    [{ testSplit: 0.5 }, '--test-split 0.5: only for tables'],
    [{ testData: IRIS }, `--test-data ${IRIS}: only for tables`],
    [{ header: 'yes' }, '--header yes: only for tables'],
    [{ columns: ['a', 'b'] }, '--columns a,b: only for tables'],
    [{ drop: ['a'] }, '--drop a: only for tables'],
    [{ types: ['a=date'] }, '--types a=date: only for tables'],
    [{ missing: 'drop' }, '--missing drop: only for tables'],
    [{ missingValues: ['-'] }, '--missing-values -: only for tables'],
  ])('%j', async (given, expected) => {
    const { message, status } = await refusalOf(() => collect(given));
    expect(status).toBe(2);
    expect(message).toContain(expected);
  });

  const [evaluate, predict] = [evaluateCommand, predictCommand];
  it.each<[(args: string[]) => Promise<unknown>, string[], 1 | 2, string]>([
    [predict, [model, '--pixels'], 2, '--pixels: only for networks trained on images'],
    [predict, [model, '--invert', IRIS], 2, '--invert: only for networks trained on images'],
    [predict, [model, '--strict', inFolder('none.csv')], 1, 'none.csv: cannot be read (ENOENT'],
    [evaluate, [model, '--data', 'mnist'], 1, '--data mnist: not a table, but '],
    [evaluate, [model], 2, ', which cannot be found; specify the data with --data'],
    [evaluate, [model, '--label', 'species'], 2, '--label species: requires --data and a table'],
    [evaluate, [model, '--data', 'mnist', '--header', 'yes'], 2, '--header yes: only for tables'],
    [evaluate, [model, '--data', 'mnist', '--encoding', 'latin1'], 2, '--encoding latin1: only for tables'],
    [evaluate, [model, '--data', 'mnist', '--split', 'all'], 2, '--split all: only for tables'],
  ])('%o %j', async (command, args, status, expected) => {
    const refusal = await refusalOf(() => command(args));
    expect(refusal.status).toBe(status);
    expect(refusal.message).toContain(expected);
  });

  it('inspect draws no samples of a table', async () => {
    const { status, message } = await refusalOf(() => inspectCommand([model, '--errors', inFolder('e.svg')]));
    expect([status, message.includes('--errors: draws images')]).toEqual([2, true]);
  });

  it('a table from stdin trains, and has to be given again to resume', async () => {
    const checkpointDir = inFolder('stdin');
    const args = ['train', '--data', '-', '--label', 'species', '--hidden', '8', '--epochs', '1', '--threads', '1'];
    const all = [...args, '--format', 'ndjson', '--checkpoint-dir', checkpointDir];
    const { status, stdout } = await runLockstep(all, readFileSync(IRIS, 'utf8'));
    expect([status, stdout.includes('"name":"stdin","train":120,')]).toEqual([0, true]);
    const { message } = await refusalOf(() => collect({ resume: checkpointDir, epochs: 2 }));
    expect(message).toContain('was trained on data from stdin; provide the same data');
    const again = await collect({ resume: checkpointDir, epochs: 2, data: IRIS });
    expect(again.end.status).toBe('completed');
  });
});
