/**
 * Converts samples to sample rows: nonzero inputs as (index, input), or all inputs in dense form. The input of a pixel is
 * pixel / 255; rows of tables are encoded.
 */
import type { SampleRows } from '../memory/layout.js';
import type { Samples } from './samples.js';
import type { TableRows } from './table/table-rows.js';

/** Number of nonzero inputs of the first `count` samples. */
export function countNonzeros(samples: Samples, count: number, inputs: number): number {
  const { values, table } = samples;
  if (table) return table.countNonzeros(count);
  let nonzeros = 0;
  if (values instanceof Float32Array) {
    for (let p = 0, end = count * inputs; p < end; p++) nonzeros += Number(values[p] !== 0);
    return nonzeros;
  }
  // 1 for every pixel except 0, without a branch that could be mispredicted.
  for (let p = 0, end = count * inputs; p < end; p++) nonzeros += (values[p]! + 255) >> 8;
  return nonzeros;
}

/** float32(p / 255) for each pixel p. */
export const SCALED = Float32Array.from({ length: 256 }, (_, pixel) => pixel / 255);

/**
 * Writes the first `count` samples as rows `firstRow`, `firstRow` + 1, …
 *
 * @param rows     rows before `firstRow` must have been written
 * @param isDense  write all inputs, without indices
 */
export function writeRows(
  samples: Samples,
  count: number,
  inputs: number,
  rows: SampleRows,
  firstRow: number,
  isDense: boolean,
): void {
  const { values, table } = samples;
  writeTargets(samples, count, rows, firstRow);
  if (table) {
    writeTable(table, count, inputs, rows, firstRow, isDense);
    return;
  }
  if (values instanceof Float32Array) {
    writeNumbers(values, count, inputs, rows, firstRow, isDense);
    return;
  }
  const { starts, index, value } = rows;
  let k = starts[firstRow]!;
  for (let s = 0; s < count; s++) {
    for (let i = 0, p = s * inputs; i < inputs; i++, p++) {
      const pixel = values[p]!;
      if (pixel === 0 && !isDense) continue;
      if (!isDense) index[k] = i;
      value[k] = SCALED[pixel]!;
      k++;
    }
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

function writeTable(
  table: TableRows,
  count: number,
  inputs: number,
  rows: SampleRows,
  firstRow: number,
  isDense: boolean,
): void {
  const { starts, index, value } = rows;
  if (isDense) {
    const k = starts[firstRow]!;
    table.writeDense(count, inputs, value, k);
    for (let s = 1; s <= count; s++) starts[firstRow + s] = k + s * inputs;
  } else table.write(count, starts.subarray(firstRow), index, value);
}
