/** Training on images in memory, and the models that come out: against the same images in IDX files. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { FILES } from '../../src/data/idx-folder.js';
import {
  type Classifier,
  fit as fitted,
  type Images,
  type ImagesData,
  LockstepError,
  loadClassifier,
  type Regressor,
  type TrainInput,
} from '../../src/index.js';
import { collect } from '../support/events.js';
import { idxBytes, temporaryFolder } from '../support/idx-files.js';
import { refusalOf } from '../support/refusals.js';
import { scratchWith } from '../support/scratch.js';
import { IRIS } from '../support/tables.js';
import { casesOf } from '../support/thoroughness.js';

const [TRAIN, TEST] = [200, 50];
const scratch = scratchWith(TRAIN, TEST);
function disposableFolder() {
  const folder = temporaryFolder();
  return { ...folder, [Symbol.dispose]: folder.remove };
}
const JOB = { hidden: [8], epochs: 2, threads: 1 } as const;

const bytesIn = (name: string, header: number) =>
  Uint8Array.from(readFileSync(path.join(scratch.data, name)).subarray(header));
let digits: {
  images: Uint8Array;
  shape: number[];
  labels: Uint8Array;
  test: { images: Uint8Array; shape: number[]; labels: Uint8Array };
};
beforeAll(() => {
  digits = {
    ...{ images: bytesIn(FILES.trainImages, 16), shape: [TRAIN, 28, 28], labels: bytesIn(FILES.trainLabels, 8) },
    test: { images: bytesIn(FILES.testImages, 16), shape: [TEST, 28, 28], labels: bytesIn(FILES.testLabels, 8) },
  };
});

describe('a run on images in memory', () => {
  it('ends with the weights of the run on the files, bit for bit, in any form', async () => {
    const ofFiles = await collect({ ...JOB, data: scratch.data });
    const { images, shape, labels, test } = digits;
    const forms: TrainInput['data'][] = [
      digits,
      { images: new Uint8ClampedArray(images), shape: [TRAIN, 784], labels: [...labels], test },
      { images: Float32Array.from(images, (pixel) => pixel / 255), shape, labels: Int32Array.from(labels), test },
    ];
    for (const data of forms) {
      const { start, end, epochs } = await collect({ ...JOB, data });
      expect(end).toEqual({ ...ofFiles.end, seconds: end.seconds });
      expect(epochs.map(({ test_loss }) => test_loss)).toEqual(ofFiles.epochs.map(({ test_loss }) => test_loss));
      expect([start.config.data, start.dataset.name]).toEqual(['memory', 'memory']);
      expect(start.config.optimizer).toBe(ofFiles.start.config.optimizer);
    }
    const { test: _, ...alone } = digits;
    const { end } = await collect({ ...JOB, data: alone });
    expect([end.weights_sha256, end.test_loss]).toEqual([ofFiles.end.weights_sha256, undefined]);
  });

  it('is resumed with the same images, in memory or in files, and with no other', async () => {
    const { end } = await collect({ ...JOB, data: scratch.data });
    let checkpointDir = '';
    for (const data of [scratch.data, digits]) {
      checkpointDir = scratch.newPath();
      await collect({ ...JOB, epochs: 1, data: digits, checkpointDir });
      const resumed = await collect({ resume: checkpointDir, epochs: 2, data });
      expect(resumed.end.weights_sha256).toBe(end.weights_sha256);
    }
    const other = { ...digits, labels: digits.labels.map((label) => 9 - label) };
    const { code } = await refusalOf(() => collect({ resume: checkpointDir, epochs: 3, data: other }));
    expect(code).toBe('resume_differs');
    expect((await refusalOf(() => collect({ resume: checkpointDir, epochs: 3 }))).code).toBe('memory_of_checkpoint');
  });

  const kinds = [
    { width: 1, Numbers: Float32Array, type: 0x0d, name: 'labels-idx1-float' },
    { width: 3, Numbers: Float64Array, type: 0x0e, name: 'labels-idx2-double' },
  ];
  it.each(casesOf(kinds, ({ width }) => width > 1))(
    'has $width targets per image, as files of IDX type $type',
    async ({ width, Numbers, type, name }) => {
      using folder = disposableFolder();
      const count = 60;
      const images = Uint8Array.from({ length: 4 * count }, (_, p) => (p * 37) % 251);
      const numbers = Array.from({ length: count * width }, (_, i) => 1000 * (1 + (i % width)) + images[i]! / 3);
      const targets = new Numbers(numbers);
      const bytes = Buffer.from(targets.buffer.slice(0));
      const header = Buffer.alloc(width > 1 ? 12 : 8);
      header.set([0, 0, type, width > 1 ? 2 : 1]);
      header.writeUInt32BE(count, 4);
      if (width > 1) header.writeUInt32BE(width, 8);
      const file = Buffer.concat([header, type === 0x0d ? bytes.swap32() : bytes.swap64()]);
      for (const part of ['train', 't10k']) {
        folder.write(`${part}-images-idx3-ubyte`, idxBytes([count, 2, 2], images));
        folder.write(`${part}-${name}`, file);
      }
      const ofFiles = await collect({ ...JOB, reduction: 'mean', data: folder.path });
      const checkpointDir = scratch.newPath();
      await collect({ ...JOB, reduction: 'mean', data: folder.path, checkpointDir });
      const part = { images, shape: [count, 2, 2], targets };
      const { start, end } = await collect({ ...JOB, reduction: 'mean', data: { ...part, test: part } });
      expect(end).toEqual({ ...ofFiles.end, seconds: end.seconds });
      expect(start.dataset.targets).toEqual(ofFiles.start.dataset.targets);
      // (The hash of the files, too.)
      await collect({ resume: checkpointDir, epochs: 3, data: { ...part, test: part } });
      const model = await fitted({ ...JOB, reduction: 'mean', data: part });
      expectTypeOf(model).toEqualTypeOf<Regressor>();
      const evaluation = await model.evaluate(part, { resamples: 0 });
      expect([evaluation.test_rmse, evaluation.samples]).toEqual([end.test_rmse, count]);
      expect(model.predict(part)[7]).toEqual(model.predict(images.subarray(28, 32)));
    },
  );
});

describe('a model of images in memory', () => {
  it('predicts and evaluates images in memory, as those of files', async () => {
    const save = scratch.newPath('model.safetensors');
    const model = await fitted({ ...JOB, data: digits, save });
    expectTypeOf(model).toEqualTypeOf<Classifier>();
    const { images, test } = digits;
    const { end } = await collect({ ...JOB, data: scratch.data });
    const evaluation = await model.evaluate(test);
    expect(evaluation).toMatchObject({
      samples: TEST,
      warnings: [],
      test_loss: end.test_loss,
      test_error: end.test_error,
    });
    const predictions = model.predict(test);
    expectTypeOf(predictions).toBeArray();
    expect(predictions).toHaveLength(TEST);
    for (const [i, prediction] of predictions.entries()) {
      expect(prediction).toEqual(model.predict(test.images.subarray(784 * i, 784 * (i + 1))));
    }
    const loaded = await loadClassifier(save);
    expect(loaded.predict({ images: new Uint8ClampedArray(test.images), shape: [TEST, 784] })).toEqual(predictions);
    expect(await loaded.evaluate(test)).toEqual(evaluation);

    const refusals: [unknown, string][] = [
      [scratch.data, 'evaluate(): the model was trained on images; expected { images, shape, labels }, or use the'],
      [{ rows: [[1]], label: '1' }, 'evaluate(): the model was trained on images; expected { images,'],
      [
        { ...test, labels: test.labels.map((label, i) => (i === 3 ? 10 : label)) },
        '`data`: labels: element 3 is 10; expected 0 to 9, the classes of the network',
      ],
      [
        { images, shape: [4 * TRAIN, 14, 14], labels: new Uint8Array(4 * TRAIN) },
        'a sample of 196 numbers; expected 784',
      ],
      [
        { images: test.images, shape: test.shape, targets: Float32Array.from(test.labels) },
        'evaluate(): 1 targets per image; expected labels, as in training',
      ],
    ];
    for (const [data, message] of refusals) {
      const refusal = await refusalOf(() => model.evaluate(data as ImagesData));
      expect(refusal.error.message.slice(0, message.length)).toBe(message);
    }
    expect((await refusalOf(() => model.predict({ images, shape: [TRAIN] } as Images))).message).toMatch(
      /^`images`: shape: /,
    );
  });
});

describe('what is no set of images', () => {
  const images = new Uint8Array(12);
  const good = { images, shape: [3, 2, 2], labels: [0, 1, 0] };
  const SHAPE = 'shape: expected the number of images and their size, such as [60000, 28, 28]; found ';
  it.each<[unknown, string]>([
    [{ ...good, images: [1, 2] }, 'images: expected a Uint8Array or a Float32Array with the pixels of all images'],
    [{ ...good, images: undefined }, 'images: expected a Uint8Array or a Float32Array'],
    [{ ...good, shape: undefined }, `${SHAPE}undefined`],
    [{ ...good, shape: [12] }, `${SHAPE}the array [ 12 ]`],
    [{ ...good, shape: [3, 2.5, 2] }, `${SHAPE}the array [ 3, 2.5, 2 ]`],
    [{ ...good, shape: [0, 2, 2], images: new Uint8Array(0), labels: [] }, `${SHAPE}the array [ 0, 2, 2 ]`],
    [{ ...good, shape: [2, 2, 2] }, 'images: 12 values; expected 8, the product of shape 2 × 2 × 2'],
    [{ images, shape: [3, 4] }, 'images: expected either labels, the class of each image, or targets, the numbers'],
    [{ ...good, targets: [1, 2, 3] }, 'images: expected either labels, the class of each image, or targets'],
    [{ ...good, labels: 'one' }, 'labels: expected an array with labels for the 3 images'],
    [{ ...good, labels: [0, 1] }, 'labels: 2 values; expected one for each of the 3 images'],
    [{ ...good, labels: [0, 1, 0, 1, 0, 1] }, 'labels: 6 values; expected one for each of the 3 images'],
    [
      { ...good, labels: [0, 1, -1] },
      'labels: element 2 is the number -1; expected a class, a whole number from 0 to 65,535',
    ],
    [{ ...good, labels: [0, 1.5, 1] }, 'labels: element 1 is the number 1.5; expected a class'],
    [{ ...good, labels: ['0', 1, 0] }, "labels: element 0 is the string '0'; expected a class"],
    [{ ...good, labels: [0, 1, 65_536] }, 'labels: element 2 is the number 65536; expected a class'],
    [{ ...good, labels: [0, 0, 0] }, 'labels: every label is 0; expected at least two classes, 0 and 1'],
    [{ images, shape: [3, 4], targets: [1, 2] }, 'targets: 2 values; expected 3 or a multiple of it, the same number'],
    [{ images, shape: [3, 4], targets: [] }, 'targets: 0 values; expected 3 or a multiple of it'],
    [
      { images, shape: [3, 4], targets: [1, Number.NaN, 2] },
      'targets: element 1 is the number NaN; expected a finite number',
    ],
    [
      { ...good, images: new Float32Array(12).fill(1 / 0) },
      'images: element 0 is the number Infinity; expected a finite number',
    ],
    [{ ...good, label: [0, 1, 0] }, 'no such field: label; expected images, shape, labels, targets, test'],
    [{ ...good, test: [] }, 'test: expected an object, such as { images, shape, labels }'],
    [{ ...good, test: { ...good, test: good } }, 'no such field: test.test; expected images, shape, labels, targets'],
    [{ ...good, test: { ...good, labels: [0, 1] } }, 'test.labels: 2 values; expected one for each of the 3 images'],
    [{ ...good, test: { ...good, labels: [0, 1, 2] } }, 'test.labels: element 2 is 2; expected 0 to 1, the classes of'],
    [
      { ...good, test: { images, shape: [6, 2], labels: [0, 1, 0, 1, 0, 1] } },
      'test.shape: 2 pixels per image; expected 4, as in the training images',
    ],
    [
      { ...good, test: { images, shape: [3, 4], targets: [1, 2, 3] } },
      'test: expected labels, as for the training images',
    ],
  ])('is refused: %o', async (data, expected) => {
    const run = () => collect({ hidden: [2], epochs: 0, threads: 1, batchSize: 1, data: data as ImagesData });
    const { error, status } = await refusalOf(run);
    expect([status, error.message.slice(0, expected.length + 8)]).toEqual([2, `\`data\`: ${expected}`]);
  });

  it.each<[Partial<TrainInput>, string]>([
    [{ label: 'y' }, '`label` y: only for tables (CSV or NDJSON), and `data` memory is not a table'],
    [{ testData: IRIS }, '`testData` '],
    [{ testData: { rows: [[1, 2]] } }, '`testData` memory: only for tables'],
    [
      { data: IRIS, label: 'species', testData: good as never },
      '`testData`: only for tables; pass test images in `data`: ',
    ],
  ])('and options of tables are refused with it: %o', async (options, expected) => {
    const { error } = await refusalOf(() => collect({ data: good, ...options }));
    expect(error.message.slice(0, expected.length)).toBe(expected);
  });

  it('anything in a field is taken, or refused by an error of ours', async () => {
    const run = async (name: string, value: unknown) => {
      try {
        await collect({
          hidden: [1],
          epochs: 0,
          threads: 1,
          batchSize: 1,
          data: { ...good, [name]: value } as ImagesData,
        });
      } catch (error) {
        if (!(error instanceof LockstepError)) throw error;
        expect(error.message).not.toContain('\n');
        expect(error.message.length).toBeLessThan(400);
      }
    };
    const anything = fc.anything({
      withBigInt: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
    });
    const fields = fc.constantFrom('images', 'shape', 'labels', 'targets', 'test');
    await fc.assert(fc.asyncProperty(fields, anything, run), { numRuns: 200 });
  });
});
