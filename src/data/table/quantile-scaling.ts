/**
 * Quantile scaling: the rank of a number among the training rows, from 0 to 1, or the normal quantile of this rank. As
 * scikit-learn's QuantileTransformer, without subsampling.
 */
import { logOfAtLeastOne } from '../../kernels/exact-math.js';
import { quantileOf } from './quantiles.js';

/** As many quantiles are kept, or one for each row if there are fewer. */
const MOST_QUANTILES = 1000;
/** The rank of a normal score is at least this, and at most 1 minus this. */
export const LEAST_RANK = 1e-7;

/** The quantiles of one column, evenly spaced in rank. */
export interface Quantiles {
  /** Distinct, ascending. */
  readonly values: Float64Array;
  /** How many quantiles have each value. */
  readonly counts: Uint32Array;
}

/** @param sorted  at least one number */
export function quantilesOf(sorted: Float64Array): Quantiles {
  const count = Math.min(MOST_QUANTILES, sorted.length);
  const values: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < count; i++) {
    const value = quantileOf(sorted, i, Math.max(1, count - 1));
    if (value === values.at(-1)) counts[counts.length - 1]!++;
    else {
      values.push(value);
      counts.push(1);
    }
  }
  return { values: Float64Array.from(values), counts: Uint32Array.from(counts) };
}

/**
 * Ranks as a function in 2k + 1 pieces for k values: below the first value, at it, between it and the next, and so on. In piece
 * p, the rank of x is `rank[p]` + (x − `from[p]`) · `slope[p]`.
 */
export interface RankPieces {
  readonly values: Float64Array;
  readonly from: Float64Array;
  readonly rank: Float64Array;
  readonly slope: Float64Array;
}

export function rankPieces({ values, counts }: Quantiles): RankPieces {
  const { length } = values;
  const pieces = 2 * length + 1;
  const [from, rank, slope] = Array.from({ length: 3 }, () => new Float64Array(pieces)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const total = counts.reduce((sum, count) => sum + count, 0);
  // A constant column becomes the middle.
  const last = Math.max(1, total - 1);
  let first = 0;
  for (let i = 0; i < length; i++) {
    const end = first + counts[i]! - 1;
    const [at, above] = [2 * i + 1, 2 * i + 2];
    from[at] = values[i]!;
    from[above] = values[i]!;
    // Equal quantiles share the mean of their ranks, but the least and the greatest number are 0 and 1.
    rank[at] = i === 0 ? 0 : i === length - 1 ? 1 : (first + end) / 2 / last;
    rank[above] = i === length - 1 ? 1 : end / last;
    slope[above] = i === length - 1 ? 0 : 1 / last / (values[i + 1]! - values[i]!);
    first = end + 1;
  }
  if (length === 1) rank.fill(0.5);
  return { values, from, rank, slope };
}

/** The rank of a number, from 0 to 1. */
export function rankOf(x: number, { values, from, rank, slope }: RankPieces): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  const piece = 2 * low - Number(low > 0 && values[low - 1] === x);
  return slope[piece] === 0 ? rank[piece]! : rank[piece]! + (x - from[piece]!) * slope[piece]!;
}

/** Wichura 1988, algorithm AS 241, PPND16: for |p − ½| ≤ 0.425, and for tails from e⁻²⁵. Lowest power first. */
export const CENTRAL = {
  reach: 0.425,
  over: [
    ...[3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946],
    ...[45921.95393154987, 67265.7709270087, 33430.57558358813, 2509.0809287301227],
  ],
  under: [
    ...[1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597],
    ...[39307.89580009271, 28729.085735721943, 5226.495278852546],
  ],
} as const;
export const TAIL = {
  offset: 1.6,
  over: [
    ...[1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045],
    ...[1.2704582524523684, 0.2417807251774506, 0.022723844989269184, 0.0007745450142783414],
  ],
  under: [
    ...[1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008],
    ...[0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9],
  ],
} as const;

function ratio(x: number, { over, under }: typeof CENTRAL | typeof TAIL): number {
  let [above, below] = [0, 0];
  for (let i = over.length - 1; i >= 0; i--) {
    above = above * x + over[i]!;
    below = below * x + under[i]!;
  }
  return above / below;
}

/** The normal quantile of a rank. */
export function normalScore(given: number): number {
  const rank = Math.max(LEAST_RANK, Math.min(given, 1 - LEAST_RANK));
  const q = rank - 0.5;
  if (Math.abs(q) <= CENTRAL.reach) return q * ratio(CENTRAL.reach ** 2 - q * q, CENTRAL);
  const tail = Math.sqrt(logOfAtLeastOne(1 / Math.min(rank, 1 - rank)));
  return Math.sign(q) * ratio(tail - TAIL.offset, TAIL);
}
