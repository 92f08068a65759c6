/**
 * Dropout: units of a layer, or inputs, that are 0 for a sample of a batch. Those that are kept are multiplied by a factor, so that
 * evaluation needs no change (inverted dropout). Which are dropped is a function of the key, the sample and the unit.
 *
 * Each unit has 16 random bits. A block of the generator has those of four units; four blocks, whose counters follow each other, have
 * 16 neighboring units, so that vectors of four blocks become vectors of four neighboring units:
 *
 *   unit 16g + 4m + k    m = 0, 1: low and high half of the first word of block 4g + k; m = 2, 3: of its second word
 */
import type { Reals } from '../memory/layer-memory.js';
import { DROPOUT_GROUP, type Memory } from '../memory/layout.js';
import { type CounterKey, threefry } from './threefry.js';

/** Dropout of the units of a layer, or of the inputs, for some samples. */
export interface Dropout {
  readonly key: CounterKey;
  /** A unit is dropped if its 16 random bits are below this. */
  readonly threshold: number;
  /** What the other units are multiplied by. */
  readonly factor: number;
  /** The sample in each slot, from `first` on. */
  readonly samples: Uint32Array;
  readonly first: number;
}

/** Writes the factors of the first `count` units: 0, or `factor`. */
export function writeFactors(
  { key, threshold, factor, samples, first }: Dropout,
  slot: number,
  into: Reals,
  count: number,
): void {
  const sample = samples[first + slot]!;
  for (let group = 0; group < count; group += DROPOUT_GROUP) {
    for (let k = 0; k < 4; k++) {
      const words = threefry(key, group / 4 + k, sample);
      for (let m = 0; m < 4; m++) {
        const unit = group + 4 * m + k;
        const bits = (words[m >> 1]! >>> (16 * (m & 1))) & 0xffff;
        if (unit < count) into[unit] = bits < threshold ? 0 : factor;
      }
    }
  }
}

/** See `Kernel.dropInputs`. */
export function dropInputsPlainly(
  { rows, layers }: Memory,
  dropout: Dropout,
  slot: number,
  row: { readonly from: number; readonly to: number },
  at: number,
): number {
  const { index, value } = rows;
  const { inputs, inputRows } = layers[0]!;
  const isDense = inputRows.form === 'dense';
  const factors = new Float32Array(inputs);
  writeFactors(dropout, slot, factors, inputs);
  let next = at;
  for (let k = row.from; k < row.to; k++) {
    const input = isDense ? k - row.from : index[k]!;
    const factor = factors[input]!;
    if (!isDense && factor === 0) continue;
    if (!isDense) index[next] = input;
    value[next++] = factor * value[k]!;
  }
  return next - at;
}
