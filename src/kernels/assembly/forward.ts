import { Vector, Word } from './vector';

/**
 * z[s] = b + Σ x_i · W[i] over the nonzero inputs i of each sample s, in ascending order of i.
 *
 * @param weights  the panel, (inputs + 1, width): the last row is the bias
 * @param biasRow  its row number, = inputs
 * @param starts   (slots) where each sample's list begins, in elements of `index` and `value`
 * @param lengths  (slots) how many nonzeros each sample has
 * @param z        the panel of outputs, (slots, width)
 */
export function forwardPanel<V>(
  weights: usize,
  biasRow: usize,
  starts: usize,
  lengths: usize,
  index: usize,
  value: usize,
  z: usize,
  from: usize,
  to: usize,
): void {
  const n: usize = offsetof<V>();
  const rowBytes: usize = n * 16;
  const bias = weights + biasRow * rowBytes;
  for (let s: usize = from; s < to; s++) {
    let k: usize = Word.at(starts + (s << 2)) << 2;
    const end = k + (Word.at(lengths + (s << 2)) << 2);
    let a0 = v128.load(bias);
    let a1 = n > 1 ? v128.load(bias, 16) : a0;
    let a2 = n > 2 ? v128.load(bias, 32) : a0;
    let a3 = n > 3 ? v128.load(bias, 48) : a0;
    let a4 = n > 4 ? v128.load(bias, 64) : a0;
    let a5 = n > 5 ? v128.load(bias, 80) : a0;
    let a6 = n > 6 ? v128.load(bias, 96) : a0;
    let a7 = n > 7 ? v128.load(bias, 112) : a0;
    for (; k < end; k += 4) {
      const row = weights + Word.at(index + k) * rowBytes;
      const x = v128.load32_splat(value + k);
      a0 = Vector.maddAt(x, row, 0, a0);
      if (n > 1) a1 = Vector.maddAt(x, row, 1, a1);
      if (n > 2) a2 = Vector.maddAt(x, row, 2, a2);
      if (n > 3) a3 = Vector.maddAt(x, row, 3, a3);
      if (n > 4) a4 = Vector.maddAt(x, row, 4, a4);
      if (n > 5) a5 = Vector.maddAt(x, row, 5, a5);
      if (n > 6) a6 = Vector.maddAt(x, row, 6, a6);
      if (n > 7) a7 = Vector.maddAt(x, row, 7, a7);
    }
    const out = z + s * rowBytes;
    v128.store(out, a0);
    if (n > 1) v128.store(out, a1, 16);
    if (n > 2) v128.store(out, a2, 32);
    if (n > 3) v128.store(out, a3, 48);
    if (n > 4) v128.store(out, a4, 64);
    if (n > 5) v128.store(out, a5, 80);
    if (n > 6) v128.store(out, a6, 96);
    if (n > 7) v128.store(out, a7, 112);
  }
}

/** For each set of active lanes the shuffle that brings those to the front: sixteen of sixteen bytes. */
const TO_FRONT: usize = memory.data<u8>([
  12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 0, 1, 2, 3, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13,
  14, 15, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13,
  14, 15, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 12,
  13, 14, 15, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
  14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 0, 1, 2, 3, 12, 13, 14, 15, 12, 13, 14, 15,
  12, 13, 14, 15, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15,
  12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14,
  15, 12, 13, 14, 15, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  12, 13, 14, 15,
]);

/**
 * ReLU on the way out of a panel: appends the active units to each sample's list, the next layer's input,
 * and leaves zeros where z was, which is where back-propagation will put δ of the active units alone.
 *
 * A NaN counts as active, so that it reaches the loss, where it ends the run, and is not silently dropped.
 *
 * @param first    the panel's first unit; 0 begins the lists anew
 * @param width    columns of the panel, padding included
 * @param columns  without: padding is 0, unless the weights are not finite
 */
export function rectifyPanel(
  z: usize,
  first: usize,
  width: usize,
  columns: usize,
  starts: usize,
  lengths: usize,
  index: usize,
  value: usize,
  from: usize,
  to: usize,
): void {
  const rowBytes: usize = width << 2;
  for (let s: usize = from; s < to; s++) {
    const begin: usize = Word.at(starts + (s << 2)) << 2;
    let k: usize = begin + (first == 0 ? 0 : Word.at(lengths + (s << 2)) << 2);
    const row = z + s * rowBytes;
    // Four units at a time: the active ones move to the front, all four are written, and the place moves on
    // by as many as were active. No branch for the processor to mispredict; what is written too far stays
    // within the list, which has room for every unit so far.
    let units = i32x4.splat(<i32>first);
    units = i32x4.add(units, i32x4(0, 1, 2, 3));
    for (let j: usize = 0; j < rowBytes; j += 16) {
      const h = v128.load(row + j);
      const isUnit = (1 << (<i32>min<usize>(columns - (j >> 2), 4))) - 1;
      const active = (i32x4.bitmask(f32x4.le(h, f32x4.splat(0))) ^ 15) & isUnit;
      const toFront = v128.load(TO_FRONT + ((<usize>active) << 4));
      v128.store(value + k, i8x16.swizzle(h, toFront));
      v128.store(index + k, i8x16.swizzle(units, toFront));
      k += (<usize>popcnt(active)) << 2;
      units = i32x4.add(units, i32x4.splat(4));
      v128.store(row + j, f32x4.splat(0));
    }
    store<u32>(lengths + (s << 2), <u32>((k - begin) >> 2));
  }
}
