/** Where each slot's input lists lie. */
import type { Memory } from './layout.js';

/** Makes the sample the slot's input to the first layer: its row, where it lies. Nothing is copied. */
export function placeSample({ rows, layers }: Memory, sample: number, slot: number): void {
  const { starts, lengths } = layers[0]!.lists;
  const start = rows.starts[sample]!;
  starts[slot] = start;
  lengths[slot] = rows.starts[sample + 1]! - start;
}

/** Gives each slot its place in the hidden layers' lists, once and for all. */
export function placeHiddenLists({ slots, layers }: Memory): void {
  for (const { lists, inputs, isDense } of layers.slice(1)) {
    const capacity = lists.value.length / slots;
    for (let slot = 0; slot < slots; slot++) lists.starts[slot] = slot * capacity;
    if (isDense) lists.lengths.fill(inputs);
  }
}
