/** Where each slot's row of inputs lies. */
import type { InputRows } from './layer-memory.js';
import type { Memory } from './layout.js';

/** Visits the stored inputs of a slot, ascending: those that are not zero, or in dense form all. */
export function forEachInput(
  { form, starts, lengths, index, value }: Omit<InputRows, 'blockBounds'>,
  slot: number,
  visit: (input: number, x: number) => void,
): void {
  const start = starts[slot]!;
  for (let k = 0, length = lengths[slot]!; k < length; k++) {
    visit(form === 'dense' ? k : index[start + k]!, value[start + k]!);
  }
}

/** Finds where the first layer's blocks of inputs begin in the rows of the samples [from, to), which must be there. */
export function findBlockStarts({ rows, layers }: Memory, from: number, to: number): void {
  const { starts, index, blockStarts } = rows;
  const { inputBlocks, blockInputs } = layers[0]!;
  for (let sample = from; sample < to; sample++) {
    let k = starts[sample]!;
    for (let block = 1; block < inputBlocks; block++) {
      k = lowerBound(index, k, starts[sample + 1]!, block * blockInputs);
      blockStarts[sample * (inputBlocks - 1) + block - 1] = k;
    }
  }
}

/** The first place in [from, to) of an ascending list whose entry is not below the bound. */
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
  const { starts, blockStarts } = rows;
  const { inputRows, inputBlocks } = layers[0]!;
  const { blockBounds } = inputRows;
  for (let slot = from; slot < to; slot++) {
    const sample = sampleOf(slot);
    const [begin, end] = [starts[sample]!, starts[sample + 1]!];
    inputRows.starts[slot] = begin;
    inputRows.lengths[slot] = end - begin;
    if (blockBounds.length === 0) continue;
    for (let block = 1; block < inputBlocks; block++) {
      blockBounds[block * slots + slot] = blockStarts[sample * (inputBlocks - 1) + block - 1]!;
    }
    blockBounds[inputBlocks * slots + slot] = end;
  }
}

/** Where a slot's row begins that is made for a batch. @param turn  of the batch: 0 or 1 */
export function batchRowStart({ batchRows, layers }: Memory, turn: number, slot: number): number {
  const { batch, start } = batchRows;
  return start + (turn * batch + slot) * layers[0]!.inputs;
}

/** Notes the length of a row that has been written there, and finds where its blocks begin. */
export function finishBatchRow(memory: Memory, turn: number, slot: number, length: number): void {
  const { rows, batchRows, layers } = memory;
  const { inputBlocks, blockInputs } = layers[0]!;
  const row = turn * batchRows.batch + slot;
  const start = batchRowStart(memory, turn, slot);
  batchRows.lengths[row] = length;
  let k = start;
  for (let block = 1; block < inputBlocks; block++) {
    k = lowerBound(rows.index, k, start + length, block * blockInputs);
    batchRows.blockStarts[row * (inputBlocks - 1) + block - 1] = k;
  }
}

/** Makes these rows the slots' inputs to the first layer, where they lie. */
export function placeBatchRows(memory: Memory, turn: number, from: number, to: number): void {
  const { batchRows, layers, slots } = memory;
  const { inputRows, inputBlocks } = layers[0]!;
  const { blockBounds } = inputRows;
  for (let slot = from; slot < to; slot++) {
    const row = turn * batchRows.batch + slot;
    const begin = batchRowStart(memory, turn, slot);
    inputRows.starts[slot] = begin;
    inputRows.lengths[slot] = batchRows.lengths[row]!;
    if (blockBounds.length === 0) continue;
    for (let block = 1; block < inputBlocks; block++) {
      blockBounds[block * slots + slot] = batchRows.blockStarts[row * (inputBlocks - 1) + block - 1]!;
    }
    blockBounds[inputBlocks * slots + slot] = begin + batchRows.lengths[row]!;
  }
}

/** Gives each slot its place in the hidden layers' inputs, once and for all. */
export function placeHiddenRows({ slots, layers }: Memory): void {
  for (const { inputRows, inputs } of layers.slice(1)) {
    const capacity = inputRows.value.length / slots;
    for (let slot = 0; slot < slots; slot++) inputRows.starts[slot] = slot * capacity;
    if (inputRows.form === 'dense') inputRows.lengths.fill(inputs);
  }
}
