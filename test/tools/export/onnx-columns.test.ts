/** ONNX graphs with an input for each column: they must encode rows exactly as the library does, and give the same answers. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { ModelData } from '../../../src/checkpoints/model-file.js';
import type { ClassName } from '../../../src/data/table/cells.js';
import { basesOf, type Encoding } from '../../../src/data/table/encoding.js';
import { binEdgesOf } from '../../../src/data/table/piecewise.js';
import { quantilesOf } from '../../../src/data/table/quantile-scaling.js';
import { RowEncoder } from '../../../src/data/table/row-encoder.js';
import { SCALES } from '../../../src/data/table/scaling.js';
import type { TableModel } from '../../../src/data/table/table-metadata.js';
import { exportModel } from '../../../src/tools/export/export-model.js';
import type { InputForm } from '../../../src/tools/export/input-form.js';
import { encodeOnnx } from '../../../src/tools/export/onnx.js';
import { loadModel, Network } from '../../../src/tools/network.js';
import { collect } from '../../support/events.js';
import { temporaryFolder } from '../../support/idx-files.js';
import { type OnnxCell, runOnColumns } from '../../support/onnx-columns.js';
import { DOUBLE, FLOAT, INT64, type OnnxFile, readOnnx, STRING } from '../../support/onnx-file.js';
import { fixtures, root } from '../../support/paths.js';
import { refusalOf } from '../../support/refusals.js';
import { valuesOf } from '../../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const python = process.env.PYTHON ?? 'python3';
const inPython = (...args: string[]) => spawnSync(python, [path.join(fixtures, 'onnxruntime-table.py'), ...args]);
const hasOnnxRuntime = inPython().status === 0;

/** What the issue asks for. */
const TOLERANCE = 1e-5;
const NO_INTEGER = -(2 ** 63);
const TYPE_OF = { number: DOUBLE, date: INT64, category: STRING };

/** A cell as ONNX gets it. null: missing. */
type Cell = number | string | null;

interface Case {
  readonly table: TableModel;
  readonly rows: readonly (readonly Cell[])[];
  readonly model: ModelData;
}

const NAMES = [
  ...[
    'mass',
    'a b',
    'é',
    '',
    '1',
    '2',
    'label',
    'label_',
    'probabilities',
    'logits',
    'estimates',
    'input',
    'columns.0',
  ],
  ...[
    'columns.1',
    'layers.0.weight',
    'numbers.joined',
    'dates.hours',
    'integer.0',
    'classes',
    'refused.row',
    'inputs.in_order',
  ],
];
const LEVELS = ['a', 'B', 'b', 'é', 'c d', '1', '2.5', '007', 'true', 'false', 'none', '-1', 'x'];

const someFill = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.double({ min: -100, max: 100, noNaN: true }));
const someNumber = fc.oneof(someFill, fc.constantFrom(-0, 1e30, -999, 7));
const subset = (of: readonly number[]) => fc.subarray([...of], { minLength: 0 });
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

const someEncoding = (isFilled: boolean): fc.Arbitrary<Encoding> => {
  const maybe = isFilled ? fc.boolean() : fc.constant(false);
  return fc.oneof(
    fc.record({ kind: fc.constant('number' as const), fill: someFill, hasIndicator: maybe }),
    fc.record({
      kind: fc.constant('date' as const),
      fill: fc.integer({ min: -1e9, max: 2e9 }).map((x) => x / 2),
      hasIndicator: maybe,
      months: subset(range(1, 12)),
      weekdays: subset(range(1, 7)),
      hours: subset(range(0, 23)),
    }),
    fc.record({
      kind: fc.constant('category' as const),
      levels: fc.subarray(LEVELS, { minLength: 1 }),
      hasOther: fc.boolean(),
      hasMissing: maybe,
    }),
  );
};

const someCell = (encoding: Encoding): fc.Arbitrary<Cell> => {
  const present: Record<Encoding['kind'], fc.Arbitrary<Cell>> = {
    number: someNumber,
    date: fc.oneof(
      fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }),
      fc.constantFrom(0, -1, 86_399, 86_400, 951_782_400, 951_868_799, -2_203_891_200, 1_704_067_199),
    ),
    category: fc.constantFrom(
      ...LEVELS,
      'unseen',
      'True',
      'FALSE',
      '1.0',
      'NA',
      'Null',
      'None',
      '?',
      '-999',
      'unknown',
    ),
  };
  return fc.oneof({ arbitrary: present[encoding.kind], weight: 5 }, fc.constant(null));
};

const someClasses: fc.Arbitrary<ClassName[] | undefined> = fc.constantFrom<ClassName[] | undefined>(
  ['no', 'yes', 'é'],
  [0, 1],
  [3, -5, 7],
  [0.5, 1.5],
  undefined,
);

const someCase: fc.Arbitrary<Case> = fc
  .record({ mode: fc.constantFrom('fill', 'fill', 'refuse', 'drop' as const), names: fc.shuffledSubarray(NAMES) })
  .chain(({ mode, names }) =>
    fc.record({
      mode: fc.constant(mode),
      names: fc.constant([...names, ...NAMES.filter((name) => !names.includes(name))]),
      encodings: fc.array(someEncoding(mode === 'fill'), { minLength: 1, maxLength: 6 }),
    }),
  )
  .chain(({ mode, names, encodings }) =>
    fc.record({
      mode: fc.constant(mode),
      names: fc.constant(names),
      encodings: fc.constant(encodings),
      values: fc.subarray(['-', '-999', 'unknown', '7']),
      scale: fc.constantFrom('none', 'standard', ...SCALES),
      classes: someClasses,
      hidden: fc.constantFrom([], [4]),
      seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
      rows: fc.array(fc.tuple(...encodings.map(someCell)), { minLength: 1, maxLength: 12 }),
    }),
  )
  .map(({ mode, names, encodings: given, values, scale, classes, hidden, seed, rows }) => {
    // Lehmer's generator.
    let state = seed;
    const random = () => {
      state = (state * 48_271) % (2 ** 31 - 1);
      return state / (2 ** 31 - 1);
    };
    const numbersOf = (kind: 'number' | 'date') =>
      Float64Array.from({ length: 1 + Math.floor(9 * random()) }, () =>
        Math.round((random() - 0.5) * (kind === 'date' ? 4e9 : 20)),
      ).sort();
    const encodings = given.map((each) =>
      each.kind === 'category' || scale !== 'piecewise-linear'
        ? each
        : { ...each, edges: binEdgesOf(numbersOf(each.kind)) },
    );
    const { bases, inputs } = basesOf(encodings);
    const subtract = new Float64Array(inputs);
    const divideBy = new Float64Array(inputs).fill(1);
    for (const [i, { kind }] of encodings.entries()) {
      if (kind === 'category') continue;
      subtract[bases[i]!] = (random() - 0.5) * (kind === 'date' ? 1e9 : 10);
      divideBy[bases[i]!] = (0.5 + random()) * (kind === 'date' ? 1e11 : 20);
    }
    const targets = classes
      ? []
      : [0, 1].map((k) => ({ name: `y${k}`, mean: 1e6 * random(), deviation: 1 + random() }));
    const layers = [inputs, ...hidden, classes?.length ?? targets.length];
    const count = layers.slice(1).reduce((sum, outputs, l) => sum + (layers[l]! + 1) * outputs, 0);
    const table: TableModel = {
      label: { name: 'kind', position: 20 },
      ...(!classes && { targets: targets.map(({ name }, k) => ({ name, position: 20 + k })) }),
      columns: encodings.map(({ kind }, i) => ({ name: names[i]!, position: i, kind })),
      hasNames: true,
      width: 25,
      missing: { mode, values },
      classNames: classes ?? [],
      encodings,
      scale,
      scaling: scale.startsWith('quantile')
        ? {
            kind: 'quantiles',
            isNormal: scale === 'quantile-normal',
            byColumn: encodings.map(({ kind }) => (kind === 'category' ? undefined : quantilesOf(numbersOf(kind)))),
          }
        : scale === 'none' || scale === 'piecewise-linear'
          ? undefined
          : { kind: 'linear', subtract, divideBy },
      isSingle: false,
    };
    const model: ModelData = {
      file: 'model',
      layers,
      activation: 'relu',
      objective: classes ? 'softmax-cross-entropy' : 'squared-error',
      targets,
      values: Float32Array.from({ length: count }, () => random() - 0.5),
      kernel: 'reference',
      table,
      metadata: {},
    };
    return { table, rows, model };
  });

/** Dates as a table has them. */
function cellsOf({ table }: Case, row: readonly Cell[]): Cell[] {
  return row.map((cell, i) =>
    table.encodings[i]!.kind === 'date' && typeof cell === 'number' ? new Date(1000 * cell).toISOString() : cell,
  );
}

function onnxCells({ table }: Case, row: readonly Cell[]): OnnxCell[] {
  const missing = { number: Number.NaN, date: NO_INTEGER, category: '' };
  return row.map((cell, i) => cell ?? missing[table.encodings[i]!.kind]);
}

function written(model: ModelData, form?: InputForm): string {
  const file = path.join(folder.path, 'case.onnx');
  writeFileSync(file, encodeOnnx(model, form));
  return file;
}

const isRefused = ({ table }: Case, cells: readonly Cell[]) => {
  try {
    new RowEncoder(table).encode(cells, String);
    return false;
  } catch {
    return true;
  }
};

type Answers = Record<string, readonly unknown[]>;

/** @returns whether a row was compared */
function compare(given: Case, network: Network, row: readonly Cell[], found: Answers): boolean {
  const cells = cellsOf(given, row);
  const isNumbers = given.model.targets.length > 0;
  if (isRefused(given, cells)) {
    for (const name of isNumbers ? ['estimates'] : ['probabilities', 'logits']) {
      expect(found[name]!.every((x) => x === null || Number.isNaN(x))).toBe(true);
    }
    if (!isNumbers) {
      const [label] = found.label!;
      expect(label === null || Number.isNaN(label) || label === '' || label === NO_INTEGER).toBe(true);
    }
    return true;
  }
  // Numbers of 1e30 are encoded, but the network's sums are not comparable.
  if (row.some((cell) => typeof cell === 'number' && Math.abs(cell) === 1e30)) return false;
  const { scaling } = given.table;
  if (!scaling && given.table.encodings.some(({ kind }) => kind === 'date')) return false;
  if (isNumbers) {
    for (const [k, estimate] of network.estimate(cells).entries()) {
      const { deviation } = given.model.targets[k]!;
      expect(Math.abs(estimate - (found.estimates![k] as number)) / deviation).toBeLessThan(scaling ? TOLERANCE : 1e-3);
    }
    return true;
  }
  const { className, probabilities } = network.predict(cells);
  // Without scaling, logits are in the hundreds, where float32 has fewer digits.
  const tolerance = scaling ? TOLERANCE : 20 * TOLERANCE;
  for (const [c, p] of probabilities.entries()) {
    expect(Math.abs(p - (found.probabilities![c] as number))).toBeLessThan(tolerance);
  }
  const [first, second] = [...probabilities].sort((a, b) => b - a);
  if (first! - second! > tolerance) expect(found.label).toEqual([className]);
  return true;
}

describe('an input for each column', () => {
  it('encodes any row of any table exactly, and answers as the library', () => {
    let compared = 0;
    fc.assert(
      fc.property(someCase, (given) => {
        const { table, rows, model } = given;
        const onnx = readOnnx(written(model));
        const names = table.columns.map(({ name }) => name);
        expect(onnx.inputs.map(({ type, shape }) => [type, ...shape])).toEqual(
          table.columns.map(({ kind }) => [TYPE_OF[kind], 'batch', 1]),
        );
        for (const [i, { name }] of onnx.inputs.entries()) if (names[i] !== '') expect(name).toBe(names[i]);
        expect([onnx.opsets, onnx.irVersion]).toEqual([{ '': 13, 'ai.onnx.ml': 2 }, 7]);
        const network = new Network(model);
        const encoded = onnx.nodes.find(({ operator }) => operator === 'Gemm')!.inputs[0]!;
        // Outputs may have got an underscore.
        const outputs = model.targets.length > 0 ? ['estimates'] : ['label', 'probabilities', 'logits'];
        for (const row of rows) {
          const found = runOnColumns(onnx, onnxCells(given, row));
          const cells = cellsOf(given, row);
          if (!isRefused(given, cells)) {
            const { index, value, length } = network.encoder!.encode(cells, String);
            const inputs = new Array<number>(network.inputs).fill(0);
            for (let k = 0; k < length; k++) inputs[index[k]!] = value[k]!;
            const columns = found.get(encoded)!.map((x) => Number(x) + 0);
            if (table.scale !== 'quantile-normal') expect(columns).toEqual(inputs);
            for (const [i, x] of columns.entries()) expect(Math.abs(x - inputs[i]!)).toBeLessThanOrEqual(1e-6);
          }
          const answers = outputs.map((name, k) => [name, found.get(onnx.outputs[k]!.name)!]);
          compared += Number(compare(given, network, row, Object.fromEntries(answers) as Answers));
        }
      }),
      { numRuns: valuesOf(300, 100) },
    );
    expect(compared).toBeGreaterThan(valuesOf(500, 160));
  });

  it('finds month, weekday and hour around the ends of February in all kinds of years, and of years', () => {
    const encoding: Encoding = {
      ...{ kind: 'date', fill: 0, hasIndicator: false },
      ...{ months: range(1, 12), weekdays: range(1, 7), hours: range(0, 23) },
    };
    const [{ model }] = fc.sample(someCase, { numRuns: 1, seed: 1 }) as [Case];
    const table: TableModel = {
      ...{ ...model.table!, missing: { mode: 'fill', values: [] }, scaling: undefined, scale: 'none' },
      ...{ columns: [{ name: 'when', position: 0, kind: 'date' }], encodings: [encoding] },
    };
    const layers = [44, model.layers.at(-1)!];
    const onnx = readOnnx(written({ ...model, table, layers, values: new Float32Array(45 * layers[1]!) }));
    const encoded = onnx.nodes.find(({ operator }) => operator === 'Gemm')!.inputs[0]!;
    const wrong: string[] = [];
    for (const year of [...range(0, 20), ...range(1896, 1904), ...range(1969, 2001), 2100, 2399, 2400, 9996, 9999]) {
      for (const [month, day] of [
        [1, 28],
        [1, 29],
        [2, 1],
        [11, 31],
        [0, 1],
        [6, 31],
        [7, 1],
      ] as const) {
        for (const [hour, second] of [
          [0, 0],
          [13, 7],
          [23, 59],
        ] as const) {
          const date = new Date(Date.UTC(2000, month, day, hour, second, second));
          date.setUTCFullYear(year, month, day);
          const inputs = runOnColumns(onnx, [date.getTime() / 1000]).get(encoded)!;
          const lit = inputs.flatMap((x, i) => (i > 0 && x === 1 ? [i] : []));
          const expected = [1 + date.getUTCMonth(), 12 + (date.getUTCDay() || 7), 20 + date.getUTCHours()];
          if (lit.join() !== expected.join()) wrong.push(`${date.toISOString()}: ${lit.join()}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it.skipIf(!hasOnnxRuntime)(
    'gives the same answers in onnxruntime (skipped where Python has no onnxruntime)',
    () => {
      const cases = fc.sample(someCase, { numRuns: 120, seed: 20_261_128 });
      const jobs = cases.map((given, i) => {
        const file = path.join(folder.path, `case-${i}.onnx`);
        writeFileSync(file, encodeOnnx(given.model));
        return { file, rows: given.rows };
      });
      const answers = runPython(jobs);
      let compared = 0;
      for (const [i, given] of cases.entries()) {
        const network = new Network(given.model);
        for (const [r, row] of given.rows.entries()) {
          const found = rowOf(given.model, Object.values(answers[i]!), given.rows.length, r);
          compared += Number(compare(given, network, row, found));
        }
      }
      expect(compared).toBeGreaterThan(200);
    },
    120_000,
  );
});

function runPython(jobs: readonly { file: string; rows: readonly (readonly Cell[])[] }[]): Answers[] {
  const [given, taken] = [path.join(folder.path, 'cases.json'), path.join(folder.path, 'outputs.json')];
  writeFileSync(given, JSON.stringify(jobs));
  const { status, stderr } = inPython(given, taken);
  expect([status, String(stderr)]).toEqual([0, '']);
  return JSON.parse(readFileSync(taken, 'utf8')) as Answers[];
}

/** One row of the outputs of a batch, which may have got an underscore in their names. */
function rowOf(model: ModelData, outputs: readonly (readonly unknown[])[], rows: number, row: number): Answers {
  const names = model.targets.length > 0 ? ['estimates'] : ['label', 'probabilities', 'logits'];
  expect(outputs).toHaveLength(names.length);
  return Object.fromEntries(
    names.map((name, k) => {
      const width = outputs[k]!.length / rows;
      return [name, outputs[k]!.slice(row * width, (row + 1) * width)];
    }),
  );
}

describe('a matrix', () => {
  const IRIS_MODEL = path.join(root, 'test/fixtures/iris-float32.safetensors');

  it('is refused for columns that are not just numbers, and columns for a model of images', async () => {
    const mixed = fc.sample(
      someCase.filter(({ table }) => table.columns.some(({ kind }) => kind === 'category')),
      { numRuns: 1, seed: 1 },
    )[0]!.model;
    const { message } = await refusalOf(() => encodeOnnx(mixed, 'matrix'));
    expect(message).toMatch(
      /^model: --inputs matrix supports only columns of numbers, .*\(category\).*; use --inputs columns$/,
    );
    const ranked = fc.sample(
      someCase.filter(
        ({ table: { encodings, scale } }) =>
          scale === 'robust' && encodings.every((each) => each.kind === 'number' && !each.hasIndicator),
      ),
      { numRuns: 1, seed: 1 },
    )[0]!.model;
    expect((await refusalOf(() => encodeOnnx(ranked, 'matrix'))).message).toContain('does not support --scale robust');
    const images: ModelData = { ...mixed, table: undefined };
    expect((await refusalOf(() => encodeOnnx(images, 'columns'))).message).toContain('; use --inputs matrix');
  });

  it('and columns agree, for a model whose inputs were scaled in float32', async () => {
    const file = path.join(folder.path, 'iris.onnx');
    await exportModel(IRIS_MODEL, file);
    const onnx: OnnxFile = readOnnx(file);
    expect(onnx.inputs.map(({ name }) => name)).toEqual(['sepal_length', 'sepal_width', 'petal_length', 'petal_width']);
    expect(onnx.outputs.map(({ name, type }) => [name, type])).toEqual([
      ['label', STRING],
      ['probabilities', FLOAT],
      ['logits', FLOAT],
    ]);
    const network = await loadModel(IRIS_MODEL);
    for (const row of [
      [5.1, 3.5, 1.4, 0.2],
      [6.7, 3, 5.2, 2.3],
    ]) {
      const { className, probabilities } = network.predict(row);
      const found = runOnColumns(onnx, row);
      expect(found.get('label')).toEqual([className]);
      for (const [c, p] of probabilities.entries()) expect(Number(found.get('probabilities')![c])).toBeCloseTo(p, 5);
    }
  });
});

it('a model that was trained on iris gives the same classes of all rows in onnxruntime, if there is one', async () => {
  const [save, file] = [path.join(folder.path, 'm.safetensors'), path.join(folder.path, 'm.onnx')];
  const data = path.join(root, 'examples/iris.csv');
  const options = { data, label: 'species', scale: 'standard', testSplit: 0.2, hidden: [16], lr: 0.02 } as const;
  await collect({ ...options, batchSize: 16, epochs: 20, threads: 1, save });
  await exportModel(save, file);
  const network = await loadModel(save);
  const rows = readFileSync(data, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(0, 4).map(Number));
  const expected = rows.map((row) => network.predict(row).className);
  expect(new Set(expected).size).toBe(3);
  const onnx = readOnnx(file);
  expect(rows.map((row) => runOnColumns(onnx, row).get('label')![0])).toEqual(expected);
  if (hasOnnxRuntime) expect(runPython([{ file, rows }])[0]!.label).toEqual(expected);
});
