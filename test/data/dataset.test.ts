/** Data sets: MNIST as it is, any folder that holds together, and every folder that doesn't. */
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { FILES, loadIdxFolder } from '../../src/data/idx-folder.js';
import { loadDataset } from '../../src/data/sources.js';
import { DATA_SOURCES } from '../../src/errors.js';
import { type Folder, idxBytes, temporaryFolder, writeDataset } from '../support/idx-files.js';
import { refusalOf } from '../support/refusals.js';

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const TRAIN = { labels: [2, 0, 1] };
const TEST = { labels: [1, 2] };

const load = () => loadDataset(folder.path);
const inFolder = (name: string) => path.join(folder.path, name);

/** What is said of the folder: with status 1, and naming its path first. */
async function complaint(): Promise<string> {
  const { message, status } = await refusalOf(load);
  expect(status).toBe(1);
  expect(message.startsWith(folder.path)).toBe(true);
  return message;
}

describe('mnist', () => {
  let mnist: Dataset;
  beforeAll(async () => {
    mnist = await loadDataset('mnist');
  });

  it('has 60,000 training and 10,000 test samples of 784 inputs in 10 classes', () => {
    const { name, inputs, classes, train, test } = mnist;
    expect({ name, inputs, classes }).toEqual({ name: 'mnist', inputs: 784, classes: 10 });
    expect([train.count, train.targets.length, train.values.length]).toEqual([60_000, 60_000, 60_000 * 784]);
    expect([test.count, test.targets.length, test.values.length]).toEqual([10_000, 10_000, 10_000 * 784]);
  });

  it('begins with the digits that everybody knows', () => {
    expect([...mnist.train.targets.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect([...mnist.test.targets.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
  });

  it('has its images the right way up: the first 5 begins in its sixth row', () => {
    const row = (y: number) => [...mnist.train.values.subarray(y * 28, (y + 1) * 28)];
    for (let y = 0; y < 5; y++) expect(row(y)).toEqual(new Array(28).fill(0));
    expect(row(5).slice(12, 24)).toEqual([3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]);
  });
});

const DEBIAN_FOLDER = '/usr/share/datasets/fashion-mnist';
const hasFashion = existsSync(DEBIAN_FOLDER);

describe('fashion-mnist', () => {
  it.skipIf(hasFashion)("names Debian's package where that is missing (skipped where it is there)", async () => {
    const { message, status } = await refusalOf(() => loadDataset('fashion-mnist'));
    expect(status).toBe(1);
    expect(message).toBe(
      "--data fashion-mnist: not found; install Debian's package dataset-fashion-mnist, " +
        'or specify a folder of IDX files',
    );
  });

  it.skipIf(!hasFashion)(`is read from Debian's package (skipped where there is no ${DEBIAN_FOLDER})`, async () => {
    const { name, inputs, classes, train, test } = await loadDataset('fashion-mnist');
    expect({ name, inputs, classes }).toEqual({ name: 'fashion-mnist', inputs: 784, classes: 10 });
    expect([train.count, test.count]).toEqual([60_000, 10_000]);
  });
});

describe('a folder', () => {
  it.each([
    ['plain', false],
    ['gzipped', true],
  ])('of %s files is read', async (_, gzipped) => {
    writeDataset(folder, { train: TRAIN, test: TEST }, gzipped);
    const { inputs, classes, train, test } = await load();
    expect({ inputs, classes }).toEqual({ inputs: 4, classes: 3 });
    expect([...train.values]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect([...train.targets]).toEqual([2, 0, 1]);
    expect(train.count).toBe(3);
    expect([...test.values]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...test.targets]).toEqual([1, 2]);
    expect(test.count).toBe(2);
  });

  it('may have some of its files gzipped; of two with the same name the plain one is read', async () => {
    writeDataset(folder, { train: { ...TRAIN, pixel: () => 99 } }, true);
    writeDataset(folder, { train: TRAIN });
    writeDataset(folder, { test: TEST }, true);
    const { train, test } = await load();
    expect([...train.values.subarray(0, 4)]).toEqual([0, 1, 2, 3]);
    expect(test.count).toBe(2);
  });

  it('is named after its last part, however its path is written', async () => {
    writeDataset(folder, { train: TRAIN });
    const name = path.basename(folder.path);
    for (const data of [folder.path, `${folder.path}/`, `${folder.path}/../${name}/.`]) {
      expect((await loadDataset(data)).name).toBe(name);
    }
  });

  it('may be without a test pair', async () => {
    writeDataset(folder, { train: TRAIN });
    const { train, test } = await load();
    expect(train.count).toBe(3);
    expect(test).toEqual({ count: 0, values: new Uint8Array(0), targets: new Uint8Array(0), sha256: '' });
  });

  it.each([
    [[5, 7], 35],
    [[3, 4, 2], 24],
    [[6], 6],
    [[1, 1], 1],
  ])('may have images of any shape: %j are %i inputs', async (shape, inputs) => {
    writeDataset(folder, { train: { ...TRAIN, shape }, test: { ...TEST, shape } });
    const dataset = await load();
    expect(dataset.inputs).toBe(inputs);
    expect(dataset.train.values).toHaveLength(3 * inputs);
    expect(dataset.test.values).toHaveLength(2 * inputs);
  });

  it('may have test images of another shape, if they are as large', async () => {
    writeDataset(folder, { train: { ...TRAIN, shape: [2, 6] }, test: { ...TEST, shape: [3, 4] } });
    expect((await load()).inputs).toBe(12);
  });

  it.each([
    [[0, 1], 2],
    [[1, 1], 2],
    [[7, 3, 3], 8],
    [[0, 255], 256],
  ])('has as many classes as its largest training label + 1: %j are %i', async (labels, classes) => {
    writeDataset(folder, { train: { labels } });
    expect((await load()).classes).toBe(classes);
  });
});

describe('what is not there', () => {
  it.each(['./no-such-folder', 'mnits'])('is an unknown folder (%s)', async (data) => {
    const { message, status } = await refusalOf(() => loadDataset(data));
    expect(status).toBe(1);
    expect(message).toBe(`--data ${data}: no such file or folder; expected ${DATA_SOURCES}`);
  });

  it('is a table that is none', async () => {
    const file = folder.write('file', 'text');
    const { message, status } = await refusalOf(() => loadDataset(file));
    expect(status).toBe(1);
    expect(message).toContain(`${file}: the first row has one column; `);
  });

  it('is a folder whose path the system refuses', async () => {
    const long = 'a'.repeat(5000);
    for (const [data, shown] of [
      [long, long],
      ['with\0zero', 'with\ufffdzero'],
    ] as const) {
      const { message, status } = await refusalOf(() => loadDataset(data));
      expect(status).toBe(1);
      expect(message.startsWith(`--data ${shown}: `)).toBe(true);
    }
  });

  it('is a folder below a file', async () => {
    const data = path.join(folder.write('file', 'text'), 'below');
    const { message, status } = await refusalOf(() => loadDataset(data));
    expect(status).toBe(1);
    expect(message).toMatch(/: (cannot be read \(ENOTDIR: |no such file)/);
  });

  it.each(Object.values(FILES))('is one of the four files: %s', async (missing) => {
    writeDataset(folder, { train: TRAIN, test: TEST });
    rmSync(inFolder(missing));
    expect(await complaint()).toBe(
      `${folder.path}: no ${missing} or ${missing}.gz; expected a folder of IDX files with their standard names`,
    );
  });

  it('is everything, in an empty folder', async () => {
    expect(await complaint()).toMatch(/: no train-(images|labels)-idx\d-ubyte or /);
  });
});

describe('what does not hold together', () => {
  beforeEach(() => writeDataset(folder, { train: TRAIN, test: TEST }));

  it.each([
    ['training', FILES.trainImages, FILES.trainLabels, 3],
    ['test', FILES.testImages, FILES.testLabels, 2],
  ])('is a number of %s labels that is not that of the images', async (_, imagesName, labelsName, images) => {
    folder.write(labelsName, idxBytes([1500], new Array(1500).fill(0)));
    expect(await complaint()).toBe(
      `${inFolder(imagesName)} has ${images} images, but ${inFolder(labelsName)} has 1,500 labels; ` +
        'expected one label per image: check that the files belong together',
    );
  });

  it('is a test label outside the classes', async () => {
    folder.write(FILES.testLabels, idxBytes([2], [2, 3]));
    expect(await complaint()).toBe(
      `${inFolder(FILES.testLabels)}: label 3 of sample 1; expected 0 to 2, the classes of the training labels`,
    );
  });

  it('is another size of test images', async () => {
    writeDataset(folder, { test: { ...TEST, shape: [2, 3] } });
    expect(await complaint()).toBe(
      `${inFolder(FILES.testImages)}: 6 pixels per image; expected 4, as in the training images`,
    );
  });

  it.each([FILES.trainLabels, FILES.testLabels])('is labels of two dimensions: %s', async (name) => {
    folder.write(name, idxBytes([3, 1], [0, 1, 2]));
    expect(await complaint()).toBe(`${inFolder(name)}: dimensions 3 × 1; expected one, a label a sample`);
  });

  it.each([
    ['of one dimension', [3], '3'],
    ['of no pixels', [3, 0, 2], '3 × 0 × 2'],
    ['that are none', [0, 2, 2], '0 × 2 × 2'],
  ])('is images %s', async (_, dimensions, shown) => {
    const pixels = dimensions.reduce((product, size) => product * size, 1);
    for (const name of [FILES.testImages, FILES.trainImages]) {
      folder.write(name, idxBytes(dimensions, new Array(pixels).fill(0)));
      expect(await complaint()).toBe(
        `${inFolder(name)}: dimensions ${shown}; expected samples × pixels, none of them 0`,
      );
    }
  });

  it('is training labels of a single class', async () => {
    folder.write(FILES.trainLabels, idxBytes([3], [0, 0, 0]));
    expect(await complaint()).toBe(
      `${inFolder(FILES.trainLabels)}: every label is 0; expected at least two classes, 0 and 1`,
    );
  });

  it.each(Object.values(FILES))('is damage in any of the files: %s', async (name) => {
    folder.write(name, 'damage');
    expect(await complaint()).toContain(`${inFolder(name)}: not an IDX file: it begins with bytes 100 97 109 97;`);
  });
});

describe('a source with checksums', () => {
  const checksums = {
    [FILES.trainImages]: '96411bb42bfce6e873d9c66df5439c0e3fc743e8411014a602e60f101da36a78',
    [FILES.trainLabels]: '6457582111c8e271041ce60d69e4b9fb2a5058bd79965242cb5d5fe5840d5707',
  };
  const source = (sums: Record<string, string>) => ({ name: 'known', folder: folder.path, checksums: sums });

  it.each([
    ['plain', false],
    ['gzipped', true],
  ])('is read where the uncompressed files have them: %s', async (_, gzipped) => {
    writeDataset(folder, { train: TRAIN }, gzipped);
    const { name, train } = await loadIdxFolder(source(checksums));
    expect({ name, count: train.count }).toEqual({ name: 'known', count: 3 });
  });

  it('is refused where one is another', async () => {
    writeDataset(folder, { train: { ...TRAIN, labels: [2, 0, 0] } });
    const { message, status } = await refusalOf(() => loadIdxFolder(source(checksums)));
    expect(status).toBe(1);
    expect(message).toBe(
      `${inFolder(FILES.trainLabels)}: SHA-256 9d14ce8a82612d5cbb1f14bdd4fb21464e58db5071c9cd821b19af08b147db8a; ` +
        `expected ${checksums[FILES.trainLabels]}; the file is damaged: install it again`,
    );
  });
});
