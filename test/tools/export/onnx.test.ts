/** What another program finds in the ONNX file: the same network, and the same classes of the test images. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../../src/checkpoints/model-file.js';
import type { Samples } from '../../../src/data/samples.js';
import { loadDataset } from '../../../src/data/sources.js';
import { activationNames } from '../../../src/kernels/activations.js';
import { exportModel } from '../../../src/tools/export/export-model.js';
import { encodeOnnx } from '../../../src/tools/export/onnx.js';
import { loadModel, Network, type Prediction } from '../../../src/tools/network.js';
import { collect } from '../../support/events.js';
import { FLOAT, type OnnxFile, readOnnx, runOnnx } from '../../support/onnx-file.js';
import { fixtures } from '../../support/paths.js';
import { scratchWith } from '../../support/scratch.js';
import { readTensorFile } from '../../support/tensor-file.js';
import { valuesOf } from '../../support/thoroughness.js';

const python = process.env.PYTHON ?? 'python3';
const inPython = (...args: string[]) => spawnSync(python, [path.join(fixtures, 'onnxruntime-logits.py'), ...args]);
const hasOnnxRuntime = inPython().status === 0;

/** What the issue asks for, of logits; probabilities are the steadier. */
const TOLERANCE = 1e-4;

const scratch = scratchWith(6000, 10);
let test: Samples;
let save: string;
let file: string;
let onnx: OnnxFile;
let predictions: Prediction[];

const pixelsOf = (sample: number) => test.values.subarray(sample * 784, (sample + 1) * 784);
const runOn = (sample: number) =>
  runOnnx(
    onnx,
    Array.from(pixelsOf(sample), (pixel) => Math.fround(pixel / 255)),
  );
const sampleNumbers = () => Array.from({ length: test.count }, (_, sample) => sample);
const largestAt = (values: ArrayLike<number>) => Array.from(values).indexOf(Math.max(...Array.from(values)));

beforeAll(async () => {
  test = (await loadDataset('mnist')).test;
  save = scratch.newPath('model.safetensors');
  file = scratch.newPath('model.onnx');
  const { end } = await collect({ data: scratch.data, hidden: [60, 30], epochs: 1, threads: 2, lr: 0.002, save });
  expect(end.status).toBe('completed');
  await exportModel(save, file);
  onnx = readOnnx(file);
  const network = await loadModel(save);
  predictions = sampleNumbers().map((sample) => network.predict(pixelsOf(sample)));
  // A network that has learnt something: not every image the same class.
  expect(new Set(predictions.map(({ label }) => label)).size).toBe(10);
});

describe('an ONNX file', () => {
  it('is a chain of Gemm and Relu with Softmax at its end, of operators that all runtimes know', () => {
    const chain = onnx.nodes.map(({ operator, inputs, outputs }) => [operator, inputs[0], outputs[0]]);
    expect(chain).toEqual([
      ['Gemm', 'input', 'hidden.0.sums'],
      ['Relu', 'hidden.0.sums', 'hidden.0'],
      ['Gemm', 'hidden.0', 'hidden.1.sums'],
      ['Relu', 'hidden.1.sums', 'hidden.1'],
      ['Gemm', 'hidden.1', 'logits'],
      ['Softmax', 'logits', 'probabilities'],
    ]);
    expect(onnx).toMatchObject({ irVersion: 7, opset: 13 });
  });

  it('takes and gives batches of any length', () => {
    expect(onnx.inputs).toEqual([{ name: 'input', type: FLOAT, shape: ['batch', 784] }]);
    expect(onnx.outputs).toEqual([
      { name: 'logits', type: FLOAT, shape: ['batch', 10] },
      { name: 'probabilities', type: FLOAT, shape: ['batch', 10] },
    ]);
  });

  it('holds the parameters of the model, to the bit', () => {
    const { tensors } = readTensorFile(save);
    expect([...onnx.initializers.keys()]).toEqual([...tensors.keys()]);
    for (const [name, { shape, values }] of tensors) {
      const initializer = onnx.initializers.get(name)!;
      expect(initializer.shape).toEqual(shape);
      expect(Buffer.from(initializer.values.buffer).equals(Buffer.from(Float64Array.from(values).buffer))).toBe(true);
    }
  });

  it('says who wrote it, what it takes, and what the model says of itself', () => {
    const { metadata } = readTensorFile(save);
    const { sha256: _, ...kept } = metadata;
    expect(onnx.metadata).toEqual({ ...kept, input: expect.stringContaining('pixel / 255') as string });
    expect(onnx.docString).toContain('pixel / 255');
    expect(onnx.producer).toBe(`lockstep ${metadata.lockstep_version}`);
  });

  it('gives the classes of Network.predict, of test images, as the operators are described', () => {
    let furthest = 0;
    const tried = sampleNumbers().filter((sample) => sample % valuesOf(1, 8) === 0);
    const labels = tried.map((sample) => {
      const probabilities = runOn(sample).get('probabilities')!;
      for (const [c, each] of predictions[sample]!.probabilities.entries()) {
        furthest = Math.max(furthest, Math.abs(probabilities[c]! - each));
      }
      return largestAt(probabilities);
    });
    expect(labels).toHaveLength(valuesOf(10_000, 1250));
    expect(labels).toEqual(tried.map((sample) => predictions[sample]!.label));
    expect(furthest).toBeLessThan(TOLERANCE);
  });

  // Its own package takes 139 MB: where Python has one (PYTHON names another than python3), it is asked.
  it.skipIf(!hasOnnxRuntime)(
    'gives them in onnxruntime, and logits within 1e-4 (skipped where Python has no onnxruntime)',
    () => {
      const images = scratch.newPath('images');
      const outputs = scratch.newPath('outputs');
      writeFileSync(images, test.values);
      const { status, stderr } = inPython(file, images, outputs);
      expect([status, String(stderr)]).toEqual([0, '']);
      const bytes = readFileSync(outputs);
      const found = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
      const logits = found.subarray(0, found.length / 2);
      const probabilities = found.subarray(found.length / 2);
      expect(logits).toHaveLength(test.count * 10);

      let furthest = 0;
      const labels = sampleNumbers().map((sample) => {
        const expected = runOn(sample).get('logits')!;
        for (const [c, each] of expected.entries()) {
          const chance = predictions[sample]!.probabilities[c]! - probabilities[sample * 10 + c]!;
          furthest = Math.max(furthest, Math.abs(each - logits[sample * 10 + c]!), Math.abs(chance));
        }
        return largestAt(logits.subarray(sample * 10, (sample + 1) * 10));
      });
      expect(labels).toEqual(predictions.map(({ label }) => label));
      expect(furthest).toBeLessThan(TOLERANCE);
    },
  );
});

describe.each(activationNames())('a network with %s', (activation) => {
  it('gives the probabilities of Network.predict within 1e-5', async () => {
    const model = { ...(await readModel(save)), file: save, activation };
    const withCurves = scratch.newPath(`${activation}.onnx`);
    writeFileSync(withCurves, encodeOnnx(model));
    const [network, graph] = [new Network(model), readOnnx(withCurves)];
    for (let sample = 0; sample < 30; sample++) {
      const pixels = pixelsOf(sample);
      const found = runOnnx(
        graph,
        Array.from(pixels, (pixel) => Math.fround(pixel / 255)),
      ).get('probabilities')!;
      for (const [c, each] of network.predict(pixels).probabilities.entries()) {
        expect(Math.abs(found[c]! - each)).toBeLessThan(1e-5);
      }
    }
  });
});
