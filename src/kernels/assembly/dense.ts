/**
 * The kernels for inputs in dense form, zeros included: for data with few zeros, and in front of narrow layers, where finding
 * the active inputs costs more than their zeros do. A zero times a finite weight leaves a sum as it was (except for the
 * sign of a sum that has underflown to zero), so these give the same bits as the kernels for sparse inputs.
 *
 * A tile is two samples (or rows) by four vectors, or two or three by up to three: each load of a weight (or δ) serves as
 * many multiply-adds. Every engine keeps eight accumulators in registers here; only newer ones keep nine, which hide the
 * latency of a multiply-add better; none keeps twelve (docs/performance.md).
 */
import { Blocks, Vector, Word } from './vector';

/**
 * z[s] = b + Σ x_i · W[i] over all inputs i of each sample s, in ascending order of i, in some columns of a panel.
 *
 * @param V        columns, in vectors
 * @param T        samples at a time: V2 or V3
 * @param weights  (inputs + 1, width of the panel) from the first of the columns on: the last row is the bias
 * @param starts   (slots) where each sample's row begins, in elements of `value`
 * @param z        (slots, width of the panel) from the first of the columns on
 */
export function forwardTile<V, T>(
  weights: usize,
  rowBytes: usize,
  inputs: usize,
  starts: usize,
  value: usize,
  z: usize,
  from: usize,
  to: usize,
): void {
  const n: usize = offsetof<V>();
  const together: usize = offsetof<T>();
  const bias = weights + inputs * rowBytes;
  for (let s: usize = from; s < to; s += together) {
    // A tile that lacks samples repeats the last one: it is computed and stored twice.
    const second = min(s + 1, to - 1);
    const third = min(s + 2, to - 1);
    let x = value + (Word.at(starts + (s << 2)) << 2);
    const toSecond = value + (Word.at(starts + (second << 2)) << 2) - x;
    const toThird = value + (Word.at(starts + (third << 2)) << 2) - x;
    const end = x + (inputs << 2);
    let a0 = v128.load(bias);
    let a1 = n > 1 ? v128.load(bias, 16) : a0;
    let a2 = n > 2 ? v128.load(bias, 32) : a0;
    let a3 = n > 3 ? v128.load(bias, 48) : a0;
    let b0 = a0;
    let b1 = a1;
    let b2 = a2;
    let b3 = a3;
    let c0 = a0;
    let c1 = a1;
    let c2 = a2;
    for (let row = weights; x < end; x += 4, row += rowBytes) {
      const p = v128.load32_splat(x);
      const q = v128.load32_splat(x + toSecond);
      const r = together > 2 ? v128.load32_splat(x + toThird) : q;
      let w = v128.load(row);
      a0 = Vector.madd(p, w, a0);
      b0 = Vector.madd(q, w, b0);
      if (together > 2) c0 = Vector.madd(r, w, c0);
      if (n > 1) {
        w = v128.load(row, 16);
        a1 = Vector.madd(p, w, a1);
        b1 = Vector.madd(q, w, b1);
        if (together > 2) c1 = Vector.madd(r, w, c1);
      }
      if (n > 2) {
        w = v128.load(row, 32);
        a2 = Vector.madd(p, w, a2);
        b2 = Vector.madd(q, w, b2);
        if (together > 2) c2 = Vector.madd(r, w, c2);
      }
      if (n > 3) {
        w = v128.load(row, 48);
        a3 = Vector.madd(p, w, a3);
        b3 = Vector.madd(q, w, b3);
      }
    }
    Vector.put<V>(z + s * rowBytes, a0, a1, a2, a3);
    Vector.put<V>(z + second * rowBytes, b0, b1, b2, b3);
    if (together > 2) Vector.put<V>(z + third * rowBytes, c0, c1, c2, c2);
  }
}

/**
 * δ of the layer below, in one of its panels: Σ_j W[i, j] · δ[s, j] for each unit i that was active, 0 for the others.
 * The columns are added up as in sparse-backward.ts, here for a layer with a single panel.
 *
 * @param weights     (inputs + 1, width)
 * @param delta       (slots, width)
 * @param first       the first unit of the panel below
 * @param belowWidth  its columns, padding included: for padding, what follows the weights is read and masked
 * @param starts      (slots) where each sample's row of activations begins, in elements of `value`
 * @param below       δ of that panel, (slots, belowWidth)
 */
export function backwardPanel<V>(
  weights: usize,
  delta: usize,
  first: usize,
  belowWidth: usize,
  starts: usize,
  value: usize,
  below: usize,
  from: usize,
  to: usize,
): void {
  const n: usize = offsetof<V>();
  const rowBytes: usize = n * 16;
  const zero = f32x4.splat(0);
  for (let s: usize = from; s < to; s++) {
    const d = delta + s * rowBytes;
    const d0 = v128.load(d);
    const d1 = n > 1 ? v128.load(d, 16) : zero;
    const d2 = n > 2 ? v128.load(d, 32) : zero;
    const d3 = n > 3 ? v128.load(d, 48) : zero;
    const d4 = n > 4 ? v128.load(d, 64) : zero;
    const d5 = n > 5 ? v128.load(d, 80) : zero;
    const d6 = n > 6 ? v128.load(d, 96) : zero;
    const d7 = n > 7 ? v128.load(d, 112) : zero;
    let row = weights + first * rowBytes;
    let h = value + ((Word.at(starts + (s << 2)) + first) << 2);
    let out = below + s * (belowWidth << 2);
    for (const end = out + (belowWidth << 2); out < end; out += 16, h += 16) {
      const p = Vector.dot<V>(zero, row, d0, d1, d2, d3, d4, d5, d6, d7);
      const q = Vector.dot<V>(zero, row + rowBytes, d0, d1, d2, d3, d4, d5, d6, d7);
      const r = Vector.dot<V>(zero, row + 2 * rowBytes, d0, d1, d2, d3, d4, d5, d6, d7);
      const t = Vector.dot<V>(zero, row + 3 * rowBytes, d0, d1, d2, d3, d4, d5, d6, d7);
      row += 4 * rowBytes;
      v128.store(out, v128.and(Vector.sums(p, q, r, t), f32x4.gt(v128.load(h), zero)));
    }
  }
}

/**
 * As `reducePanel` in update.ts, for some rows and columns of a panel over the slots [from, to).
 *
 * @param V       columns, in vectors
 * @param T       rows at a time: V2 or V3
 * @param B       V1: all slots are in one block; V2: they need not be
 * @param target  weights or gradients, from the first row and column on
 * @param starts  (slots) where each sample's row begins, in elements of `value`
 * @param value   from the first row's input on
 * @param delta   (slots, width of the panel) from the first of the columns on
 * @param totals  scratch of this thread for three times four vectors
 */
export function reduceTile<V, T, B>(
  target: usize,
  rowBytes: usize,
  rows: usize,
  starts: usize,
  value: usize,
  delta: usize,
  from: usize,
  to: usize,
  totals: usize,
  factor: f32,
  keep: usize,
): void {
  const n: usize = offsetof<V>();
  const together: usize = offsetof<T>();
  const zero = f32x4.splat(0);
  const isOneBlock = offsetof<B>() == 1;
  const last = isOneBlock ? from : Blocks.last(from, to);
  const end = starts + (to << 2);
  for (let i: usize = 0; i < rows; i += together) {
    const x = value + (i << 2);
    if (!isOneBlock) sumBlocks<V, T>(totals, rowBytes, starts, x, delta, from, last);
    let a0 = zero;
    let a1 = zero;
    let a2 = zero;
    let a3 = zero;
    let b0 = zero;
    let b1 = zero;
    let b2 = zero;
    let b3 = zero;
    let c0 = zero;
    let c1 = zero;
    let c2 = zero;
    let d = delta + last * rowBytes;
    for (let start = starts + (last << 2); start < end; start += 4, d += rowBytes) {
      const at = x + (Word.at(start) << 2);
      const p = v128.load32_splat(at);
      // (Beyond the last row, other data is read, and the sum dropped.)
      const q = v128.load32_splat(at, 4);
      const r = together > 2 ? v128.load32_splat(at, 8) : q;
      let w = v128.load(d);
      a0 = Vector.madd(p, w, a0);
      b0 = Vector.madd(q, w, b0);
      if (together > 2) c0 = Vector.madd(r, w, c0);
      if (n > 1) {
        w = v128.load(d, 16);
        a1 = Vector.madd(p, w, a1);
        b1 = Vector.madd(q, w, b1);
        if (together > 2) c1 = Vector.madd(r, w, c1);
      }
      if (n > 2) {
        w = v128.load(d, 32);
        a2 = Vector.madd(p, w, a2);
        b2 = Vector.madd(q, w, b2);
        if (together > 2) c2 = Vector.madd(r, w, c2);
      }
      if (n > 3) {
        w = v128.load(d, 48);
        a3 = Vector.madd(p, w, a3);
        b3 = Vector.madd(q, w, b3);
      }
    }
    if (!isOneBlock) {
      a0 = f32x4.add(v128.load(totals), a0);
      if (n > 1) a1 = f32x4.add(v128.load(totals, 16), a1);
      if (n > 2) a2 = f32x4.add(v128.load(totals, 32), a2);
      if (n > 3) a3 = f32x4.add(v128.load(totals, 48), a3);
      b0 = f32x4.add(v128.load(totals, 64), b0);
      if (n > 1) b1 = f32x4.add(v128.load(totals, 80), b1);
      if (n > 2) b2 = f32x4.add(v128.load(totals, 96), b2);
      if (n > 3) b3 = f32x4.add(v128.load(totals, 112), b3);
      if (together > 2) c0 = f32x4.add(v128.load(totals, 128), c0);
      if (together > 2 && n > 1) c1 = f32x4.add(v128.load(totals, 144), c1);
      if (together > 2 && n > 2) c2 = f32x4.add(v128.load(totals, 160), c2);
    }
    const row = target + i * rowBytes;
    Vector.apply<V>(row, factor, keep, a0, a1, a2, a3);
    if (i + 1 < rows) Vector.apply<V>(row + rowBytes, factor, keep, b0, b1, b2, b3);
    if (together > 2 && i + 2 < rows) Vector.apply<V>(row + 2 * rowBytes, factor, keep, c0, c1, c2, c2);
  }
}

/**
 * Writes the sums of some rows over the slots [from, to), which end where a block does, to `totals`, block by block. (A
 * function of its own, as in update.ts.)
 *
 * @param x  the first row's column in `value`
 */
function sumBlocks<V, T>(
  totals: usize,
  rowBytes: usize,
  starts: usize,
  x: usize,
  delta: usize,
  from: usize,
  to: usize,
): void {
  const n: usize = offsetof<V>();
  const together: usize = offsetof<T>();
  const zero = f32x4.splat(0);
  memory.fill(totals, 0, 64 * together);
  let d = delta + from * rowBytes;
  let start = starts + (from << 2);
  for (let slot = from; slot < to; slot = Blocks.next(slot)) {
    let a0 = zero;
    let a1 = zero;
    let a2 = zero;
    let a3 = zero;
    let b0 = zero;
    let b1 = zero;
    let b2 = zero;
    let b3 = zero;
    let c0 = zero;
    let c1 = zero;
    let c2 = zero;
    for (const end = starts + (Blocks.next(slot) << 2); start < end; start += 4, d += rowBytes) {
      const at = x + (Word.at(start) << 2);
      const p = v128.load32_splat(at);
      // (Beyond the last row, other data is read, and the sum dropped.)
      const q = v128.load32_splat(at, 4);
      const r = together > 2 ? v128.load32_splat(at, 8) : q;
      let w = v128.load(d);
      a0 = Vector.madd(p, w, a0);
      b0 = Vector.madd(q, w, b0);
      if (together > 2) c0 = Vector.madd(r, w, c0);
      if (n > 1) {
        w = v128.load(d, 16);
        a1 = Vector.madd(p, w, a1);
        b1 = Vector.madd(q, w, b1);
        if (together > 2) c1 = Vector.madd(r, w, c1);
      }
      if (n > 2) {
        w = v128.load(d, 32);
        a2 = Vector.madd(p, w, a2);
        b2 = Vector.madd(q, w, b2);
        if (together > 2) c2 = Vector.madd(r, w, c2);
      }
      if (n > 3) {
        w = v128.load(d, 48);
        a3 = Vector.madd(p, w, a3);
        b3 = Vector.madd(q, w, b3);
      }
    }
    Vector.accumulate(totals, 0, a0);
    if (n > 1) Vector.accumulate(totals, 1, a1);
    if (n > 2) Vector.accumulate(totals, 2, a2);
    if (n > 3) Vector.accumulate(totals, 3, a3);
    Vector.accumulate(totals, 4, b0);
    if (n > 1) Vector.accumulate(totals, 5, b1);
    if (n > 2) Vector.accumulate(totals, 6, b2);
    if (n > 3) Vector.accumulate(totals, 7, b3);
    if (together > 2) Vector.accumulate(totals, 8, c0);
    if (together > 2 && n > 1) Vector.accumulate(totals, 9, c1);
    if (together > 2 && n > 2) Vector.accumulate(totals, 10, c2);
  }
}

/** As `reduceTile`, for the bias of a whole panel: the weight of an input that is always 1. */
export function reduceBias(
  target: usize,
  rowBytes: usize,
  delta: usize,
  from: usize,
  to: usize,
  factor: f32,
  keep: usize,
): void {
  const rate = f32x4.splat(factor);
  for (let v: usize = 0; v < rowBytes; v += 16) {
    let sum = f32x4.splat(0);
    for (let s: usize = from; s < to; ) {
      const stop = min(Blocks.next(s), to);
      let part = f32x4.splat(0);
      for (; s < stop; s++) part = f32x4.add(part, v128.load(delta + s * rowBytes + v));
      sum = f32x4.add(sum, part);
    }
    if (keep) v128.store(target + v, sum);
    else Vector.step(target + v, 0, rate, sum);
  }
}
