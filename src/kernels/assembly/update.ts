import { Blocks, Vector, Word } from './vector';

/**
 * Transposes a part of the batch: for each row of weights in [rowFrom, rowTo) makes the list of (slot, value) of the samples
 * whose input is not zero, in ascending order of slots, by counting, prefix sum and placing. The bias row has every sample,
 * with value 1.
 *
 * @param cursors  (rowTo - rowFrom + 2) scratch; afterwards row r's list is
 *                 [cursors[r - rowFrom], cursors[r - rowFrom + 1]) in elements of `litSlots` and `litValues`
 */
export function transpose(
  starts: usize,
  lengths: usize,
  index: usize,
  value: usize,
  biasRow: usize,
  rowFrom: usize,
  rowTo: usize,
  from: usize,
  to: usize,
  cursors: usize,
  litSlots: usize,
  litValues: usize,
): void {
  const rows: usize = rowTo - rowFrom;
  memory.fill(cursors, 0, (rows + 2) << 2);

  // Counts are stored two places ahead. The prefix sum turns them into starts, one place ahead, and placing advances each
  // start to its end, which is the next row's start.
  const counts = cursors + 8;
  for (let s: usize = from; s < to; s++) {
    const begin: usize = index + (Word.at(starts + (s << 2)) << 2);
    const end = begin + (Word.at(lengths + (s << 2)) << 2);
    for (let k = Word.lowerBound(begin, end, rowFrom); k < end; k += 4) {
      const row = Word.at(k);
      if (row >= rowTo) break;
      const count = counts + ((row - rowFrom) << 2);
      store<u32>(count, <u32>Word.at(count) + 1);
    }
  }
  let sum: usize = 0;
  for (let r: usize = 0; r <= rows; r++) {
    const cursor = cursors + 4 + (r << 2);
    sum += Word.at(cursor);
    store<u32>(cursor, <u32>sum);
  }

  const ends = cursors + 4;
  const toValue = value - index;
  for (let s: usize = from; s < to; s++) {
    const begin: usize = index + (Word.at(starts + (s << 2)) << 2);
    const end = begin + (Word.at(lengths + (s << 2)) << 2);
    for (let k = Word.lowerBound(begin, end, rowFrom); k < end; k += 4) {
      const row = Word.at(k);
      if (row >= rowTo) break;
      const cursor = ends + ((row - rowFrom) << 2);
      const place: usize = Word.at(cursor);
      store<u32>(litSlots + (place << 2), <u32>s);
      store<f32>(litValues + (place << 2), load<f32>(k + toValue));
      store<u32>(cursor, <u32>(place + 1));
    }
  }

  if (rowTo > biasRow) {
    const cursor = ends + ((biasRow - rowFrom) << 2);
    let place: usize = Word.at(cursor);
    for (let s: usize = from; s < to; s++) {
      store<u32>(litSlots + (place << 2), <u32>s);
      store<f32>(litValues + (place << 2), 1);
      place++;
    }
    store<u32>(cursor, <u32>place);
  }
}

/**
 * Sums the gradients of some rows of a panel over the batch, block of samples by block of samples (see `Blocks`), and steps:
 * W[i] ← W[i] + factor · Σ_s x[s, i] · δ[s], with factor = −learning rate. With `keep`, the target is a gradient, and the
 * sum replaces it.
 *
 * @param target  (rows, width) of the panel's weights or gradients, from the first row to reduce on
 * @param delta   the panel's δ, (slots, width)
 * @param B       V1: all slots are in one block; V2: they need not be
 * @param totals  scratch of this thread for eight vectors
 */
export function reducePanel<V, B>(
  target: usize,
  rows: usize,
  cursors: usize,
  litSlots: usize,
  litValues: usize,
  delta: usize,
  totals: usize,
  factor: f32,
  keep: usize,
): void {
  const n: usize = offsetof<V>();
  const isOneBlock = offsetof<B>() == 1;
  const rowBytes: usize = n * 16;
  const zero = f32x4.splat(0);
  const rate = f32x4.splat(factor);
  let k: usize = Word.at(cursors) << 2;
  for (let r: usize = 1; r <= rows; r++, target += rowBytes) {
    const end: usize = Word.at(cursors + (r << 2)) << 2;
    // A row without samples has a gradient of zero: a step leaves the weights unchanged, a buffer must become 0.
    if (k == end && !keep) continue;
    if (!isOneBlock) k = sumBlocks<V>(totals, k, end, litSlots, litValues, delta);
    let a0 = zero;
    let a1 = zero;
    let a2 = zero;
    let a3 = zero;
    let a4 = zero;
    let a5 = zero;
    let a6 = zero;
    let a7 = zero;
    for (; k < end; k += 4) {
      const d = delta + Word.at(litSlots + k) * rowBytes;
      const x = v128.load32_splat(litValues + k);
      a0 = Vector.maddAt(x, d, 0, a0);
      if (n > 1) a1 = Vector.maddAt(x, d, 1, a1);
      if (n > 2) a2 = Vector.maddAt(x, d, 2, a2);
      if (n > 3) a3 = Vector.maddAt(x, d, 3, a3);
      if (n > 4) a4 = Vector.maddAt(x, d, 4, a4);
      if (n > 5) a5 = Vector.maddAt(x, d, 5, a5);
      if (n > 6) a6 = Vector.maddAt(x, d, 6, a6);
      if (n > 7) a7 = Vector.maddAt(x, d, 7, a7);
    }
    if (!isOneBlock) {
      a0 = f32x4.add(v128.load(totals), a0);
      if (n > 1) a1 = f32x4.add(v128.load(totals, 16), a1);
      if (n > 2) a2 = f32x4.add(v128.load(totals, 32), a2);
      if (n > 3) a3 = f32x4.add(v128.load(totals, 48), a3);
      if (n > 4) a4 = f32x4.add(v128.load(totals, 64), a4);
      if (n > 5) a5 = f32x4.add(v128.load(totals, 80), a5);
      if (n > 6) a6 = f32x4.add(v128.load(totals, 96), a6);
      if (n > 7) a7 = f32x4.add(v128.load(totals, 112), a7);
    }
    if (keep) {
      v128.store(target, a0);
      if (n > 1) v128.store(target, a1, 16);
      if (n > 2) v128.store(target, a2, 32);
      if (n > 3) v128.store(target, a3, 48);
      if (n > 4) v128.store(target, a4, 64);
      if (n > 5) v128.store(target, a5, 80);
      if (n > 6) v128.store(target, a6, 96);
      if (n > 7) v128.store(target, a7, 112);
    } else {
      Vector.step(target, 0, rate, a0);
      if (n > 1) Vector.step(target, 1, rate, a1);
      if (n > 2) Vector.step(target, 2, rate, a2);
      if (n > 3) Vector.step(target, 3, rate, a3);
      if (n > 4) Vector.step(target, 4, rate, a4);
      if (n > 5) Vector.step(target, 5, rate, a5);
      if (n > 6) Vector.step(target, 6, rate, a6);
      if (n > 7) Vector.step(target, 7, rate, a7);
    }
  }
}

/**
 * Sums all blocks of samples in a row's list [k, end) but the last into `totals`.
 *
 * (A function of its own: its registers would slow down the loop above.)
 *
 * @returns where the last block begins
 */
function sumBlocks<V>(totals: usize, k: usize, end: usize, litSlots: usize, litValues: usize, delta: usize): usize {
  const n: usize = offsetof<V>();
  const rowBytes: usize = n * 16;
  const zero = f32x4.splat(0);
  memory.fill(totals, 0, rowBytes);
  if (k == end) return k;
  const last = Blocks.start(Word.at(litSlots + end - 4));
  for (let slot = Word.at(litSlots + k); slot < last; ) {
    const bound = Blocks.next(slot);
    let a0 = zero;
    let a1 = zero;
    let a2 = zero;
    let a3 = zero;
    let a4 = zero;
    let a5 = zero;
    let a6 = zero;
    let a7 = zero;
    // (The last block follows, so the list does not end here.)
    while (slot < bound) {
      const d = delta + slot * rowBytes;
      const x = v128.load32_splat(litValues + k);
      a0 = Vector.maddAt(x, d, 0, a0);
      if (n > 1) a1 = Vector.maddAt(x, d, 1, a1);
      if (n > 2) a2 = Vector.maddAt(x, d, 2, a2);
      if (n > 3) a3 = Vector.maddAt(x, d, 3, a3);
      if (n > 4) a4 = Vector.maddAt(x, d, 4, a4);
      if (n > 5) a5 = Vector.maddAt(x, d, 5, a5);
      if (n > 6) a6 = Vector.maddAt(x, d, 6, a6);
      if (n > 7) a7 = Vector.maddAt(x, d, 7, a7);
      k += 4;
      slot = Word.at(litSlots + k);
    }
    Vector.accumulate(totals, 0, a0);
    if (n > 1) Vector.accumulate(totals, 1, a1);
    if (n > 2) Vector.accumulate(totals, 2, a2);
    if (n > 3) Vector.accumulate(totals, 3, a3);
    if (n > 4) Vector.accumulate(totals, 4, a4);
    if (n > 5) Vector.accumulate(totals, 5, a5);
    if (n > 6) Vector.accumulate(totals, 6, a6);
    if (n > 7) Vector.accumulate(totals, 7, a7);
  }
  return k;
}

/**
 * The dense strategy's step: sums the workers' buffers in ascending order of workers and applies the sum.
 *
 * @param parameters  `bytes` of one layer's parameters, padding included
 * @param gradients   the first worker's buffer for them; the others follow at `stride` bytes
 */
export function applyGradients(
  parameters: usize,
  gradients: usize,
  bytes: usize,
  workers: usize,
  stride: usize,
  factor: f32,
): void {
  const rate = f32x4.splat(factor);
  for (let i: usize = 0; i < bytes; i += 16) {
    Vector.step(parameters + i, 0, rate, Vector.sumOf(gradients + i, workers, stride));
  }
}

/** The sum replaces the first worker's buffer. */
export function sumGradients(gradients: usize, bytes: usize, workers: usize, stride: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(gradients + i, Vector.sumOf(gradients + i, workers, stride));
  }
}
