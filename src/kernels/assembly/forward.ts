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

/**
 * ReLU on the way out of a panel: appends the active units to each sample's list, the next layer's input,
 * and leaves zeros where z was, which is where back-propagation will put δ of the active units alone.
 *
 * A NaN counts as active, so that it reaches the loss, where it ends the run, and is not silently dropped.
 *
 * @param first  the panel's first unit; 0 begins the lists anew
 * @param width  columns of the panel, padding included (its z is 0, which is not active)
 */
export function rectifyPanel(
  z: usize,
  first: usize,
  width: usize,
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
    // Each unit is written where the next active one belongs, and the place moves on only if it was
    // active: no branch for the processor to mispredict.
    for (let j: usize = 0; j < rowBytes; j += 4) {
      const h = load<f32>(row + j);
      store<u32>(index + k, <u32>(first + (j >> 2)));
      store<f32>(value + k, h);
      k += <usize>(!(h <= 0)) << 2;
    }
    for (let j: usize = 0; j < rowBytes; j += 16) v128.store(row + j, f32x4.splat(0));
    store<u32>(lengths + (s << 2), <u32>((k - begin) >> 2));
  }
}
