/** The file that --save writes: what a reader that knows nothing of ours finds in it, and when it is written. */
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { loadDataset } from '../../src/data/sources.js';
import { collect, collectFailed, collectUntil } from '../support/events.js';
import { kernelNames } from '../support/kernels.js';
import { olderModel } from '../support/older-model.js';
import { refusalOf } from '../support/refusals.js';
import { scratchWith } from '../support/scratch.js';
import { type ReadTensorFile, readTensorFile } from '../support/tensor-file.js';
import { valuesOf } from '../support/thoroughness.js';

const scratch = scratchWith(300, 200);

const options = (): TrainOptions => ({ data: scratch.data, hidden: [20], epochs: 2, threads: valuesOf(2, 1) });

/** Runs to its end, and reads what it saved. */
async function saved(given: TrainOptions) {
  const save = scratch.newPath('model.safetensors');
  const { end } = await collect({ ...options(), save, ...given });
  expect(end).toMatchObject({ status: 'completed', saved: save });
  return { end, file: readTensorFile(save) };
}

describe('a model file', () => {
  it('holds a weight and a bias for each layer, in order, float32', async () => {
    const { file } = await saved({ hidden: [20, 15] });
    expect([...file.tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ['layers.0.weight', 'F32', [784, 20]],
      ['layers.0.bias', 'F32', [20]],
      ['layers.1.weight', 'F32', [20, 15]],
      ['layers.1.bias', 'F32', [15]],
      ['layers.2.weight', 'F32', [15, 10]],
      ['layers.2.bias', 'F32', [10]],
    ]);
  });

  it('says what it is in strings', async () => {
    const { file, end } = await saved({ seed: 3, lr: 0.002, limit: 250, kernel: 'simd' });
    const { metadata } = file;
    const inJson = (name: string) => JSON.parse(metadata[name]!) as unknown;
    expect(metadata).toMatchObject({
      lockstep: 'model',
      format_version: '1',
      classes: '10',
      kernel: 'simd',
      epochs: '2',
      step: '6',
      weights_sha256: end.weights_sha256,
    });
    expect(metadata.lockstep_version).toMatch(/^\d+\.\d+\.\d+/);
    expect(inJson('architecture')).toEqual({ layers: [784, 20, 10], activation: 'relu', output: 'softmax' });
    expect(inJson('input_scaling')).toEqual({ divide_by: 255 });
    expect(inJson('config')).toEqual({
      ...{
        epochs: 2,
        batch_size: 100,
        lr: 0.002,
        reduction: 'sum',
        strategy: 'sliced',
        threads: valuesOf(2, 1),
        seed: 3,
        limit: 250,
      },
    });
    expect(inJson('dataset')).toMatchObject({ train: 250, test: 200 });
    // It is given away: where its maker keeps files is nobody's business.
    expect(JSON.stringify(metadata)).not.toContain(path.dirname(scratch.data));
  });

  it('has a checksum over everything, and the hash of its weights', async () => {
    const { file, end } = await saved({});
    expect(file.metadata.sha256).toBe(file.checksum);
    expect(createHash('sha256').update(file.body).digest('hex')).toBe(end.weights_sha256);
  });

  it('begins its tensors at a multiple of 8 bytes, and has none between them', async () => {
    const save = scratch.newPath('model.safetensors');
    await collect({ ...options(), hidden: [3], epochs: 0, save });
    const headerBytes = Number(readFileSync(save).readBigUInt64LE());
    expect(headerBytes % 8).toBe(0);
    expect(statSync(save).size).toBe(8 + headerBytes + 4 * (784 * 3 + 3 + 3 * 10 + 10));
  });

  it.each(kernelNames())(
    "kernel %s: a forward pass with it, in plain JavaScript, gives the run's own test figures",
    async (kernel) => {
      const { file, end } = await saved({ hidden: [20, 15], lr: 0.005, epochs: 5, limit: 200, kernel });
      const { test } = await loadDataset(scratch.data);
      let [loss, wrong] = [0, 0];
      for (let s = 0; s < test.count; s++) {
        const image = Array.from(test.values.subarray(s * 784, (s + 1) * 784), (pixel) => pixel / 255);
        const scores = forward(file, image);
        const label = test.targets[s]!;
        loss += Math.log(scores.reduce((sum, z) => sum + Math.exp(z), 0)) - scores[label]!;
        if (scores.indexOf(Math.max(...scores)) !== label) wrong++;
      }
      expect(wrong / test.count).toBe(end.test_error);
      expect(wrong).toBeGreaterThan(0);
      expect(loss / test.count).toBeCloseTo(end.test_loss!, 5);
    },
  );

  it('of the reference kernel is float32, though its checkpoints are float64', async () => {
    const checkpointDir = scratch.newPath();
    const { file, end } = await saved({ kernel: 'reference', limit: 100, epochs: 1, checkpointDir });
    const checkpoint = readTensorFile(path.join(checkpointDir, 'epoch-000001.safetensors'));
    expect(checkpoint.metadata.sha256).toBe(checkpoint.checksum);
    expect(checkpoint.metadata.weights_sha256).toBe(end.weights_sha256);
    for (const [name, { dtype, shape, values }] of file.tensors) {
      const twin = checkpoint.tensors.get(name)!;
      expect([dtype, twin.dtype]).toEqual(['F32', 'F64']);
      expect(twin.shape).toEqual(shape);
      expect(twin.values.map(Math.fround)).toEqual(values);
    }
  });

  it('of no epochs holds the initial values', async () => {
    const { file } = await saved({ hidden: [1000], epochs: 0 });
    // The golden hash of test/run/exactness.test.ts.
    expect(file.metadata.weights_sha256).toBe('513814706c52eb5a8af4761ec6c74aa871af4405f30e9c90889f74e484701332');
    expect(file.metadata).toMatchObject({ epochs: '0', step: '0' });
  });
});

/** (layers.0.weight is [inputs, outputs]: y = x W + b.) */
function forward({ tensors }: ReadTensorFile, image: readonly number[]): number[] {
  let values = [...image];
  const layers = tensors.size / 2;
  for (let l = 0; l < layers; l++) {
    const weight = tensors.get(`layers.${l}.weight`)!;
    const [, outputs = 0] = weight.shape;
    const sums = [...tensors.get(`layers.${l}.bias`)!.values];
    for (const [i, x] of values.entries()) {
      for (let j = 0; j < outputs; j++) sums[j]! += x * weight.values[i * outputs + j]!;
    }
    values = l < layers - 1 ? sums.map((z) => Math.max(z, 0)) : sums;
  }
  return values;
}

describe('--save', () => {
  it('writes also what an interrupted run has reached', async () => {
    const save = scratch.newPath('model.safetensors');
    const { end } = await collectUntil(2, { ...options(), epochs: 1_000_000, save });
    expect(end).toMatchObject({ status: 'interrupted', saved: save });
    const { metadata } = readTensorFile(save);
    expect(metadata.weights_sha256).toBe(end.weights_sha256);
    expect(Number(metadata.epochs)).toBe(end.epochs);
  });

  it("is not taken from a checkpoint, which may be a stranger's: it writes where it is told", async () => {
    const save = scratch.newPath('model.safetensors');
    const checkpointDir = scratch.newPath();
    await collect({ ...options(), checkpointDir, save, epochs: 1 });
    const untold = await collect({ resume: checkpointDir, epochs: 2 });
    expect(untold.end).not.toHaveProperty('saved');
    expect(readTensorFile(save).metadata).toMatchObject({ epochs: '1' });
    const { end } = await collect({ resume: checkpointDir, epochs: 3, save });
    expect(readTensorFile(save).metadata).toMatchObject({ epochs: '3', weights_sha256: end.weights_sha256 });
  });

  it('writes the weights of a checkpoint whose run is complete', async () => {
    const checkpointDir = scratch.newPath();
    const first = await collect({ ...options(), checkpointDir });
    const { file } = await saved({ ...options(), resume: checkpointDir });
    expect(file.metadata).toMatchObject({ step: '6', weights_sha256: first.end.weights_sha256 });
  });

  it('replaces an older file, and through a symbolic link the file that it names', async () => {
    const folder = scratch.newPath('models');
    mkdirSync(folder);
    const [file, link] = [path.join(folder, 'model.safetensors'), path.join(folder, 'latest.safetensors')];
    writeFileSync(file, olderModel());
    symlinkSync(file, link);
    const { end } = await collect({ ...options(), save: link });
    expect(readTensorFile(file).metadata.weights_sha256).toBe(end.weights_sha256);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['latest.safetensors', 'model.safetensors']);
  });

  it('leaves an older file as it was when the run fails', async () => {
    const save = scratch.newPath('model.safetensors');
    writeFileSync(save, olderModel());
    const { end } = await collectFailed({ ...options(), save, lr: 1e30 });
    expect(end.status).toBe('failed');
    expect(end).not.toHaveProperty('saved');
    expect(readFileSync(save).equals(olderModel())).toBe(true);
  });

  it.each([
    { where: 'a folder that is not there', make: () => path.join(scratch.newPath(), 'model.safetensors') },
    { where: 'a folder', make: () => scratch.data },
    { where: 'a device', make: () => '/dev/null' },
    {
      where: 'a path below a file',
      make: () => {
        const file = scratch.newPath('file');
        writeFileSync(file, '');
        return path.join(file, 'model.safetensors');
      },
    },
  ])('$where is refused before any work', async ({ make }) => {
    const save = make();
    // (A run that had begun would have said so in an event, and this would not throw.)
    const { message, status } = await refusalOf(() => collect({ ...options(), save }));
    expect(message.startsWith(`--save ${save}: cannot be written (`)).toBe(true);
    expect(message).toMatch(/\); check the path and its permissions$/);
    expect(status).toBe(1);
  });

  it('that fails when the run is over fails the run, which says so, and whose weights are told', async () => {
    const folder = scratch.newPath('models');
    mkdirSync(folder);
    const save = path.join(folder, 'model.safetensors');
    // Meanwhile the folder has gone.
    const { end, error } = await collectFailed({ ...options(), save }, ({ event }) => {
      if (event === 'start') rmdirSync(folder);
    });
    expect(end).toMatchObject({ status: 'failed', epochs: 2 });
    expect(end.message).toMatch(/^`save` .*: the model could not be written \(/);
    expect(end.weights_sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(String(error)).toContain('the model could not be written');
  });
});
