/** Private training on tables: everything that is fitted comes from public rows. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TABLE_LENGTH } from '../../src/kernels/lattice-noise.js';
import { mechanismFor } from '../../src/privacy/mechanism.js';
import { fillNoiseTable } from '../../src/privacy/noise-table.js';
import { roomFor } from '../../src/privacy/poisson.js';
import { newSecret } from '../../src/privacy/secret.js';
import type { TrainInput } from '../../src/run/train.js';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { batchOf, noiseOf, secretOfSeed, stepOf } from '../support/private-step.js';
import { refusalOf } from '../support/refusals.js';
import { readTensorFile } from '../support/tensor-file.js';
import { valuesOf } from '../support/thoroughness.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());
let count = 0;
const newPath = (name: string) => path.join(folder.path, `${++count}-${name}`);
const fileOf = (lines: readonly string[], name = 'table.csv') => folder.write(`${++count}-${name}`, lines.join('\n'));

/** Mean 4 and deviation 2 with the median, 3, in place of the missing number. */
const PUBLIC = ['size,color,kind', '3,red,no', '2,blue,yes', ',green,no', '8,red,yes'];
const sizes = Array.from({ length: 40 }, (_, r) => (r % 11 === 3 ? undefined : ((r * r * 7) % 23) - 5));
const colors = Array.from({ length: 40 }, (_, r) => ['green', 'purple', 'red', 'blue', ''][(r * 3) % 5]!);
const kinds = Array.from({ length: 40 }, (_, r) => (r + (r >> 2)) % 2);
const PRIVATE = [
  'size,color,kind',
  ...sizes.map((size, r) => `${size ?? ''},${colors[r]},${['no', 'yes'][kinds[r]!]}`),
];
const PUBLIC_FILE = fileOf(PUBLIC, 'public.csv');

const OPTIONS: TrainInput = {
  ...{ data: fileOf(PRIVATE), publicData: PUBLIC_FILE, label: 'kind' },
  ...{ hidden: [5], batchSize: 8, epochs: 1, threads: 1, lr: 0.5, optimizer: 'sgd', schedule: 'constant' },
  ...{ weightDecay: 0, private: true, dpSeed: 7, dpClipNorm: 0.7, dpNoiseMultiplier: 1.5 },
  // With so small a δ, only the fast accountant is used.
  dpDelta: 1e-11,
};

it('steps as an independent computation does, with rows encoded by the public table', async () => {
  const checkpointDir = newPath('runs');
  const initial = newPath('initial.safetensors');
  await collect({ ...OPTIONS, epochs: 0, save: initial });
  const { start } = await collect({ ...OPTIONS, checkpointDir, checkpointEverySteps: 1, keep: 10 });
  expect(start.columns).toMatchObject([
    { name: 'size', inputs: 2, missing: 1, fill: 3 },
    { name: 'color', inputs: 3, missing: 0, levels: ['blue', 'green', 'red'] },
  ]);
  // The number, whether it is missing, and the color: an unknown color has no input.
  const inputs = sizes.map((size, r) => {
    const mean = (3 + 2 + 3 + 8) / 4;
    const deviation = Math.sqrt(((3 - mean) ** 2 + (2 - mean) ** 2 + (3 - mean) ** 2 + (8 - mean) ** 2) / 4);
    const scaled = Math.fround(((size ?? 3) - mean) / deviation);
    return Float64Array.of(
      scaled,
      Number(size === undefined),
      ...['blue', 'green', 'red'].map((c) => Number(c === colors[r])),
    );
  });
  const widths = [5, 5, 2] as const;
  const shapes = [
    [6, 5],
    [6, 2],
  ] as const;
  const table = { entries: new Uint32Array(TABLE_LENGTH), rests: new Uint32Array(2 * TABLE_LENGTH) };
  fillNoiseTable(table);
  const { threshold, scale } = mechanismFor(1.5, 0.7, roomFor(40, 8).largestBatch, 42)!;
  const secret = newSecret(7);
  let weights = weightsIn(initial);
  for (let step = 0; step < 4; step++) {
    const batch = batchOf(40, 8, secretOfSeed(secret, 'sampling'), step);
    const noise = noiseOf(shapes, secretOfSeed(secret, 'noise'), step, table);
    const setting = { widths, batchSize: 8, threshold, rate: 0.5, perUnit: scale.perUnit };
    const expected = stepOf(weights, { inputs, labels: kinds }, setting, batch, noise);
    const found = weightsIn(path.join(checkpointDir, `step-${String(step + 1).padStart(7, '0')}.safetensors`));
    for (const [l, layer] of expected.layers.entries()) {
      for (const [p, weight] of layer.entries()) expect(Math.abs(weight - found.layers[l]![p]!)).toBeLessThan(2e-6);
    }
    weights = found;
  }
});

function weightsIn(file: string) {
  const { tensors } = readTensorFile(file);
  const values = (name: string) => tensors.get(name)!.values;
  return {
    layers: [0, 1].map((l) => Float64Array.from([...values(`layers.${l}.weight`), ...values(`layers.${l}.bias`)])),
  };
}

it('neither the model nor the events have anything of the private rows', async () => {
  const rows = ['123456.75,ochre,yes', '-7.625,ochre,yes', ',,yes', '5,red,yes'];
  const data = fileOf(['size,color,kind', ...rows]);
  const [first, second] = [newPath('first.safetensors'), newPath('second.safetensors')];
  const job = { ...OPTIONS, batchSize: 4 };
  const run = await collect({ ...job, data, save: second });
  await collect({ ...job, data: fileOf(PRIVATE.slice(0, 5)), save: first });
  const files = [first, second].map((file) => readTensorFile(file).metadata);
  for (const name of ['encoding', 'input_scaling', 'class_names', 'columns', 'dataset', 'config']) {
    expect(JSON.stringify(files[0]![name]).replace(/\d+-table/, ''), name).toBe(
      JSON.stringify(files[1]![name]).replace(/\d+-table/, ''),
    );
  }
  const { weights_sha256: _, ...said } = files[1]!;
  for (const text of [JSON.stringify([...run.all, said]), readFileSync(second, 'latin1')]) {
    for (const value of ['ochre', '123456.75', '7.625']) expect(text).not.toContain(value);
  }
  // (No row has the class "no".)
  expect(run.all).not.toContainEqual(expect.objectContaining({ code: 'class_without_rows' }));
});

it('regression targets are scaled by the public rows', async () => {
  const publicData = fileOf(['x,y', '1,10', '2,30']);
  const data = fileOf(['x,y', ...Array.from({ length: 20 }, (_, r) => `${r},${1000 + r}`)]);
  const { label: _, ...rest } = OPTIONS;
  const { start, end } = await collect({ ...rest, data, publicData, target: ['y'] });
  expect(start.dataset.targets).toEqual([{ name: 'y', mean: 20, deviation: 10 }]);
  expect(end.status).toBe('completed');
});

it('tables in memory give the same weights as files', async () => {
  const rowsOf = (lines: readonly string[]) =>
    lines.slice(1).map((line) => {
      const [size, color, kind] = line.split(',');
      return { size: size === '' ? null : Number(size), color, kind };
    });
  const { end } = await collect(OPTIONS);
  const { label, ...rest } = OPTIONS;
  const data = { rows: rowsOf(PRIVATE), label: label! };
  const inMemory = await collect({ ...rest, data, publicData: { rows: rowsOf(PUBLIC) } });
  expect(inMemory.end.weights_sha256).toBe(end.weights_sha256);
});

it('a private table has the delimiter and the header of the public one, whatever its rows look like', async () => {
  // By themselves, these rows would be cut at tabs.
  const data = fileOf(Array.from({ length: 12 }, (_, r) => `${r},p\tq,${r % 2 === 0 ? 'yes' : 'no'}`));
  const publicData = fileOf(['1,p,yes', '2,q,no', '4,p,no']);
  const { start } = await collect({ ...OPTIONS, data, publicData, label: '3', types: ['2=category'] });
  expect(start.dataset).toMatchObject({ train: 12, inputs: 3, class_names: ['no', 'yes'] });
});

it('a gradient whose scaled factors float32 cannot hold does not exceed the clipping norm', async () => {
  const publicData = fileOf(['x,kind', '0,no', '0,yes']);
  // Half of the smallest number, and one and a half, which would be rounded up.
  for (const clip of valuesOf([1e-7, 3e-7], [1e-7])) {
    // One of the two is classified wrongly, whatever the initial weights are, and has a δ of 1.
    const data = fileOf(['x,kind', '1e38,no', '1e38,yes']);
    const save = newPath('model.safetensors');
    const job = { ...OPTIONS, data, publicData, scale: 'none', hidden: [], batchSize: 2, reduction: 'sum' } as const;
    const small = { lr: 1e6, dpClipNorm: clip, dpNoiseMultiplier: 1e-3, save };
    const weightsAfter = async (epochs: number) => {
      await collect({ ...job, ...small, epochs });
      return readTensorFile(save).tensors.get('layers.0.weight')!.values;
    };
    const [before, after] = [await weightsAfter(0), await weightsAfter(1)];
    const moved = Math.hypot(...after.map((weight, i) => weight - before[i]!));
    expect(moved).toBeGreaterThan(0);
    expect(moved).toBeLessThan(1e6 * clip * 1.01);
  }
});

describe('resumed', () => {
  it('it ends with the same weights, wherever the public table is', async () => {
    const checkpointDir = newPath('runs');
    const whole = await collect({ ...OPTIONS, epochs: 2 });
    await collect({ ...OPTIONS, checkpointDir });
    const publicData = fileOf(PUBLIC);
    const { end } = await collect({ resume: checkpointDir, epochs: 2, publicData, checkpointDir: newPath('runs') });
    expect(end.weights_sha256).toBe(whole.end.weights_sha256);
  });

  it('another public table is refused: the same noise would be added to other gradients', async () => {
    const checkpointDir = newPath('runs');
    await collect({ ...OPTIONS, checkpointDir });
    const publicData = fileOf([...PUBLIC.slice(0, 4), '9,red,yes']);
    const refusal = await refusalOf(() => collect({ resume: checkpointDir, epochs: 2, publicData }));
    expect(refusal.status).toBe(2);
    const anyway = { resume: checkpointDir, epochs: 2, publicData, resumeAnyway: true };
    expect((await refusalOf(() => collect(anyway))).code).toBe('not_private');
  });
});

describe('refused', () => {
  const { publicData: _, ...without } = OPTIONS;
  const withRow = (row: string) => ({ ...OPTIONS, data: fileOf([...PRIVATE, row]) });
  it.each<[string, () => TrainInput, string, 1 | 2]>([
    ['no public table', () => without, 'private_table', 2],
    ['a public table of a run that is not private', () => ({ ...OPTIONS, private: false }), 'requires_option', 2],
    ['a public table that is not there', () => ({ ...OPTIONS, publicData: newPath('x.csv') }), 'no_public_table', 1],
    ['test rows of the private table', () => ({ ...OPTIONS, testSplit: 0.2 }), 'not_private', 2],
    [
      'the private table as the public one',
      () => ({ ...OPTIONS, publicData: fileOf(PRIVATE) }),
      'public_is_private',
      2,
    ],
    ['leaving out rows', () => ({ ...OPTIONS, missing: 'drop' }), 'not_private', 2],
    ['a row without a label', () => withRow('1,red,'), 'private_unlabeled', 1],
    ['a class that is not public', () => withRow('1,red,perhaps'), 'unknown_class', 1],
    ['a cell that does not fit the public kind', () => withRow('many,red,yes'), 'table_cell', 1],
    ['a table without the columns', () => ({ ...OPTIONS, data: fileOf(['a,kind', '1,no']) }), 'no_such_input', 1],
    ['stdin twice', () => ({ ...OPTIONS, data: '-', publicData: '-' }), 'stdin_twice', 2],
    ['saving over it', () => ({ ...OPTIONS, save: PUBLIC_FILE }), 'output_is_input', 2],
  ])('%s', async (_, options, code, status) => {
    expect(await refusalOf(() => collect(options()))).toMatchObject({ code, status });
  });
});
