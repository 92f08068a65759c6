/** NumPy's arrays and plain safetensors: what is in them, what is not, and which files are refused. */
import { copyFileSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportModel } from '../../../src/tools/export/export-model.js';
import { collect } from '../../support/events.js';
import { refusalOf } from '../../support/refusals.js';
import { scratchWith } from '../../support/scratch.js';
import { readTensorFile } from '../../support/tensor-file.js';

const scratch = scratchWith(300, 50);
let save: string;
let checkpoint: string;
let weightsSha256: string | undefined;

beforeAll(async () => {
  save = scratch.newPath('model.safetensors');
  const checkpointDir = scratch.newPath();
  const options = { data: scratch.data, hidden: [7], epochs: 1, threads: 2, save, checkpointDir };
  const { end } = await collect({ ...options, kernel: 'reference' });
  weightsSha256 = end.weights_sha256;
  checkpoint = path.join(checkpointDir, 'epoch-000001.safetensors');
});

describe('.npz', () => {
  it('holds each tensor as a .npy file under its name', async () => {
    const file = scratch.newPath('model.npz');
    await exportModel(checkpoint, file);
    const { tensors } = readTensorFile(save);
    const arrays = unzipSync(readFileSync(file));
    expect(Object.keys(arrays)).toEqual([...tensors.keys()].map((name) => `${name}.npy`));
    for (const [name, { shape, values }] of tensors) {
      const npy = readNpy(arrays[`${name}.npy`]!);
      expect(npy).toMatchObject({ type: '<f4', fortran: false, shape });
      expect(npy.values).toEqual(values);
    }
  });

  it('is the same file for the same model', async () => {
    const [a, b] = [scratch.newPath('a.npz'), scratch.newPath('b.npz')];
    await exportModel(save, a);
    await exportModel(checkpoint, b);
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
  });
});

describe('.safetensors', () => {
  it('of the last checkpoint is what --save wrote, byte for byte, whose float64 are rounded', async () => {
    const file = scratch.newPath('plain.safetensors');
    const event = await exportModel(checkpoint, file);
    expect(readTensorFile(checkpoint).tensors.get('layers.0.weight')!.dtype).toBe('F64');
    expect(readFileSync(file).equals(readFileSync(save))).toBe(true);
    expect(event).toEqual({
      event: 'export',
      model: checkpoint,
      file,
      format: 'safetensors',
      bytes: readFileSync(save).length,
      weights_sha256: weightsSha256,
    });
  });

  it.each(['onnx', 'npz', 'safetensors'])(
    '.%s of a checkpoint does not tell where its maker keeps files',
    async (extension) => {
      const file = scratch.newPath(`told.${extension}`);
      await exportModel(checkpoint, file);
      expect(readFileSync(checkpoint, 'latin1')).toContain(scratch.data);
      expect(readFileSync(file, 'latin1')).not.toContain(scratch.data);
    },
  );
});

describe('what is refused', () => {
  it.each(['model.txt', 'model', '.onnx', 'model.onnx.bak'])('%s, whose extension is no format', async (name) => {
    const file = scratch.newPath(name);
    const { status, message } = await refusalOf(() => exportModel(save, name === '.onnx' ? name : file));
    expect(status).toBe(2);
    expect(message).toMatch(
      /^-o .*: unsupported file type; expected a name that ends in \.onnx, \.npz or \.safetensors/,
    );
    expect(existsSync(file)).toBe(false);
  });

  it('the model itself, by whichever name', async () => {
    const copy = scratch.newPath('copy.safetensors');
    const link = scratch.newPath('link.safetensors');
    copyFileSync(checkpoint, copy);
    symlinkSync(copy, link);
    for (const file of [copy, link])
      expect(await refusalOf(() => exportModel(copy, file))).toMatchObject({ status: 2 });
    expect(readFileSync(copy).equals(readFileSync(checkpoint))).toBe(true);
  });

  it('a folder that is not there, with nothing left behind', async () => {
    const file = path.join(scratch.newPath(), 'model.onnx');
    const { status, message } = await refusalOf(() => exportModel(save, file));
    expect([status, message]).toEqual([1, expect.stringMatching(/^-o .*model\.onnx: cannot be written \(ENOENT/)]);
    expect(readdirSync(path.dirname(save)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

/** From https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. */
function readNpy(bytes: Uint8Array) {
  const npy = Buffer.from(bytes);
  expect(npy.toString('latin1', 0, 8)).toBe('\x93NUMPY\x01\x00');
  const end = 10 + npy.readUInt16LE(8);
  expect(end % 64).toBe(0);
  const header = strFromU8(bytes.subarray(10, end));
  const [, type, fortran, dimensions = ''] =
    /^\{'descr': '(.+)', 'fortran_order': (True|False), 'shape': \((.+)\), \} *\n$/.exec(header) ?? [];
  const shape = dimensions.split(',').filter((each) => each.trim() !== '');
  const values = Array.from({ length: (npy.length - end) / 4 }, (_, i) => npy.readFloatLE(end + i * 4));
  return { type, fortran: fortran === 'True', shape: shape.map(Number), values };
}
