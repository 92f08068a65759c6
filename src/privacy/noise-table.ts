/**
 * The table of lattice noise (kernels/lattice-noise.ts), by the alias method (Walker 1977, Vose 1991). In integers, so that it is the
 * same everywhere: probabilities to 2^−128, thresholds to 2^−73.
 */
import { type NoiseTable, TABLE_DEVIATION, TABLE_LENGTH } from '../kernels/lattice-noise.js';

/** Bits behind the point of weights, which reach down to e^−52. */
const WEIGHT_BITS = 256n;
const SHARE_BITS = 128n;
const DRAW_BITS = 9n;
const REST_BITS = 64n;

/** Weights e^(−x²/8d²) of the odd numbers x = 1, 3, …, where d is the deviation of their halves: the first is 1. */
export function oddWeights(): bigint[] {
  const one = 1n << WEIGHT_BITS;
  // w(x + 2) / w(x) = e^(−(x + 1) / 2d²) = r^((x + 1) / 2) with r = e^(−1/d²)
  const r = expOfReciprocal(BigInt(TABLE_DEVIATION) ** 2n, one);
  const weights = [one];
  let ratio = r;
  while (weights.length < TABLE_LENGTH) {
    weights.push((weights.at(-1)! * ratio) >> WEIGHT_BITS);
    ratio = (ratio * r) >> WEIGHT_BITS;
  }
  return weights;
}

/** e^(−1/n), by its series. */
function expOfReciprocal(n: bigint, one: bigint): bigint {
  let [sum, term] = [0n, one];
  for (let k = 1n; term !== 0n; k++) {
    sum += term;
    term = -term / (n * k);
  }
  return sum;
}

/** It takes some 40 ms to compute, and never changes. */
let computed: NoiseTable | undefined;

/** Writes the table. */
export function fillNoiseTable({ entries, rests }: NoiseTable): void {
  computed ??= newTable();
  entries.set(computed.entries);
  rests.set(computed.rests);
}

function newTable(): NoiseTable {
  const entries = new Uint32Array(TABLE_LENGTH);
  const rests = new Uint32Array(2 * TABLE_LENGTH);
  const { own, other } = aliasesOf(sharesOf(oddWeights()));
  for (let i = 0; i < TABLE_LENGTH; i++) {
    const chance = own[i]!;
    const threshold = chance >> (SHARE_BITS - DRAW_BITS);
    const rest = (chance >> (SHARE_BITS - DRAW_BITS - REST_BITS)) & ((1n << REST_BITS) - 1n);
    // (Where a number is always taken, the other one is the same.)
    const draws = Number(threshold) & 511;
    entries[i] = (i ^ other[i]!) | (draws << 13) | (draws << 22);
    rests[2 * i] = Number(rest & 0xffffffffn);
    rests[2 * i + 1] = Number(rest >> 32n);
  }
  return { entries, rests };
}

/** Probabilities times the table's length: their sum is exactly the length. */
function sharesOf(weights: readonly bigint[]): bigint[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0n);
  const total = BigInt(TABLE_LENGTH) << SHARE_BITS;
  const shares = weights.map((weight) => (weight * total) / all);
  shares[0]! += total - shares.reduce((sum, share) => sum + share, 0n);
  return shares;
}

/** For each entry: the chance that its own number is taken, and the number that is taken else. */
function aliasesOf(shares: readonly bigint[]): { readonly own: bigint[]; readonly other: number[] } {
  const whole = 1n << SHARE_BITS;
  const own = [...shares];
  const other = own.map((_, i) => i);
  const small = own.flatMap((share, i) => (share < whole ? [i] : []));
  const large = own.flatMap((share, i) => (share < whole ? [] : [i]));
  for (let i = small.pop(); i !== undefined; i = small.pop()) {
    const j = large.pop();
    if (j === undefined) break;
    other[i] = j;
    own[j]! -= whole - own[i]!;
    (own[j]! < whole ? small : large).push(j);
  }
  return { own, other };
}
