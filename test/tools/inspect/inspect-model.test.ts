/** What inspect says of a file: figures that can be computed by hand, and what the file says of itself. */
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { modelTable } from '../../../bin/commands/print-model.js';
import { inspectModel } from '../../../src/tools/inspect/inspect-model.js';
import { statisticsOf } from '../../../src/tools/inspect/tensor-statistics.js';
import { collect } from '../../support/events.js';
import { refusalOf } from '../../support/refusals.js';
import { scratchWith } from '../../support/scratch.js';
import { sealedFile } from '../../support/sealed-file.js';
import { readTensorFile } from '../../support/tensor-file.js';

const scratch = scratchWith(300, 50);
let save: string;
let checkpoint: string;
let end: Awaited<ReturnType<typeof collect>>['end'];

beforeAll(async () => {
  save = scratch.newPath('model.safetensors');
  const checkpointDir = scratch.newPath();
  const options = { data: scratch.data, hidden: [7], epochs: 2, threads: 2, save, checkpointDir, seed: 5 };
  ({ end } = await collect({ ...options, kernel: 'simd' }));
  checkpoint = path.join(checkpointDir, 'epoch-000002.safetensors');
});

/** A file as another program may write it: one layer, 2 inputs and 2 classes, and no checksum. */
function foreignFile(weights: readonly number[], metadata?: Readonly<Record<string, string>>): string {
  const header = JSON.stringify({
    ...(metadata ? { __metadata__: metadata } : {}),
    'layers.0.weight': { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
    'layers.0.bias': { dtype: 'F32', shape: [2], data_offsets: [16, 24] },
  });
  const file = scratch.newPath('foreign.safetensors');
  writeFileSync(file, sealedFile(header, new Uint8Array(Float32Array.from(weights).buffer)));
  return file;
}

describe('the figures of a tensor', () => {
  const figures = (...values: number[]) =>
    statisticsOf({ name: 'x', shape: [values.length], values: Float64Array.from(values) });

  it('are those of its values', () => {
    expect(figures(1, 2, 3, 0, -2, -4)).toEqual({
      ...{ name: 'x', shape: [6], type: 'float64', min: -4, max: 3, mean: 0, nan: 0, infinite: 0 },
      ...{ std: Math.sqrt(34 / 6), l2: Math.sqrt(34), zeros: 1 / 6 },
    });
  });

  it('keep a small deviation beside a large mean', () => {
    expect(figures(1e8 - 1, 1e8 + 1).std).toBe(1);
  });

  it('are of the finite values, and count the others', () => {
    const found = figures(Number.NaN, 3, Number.POSITIVE_INFINITY, 5, Number.NEGATIVE_INFINITY, 0, Number.NaN, 0);
    expect(found).toMatchObject({ min: 0, max: 5, mean: 2, zeros: 0.25, nan: 2, infinite: 2 });
  });

  it('are null where there is none, or none that JSON has', () => {
    expect(figures(Number.NaN)).toMatchObject({ min: null, max: null, mean: null, std: null, l2: null, nan: 1 });
    expect(figures(1e200, 1e200)).toMatchObject({ max: 1e200, l2: null });
  });
});

describe('inspect', () => {
  it('says what a model is, and what made it', async () => {
    const event = await inspectModel(save);
    const { tensors, body } = readTensorFile(save);
    expect(event).toMatchObject({
      ...{ event: 'model', model: save, kind: 'model', bytes: readFileSync(save).length },
      ...{ layers: [784, 7, 10], parameters: 785 * 7 + 80, epochs: 2, step: 6, kernel: 'simd', state: null },
      ...{ checksum: 'right', weights_checksum: 'right', weights_sha256: end.weights_sha256 },
      config: { seed: 5, batch_size: 100, epochs: 2 },
      dataset: { train: 300, test: 50 },
    });
    expect(event.weights_sha256).toBe(createHash('sha256').update(body).digest('hex'));
    expect(event.tensors.map(({ name, shape }) => [name, shape])).toEqual(
      [...tensors].map(([name, { shape }]) => [name, shape]),
    );
    const { values } = tensors.get('layers.0.weight')!;
    expect(event.tensors[0]).toMatchObject({ type: 'float32', min: Math.min(...values), max: Math.max(...values) });
    expect(event.tensors[0]!.l2).toBeCloseTo(Math.hypot(...values), 10);
    // All of it can be written as JSON, and read again.
    expect(JSON.parse(JSON.stringify(event))).toEqual(event);
  });

  it('shows the state of a checkpoint', async () => {
    const event = await inspectModel(checkpoint);
    const figures = { train_loss: end.train_loss, test_error: end.test_error };
    expect(event).toMatchObject({ kind: 'checkpoint', state: { epochs: 2, step: 6, figures } });
  });

  it('takes what another program wrote, finite or not', async () => {
    const event = await inspectModel(
      foreignFile([1, Number.NaN, 0, 2, Number.POSITIVE_INFINITY, 0], { made: 'by hand' }),
    );
    expect(event).toMatchObject({
      ...{ kind: null, layers: [2, 2], checksum: 'absent', weights_checksum: 'absent', metadata: { made: 'by hand' } },
      tensors: [
        { name: 'layers.0.weight', nan: 1, zeros: 0.25, max: 2 },
        { name: 'layers.0.bias', infinite: 1, zeros: 0.5 },
      ],
    });
  });

  it('refuses weights that are not those that the file speaks of', async () => {
    const file = foreignFile([1, 2, 3, 4, 5, 6], { weights_sha256: '0'.repeat(64) });
    const { status, message } = await refusalOf(() => inspectModel(file));
    expect([status, message]).toEqual([1, expect.stringContaining('but weights_sha256 says 000')]);
  });

  it('refuses a damaged file', async () => {
    const file = scratch.newPath('damaged.safetensors');
    copyFileSync(save, file);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    const { status, message } = await refusalOf(() => inspectModel(file));
    expect([status, message]).toEqual([1, expect.stringContaining('checksum does not match')]);
  });
});

describe('the table', () => {
  it('has a line a tensor, with columns that stand beneath each other', async () => {
    const table = modelTable(await inspectModel(save)).split('\n');
    const from = table.findIndex((line) => line.startsWith('tensor '));
    const rows = table.slice(from, from + 5);
    expect(rows.map((row) => row.split(/ {2,}/)[0])).toEqual([
      'tensor',
      ...['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias'],
    ]);
    expect(new Set(rows.map(({ length }) => length)).size).toBe(1);
    expect(table.slice(0, from).join('\n')).toContain('784-7-10, 5,575 parameters');
  });

  it('shows nothing of a file that a terminal would obey', async () => {
    const bell = '\u001b[2J\u0007';
    const metadata = {
      [`a${bell}`]: `b${bell}`,
      dataset: `c${bell}`,
      config: JSON.stringify({ d: bell }),
      lockstep_version: bell,
    };
    const table = modelTable(await inspectModel(foreignFile([1, 2, 3, 4, 5, 6], metadata)));
    expect(table).toContain('b\ufffd[2J\ufffd');
    expect(table.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});
