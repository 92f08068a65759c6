/**
 * Converts samples to sample rows: nonzero inputs as (index, input), or all inputs in dense form. The input of a pixel is
 * pixel / 255; rows of tables are encoded.
 */
import type { SampleRows } from '../memory/layer-memory.js';
import type { Samples } from './samples.js';
import { SCALED } from './scaled-pixels.js';
import type { Steps } from './table/steps.js';
import type { TableRows } from './table/table-rows.js';

/** Number of nonzero inputs of the first `count` samples. */
export function* countNonzeros(samples: Samples, count: number, inputs: number): Steps<number> {
  const { values, table } = samples;
  if (table) return yield* table.countNonzeros(count);
  return nonzerosIn(values, count, inputs);
}

function nonzerosIn(values: Uint8Array | Float32Array, count: number, inputs: number): number {
  let nonzeros = 0;
  if (values instanceof Float32Array) {
    for (let p = 0, end = count * inputs; p < end; p++) nonzeros += Number(values[p] !== 0);
    return nonzeros;
  }
  const end = count * inputs;
  const words = wordsOf(values, end >> 2);
  for (let w = 0; w < words.length; w++) {
    if (words[w] === 0) continue;
    // 1 for every pixel except 0, without a branch that could be mispredicted.
    for (let p = 4 * w; p < 4 * w + 4; p++) nonzeros += (values[p]! + 255) >> 8;
  }
  for (let p = 4 * words.length; p < end; p++) nonzeros += (values[p]! + 255) >> 8;
  return nonzeros;
}

/** Pixels four at a time, to skip zeros, which most are, four at a time. Empty if the pixels cannot be read so. */
function wordsOf({ buffer, byteOffset }: Uint8Array, length: number): Uint32Array {
  return byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, length) : new Uint32Array(0);
}

/**
 * Writes the first `count` samples as rows `firstRow`, `firstRow` + 1, …
 *
 * @param rows     rows before `firstRow` must have been written
 * @param isDense  write all inputs, without indices
 */
export function* writeRows(
  samples: Samples,
  count: number,
  inputs: number,
  rows: SampleRows,
  firstRow: number,
  isDense: boolean,
): Steps<void> {
  const { values, table } = samples;
  writeTargets(samples, count, rows, firstRow);
  if (table) {
    yield* writeTable(table, count, inputs, rows, firstRow, isDense);
    return;
  }
  if (values instanceof Float32Array) {
    writeNumbers(values, count, inputs, rows, firstRow, isDense);
    return;
  }
  if (isDense) writeDensePixels(values, count, inputs, rows, firstRow);
  else writePixels(values, count, inputs, rows, firstRow);
}

function writePixels(values: Uint8Array, count: number, inputs: number, rows: SampleRows, firstRow: number): void {
  const { starts, index, value } = rows;
  const words = wordsOf(values, inputs % 4 === 0 ? (count * inputs) >> 2 : 0);
  let k = starts[firstRow]!;
  for (let s = 0; s < count; s++) {
    const first = s * inputs;
    for (let block = 0; block < inputs; block += 4) {
      if (words[(first + block) >> 2] === 0) continue;
      for (let i = block, end = Math.min(block + 4, inputs); i < end; i++) {
        const pixel = values[first + i]!;
        if (pixel === 0) continue;
        index[k] = i;
        value[k++] = SCALED[pixel]!;
      }
    }
    starts[firstRow + s + 1] = k;
  }
}

function writeDensePixels(values: Uint8Array, count: number, inputs: number, rows: SampleRows, firstRow: number): void {
  const { starts, value } = rows;
  let k = starts[firstRow]!;
  for (let s = 0, p = 0; s < count; s++) {
    for (const end = p + inputs; p < end; p++) value[k++] = SCALED[values[p]!]!;
    starts[firstRow + s + 1] = k;
  }
}

/** (A separate loop, so that the loop over pixels stays monomorphic.) */
function writeNumbers(
  numbers: Float32Array,
  count: number,
  inputs: number,
  rows: SampleRows,
  firstRow: number,
  isDense: boolean,
): void {
  const { starts, index, value } = rows;
  let k = starts[firstRow]!;
  for (let s = 0; s < count; s++) {
    for (let i = 0, p = s * inputs; i < inputs; i++, p++) {
      const x = numbers[p]!;
      if (x === 0 && !isDense) continue;
      if (!isDense) index[k] = i;
      value[k] = x;
      k++;
    }
    starts[firstRow + s + 1] = k;
  }
}

function writeTargets(
  { targets, targetWidth = 1, weights }: Samples,
  count: number,
  rows: SampleRows,
  firstRow: number,
): void {
  rows.targets.set(targets.subarray(0, count * targetWidth), firstRow * targetWidth);
  if (weights) rows.weights.set(weights.subarray(0, count), firstRow);
}

function* writeTable(
  table: TableRows,
  count: number,
  inputs: number,
  rows: SampleRows,
  firstRow: number,
  isDense: boolean,
): Steps<void> {
  const { starts, index, value } = rows;
  if (isDense) {
    const k = starts[firstRow]!;
    yield* table.writeDense(count, inputs, value, k);
    for (let s = 1; s <= count; s++) starts[firstRow + s] = k + s * inputs;
  } else yield* table.write(count, starts.subarray(firstRow), index, value);
}
