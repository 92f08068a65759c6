/** Samples from image files (one each) and IDX files (one per image). */
import { open } from 'node:fs/promises';
import { readIdx } from '../../data/idx.js';
import { errors } from '../../errors.js';
import { READ, readWhole } from '../../files/read-whole.js';
import type { Sample } from '../network.js';
import { inputsOf, invert, resize } from './fit.js';
import { decodePgm, isPgm } from './pgm.js';
import type { Picture, Shape } from './picture.js';
import { decodePng, isPng } from './png.js';

export interface Fitting {
  /** The inputs of the network as an image. */
  readonly shape: Shape;
  /** Scale images of another size, instead of refusing them. @default false */
  readonly resize?: boolean;
  /** The images are black on white, but the network was trained on white on black. @default false */
  readonly invert?: boolean;
}

export interface FileSample {
  /** Set for images of an IDX file. */
  readonly file?: string;
  /** The file name of an image, or the position in the IDX file, from 0. */
  readonly id: string | number;
  readonly x: Sample;
}

/** Files of images with `MOST_PIXELS` pixels are smaller. */
const MOST_FILE_BYTES = 2 ** 28;
const HEAD_BYTES = 16;

/** @throws LockstepError if the file cannot be read, is damaged or unsupported, or has images of another size */
export async function* samplesOf(file: string, fitting: Fitting): AsyncGenerator<FileSample> {
  const head = await readHead(file);
  if (isPgm(head) || isPng(head)) yield { id: file, x: inputsOf(await readPicture(file, fitting)) };
  else if (isIdx(head) || isGzip(head)) yield* imagesOf(file, fitting);
  else throw errors.unknownFile(file);
}

async function readPicture(file: string, fitting: Fitting): Promise<Picture> {
  const bytes = await readWhole(file, MOST_FILE_BYTES);
  const picture = isPgm(bytes) ? decodePgm(file, bytes) : decodePng(file, bytes, fitting.invert ?? false);
  return fitted(file, picture, fitting);
}

async function* imagesOf(file: string, fitting: Fitting): AsyncGenerator<FileSample> {
  const { dimensions, data } = await readIdx(file);
  const [count = 0, height, width] = dimensions;
  if (dimensions.length !== 3 || !height || !width) {
    throw errors.idxDimensions(file, dimensions, 'images × rows × columns');
  }
  const { shape } = fitting;
  const isAsItIs = width === shape.width && height === shape.height && !fitting.invert;
  const pixels = width * height;
  for (let id = 0; id < count; id++) {
    const image = data.subarray(id * pixels, (id + 1) * pixels);
    const picture = () => fitted(file, { width, height, white: 255, gray: Float32Array.from(image) }, fitting);
    yield { file, id, x: isAsItIs ? image : inputsOf(picture()) };
  }
}

function fitted(file: string, picture: Picture, fitting: Fitting): Picture {
  const { shape } = fitting;
  const { width, height } = picture;
  const isOfSize = width === shape.width && height === shape.height;
  if (!isOfSize && !fitting.resize) throw errors.pictureSize(file, width, height, `${shape.width}x${shape.height}`);
  const turned = fitting.invert ? invert(picture) : picture;
  return isOfSize ? turned : resize(turned, shape);
}

async function readHead(file: string): Promise<Uint8Array> {
  try {
    const handle = await open(file, READ);
    try {
      if (!(await handle.stat()).isFile()) throw new Error('not a regular file');
      const { buffer, bytesRead } = await handle.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw errors.unreadable(file, error);
  }
}

function isIdx(head: Uint8Array): boolean {
  return head.length >= 4 && head[0] === 0 && head[1] === 0;
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}
