/**
 * Piecewise-linear encoding of numbers (Gorishniy et al. 2022, arXiv 2203.05556), in its sparse form. The bins are quantiles of
 * the training rows. A number at fraction f of bin t lights two inputs: the end of bin t with f, and its beginning with 1 − f.
 * The paper's encoding is the sum of these inputs from the right, so a linear layer can represent the same functions, but most
 * of its inputs are 1 instead of 0. The outermost bins extend to infinity.
 */
import { quantileOf } from './quantiles.js';

/** The default of rtdl_num_embeddings. Fewer if there are not so many rows. */
const MOST_BINS = 48;

/** The ends of the bins in ascending order, at least two; both the same for a constant column. */
export type BinEdges = Float64Array;

/** @param sorted  at least one number */
export function binEdgesOf(sorted: Float64Array): BinEdges {
  const edges = new Set<number>();
  const bins = Math.max(1, Math.min(MOST_BINS, sorted.length - 1));
  for (let i = 0; i <= bins; i++) edges.add(quantileOf(sorted, i, bins));
  return edges.size > 1 ? Float64Array.from(edges) : Float64Array.of(sorted[0]!, sorted[0]!);
}

/** Inputs of a number: one for each bin. The beginning of the first bin needs none, because the layer has biases. */
export function binsOf(edges: BinEdges): number {
  return edges.length - 1;
}

/** The bin of a number, from 0. */
export function binOf(x: number, edges: BinEdges): number {
  let [low, high] = [0, edges.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle]! <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where a number is in its bin: 0 at the beginning, 1 at the end; below or above in the outermost bins. */
export function placeInBin(x: number, bin: number, edges: BinEdges): number {
  const width = edges[bin + 1]! - edges[bin]!;
  return width === 0 ? 0 : (x - edges[bin]!) / width;
}
