/** Small images as PNG, enlarged by an integer factor, so that they look sharp in every viewer. */
import { encode } from 'fast-png';
import type { Shape } from '../predict/picture.js';
import type { Color } from './theme.js';

/** Approximate width of an image in pixels, without --scale. */
const USUAL_SIZE = 84;

export function usualScale({ height, width }: Shape): number {
  return Math.max(1, Math.round(USUAL_SIZE / Math.max(height, width)));
}

/**
 * @param colorOf  color of value i, in row-major order
 * @returns a PNG file
 */
export function colorPicture(shape: Shape, scale: number, colorOf: (i: number) => Color): Uint8Array {
  return picture(shape, scale, 3, colorOf);
}

/**
 * @param grayOf  gray of value i, in row-major order, from 0 (black) to 1 (white)
 * @returns a PNG file
 */
export function grayPicture(shape: Shape, scale: number, grayOf: (i: number) => number): Uint8Array {
  return picture(shape, scale, 1, (i) => [Math.round(255 * grayOf(i))]);
}

function picture(
  { height, width }: Shape,
  scale: number,
  channels: 1 | 3,
  samplesOf: (i: number) => readonly number[],
): Uint8Array {
  const data = new Uint8Array(width * scale * height * scale * channels);
  const rowLength = width * scale * channels;
  for (let y = 0; y < height; y++) {
    const begin = y * scale * rowLength;
    for (let x = 0; x < width; x++) {
      const value = samplesOf(y * width + x);
      for (let k = 0; k < scale; k++) data.set(value, begin + (x * scale + k) * channels);
    }
    for (let k = 1; k < scale; k++) data.copyWithin(begin + k * rowLength, begin, begin + rowLength);
  }
  return encode({ width: width * scale, height: height * scale, data, depth: 8, channels });
}
