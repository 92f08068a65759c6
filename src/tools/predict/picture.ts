/** A gray picture, and how large one may be. */
import { errors } from '../../errors.js';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** The value of white. */
  readonly white: number;
  /** (height, width): from 0, black, to `white`. */
  readonly gray: Float32Array;
}

export interface Shape {
  readonly width: number;
  readonly height: number;
}

/** A photograph of 33 million pixels is 128 MiB of float32: enough for what is to be made small anyway. */
export const MOST_PIXELS = 2 ** 25;

/** @throws LockstepError before anything is allocated for it */
export function requireSize(file: string, { width, height }: Shape): void {
  if (width < 1 || height < 1) throw errors.notAPicture(file, `it is of ${width}x${height} pixels`);
  if (width * height > MOST_PIXELS) throw errors.pictureTooLarge(file, width, height, MOST_PIXELS);
}
