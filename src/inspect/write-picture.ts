/** A drawing to a file: SVG as it is, or drawn as PNG. */
import path from 'node:path';
import { pngOf } from '../drawing/png.js';
import { errors } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';

const EXTENSIONS = ['.svg', '.png'] as const;

/** PNG pixels to one of SVG: sharp text on screens of today. */
const ZOOM = 2;

/** @throws LockstepError (status 2) if the file's name ends in neither .svg nor .png */
export function requirePictureName(flag: string, file: string): void {
  if (!EXTENSIONS.includes(extensionOf(file) as never)) throw errors.fileExtension(flag, file, EXTENSIONS.join(' or '));
}

/**
 * @param flag  that named the file, for messages
 * @throws LockstepError if it cannot be drawn or written
 */
export async function writePicture(flag: string, file: string, svg: string): Promise<void> {
  requirePictureName(flag, file);
  const bytes = extensionOf(file) === '.svg' ? Buffer.from(svg) : await drawPng(file, svg);
  await writeAtomically(file, [bytes]).catch((error: unknown) => {
    throw errors.outputUnusable(flag, file, error);
  });
}

function extensionOf(file: string): string {
  return path.extname(file).toLowerCase();
}

async function drawPng(file: string, svg: string): Promise<Uint8Array> {
  const png = await pngOf(svg, { scale: ZOOM, isPixelated: true });
  if (!png) throw errors.noFontFor(file);
  return png;
}
