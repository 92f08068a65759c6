/** The size of a picture, as every command is told it: width by height. */
import { errors } from '../../errors.js';
import type { Shape } from './picture.js';

/** @throws LockstepError (status 2) if it is no such text as 28x28, width by height */
export function parseShape(text: string): Shape {
  const [, width, height] = /^([1-9]\d{0,8})[x×]([1-9]\d{0,8})$/i.exec(text) ?? [];
  if (width === undefined) throw errors.invalidOption('shape', text, 'width x height, such as 28x28');
  return { width: Number(width), height: Number(height) };
}

/**
 * The inputs as a picture.
 *
 * @param given  @default a square, where the inputs are one
 * @throws LockstepError (status 2) if it has another number of pixels, or the inputs are no square and there is none
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
