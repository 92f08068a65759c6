/**
 * What a gradient that stands in memory does to the parameters: `Update` of ../kernel.ts, in float32. Parameters, gradient and
 * what the optimizer remembers lie alike, so that each of these goes through `bytes` of all of them, vector by vector.
 */
import { Vector } from './vector';

/** The smallest normal float32. Arithmetic on subnormal numbers, those below, takes some processors ten times as long. */
const SMALLEST_NORMAL: f32 = 1.1754943508222875e-38;

/**
 * A moment that only decays would end among the subnormal numbers and stay there, because 0.9 times the smallest of them rounds
 * to itself. So a subnormal moment becomes 0. A NaN stays, so that the loss meets it and the run ends.
 */
class Moment {
  @inline
  static normal(m: v128): v128 {
    return v128.andnot(m, f32x4.lt(f32x4.abs(m), f32x4.splat(SMALLEST_NORMAL)));
  }

  /**
   * The mean square is the divisor of the mean: were it 0 while the mean is not, the step would be the mean / eps. Gradients
   * of 1e-20 have such squares. So it stays subnormal until the mean, which decays sooner, has become 0.
   */
  @inline
  static square(v: v128, mean: v128): v128 {
    const isNormal = f32x4.ge(v, f32x4.splat(SMALLEST_NORMAL));
    return v128.and(v, v128.or(isNormal, f32x4.ne(mean, f32x4.splat(0))));
  }
}

/** @param factor  −rate */
export function sgdUpdate(weights: usize, gradients: usize, bytes: usize, scale: f32, decay: f32, factor: f32): void {
  const scales = f32x4.splat(scale);
  const decays = f32x4.splat(decay);
  const factors = f32x4.splat(factor);
  for (const end = weights + bytes; weights < end; weights += 16 * $n, gradients += 16 * $n) {
    const w$v = v128.load(weights, 16 * $v);
    const g$v = Vector.madd(decays, w$v, f32x4.mul(scales, v128.load(gradients, 16 * $v)));
    const next$v = Vector.madd(factors, g$v, w$v);

    v128.store(weights, next$v, 16 * $v);
  }
}

/**
 * @param m         what is remembered: (the same) bytes
 * @param factor    −rate
 * @param nesterov  1 for Nesterov's
 */
export function momentumUpdate(
  weights: usize,
  gradients: usize,
  m: usize,
  bytes: usize,
  scale: f32,
  decay: f32,
  factor: f32,
  momentum: f32,
  nesterov: usize,
): void {
  const scales = f32x4.splat(scale);
  const decays = f32x4.splat(decay);
  const factors = f32x4.splat(factor);
  const momenta = f32x4.splat(momentum);
  // The step is m, or momentum · m + g: without Nesterov 1 · m + 0 · g would turn an infinite g into NaN, so lanes are chosen.
  const isNesterov = i32x4.splat(nesterov ? -1 : 0);
  for (const end = weights + bytes; weights < end; weights += 16 * $n, gradients += 16 * $n, m += 16 * $n) {
    const w$v = v128.load(weights, 16 * $v);
    const g$v = Vector.madd(decays, w$v, f32x4.mul(scales, v128.load(gradients, 16 * $v)));
    const m$v = Moment.normal(Vector.madd(momenta, v128.load(m, 16 * $v), g$v));
    const step$v = v128.bitselect(Vector.madd(momenta, m$v, g$v), m$v, isNesterov);
    const next$v = Vector.madd(factors, step$v, w$v);

    v128.store(m, m$v, 16 * $v);

    v128.store(weights, next$v, 16 * $v);
  }
}

/**
 * Adam, or AdamW.
 *
 * @param decay     for Adam the L2 penalty, for AdamW what the step leaves of the weights
 * @param m         the mean of the gradients, and
 * @param v         of their squares: (the same) bytes each
 * @param factor    −rate / (1 − β₁ᵗ)
 * @param rest1     1 − β₁, and
 * @param rest2     1 − β₂, each rounded once
 * @param unbias    1 / √(1 − β₂ᵗ)
 */
export function adam$decoupledUpdate(
  weights: usize,
  gradients: usize,
  m: usize,
  v: usize,
  bytes: usize,
  scale: f32,
  decay: f32,
  factor: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  unbias: f32,
  eps: f32,
): void {
  const scales = f32x4.splat(scale);
  const decays = f32x4.splat(decay);
  const factors = f32x4.splat(factor);
  const betas1 = f32x4.splat(beta1);
  const rests1 = f32x4.splat(rest1);
  const betas2 = f32x4.splat(beta2);
  const rests2 = f32x4.splat(rest2);
  const unbiases = f32x4.splat(unbias);
  const epsilons = f32x4.splat(eps);
  for (const end = weights + bytes; weights < end; weights += 16 * $n) {
    const w$v = v128.load(weights, 16 * $v);
    const scaled$v = f32x4.mul(scales, v128.load(gradients, 16 * $v));
    const g$v = $isDecoupled ? scaled$v : Vector.madd(decays, w$v, scaled$v);
    const mean$v = Moment.normal(Vector.madd(betas1, v128.load(m, 16 * $v), f32x4.mul(rests1, g$v)));
    const squares$v = Vector.madd(betas2, v128.load(v, 16 * $v), f32x4.mul(rests2, f32x4.mul(g$v, g$v)));
    const square$v = Moment.square(squares$v, mean$v);
    const spread$v = Vector.madd(f32x4.sqrt(square$v), unbiases, epsilons);
    const kept$v = $isDecoupled ? f32x4.mul(decays, w$v) : w$v;
    const next$v = Vector.madd(factors, f32x4.div(mean$v, spread$v), kept$v);

    v128.store(m, mean$v, 16 * $v);

    v128.store(v, square$v, 16 * $v);

    v128.store(weights, next$v, 16 * $v);
    gradients += 16 * $n;
    m += 16 * $n;
    v += 16 * $n;
  }
}

/** @param v  the mean of the gradients' squares. It stays subnormal while the gradient is not 0: see `Moment.square`. */
export function rmspropUpdate(
  weights: usize,
  gradients: usize,
  v: usize,
  bytes: usize,
  scale: f32,
  decay: f32,
  factor: f32,
  beta2: f32,
  rest2: f32,
  eps: f32,
): void {
  const scales = f32x4.splat(scale);
  const decays = f32x4.splat(decay);
  const factors = f32x4.splat(factor);
  const betas2 = f32x4.splat(beta2);
  const rests2 = f32x4.splat(rest2);
  const epsilons = f32x4.splat(eps);
  for (const end = weights + bytes; weights < end; weights += 16 * $n, gradients += 16 * $n, v += 16 * $n) {
    const w$v = v128.load(weights, 16 * $v);
    const g$v = Vector.madd(decays, w$v, f32x4.mul(scales, v128.load(gradients, 16 * $v)));
    const squares$v = Vector.madd(betas2, v128.load(v, 16 * $v), f32x4.mul(rests2, f32x4.mul(g$v, g$v)));
    const square$v = Moment.square(squares$v, g$v);
    const spread$v = f32x4.add(f32x4.sqrt(square$v), epsilons);
    const next$v = Vector.madd(factors, f32x4.div(g$v, spread$v), w$v);

    v128.store(v, square$v, 16 * $v);

    v128.store(weights, next$v, 16 * $v);
  }
}

/**
 * RMSprop with momentum, or centered.
 *
 * @param v           the mean of the gradients' squares, as in `rmspropUpdate`
 * @param mean        of the gradients, and
 * @param m           the momentum: (the same) bytes each
 * @param isCentered  1: the variance of the gradients is the divisor instead of their mean square
 */
export function rmspropMomentumUpdate(
  weights: usize,
  gradients: usize,
  v: usize,
  mean: usize,
  m: usize,
  bytes: usize,
  scale: f32,
  decay: f32,
  factor: f32,
  beta2: f32,
  rest2: f32,
  eps: f32,
  momentum: f32,
  isCentered: usize,
): void {
  const scales = f32x4.splat(scale);
  const decays = f32x4.splat(decay);
  const factors = f32x4.splat(factor);
  const betas2 = f32x4.splat(beta2);
  const rests2 = f32x4.splat(rest2);
  const epsilons = f32x4.splat(eps);
  const momenta = f32x4.splat(momentum);
  const zeros = f32x4.splat(0);
  const centered = i32x4.splat(isCentered ? -1 : 0);
  for (const end = weights + bytes; weights < end; weights += 16 * $n) {
    const w$v = v128.load(weights, 16 * $v);
    const g$v = Vector.madd(decays, w$v, f32x4.mul(scales, v128.load(gradients, 16 * $v)));
    const squares$v = Vector.madd(betas2, v128.load(v, 16 * $v), f32x4.mul(rests2, f32x4.mul(g$v, g$v)));
    const square$v = Moment.square(squares$v, g$v);
    const mean$v = Moment.normal(Vector.madd(betas2, v128.load(mean, 16 * $v), f32x4.mul(rests2, g$v)));
    const variance$v = f32x4.max(zeros, f32x4.sub(square$v, f32x4.mul(mean$v, mean$v)));
    const spread$v = f32x4.add(f32x4.sqrt(v128.bitselect(variance$v, square$v, centered)), epsilons);
    const m$v = Moment.normal(Vector.madd(momenta, v128.load(m, 16 * $v), f32x4.div(g$v, spread$v)));
    const next$v = Vector.madd(factors, m$v, w$v);

    v128.store(v, square$v, 16 * $v);

    v128.store(mean, mean$v, 16 * $v);

    v128.store(m, m$v, 16 * $v);

    v128.store(weights, next$v, 16 * $v);
    gradients += 16 * $n;
    v += 16 * $n;
    mean += 16 * $n;
    m += 16 * $n;
  }
}

/**
 * A moving average of the weights: average + share · (weights − average). The gradient is not used.
 *
 * @param share  of the new weights
 */
// biome-ignore lint/correctness/noUnusedFunctionParameters: all updates have these parameters
export function averageUpdate(weights: usize, gradients: usize, average: usize, bytes: usize, share: f32): void {
  const shares = f32x4.splat(share);
  for (const end = weights + bytes; weights < end; weights += 16 * $n, average += 16 * $n) {
    const old$v = v128.load(average, 16 * $v);
    const change$v = f32x4.sub(v128.load(weights, 16 * $v), old$v);
    const next$v = Moment.normal(Vector.madd(shares, change$v, old$v));

    v128.store(average, next$v, 16 * $v);
  }
}

class Sign {
  /** −1, 0 or 1; NaN for NaN, so that the loss meets it and the run ends. */
  @inline
  static of(x: v128): v128 {
    const ones = v128.bitselect(x, f32x4.splat(1), i32x4.splat(i32.MIN_VALUE));
    const sign = v128.and(ones, f32x4.ne(x, f32x4.splat(0)));
    return v128.or(sign, f32x4.ne(x, x));
  }
}

/** @param keep  what the step leaves of the weights */
export function lionUpdate(
  weights: usize,
  gradients: usize,
  m: usize,
  bytes: usize,
  scale: f32,
  keep: f32,
  factor: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
): void {
  const scales = f32x4.splat(scale);
  const keeps = f32x4.splat(keep);
  const factors = f32x4.splat(factor);
  const betas1 = f32x4.splat(beta1);
  const rests1 = f32x4.splat(rest1);
  const betas2 = f32x4.splat(beta2);
  const rests2 = f32x4.splat(rest2);
  for (const end = weights + bytes; weights < end; weights += 16 * $n, gradients += 16 * $n, m += 16 * $n) {
    const g$v = f32x4.mul(scales, v128.load(gradients, 16 * $v));
    const mean$v = v128.load(m, 16 * $v);
    const step$v = Sign.of(Vector.madd(betas1, mean$v, f32x4.mul(rests1, g$v)));
    const kept$v = f32x4.mul(keeps, v128.load(weights, 16 * $v));
    const next$v = Vector.madd(factors, step$v, kept$v);
    const m$v = Moment.normal(Vector.madd(betas2, mean$v, f32x4.mul(rests2, g$v)));

    v128.store(m, m$v, 16 * $v);

    v128.store(weights, next$v, 16 * $v);
  }
}

/**
 * Adds the squares of the rows' elements to their sums, four in float64 to a row: the first takes the columns 0, 4, 8, …
 *
 * @param sums       (rows, 4)
 * @param isFirst    1: the sums begin here
 * @param gradients  (rows, vectors · 4), one panel's
 */
export function squareRows(sums: usize, isFirst: usize, gradients: usize, rows: usize, vectors: usize): void {
  const rowBytes = vectors << 4;
  const end = sums + (rows << 5);
  // Two rows at a time, because a sum waits for each addition.
  for (; sums + 32 < end; sums += 64) {
    let low = Squares.begin(sums, isFirst);
    let high = Squares.begin(sums + 16, isFirst);
    let nextLow = Squares.begin(sums + 32, isFirst);
    let nextHigh = Squares.begin(sums + 48, isFirst);
    for (const rowEnd = gradients + rowBytes; gradients < rowEnd; gradients += 16) {
      const g = v128.load(gradients);
      const next = v128.load(gradients + rowBytes);
      low = Squares.add(low, g);
      high = Squares.add(high, i32x4.shuffle(g, g, 2, 3, 2, 3));
      nextLow = Squares.add(nextLow, next);
      nextHigh = Squares.add(nextHigh, i32x4.shuffle(next, next, 2, 3, 2, 3));
    }
    gradients += rowBytes;
    v128.store(sums, low);
    v128.store(sums, high, 16);
    v128.store(sums, nextLow, 32);
    v128.store(sums, nextHigh, 48);
  }
  if (sums == end) return;
  let low = Squares.begin(sums, isFirst);
  let high = Squares.begin(sums + 16, isFirst);
  for (const rowEnd = gradients + rowBytes; gradients < rowEnd; gradients += 16) {
    const g = v128.load(gradients);
    low = Squares.add(low, g);
    high = Squares.add(high, i32x4.shuffle(g, g, 2, 3, 2, 3));
  }
  v128.store(sums, low);
  v128.store(sums, high, 16);
}

class Squares {
  @inline
  static begin(sums: usize, isFirst: usize): v128 {
    return isFirst ? f64x2.splat(0) : v128.load(sums);
  }

  /** Adds the squares of the first two float32 lanes, in float64. */
  @inline
  static add(sum: v128, lanes: v128): v128 {
    const x = f64x2.promote_low_f32x4(lanes);
    return f64x2.add(sum, f64x2.mul(x, x));
  }
}

/** G ← scale · G + l1 · sign(W) */
export function penalize(weights: usize, gradients: usize, bytes: usize, scale: f32, l1: f32): void {
  const scales = f32x4.splat(scale);
  const penalty = f32x4.splat(l1);
  const signs = i32x4.splat(1 << 31);
  for (const end = weights + bytes; weights < end; weights += 16 * $n, gradients += 16 * $n) {
    const w$v = v128.load(weights, 16 * $v);
    const signed$v = v128.or(v128.and(w$v, signs), penalty);
    const own$v = v128.and(signed$v, f32x4.ne(w$v, f32x4.splat(0)));
    const g$v = f32x4.add(f32x4.mul(scales, v128.load(gradients, 16 * $v)), own$v);

    v128.store(gradients, g$v, 16 * $v);
  }
}

/**
 * Scales the columns of a panel of weights, without the bias, down to a norm. Squares are summed in ascending order of rows.
 *
 * @returns whether a column was longer
 */
export function limitNorms$n(weights: usize, rows: usize, most: f32): usize {
  const end = weights + rows * (16 * $n);
  const limit = f32x4.splat(most);
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  let a$v = zero;
  for (let row = weights; row < end; row += 16 * $n) {
    const w$v = v128.load(row, 16 * $v);
    a$v = Vector.madd(w$v, w$v, a$v);
  }
  const norm$v = f32x4.sqrt(a$v);
  let isOver = zero;
  isOver = v128.or(isOver, f32x4.gt(norm$v, limit));
  if (!v128.any_true(isOver)) return 0;
  const factor$v = v128.bitselect(f32x4.div(limit, norm$v), one, f32x4.gt(norm$v, limit));
  for (let row = weights; row < end; row += 16 * $n) {
    const w$v = f32x4.mul(v128.load(row, 16 * $v), factor$v);

    v128.store(row, w$v, 16 * $v);
  }
  return 1;
}
