/** Resizes and inverts images to fit the inputs of a network. */
import type { Picture, Shape } from './picture.js';

export function invert(picture: Picture): Picture {
  return { ...picture, gray: picture.gray.map((value) => picture.white - value) };
}

/**
 * Scales width and height independently: down by area averaging, up by bilinear interpolation.
 */
export function resize(picture: Picture, to: Shape): Picture {
  const { width, height, white, gray } = picture;
  const columns = weightsOf(width, to.width);
  const rows = weightsOf(height, to.height);
  const narrow = new Float64Array(height * to.width);
  for (let y = 0; y < height; y++) {
    for (const [x, weights] of columns.entries()) {
      let sum = 0;
      for (const [from, weight] of weights) sum += weight * gray[y * width + from]!;
      narrow[y * to.width + x] = sum;
    }
  }
  const fitted = new Float32Array(to.width * to.height);
  for (const [y, weights] of rows.entries()) {
    for (let x = 0; x < to.width; x++) {
      let sum = 0;
      for (const [from, weight] of weights) sum += weight * narrow[from * to.width + x]!;
      fitted[y * to.width + x] = Math.min(Math.max(sum, 0), white);
    }
  }
  return { ...to, white, gray: fitted };
}

/** [inputs], from 0 (black) to 1 (white). Gray values of 8 bits give exactly the same inputs as in training. */
export function inputsOf({ white, gray }: Picture): Float32Array {
  return gray.map((value) => value / white);
}

/** For each new pixel: pairs of an old pixel and its weight. The weights sum to 1. */
function weightsOf(from: number, to: number): (readonly [number, number])[][] {
  return Array.from({ length: to }, (_, i) => (to < from ? areaOf(i, from / to) : between(i, from, from / to)));
}

function areaOf(i: number, scale: number): (readonly [number, number])[] {
  const [begin, end] = [i * scale, (i + 1) * scale];
  const weights: [number, number][] = [];
  for (let at = Math.floor(begin); at < end; at++) {
    const covered = Math.min(end, at + 1) - Math.max(begin, at);
    // Rounding may leave a sliver after the end.
    if (covered > 1e-9) weights.push([at, covered / scale]);
  }
  return weights;
}

/** Interpolates between the centers of two pixels; outside the outermost center, uses that pixel. */
function between(i: number, from: number, scale: number): (readonly [number, number])[] {
  const center = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), from - 1);
  const left = Math.floor(center);
  const part = center - left;
  return part === 0
    ? [[left, 1]]
    : [
        [left, 1 - part],
        [left + 1, part],
      ];
}
