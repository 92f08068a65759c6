/** How samples are cut over ranks: by count alone, contiguous and in order, so that all ranks cut alike. */
import type { Range } from '../../kernels/kernel.js';

/**
 * With `--exact`: parts of a batch whose sums are added in a fixed tree, whoever computes them. Ranks are a power of two of them
 * at most, so that each has a whole subtree.
 */
export const SHARDS = 8;

/** Which of `count` items are the rank's. Parts differ by one item at most; with fewer items than ranks some are empty. */
export function shareOfRank(count: number, ranks: number, rank: number): Range {
  return { from: Math.floor((count * rank) / ranks), to: Math.floor((count * (rank + 1)) / ranks) };
}

/** The most that any rank has. */
export function largestShare(count: number, ranks: number): number {
  return Math.ceil(count / ranks);
}
