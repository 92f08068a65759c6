/** Writes an SVG drawing as SVG or PNG. */
import path from 'node:path';
import { errors } from '../../errors.js';
import { isSameOutput, type Output, requireOutput, writeOutput } from '../../files/output.js';
import type { FileOrDescriptor } from '../../files/resolve-links.js';
import { pngOf } from '../drawing/png.js';

const EXTENSIONS = ['.svg', '.png'] as const;

/** PNG pixels per SVG pixel, for sharp text on high-resolution screens. */
const ZOOM = 2;

/**
 * The output file of an option.
 *
 * @throws LockstepError (status 2) if the name ends in neither .svg nor .png
 */
export function pictureAt(flag: string, file: string): Output {
  const extension = extensionOf(file);
  if (!EXTENSIONS.includes(extension as never)) throw errors.fileExtension(flag, file, EXTENSIONS.join(' or '));
  return { flag, file, kind: extension === '.svg' ? 'svg' : 'png' };
}

/**
 * Checks before any work that all files can be written, and that they differ from the inputs and from each other.
 *
 * @throws LockstepError
 */
export async function requirePictures(pictures: readonly Output[], inputs: readonly FileOrDescriptor[]): Promise<void> {
  for (const [i, picture] of pictures.entries()) {
    for (const other of pictures.slice(0, i)) {
      if (await isSameOutput(other.file, picture.file)) throw errors.sameFile(other.file);
    }
    await requireOutput(picture, inputs);
  }
}

/** @throws LockstepError if the file cannot be drawn or written */
export async function writePicture(picture: Output, svg: string): Promise<void> {
  const bytes = picture.kind === 'svg' ? Buffer.from(svg) : await drawPng(picture.file, svg);
  await writeOutput(picture, [bytes]);
}

function extensionOf(file: string): string {
  return path.extname(file).toLowerCase();
}

async function drawPng(file: string, svg: string): Promise<Uint8Array> {
  const png = await pngOf(svg, { scale: ZOOM, isPixelated: true });
  if (!png) throw errors.noFontFor(file);
  return png;
}
