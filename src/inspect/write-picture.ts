/** A drawing to a file: SVG as it is, or drawn as PNG. */
import path from 'node:path';
import { errors } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';

const EXTENSIONS = ['.svg', '.png'] as const;

/** PNG pixels to one of SVG: sharp text on screens of today. */
const ZOOM = 2;

/** @throws LockstepError (status 2) if the file's name ends in neither .svg nor .png */
export function requirePictureName(flag: string, file: string): void {
  if (!EXTENSIONS.includes(extensionOf(file) as never)) throw errors.extension(flag, file, EXTENSIONS.join(' or '));
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
  const { Resvg } = await import('@resvg/resvg-js');
  // It draws no text, and says nothing, where it finds no font.
  const probe = '<svg xmlns="http://www.w3.org/2000/svg"><text y="20" font-family="sans-serif">0</text></svg>';
  if (!new Resvg(probe, FONT_OPTIONS).getBBox()) throw errors.noFontFor(file);
  // Our pictures ask for `pixelated`, which it does not know: its own word for that is 1.
  return new Resvg(svg, { ...FONT_OPTIONS, imageRendering: 1, fitTo: { mode: 'zoom', value: ZOOM } }).render().asPng();
}

/** `sans-serif` is Arial unless told otherwise, which few machines have. */
const FONT_OPTIONS = { font: { loadSystemFonts: true, sansSerifFamily: 'DejaVu Sans' } };
