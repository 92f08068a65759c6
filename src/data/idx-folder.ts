/** A folder of IDX files as a data set: the four files, their checksums, and samples and labels that agree with each other. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { errors } from '../errors.js';
import { type Dataset, type Part, requireLabels } from './dataset.js';
import { type IdxArray, type IdxNumbers, readIdx, readIdxNumbers } from './idx.js';
import { NO_SAMPLES, type Samples } from './samples.js';

/** The canonical names of the four files. */
export const FILES = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;

/** Other names of a file of labels, which hold regression targets: one or several per image. */
const OF_NUMBERS = ['idx1-float', 'idx1-double', 'idx2-float', 'idx2-double'] as const;

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

  if (test && test.inputs !== train.inputs) throw errors.imageSize(test.images.file, test.inputs, train.inputs);
  const samples = { train: samplesOf(train), test: test ? samplesOf(test) : NO_SAMPLES };
  const { name } = folder;
  const { inputs, targets } = train;
  const imageShape = train.images.dimensions.slice(1);
  if (test && test.targets !== targets) throw errors.idxTargets(test.labels.file, test.targets, targets);
  if (targets > 0) return { name, inputs, imageShape, classes: 0, targetNames: targetNames(targets), ...samples };

  const labels = train.labels.data as Uint8Array;
  const classes = labels.reduce((largest, label) => Math.max(largest, label), 0) + 1;
  if (classes < 2) throw errors.oneClass(train.labels.file);
  if (test) {
    requireLabels(test.labels.file, test.labels.data as Uint8Array, classes, 'the classes of the training labels');
  }
  return { name, inputs, imageShape, classes, ...samples };
}

/** Numbers of images have no names. */
function targetNames(count: number): string[] {
  return Array.from({ length: count }, (_, k) => String(k + 1));
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
  const names = [FILES.testImages, findLabels(folder, FILES.testLabels)];
  return names.some((name) => findFile(folder, name) !== undefined);
}

interface Pair {
  readonly images: IdxArray;
  readonly labels: IdxArray | IdxNumbers;
  readonly inputs: number;
  /** Regression targets per image; 0 for classes. */
  readonly targets: number;
}

async function loadPair(folder: IdxFolder, imagesName: string, labelsName: string): Promise<Pair> {
  const [images, labels] = await Promise.all([
    load(folder, imagesName, imagesName, readIdx),
    load(folder, findLabels(folder, labelsName), labelsName, readIdxNumbers),
  ]);
  const [count, ...pixels] = images.dimensions;
  if (!count || pixels.length === 0 || pixels.includes(0)) {
    throw errors.idxDimensions(images.file, images.dimensions, 'samples × pixels, none of them 0');
  }
  const isOfNumbers = labels.data instanceof Float64Array;
  const [labelCount = 0, width = 1, ...more] = labels.dimensions;
  const isFlat = isOfNumbers ? more.length === 0 && width > 0 : labels.dimensions.length === 1;
  if (!isFlat) {
    const expected = isOfNumbers ? 'samples, or samples × targets' : 'one, a label a sample';
    throw errors.idxDimensions(labels.file, labels.dimensions, expected);
  }
  if (labelCount !== count) throw errors.countsDiffer(images.file, count, labels.file, labelCount);
  if (isOfNumbers) requireFinite(labels.file, labels.data, width);
  const inputs = pixels.reduce((product, size) => product * size, 1);
  return { images, labels, inputs, targets: isOfNumbers ? width : 0 };
}

function requireFinite(file: string, numbers: Float64Array, width: number): void {
  const stray = numbers.findIndex((each) => !Number.isFinite(each));
  if (stray >= 0) throw errors.idxNotFinite(file, Math.floor(stray / width), numbers[stray]!);
}

/** The name of the file of labels: as classes, or as numbers. */
function findLabels(folder: IdxFolder, name: string): string {
  const others = OF_NUMBERS.map((ending) => name.replace('idx1-ubyte', ending));
  return [name, ...others].find((each) => findFile(folder, each) !== undefined) ?? name;
}

/** @param usual  the name that its checksum is known by */
async function load<Found extends { readonly sha256: string }>(
  folder: IdxFolder,
  name: string,
  usual: string,
  read: (file: string) => Promise<Found>,
): Promise<Found> {
  const file = findFile(folder, name);
  if (file === undefined) throw errors.fileNotFound(folder.folder, name);
  const array = await read(file);
  const expected = folder.checksums[usual];
  if (expected !== undefined && array.sha256 !== expected) throw errors.dataChecksum(file, array.sha256, expected);
  return array;
}

function samplesOf({ images, labels, targets }: Pair): Samples {
  const sha256 = createHash('sha256').update(images.sha256).update(labels.sha256).digest('hex');
  const count = labels.dimensions[0]!;
  return { count, values: images.data, targets: labels.data, ...(targets > 1 && { targetWidth: targets }), sha256 };
}

/** The file of that name, plain or gzipped, or undefined if the folder holds neither. */
export function findFile({ folder }: IdxFolder, name: string): string | undefined {
  const plain = path.join(folder, name);
  return [plain, `${plain}.gz`].find((file) => existsSync(file));
}
