/** A gray image. */
import { errors } from '../../errors.js';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** The value of white. */
  readonly white: number;
  /** [height, width], from 0 (black) to `white`. */
  readonly gray: Float32Array;
}

export interface Shape {
  readonly width: number;
  readonly height: number;
}

/** 33 million pixels, which take 128 MiB as float32. Larger than any photograph worth reducing to the inputs of a network. */
export const MOST_PIXELS = 2 ** 25;

/** To be called before any allocation. @throws LockstepError */
export function requireSize(file: string, { width, height }: Shape): void {
  if (width < 1 || height < 1) throw errors.notAPicture(file, `it has ${width}x${height} pixels`);
  if (width * height > MOST_PIXELS) throw errors.pictureTooLarge(file, width, height, MOST_PIXELS);
}
