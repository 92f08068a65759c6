/** The option --shape: width by height of the inputs as an image. */
import { errors } from '../../errors.js';
import type { Shape } from './picture.js';

/** @param text  such as 28x28 @throws LockstepError (status 2) */
export function parseShape(text: string): Shape {
  const [, width, height] = /^([1-9]\d{0,8})[x×]([1-9]\d{0,8})$/i.exec(text) ?? [];
  if (width === undefined) throw errors.invalidOption('shape', text, 'width x height, such as 28x28');
  return { width: Number(width), height: Number(height) };
}

/**
 * The shape of the inputs as an image.
 *
 * @param given  @default a square
 * @throws LockstepError (status 2) if the number of pixels differs, or the inputs are not a square
 */
export function shapeFor(inputs: number, given?: Shape): Shape {
  if (given) {
    const { width, height } = given;
    if (width * height !== inputs) throw errors.shapeOfOthers(`${width}x${height}`, inputs);
    return given;
  }
  const side = Math.round(Math.sqrt(inputs));
  if (side * side !== inputs) throw errors.notSquare(inputs);
  return { width: side, height: side };
}
