/**
 * The kernels for inputs in dense form, zeros included: for data with few zeros, and in front of narrow layers, where finding
 * the active inputs costs more than their zeros do. A zero times a finite weight leaves a sum as it was (except for the
 * sign of a sum that has underflown to zero), so these give the same bits as the kernels for sparse inputs.
 *
 * A tile is some samples (or rows) by some vectors: each load of a weight (or δ) serves as many multiply-adds
 * (templates.mjs says which tiles there are).
 */
import { Blocks, Vector, Word } from './vector';

/**
 * z[s] = b + Σ x_i · W[i] over all inputs i of each sample s, in ascending order of i, in some columns of a panel.
 *
 * @param weights  (inputs + 1, width of the panel) from the first of the columns on: the last row is the bias
 * @param starts   (slots) where each sample's row begins, in elements of `value`
 * @param z        (slots, width of the panel) from the first of the columns on
 */
export function denseForward$n_$t(
  weights: usize,
  rowBytes: usize,
  inputs: usize,
  starts: usize,
  value: usize,
  z: usize,
  from: usize,
  to: usize,
): void {
  const bias = weights + inputs * rowBytes;
  for (let first: usize = from; first < to; first += $t) {
    // A tile that lacks samples repeats the last one: it is computed and stored twice.
    const slot$s = min(first + $s, to - 1);
    const row$s = value + (Word.at(starts + (slot$s << 2)) << 2);
    const to$s = row$s - row0;
    let x = row0;
    const end = x + (inputs << 2);
    let a$s_$v = v128.load(bias, 16 * $v);
    for (let row = weights; x < end; x += 4, row += rowBytes) {
      const x$s = v128.load32_splat(x + to$s);
      const w$v = v128.load(row, 16 * $v);
      a$s_$v = Vector.madd(x$s, w$v, a$s_$v);
    }
    v128.store(z + slot$s * rowBytes, a$s_$v, 16 * $v);
  }
}

/**
 * δ of the layer below, in one of its panels: Σ_j W[i, j] · δ[s, j] for each unit i that was active, 0 for the others.
 * The columns are added up as in sparse-backward.ts, here for a layer with a single panel.
 *
 * @param weights     (inputs + 1, width): `part` vectors of each row are not padding
 * @param delta       (slots, width)
 * @param first       the first unit of the panel below
 * @param belowWidth  its columns, padding included: for padding, what follows the weights is read and masked
 * @param starts      (slots) where each sample's row of activations begins, in elements of `value`
 * @param below       δ of that panel, (slots, belowWidth)
 */
export function denseBackward$part(
  weights: usize,
  delta: usize,
  rowBytes: usize,
  first: usize,
  belowWidth: usize,
  starts: usize,
  value: usize,
  below: usize,
  from: usize,
  to: usize,
): void {
  const zero = f32x4.splat(0);
  for (let s: usize = from; s < to; s++) {
    const d = delta + s * rowBytes;
    const d$v = v128.load(d, 16 * $v);
    let row = weights + first * rowBytes;
    let h = value + ((Word.at(starts + (s << 2)) + first) << 2);
    let out = below + s * (belowWidth << 2);
    for (const end = out + (belowWidth << 2); out < end; out += 16, h += 16) {
      let p = zero;
      let q = zero;
      let r = zero;
      let t = zero;
      p = Vector.madd(d$v, v128.load(row, 16 * $v), p);

      row += rowBytes;
      q = Vector.madd(d$v, v128.load(row, 16 * $v), q);

      row += rowBytes;
      r = Vector.madd(d$v, v128.load(row, 16 * $v), r);

      row += rowBytes;
      t = Vector.madd(d$v, v128.load(row, 16 * $v), t);

      row += rowBytes;
      v128.store(out, v128.and(Vector.sums(p, q, r, t), f32x4.gt(v128.load(h), zero)));
    }
  }
}

/**
 * As `denseBackward$part`, for activations whose derivative is stored where δ of the layer below will be, and for layers of any
 * number of panels: some of a panel's columns. The last call adds up the lanes and multiplies.
 *
 * @param delta    (slots, rowBytes) from the same column as `weights` on
 * @param partial  (samples of this call, stride) vectors: the partial sums between calls
 * @param isFirst  1: the sums begin at zero
 * @param isLast   1: these are the last columns
 * @param below    (slots, belowWidth): the derivative, which becomes δ; 0 for padding
 */
export function denseBackwardTimes$part(
  weights: usize,
  delta: usize,
  rowBytes: usize,
  first: usize,
  belowWidth: usize,
  partial: usize,
  stride: usize,
  isFirst: usize,
  isLast: usize,
  below: usize,
  from: usize,
  to: usize,
): void {
  const zero = f32x4.splat(0);
  for (let s: usize = from; s < to; s++) {
    const d = delta + s * rowBytes;
    const d$v = v128.load(d, 16 * $v);
    let row = weights + first * rowBytes;
    let place = partial + ((s - from) * stride + first) * 16;
    let out = below + s * (belowWidth << 2);
    for (const end = out + (belowWidth << 2); out < end; out += 16, place += 64) {
      let p = isFirst ? zero : v128.load(place);
      let q = isFirst ? zero : v128.load(place, 16);
      let r = isFirst ? zero : v128.load(place, 32);
      let t = isFirst ? zero : v128.load(place, 48);
      p = Vector.madd(d$v, v128.load(row, 16 * $v), p);

      row += rowBytes;
      q = Vector.madd(d$v, v128.load(row, 16 * $v), q);

      row += rowBytes;
      r = Vector.madd(d$v, v128.load(row, 16 * $v), r);

      row += rowBytes;
      t = Vector.madd(d$v, v128.load(row, 16 * $v), t);

      row += rowBytes;
      if (isLast) {
        const slope = v128.load(out);
        const product = f32x4.mul(Vector.sums(p, q, r, t), slope);
        // (For padding, what follows the weights was read, which may be NaN.)
        v128.store(out, v128.and(product, f32x4.ne(slope, zero)));
      } else {
        v128.store(place, p);
        v128.store(place, q, 16);
        v128.store(place, r, 32);
        v128.store(place, t, 48);
      }
    }
  }
}

/**
 * As `$applySparse$blocks$n` in update.ts, for some rows and columns of a panel over the slots [from, to).
 *
 * @param target  weights or gradients, from the first row and column on
 * @param starts  (slots) where each sample's row begins, in elements of `value`
 * @param value   from the first row's input on
 * @param delta   (slots, width of the panel) from the first of the columns on
 * @param totals  scratch of this thread for a tile
 */
export function $applyDense$blocks$n_$t(
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
): void {
  const rate = f32x4.splat(factor);
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < rows; i += $t) {
    const x = value + (i << 2);
    let start = starts + (from << 2);
    let d = delta + from * rowBytes;
    let slot = from;
    let a$s_$v = zero;
    if ($isBlocks) memory.fill(totals, 0, 16 * $n * $t);
    do {
      slot = $isBlocks ? min(Blocks.next(slot), to) : to;
      for (const end = starts + (slot << 2); start < end; start += 4, d += rowBytes) {
        const at = x + (Word.at(start) << 2);
        // (Beyond the last row, other data is read.)
        const x$s = v128.load32_splat(at, 4 * $s);
        const d$v = v128.load(d, 16 * $v);
        a$s_$v = Vector.madd(x$s, d$v, a$s_$v);
      }
      if ($isBlocks) {
        a$s_$v = f32x4.add(v128.load(totals, 16 * ($n * $s + $v)), a$s_$v);

        v128.store(totals, a$s_$v, 16 * ($n * $s + $v));
        if (slot < to) {
          a$s_$v = zero;
        }
      }
    } while ($isBlocks && slot < to);
    // What was summed beyond the last row goes to the scratch.
    const row$s = i + $s < rows ? target + (i + $s) * rowBytes : totals;
    if ($isStep) {
      a$s_$v = Vector.madd(rate, a$s_$v, v128.load(row$s, 16 * $v));
    }
    v128.store(row$s, a$s_$v, 16 * $v);
  }
}

/** As `$applyDense$blocks$n_$t`, for the bias of a whole panel: the weight of an input that is always 1. */
export function $applyBias$n(target: usize, delta: usize, from: usize, to: usize, factor: f32): void {
  const rate = f32x4.splat(factor);
  const zero = f32x4.splat(0);
  let sum$v = zero;
  let d = delta + from * (16 * $n);
  for (let slot: usize = from; slot < to; ) {
    let part$v = zero;
    for (const end = min(Blocks.next(slot), to); slot < end; slot++, d += 16 * $n) {
      part$v = f32x4.add(part$v, v128.load(d, 16 * $v));
    }
    sum$v = f32x4.add(sum$v, part$v);
  }
  if ($isStep) {
    sum$v = Vector.madd(rate, sum$v, v128.load(target, 16 * $v));
  }
  v128.store(target, sum$v, 16 * $v);
}
