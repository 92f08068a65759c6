/** Inputs as pictures: their height and width. */
import { errors } from '../errors.js';
import type { Shape } from './picture.js';

/** A picture without --scale is about so many pixels wide. */
const USUAL_SIZE = 84;

/**
 * @param given  as `--shape` has it: 28x28, height by width. @default a square, where the inputs are one
 * @throws LockstepError (status 2) if they are none, or another number of inputs
 */
export function pictureShape(inputs: number, given?: string): Shape {
  if (given === undefined) {
    const side = Math.round(Math.sqrt(inputs));
    if (side * side !== inputs) throw errors.noShape(inputs);
    return { height: side, width: side };
  }
  const [, height, width] = /^(\d{1,9})[x×](\d{1,9})$/i.exec(given) ?? [];
  const shape = { height: Number(height), width: Number(width) };
  if (shape.height * shape.width !== inputs) throw errors.otherShape(given, inputs);
  return shape;
}

/** A whole factor that makes such pictures legible. */
export function usualScale({ height, width }: Shape): number {
  return Math.max(1, Math.round(USUAL_SIZE / Math.max(height, width)));
}
