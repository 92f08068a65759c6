/**
 * How work is cut. Every cut is contiguous and in order, and no result depends on where it falls (strategy
 * `dense` aside, which is why these cuts depend on counts alone, never on time).
 */
import type { LayerMemory, SampleRows } from '../memory/layout.js';

/** Half-open. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts items 0 … count − 1 into parts of nearly equal work and gives the one of `part`: the items whose middle
 * falls into that part of the whole. Neighbouring parts touch, and parts may be empty.
 */
export function cut(count: number, work: (item: number) => number, parts: number, part: number): Range {
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
  // The last part ends with the last item, whatever the rounding of `upper`.
  return { from, to: part === parts - 1 ? count : to };
}

/**
 * What a sample costs besides its nonzero inputs, in nonzero inputs: the other layers, whose activity is taken
 * to be one half.
 */
export function fixedCost(layers: readonly LayerMemory[]): number {
  const [first, ...others] = layers;
  // Forward and backward both touch half of the rows.
  const work = others.reduce((sum, { inputs, paddedOutputs }) => sum + inputs * paddedOutputs, 0);
  return Math.max(1, work / first!.paddedOutputs);
}

/** Nonzeros of a sample, and what comes besides. */
export function sampleWork(rows: SampleRows, fixed: number): (sample: number) => number {
  const { starts } = rows;
  return (sample) => starts[sample + 1]! - starts[sample]! + fixed;
}

/** A pass over a row's weights costs about as much as this many multiply-adds. */
const ROW_COST = 4;

/**
 * By member and layer: the rows that it reduces and steps, of about equal work by the nonzeros that a batch is
 * expected to have in them.
 */
export function cutRows(
  layers: readonly LayerMemory[],
  rows: SampleRows,
  trainSamples: number,
  batchSize: number,
  members: number,
): readonly (readonly Range[])[] {
  const firstCounts = new Float64Array(layers[0]!.inputs);
  for (let k = 0, end = rows.starts[trainSamples]!; k < end; k++) firstCounts[rows.index[k]!]!++;

  // All layers' rows stand in one line, and the line is cut.
  const work: number[] = [];
  for (const [l, { inputs, paddedOutputs }] of layers.entries()) {
    for (let row = 0; row < inputs; row++) {
      const lit = l === 0 ? (firstCounts[row]! / trainSamples) * batchSize : batchSize / 2;
      work.push((lit + ROW_COST) * paddedOutputs);
    }
    work.push((batchSize + ROW_COST) * paddedOutputs);
  }
  return Array.from({ length: members }, (_, member) => {
    const { from, to } = cut(work.length, (item) => work[item]!, members, member);
    let first = 0;
    return layers.map(({ inputs }) => {
      const within = (item: number) => Math.min(Math.max(item - first, 0), inputs + 1);
      const range = { from: within(from), to: within(to) };
      first += inputs + 1;
      return range;
    });
  });
}
