/** Draws how an image is changed: a function of the seed, the epoch and the sample. */
import type { Warp } from '../../memory/plan.js';
import { type CounterKey, fractionOf, threefry } from '../counter-random.js';

/** One image's changes, in this order: mirrored, rotated and scaled about its center, moved. */
export interface WarpDraw {
  readonly isMirrored: boolean;
  /** Degrees, clockwise as the image is seen. */
  readonly angle: number;
  /** Sizes are multiplied by it. */
  readonly factor: number;
  /** Pixels to the right and down. */
  readonly right: number;
  readonly down: number;
}

/**
 * Each change has words of its own, so that one option does not affect the numbers of another.
 *
 * @param key  of the stream CounterStream.AUGMENTATION
 */
export function drawWarp({ shift, rotate, zoom, flip }: Warp, key: CounterKey, sample: number): WarpDraw {
  const [right, down] = shift > 0 ? threefry(key, 0, sample) : MIDDLE;
  const [angle, factor] = rotate > 0 || zoom > 0 ? threefry(key, 1, sample) : MIDDLE;
  return {
    isMirrored: flip && threefry(key, 2, sample)[0] >= 2 ** 31,
    // (Never −0.)
    angle: rotate * fromMinusOne(angle) + 0,
    factor: 1 + zoom * fromMinusOne(factor),
    right: wholeIn(right, shift),
    down: wholeIn(down, shift),
  };
}

/** No change. */
const MIDDLE: readonly [number, number] = [2 ** 31, 2 ** 31];

/** In [−1, 1). */
function fromMinusOne(word: number): number {
  return 2 * fractionOf(word) - 1;
}

/** A whole number from −most to most. (The probabilities differ by less than 2^−31, which saves drawing again.) */
function wholeIn(word: number, most: number): number {
  return Math.floor((word * (2 * most + 1)) / 2 ** 32) - most;
}
