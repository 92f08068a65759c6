import { integer, PART_OR_ZERO, RATE_OR_ZERO, within, YES_OR_NO } from '../checks.js';
import { option } from '../option.js';

const OF_IMAGES = { isForImages: true } as const;

/** Random changes of the training samples, new in each epoch: docs/choosing.md, "Augmentation". */
export const AUGMENTATION = {
  /**
   * Shift of each training image, in pixels: a random number of pixels, up to this maximum, in each direction. What moves in from
   * outside the image is 0. @default 0
   */
  shift: option(
    { kind: integer(0), default: 0, ...OF_IMAGES },
    { help: 'shift each training image randomly by up to this many pixels in each direction', argument: '<pixels>' },
  ),
  /** Rotation of each training image about its center: a random angle, up to this maximum, either way. @default 0 */
  rotate: option(
    { kind: within(0, 180), default: 0, ...OF_IMAGES },
    { help: 'rotate each training image randomly by up to this angle either way', argument: '<degrees>' },
  ),
  /**
   * Scaling of each training image about its center. The size is multiplied by a random factor between 1 − zoom and 1 + zoom.
   * @default 0
   */
  zoom: option(
    { kind: PART_OR_ZERO, default: 0, ...OF_IMAGES },
    { help: 'scale each training image by a random factor from 1 - fraction to 1 + fraction', argument: '<fraction>' },
  ),
  /** Whether to mirror half of the training images, chosen randomly in each epoch, left to right. @default false */
  flip: option(
    { kind: YES_OR_NO, default: false, ...OF_IMAGES },
    { help: 'mirror half of the training images, chosen randomly, left to right' },
  ),
  /**
   * Standard deviation of the normally distributed noise that is added to each input of the training samples. Pixels are from 0 to 1;
   * with `scale` 'standard', the columns of a table have a standard deviation of 1. @default 0
   */
  inputNoise: option(
    { kind: RATE_OR_ZERO, default: 0 },
    { help: 'standard deviation of random noise added to each input of the training samples', argument: '<deviation>' },
  ),
};
