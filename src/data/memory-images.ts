/** Images that a program has in memory, as the arrays of IDX files. */
import { createHash } from 'node:crypto';
import { errors, type LockstepError, withType } from '../errors.js';
import { grouped } from '../text/grouped.js';
import type { Dataset } from './dataset.js';
import { bytesOf, NO_SAMPLES, type Samples } from './samples.js';
import { MOST_CLASSES } from './table/classes.js';
import { MEMORY } from './table/memory.js';
import type { NumberArray } from './table/memory-table.js';
import { pauser } from './table/pauser.js';

export interface Images {
  /** The pixels of all images, one image after the other: bytes, which are divided by 255, or inputs of the network as float32. */
  readonly images: Uint8Array | Uint8ClampedArray | Float32Array;
  /** The dimensions of `images`, the number of images first, such as [60000, 28, 28]. */
  readonly shape: readonly number[];
}

/** Images whose classes are known. */
export interface ClassifiedImages extends Images {
  /** (images) Classes, as whole numbers from 0. */
  readonly labels: readonly number[] | NumberArray;
  readonly targets?: undefined;
}

/** Images whose regression targets are known. */
export interface MeasuredImages extends Images {
  /** (images) or (images, targets) */
  readonly targets: readonly number[] | NumberArray;
  readonly labels?: undefined;
}

export type LabeledImages = ClassifiedImages | MeasuredImages;

/** Images to train on, instead of a folder of IDX files. They are not changed, and must not change before the `start` event. */
export type ImagesData =
  | (ClassifiedImages & { readonly test?: ClassifiedImages | undefined })
  | (MeasuredImages & { readonly test?: MeasuredImages | undefined });

/** A data set of images that has not been read yet. */
export interface MemoryImages {
  readonly name: string;
  /** @throws LockstepError if a label or target cannot be used */
  readonly loadImages: () => Promise<Dataset>;
}

/** Whether a program means images, not a table or a row. */
export function areImages(given: unknown): given is Images {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given) && !ArrayBuffer.isView(given);
  return isObject && 'images' in given;
}

/**
 * Checks the form of images to train on, but does not read them yet.
 *
 * @param option  the option that gives them, for messages
 * @throws LockstepError if they have not that form
 */
export function imagesInMemory(option: string, given: unknown): MemoryImages {
  const { test, ...train } = fieldsIn(option, given, '', ['images', 'shape', 'labels', 'targets', 'test']);
  const form = formOf(option, '', train);
  const testForm = test === undefined ? undefined : formOf(option, 'test.', fieldsIn(option, test, 'test', FIELDS));
  if (testForm && testForm.inputs !== form.inputs) {
    throw form.refuse(
      `test.shape: ${testForm.inputs} pixels per image; expected ${form.inputs}, as in the training images`,
    );
  }
  if (testForm && testForm.width !== form.width) {
    const expected = form.width === 0 ? 'labels' : `${form.width} targets per image`;
    throw form.refuse(`test: expected ${expected}, as for the training images`);
  }
  return { name: MEMORY, loadImages: async () => await load(form, testForm) };
}

/** Labeled images for a trained network, and their kind: 0 for classes, or the number of targets. @throws LockstepError */
export async function labeledImages(
  option: string,
  given: unknown,
): Promise<{ readonly samples: Samples; readonly inputs: number; readonly targets: number }> {
  const form = formOf(option, '', fieldsIn(option, given, '', FIELDS));
  return { samples: await samplesOf(form), inputs: form.inputs, targets: form.width };
}

/** The images one by one. @throws LockstepError if they have not the form of `Images` */
export function eachImage(option: string, given: Images): (Uint8Array | Uint8ClampedArray | Float32Array)[] {
  const { images, count, inputs } = pixelsIn(option, '', given as Fields);
  return Array.from({ length: count }, (_, i) => images.subarray(i * inputs, (i + 1) * inputs));
}

const FIELDS = ['images', 'shape', 'labels', 'targets'] as const;
type Fields = { readonly [name in (typeof FIELDS)[number] | 'test']?: unknown };
type List = ArrayLike<unknown>;

interface Pixels {
  readonly refuse: (problem: string) => LockstepError;
  readonly images: Uint8Array | Uint8ClampedArray | Float32Array;
  readonly shape: readonly number[];
  readonly count: number;
  readonly inputs: number;
}

interface Form extends Pixels {
  readonly values: List;
  /** Targets per image; 0 for classes. */
  readonly width: number;
}

function fieldsIn(option: string, given: unknown, at: string, known: readonly string[]): Fields {
  if (!areImages(given)) {
    throw errors.dataInMemory(
      option,
      `${at === '' ? '' : `${at}: `}expected an object, such as { images, shape, labels }`,
    );
  }
  const stray = Object.keys(given).find((name) => !known.includes(name));
  if (stray !== undefined) throw errors.unknownField(option, at === '' ? stray : `${at}.${stray}`, known);
  return given as Fields;
}

function pixelsIn(option: string, at: string, { images, shape }: Fields): Pixels {
  const refuse = (problem: string) => errors.dataInMemory(option, `${at}${problem}`);
  const isPixels =
    images instanceof Uint8Array || images instanceof Uint8ClampedArray || images instanceof Float32Array;
  if (!isPixels) throw refuse('images: expected a Uint8Array or a Float32Array with the pixels of all images');
  const sizes = isList(shape) ? Array.from(shape) : [];
  const isShape = sizes.length > 1 && sizes.every((size) => Number.isSafeInteger(size) && (size as number) > 0);
  if (!isShape) {
    throw refuse(
      `shape: expected the number of images and their size, such as [60000, 28, 28]; found ${withType(shape)}`,
    );
  }
  const [count = 0, ...size] = sizes as number[];
  const inputs = size.reduce((product, each) => product * each, 1);
  if (count * inputs !== images.length) {
    const product = `${grouped(count * inputs)}, the product of shape ${sizes.join(' × ')}`;
    throw refuse(`images: ${grouped(images.length)} values; expected ${product}`);
  }
  return { refuse, images, shape: sizes as number[], count, inputs };
}

function formOf(option: string, at: string, fields: Fields): Form {
  const pixels = pixelsIn(option, at, fields);
  const { refuse, count } = pixels;
  const { labels, targets } = fields;
  if ((labels === undefined) === (targets === undefined)) {
    throw refuse('images: expected either labels, the class of each image, or targets, the numbers of each image');
  }
  const [name, values] = labels === undefined ? ['targets', targets] : ['labels', labels];
  if (!isList(values)) throw refuse(`${name}: expected an array with ${name} for the ${grouped(count)} images`);
  const width = values.length / count;
  if (labels !== undefined && width !== 1) {
    throw refuse(`labels: ${grouped(values.length)} values; expected one for each of the ${grouped(count)} images`);
  }
  if (width < 1 || !Number.isInteger(width)) {
    const expected = `${grouped(count)} or a multiple of it, the same number for each image`;
    throw refuse(`targets: ${grouped(values.length)} values; expected ${expected}`);
  }
  return { ...pixels, values, width: labels === undefined ? width : 0 };
}

function isList(value: unknown): value is List {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

async function load(form: Form, testForm: Form | undefined): Promise<Dataset> {
  const { inputs, width, refuse } = form;
  const imageShape = form.shape.slice(1);
  const train = await samplesOf(form);
  const test = testForm ? await samplesOf(testForm) : NO_SAMPLES;
  if (width > 0) {
    const targetNames = Array.from({ length: width }, (_, k) => String(k + 1));
    return { name: MEMORY, inputs, imageShape, classes: 0, targetNames, train, test };
  }
  const classes = (train.targets as Uint32Array).reduce((most, label) => Math.max(most, label), 0) + 1;
  if (classes < 2) throw refuse('labels: every label is 0; expected at least two classes, 0 and 1');
  requireKnown(refuse, test.targets, classes, 'test.labels', 'the classes of the training labels');
  return { name: MEMORY, inputs, imageShape, classes, train, test };
}

/** @throws LockstepError if a label is not one of the classes */
export function requireKnown(
  refuse: (problem: string) => LockstepError,
  labels: Samples['targets'],
  classes: number,
  name: string,
  what: string,
): void {
  const stray = labels.findIndex((label) => label >= classes);
  if (stray < 0) return;
  throw refuse(`${name}: element ${stray} is ${labels[stray]}; expected 0 to ${classes - 1}, ${what}`);
}

async function samplesOf(form: Form): Promise<Samples> {
  const { images, count, width } = form;
  if (images instanceof Float32Array) requireFinite(form, 'images', images);
  const targets = width > 0 ? targetsOf(form) : labelsOf(form);
  const isSingle = form.values instanceof Float32Array;
  const hashes = [
    await hashOf(images, form.shape),
    await hashOf(isSingle && width > 0 ? Float32Array.from(targets) : targets, width > 1 ? [count, width] : [count]),
  ];
  const sha256 = createHash('sha256').update(hashes.join('')).digest('hex');
  const values = images instanceof Uint8ClampedArray ? byteView(images) : images;
  return { count, values, targets, ...(width > 1 && { targetWidth: width }), sha256 };
}

/** Bytes if they are enough, as in IDX files. */
function labelsOf({ values, refuse }: Form): Uint8Array | Uint32Array {
  const labels = new Uint32Array(values.length);
  let most = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = values[i];
    if (!(typeof label === 'number' && Number.isInteger(label) && label >= 0 && label < MOST_CLASSES)) {
      const expected = `a class, a whole number from 0 to ${grouped(MOST_CLASSES - 1)}`;
      throw refuse(`labels: element ${i} is ${withType(label)}; expected ${expected}`);
    }
    labels[i] = label;
    most = Math.max(most, label);
  }
  return most < 256 ? Uint8Array.from(labels) : labels;
}

function targetsOf(form: Form): Float64Array {
  requireFinite(form, 'targets', form.values);
  return Float64Array.from(form.values as ArrayLike<number>);
}

function requireFinite({ refuse }: Form, name: string, values: List): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === 'number' && Number.isFinite(value)) continue;
    throw refuse(`${name}: element ${i} is ${withType(value)}; expected a finite number`);
  }
}

type Elements = Uint8Array | Uint8ClampedArray | Uint32Array | Float32Array | Float64Array;

const HASHED_BYTES = 1 << 20;

/** SHA-256 of an IDX file with these elements, so that a run may be resumed with the files or with the arrays. */
async function hashOf(elements: Elements, shape: readonly number[]): Promise<string> {
  const size = elements.BYTES_PER_ELEMENT;
  const type =
    elements instanceof Float64Array ? 0x0e : elements instanceof Float32Array ? 0x0d : size === 4 ? 0x0c : 0x08;
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = type;
  header[3] = shape.length;
  for (const [i, each] of shape.entries()) header.writeUInt32BE(each, 4 + 4 * i);
  const hash = createHash('sha256').update(header);
  const bytes = bytesOf(elements);
  const rest = pauser();
  for (let from = 0; from < bytes.length; from += HASHED_BYTES) {
    const part = bytes.subarray(from, from + HASHED_BYTES);
    hash.update(size === 1 ? part : bigEndian(part, size));
    await rest();
  }
  return hash.digest('hex');
}

function bigEndian(part: Uint8Array, size: number): Buffer {
  const swapped = Buffer.from(part);
  return size === 4 ? swapped.swap32() : swapped.swap64();
}

function byteView({ buffer, byteOffset, byteLength }: Uint8ClampedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
