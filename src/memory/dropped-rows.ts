/**
 * Rows of a batch of which inputs have been dropped. They lie behind all samples' rows, so that the first layer's inputs can be these
 * or those. Two batches take turns: the rows of the next are written while those of a batch are in use. Each row begins where it would
 * with all inputs, so that every worker knows where its samples' rows lie.
 */
import type { Memory, SampleRows } from './layout.js';
import { droppedRoom } from './layout.js';
import type { Plan } from './plan.js';

/** Where the rows of a batch begin, in elements of `rows.value`. @param turn  the step, in its epoch */
export function droppedRowsOf(plan: Plan, turn: number): number {
  return plan.storedInputs + (turn & 1) * droppedRoom(plan);
}

/** Inputs that the rows of the samples at these positions store together. */
export function storedInputsOf({ starts }: SampleRows, order: Uint32Array, from: number, to: number): number {
  let sum = 0;
  for (let position = from; position < to; position++) {
    const sample = order[position]!;
    sum += starts[sample + 1]! - starts[sample]!;
  }
  return sum;
}

/** Samples of an epoch in its order; the batch's first is at `first`. */
export interface DroppedBatch {
  readonly order: Uint32Array;
  readonly first: number;
  readonly turn: number;
}

/**
 * Makes the rows the slots' inputs to the first layer, except for the blocks of inputs.
 *
 * @param offset  of the sample in slot 0, in the batch whose rows were written
 */
export function placeDroppedRows(
  { rows, layers, slots }: Memory,
  plan: Plan,
  { order, first, turn }: DroppedBatch,
  offset: number,
  from: number,
  to: number,
): void {
  const { inputRows } = layers[0]!;
  let at = droppedRowsOf(plan, turn) + storedInputsOf(rows, order, first, first + offset + from);
  for (let slot = from; slot < to; slot++) {
    const sample = order[first + offset + slot]!;
    inputRows.starts[slot] = at;
    inputRows.lengths[slot] = rows.droppedLengths[(turn & 1) * slots + offset + slot]!;
    at += rows.starts[sample + 1]! - rows.starts[sample]!;
  }
}
