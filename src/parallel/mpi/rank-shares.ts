/** Divides samples among ranks: contiguous, in order, and by count only, so that all ranks agree. */
import type { Range } from '../../kernels/kernel.js';

/**
 * With `--exact`: the number of parts of a batch, whose sums are added in a fixed tree. The number of ranks divides it, so
 * that each rank has a complete subtree.
 */
export const SHARDS = 8;

/** The items of a rank. Shares differ by at most one item, and may be empty. */
export function shareOfRank(count: number, ranks: number, rank: number): Range {
  return { from: Math.floor((count * rank) / ranks), to: Math.floor((count * (rank + 1)) / ranks) };
}

/** The size of the largest share. */
export function largestShare(count: number, ranks: number): number {
  return Math.ceil(count / ranks);
}
