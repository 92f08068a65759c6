/** How a run changes its training samples. */
import { type Config, valueText } from '../config/options.js';
import type { Dataset } from '../data/dataset.js';
import { errors } from '../errors.js';
import type { Augmentation, Warp } from '../memory/plan.js';
import { flagOf } from '../text/words.js';

/** Undefined: not at all. @throws LockstepError (status 2) if the images are not pictures, or too small */
export function augmentationOf(
  config: Config,
  dataset: Pick<Dataset, 'imageShape' | 'inputs'>,
): Augmentation | undefined {
  const warp = warpOf(config, dataset);
  const { seed, inputNoise } = config;
  return warp || inputNoise > 0 ? { seed, warp, inputNoise } : undefined;
}

function warpOf(
  { shift, rotate, zoom, flip }: Config,
  { imageShape = [], inputs }: Pick<Dataset, 'imageShape' | 'inputs'>,
): Warp | undefined {
  const changes = { shift, rotate, zoom, flip };
  const asked = Object.entries(changes).find(([, value]) => value !== 0 && value !== false);
  if (!asked) return undefined;
  const [name, value] = asked;
  const side = Math.round(Math.sqrt(inputs));
  // Pixels in a single line are taken for a square, as on the dashboard.
  const [height, width, ...more] = imageShape.length === 1 && side * side === inputs ? [side, side] : imageShape;
  if (height === undefined || width === undefined || more.length > 0) {
    throw errors.noPictures(flagOf(name), valueText(value), imageShape);
  }
  if (shift >= Math.min(height, width)) throw errors.shiftBeyondImage(shift, height, width);
  return { height, width, ...changes };
}
