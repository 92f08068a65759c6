/**
 * Divides work among the workers. Parts are contiguous and in order. With strategy `dense` the result depends on the parts,
 * so they depend only on counts, never on measured time.
 */
import type { Range, RowSlice } from '../kernels/kernel.js';
import type { LayerMemory, SampleRows } from '../memory/layer-memory.js';
import { inVectors, LANES } from '../memory/tiling.js';

/**
 * Divides items 0 … count − 1 into parts of nearly equal work, and returns one of them: the items whose middle falls into
 * that part of the total work. Parts may be empty.
 */
export function partOf(count: number, work: (item: number) => number, parts: number, part: number): Range {
  let total = 0;
  for (let item = 0; item < count; item++) total += work(item);
  const lower = (total * part) / parts;
  const upper = (total * (part + 1)) / parts;
  let from = 0;
  let to = 0;
  let before = 0;
  for (let item = 0; item < count; item++) {
    const own = work(item);
    const middle = before + own / 2;
    if (middle < lower) from = item + 1;
    if (middle < upper) to = item + 1;
    before += own;
  }
  // `upper` of the last part may be rounded down.
  return { from, to: part === parts - 1 ? count : to };
}

/** A worker's part of an array like a layer's parameters: whole vectors, but for the end of the array. */
export function elementsOf({ parameters }: LayerMemory, workers: number, worker: number): Range {
  const { length } = parameters;
  const boundary = (part: number) =>
    part === workers ? length : Math.floor((length * part) / workers / LANES) * LANES;
  return { from: boundary(worker), to: boundary(worker + 1) };
}

/**
 * Cost of the other layers per sample, in units of one nonzero input. Half of the units are assumed to be active.
 */
export function fixedCost(layers: readonly LayerMemory[]): number {
  const [first, ...others] = layers;
  // Forward and backward both touch half of the rows.
  const work = others.reduce((sum, { inputs, outputs }) => sum + inputs * inVectors(outputs), 0);
  return Math.max(1, work / inVectors(first!.outputs));
}

/** Cost of a sample: nonzero inputs plus `fixed`. */
export function sampleWork(rows: SampleRows, fixed: number): (sample: number) => number {
  const { starts } = rows;
  return (sample) => starts[sample + 1]! - starts[sample]! + fixed;
}

/** A pass over a row's weights costs about as much as this many multiply-adds. */
const ROW_COST = 4;

/** By layer and worker: rows of about equal work, from the expected number of nonzeros per batch. */
export function divideRows(
  layers: readonly LayerMemory[],
  rows: SampleRows,
  trainSamples: number,
  batchSize: number,
  workers: number,
): readonly (readonly RowSlice[])[] {
  const firstCounts = new Float64Array(layers[0]!.inputs);
  if (layers[0]!.inputRows.form === 'sparse')
    for (let k = 0, end = rows.starts[trainSamples]!; k < end; k++) firstCounts[rows.index[k]!]!++;
  return layers.map(({ inputs, inputRows }, l) => {
    const lit = (row: number) => {
      if (row === inputs || inputRows.form === 'dense') return batchSize;
      return l === 0 ? (firstCounts[row]! / trainSamples) * batchSize : batchSize / 2;
    };
    return Array.from({ length: workers }, (_, index) => {
      return { index, ...partOf(inputs + 1, (row) => lit(row) + ROW_COST, workers, index) };
    });
  });
}

/** By worker: panels of about equal total width; undefined if there are fewer panels than workers. */
export function dividePanels({ panels }: LayerMemory, workers: number): readonly Range[] | undefined {
  if (panels.length < workers) return undefined;
  return Array.from({ length: workers }, (_, worker) =>
    partOf(panels.length, (p) => panels[p]!.width, workers, worker),
  );
}
