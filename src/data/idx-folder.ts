/** A folder of IDX files as a data set: the four files, their checksums, and samples and labels that agree with each other. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { errors } from '../errors.js';
import { type Dataset, type Part, requireLabels } from './dataset.js';
import { type IdxArray, readIdx } from './idx.js';
import { NO_SAMPLES, type Samples } from './samples.js';

/** The canonical names of the four files. */
export const FILES = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;

export interface IdxFolder {
  /** As metrics name it. */
  readonly name: string;
  readonly folder: string;
  /** SHA-256 of the uncompressed files, where they are known. */
  readonly checksums: Readonly<Record<string, string>>;
}

/**
 * @throws LockstepError if anything is missing, damaged or contradictory, or not what its checksum says
 */
export async function loadIdxFolder(folder: IdxFolder): Promise<Dataset> {
  const train = await loadPair(folder, FILES.trainImages, FILES.trainLabels);
  const test = hasTest(folder) ? await loadPair(folder, FILES.testImages, FILES.testLabels) : undefined;

  const classes = train.labels.data.reduce((largest, label) => Math.max(largest, label), 0) + 1;
  if (classes < 2) throw errors.oneClass(train.labels.file);
  if (test) {
    if (test.inputs !== train.inputs) throw errors.imageSize(test.images.file, test.inputs, train.inputs);
    requireLabels(test.labels.file, test.labels.data, classes, 'the classes of the training labels');
  }
  return {
    name: folder.name,
    inputs: train.inputs,
    classes,
    train: samplesOf(train),
    test: test ? samplesOf(test) : NO_SAMPLES,
  };
}

/**
 * Reads one part alone.
 *
 * @throws LockstepError as `loadIdxFolder`
 */
export async function loadIdxPart(folder: IdxFolder, part: 'train' | 'test'): Promise<Part> {
  const { name } = folder;
  const isThere = part === 'train' || hasTest(folder);
  if (!isThere) return { name, inputs: 0, samples: NO_SAMPLES, labelsFile: '' };
  const [images, labels] =
    part === 'train' ? [FILES.trainImages, FILES.trainLabels] : [FILES.testImages, FILES.testLabels];
  const pair = await loadPair(folder, images, labels);
  return { name, inputs: pair.inputs, samples: samplesOf(pair), labelsFile: pair.labels.file };
}

function hasTest(folder: IdxFolder): boolean {
  return [FILES.testImages, FILES.testLabels].some((name) => findFile(folder, name) !== undefined);
}

interface Pair {
  readonly images: IdxArray;
  readonly labels: IdxArray;
  readonly inputs: number;
}

async function loadPair(folder: IdxFolder, imagesName: string, labelsName: string): Promise<Pair> {
  const [images, labels] = await Promise.all([load(folder, imagesName), load(folder, labelsName)]);
  const [count, ...pixels] = images.dimensions;
  if (!count || pixels.length === 0 || pixels.includes(0)) {
    throw errors.idxDimensions(images.file, images.dimensions, 'samples × pixels, none of them 0');
  }
  if (labels.dimensions.length !== 1) {
    throw errors.idxDimensions(labels.file, labels.dimensions, 'one, a label a sample');
  }
  if (labels.data.length !== count) throw errors.countsDiffer(images.file, count, labels.file, labels.data.length);
  return { images, labels, inputs: pixels.reduce((product, size) => product * size, 1) };
}

async function load(folder: IdxFolder, name: string): Promise<IdxArray> {
  const file = findFile(folder, name);
  if (file === undefined) throw errors.fileNotFound(folder.folder, name);
  const array = await readIdx(file);
  const expected = folder.checksums[name];
  if (expected !== undefined && array.sha256 !== expected) throw errors.dataChecksum(file, array.sha256, expected);
  return array;
}

function samplesOf({ images, labels }: Pair): Samples {
  const sha256 = createHash('sha256').update(images.sha256).update(labels.sha256).digest('hex');
  return { count: labels.data.length, values: images.data, targets: labels.data, sha256 };
}

/** The file of that name, plain or gzipped, or undefined if the folder holds neither. */
export function findFile({ folder }: IdxFolder, name: string): string | undefined {
  const plain = path.join(folder, name);
  return [plain, `${plain}.gz`].find((file) => existsSync(file));
}
