/** From a source's files to samples and labels that agree with each other. */
import { createHash } from 'node:crypto';
import { errors } from '../errors.js';
import type { Dataset, Part } from './dataset.js';
import { type IdxArray, readIdx } from './idx.js';
import { NO_SAMPLES, type Samples } from './samples.js';
import { FILES, findFile, findSource, kindOfData, type Source } from './sources.js';
import type { TableOptions } from './table/load.js';

/**
 * @param data  `mnist`, `fashion-mnist`, a folder of IDX files, a table, or `-` for one on stdin
 * @throws LockstepError if anything is missing, damaged or contradictory
 */
export async function loadDataset(data: string, options: TableOptions = {}): Promise<Dataset> {
  if (kindOfData(data) !== 'table') return await loadFromSource(findSource(data));
  // Images need nothing of it.
  const { loadTable } = await import('./table/load.js');
  return await loadTable(data, options);
}

/**
 * @throws LockstepError if anything is missing, damaged or contradictory, or not what its checksum says
 */
export async function loadFromSource(source: Source): Promise<Dataset> {
  const train = await loadPair(source, FILES.trainImages, FILES.trainLabels);
  const test = hasTest(source) ? await loadPair(source, FILES.testImages, FILES.testLabels) : undefined;

  const classes = train.labels.data.reduce((largest, label) => Math.max(largest, label), 0) + 1;
  if (classes < 2) throw errors.oneClass(train.labels.file);
  if (test) {
    if (test.inputs !== train.inputs) throw errors.imageSize(test.images.file, test.inputs, train.inputs);
    requireLabels(test.labels.file, test.labels.data, classes, 'the classes of the training labels');
  }
  return {
    name: source.name,
    inputs: train.inputs,
    classes,
    train: samplesOf(train),
    test: test ? samplesOf(test) : NO_SAMPLES,
  };
}

/**
 * @param data  as of `loadDataset`
 * @throws LockstepError as `loadDataset`
 */
export async function loadPart(data: string, part: 'train' | 'test'): Promise<Part> {
  const source = findSource(data);
  const { name } = source;
  const isThere = part === 'train' || hasTest(source);
  if (!isThere) return { name, inputs: 0, samples: NO_SAMPLES, labelsFile: '' };
  const [images, labels] =
    part === 'train' ? [FILES.trainImages, FILES.trainLabels] : [FILES.testImages, FILES.testLabels];
  const pair = await loadPair(source, images, labels);
  return { name, inputs: pair.inputs, samples: samplesOf(pair), labelsFile: pair.labels.file };
}

/**
 * @param classes  of the network
 * @throws LockstepError if a label is none of them
 */
export function requireClasses({ samples, labelsFile }: Part, classes: number): void {
  requireLabels(labelsFile, samples.targets, classes, 'the classes of the network');
}

function hasTest(source: Source): boolean {
  return [FILES.testImages, FILES.testLabels].some((name) => findFile(source, name) !== undefined);
}

function requireLabels(file: string, labels: Samples['targets'], classes: number, what: string): void {
  const stray = labels.findIndex((label) => label >= classes);
  if (stray >= 0) throw errors.labelOutOfRange(file, stray, labels[stray]!, classes, what);
}

interface Pair {
  readonly images: IdxArray;
  readonly labels: IdxArray;
  readonly inputs: number;
}

async function loadPair(source: Source, imagesName: string, labelsName: string): Promise<Pair> {
  const [images, labels] = await Promise.all([load(source, imagesName), load(source, labelsName)]);
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

async function load(source: Source, name: string): Promise<IdxArray> {
  const file = findFile(source, name);
  if (file === undefined) throw errors.fileNotFound(source.folder, name);
  const array = await readIdx(file);
  const expected = source.checksums[name];
  if (expected !== undefined && array.sha256 !== expected) throw errors.dataChecksum(file, array.sha256, expected);
  return array;
}

function samplesOf({ images, labels }: Pair): Samples {
  const sha256 = createHash('sha256').update(images.sha256).update(labels.sha256).digest('hex');
  return { count: labels.data.length, values: images.data, targets: labels.data, sha256 };
}
