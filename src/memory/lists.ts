/** Where each slot's input lists lie. */
import type { Memory } from './layout.js';

/** Finds where the first layer's blocks of inputs begin in the rows of the samples [from, to), which must be there. */
export function cutIntoBlocks({ rows, layers }: Memory, from: number, to: number): void {
  const { starts, index, cuts } = rows;
  const { inputBlocks, blockInputs } = layers[0]!;
  for (let sample = from; sample < to; sample++) {
    let k = starts[sample]!;
    for (let block = 1; block < inputBlocks; block++) {
      k = lowerBound(index, k, starts[sample + 1]!, block * blockInputs);
      cuts[sample * (inputBlocks - 1) + block - 1] = k;
    }
  }
}

/** The first place in an ascending list, [from, to) of it, whose entry is not below the bound. */
function lowerBound(list: Uint32Array, from: number, to: number, bound: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Makes the samples that `sampleOf` gives the slots' inputs to the first layer: their rows, where they lie. Nothing is copied. */
export function placeSamples(
  { rows, layers, slots }: Memory,
  sampleOf: (slot: number) => number,
  from: number,
  to: number,
): void {
  const { starts, cuts } = rows;
  const { lists, inputBlocks } = layers[0]!;
  const isCut = lists.bounds.length > 0;
  for (let slot = from; slot < to; slot++) {
    const sample = sampleOf(slot);
    const [begin, end] = [starts[sample]!, starts[sample + 1]!];
    lists.starts[slot] = begin;
    lists.lengths[slot] = end - begin;
    if (!isCut) continue;
    for (let block = 1; block < inputBlocks; block++) {
      lists.bounds[block * slots + slot] = cuts[sample * (inputBlocks - 1) + block - 1]!;
    }
    lists.bounds[inputBlocks * slots + slot] = end;
  }
}

/** Gives each slot its place in the hidden layers' lists, once and for all. */
export function placeHiddenLists({ slots, layers }: Memory): void {
  for (const { lists, inputs, isDense } of layers.slice(1)) {
    const capacity = lists.value.length / slots;
    for (let slot = 0; slot < slots; slot++) lists.starts[slot] = slot * capacity;
    if (isDense) lists.lengths.fill(inputs);
  }
}
