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
 * W[i] ← W[i] + factor · Σ_s x[s, i] · δ[s], with factor = −learning rate. `keep…` replaces a gradient with the sum instead.
 *
 * @param target  (rows, width) of the panel's weights or gradients, from the first row to reduce on
 * @param delta   the panel's δ, (slots, width)
 * @param totals  scratch of this thread for a row
 */
export function $applySparse$blocks$n(
  target: usize,
  rows: usize,
  cursors: usize,
  litSlots: usize,
  litValues: usize,
  delta: usize,
  totals: usize,
  factor: f32,
): void {
  const rowBytes: usize = 16 * $n;
  const rate = f32x4.splat(factor);
  const zero = f32x4.splat(0);
  let k: usize = Word.at(cursors) << 2;
  for (let r: usize = 1; r <= rows; r++, target += rowBytes) {
    const end: usize = Word.at(cursors + (r << 2)) << 2;
    // A row without samples has a gradient of zero: a step leaves the weights unchanged, a buffer must become 0.
    if ($isStep && k == end) continue;
    let a$v = zero;
    if ($isBlocks) memory.fill(totals, 0, rowBytes);
    do {
      const bound = $isBlocks ? Blocks.next(Word.at(litSlots + k)) : 0;
      for (; k < end; k += 4) {
        const slot = Word.at(litSlots + k);
        if ($isBlocks && slot >= bound) break;
        const d = delta + slot * rowBytes;
        const x = v128.load32_splat(litValues + k);
        a$v = Vector.madd(x, v128.load(d, 16 * $v), a$v);
      }
      if ($isBlocks) {
        a$v = f32x4.add(v128.load(totals, 16 * $v), a$v);

        v128.store(totals, a$v, 16 * $v);
        if (k < end) {
          a$v = zero;
        }
      }
    } while ($isBlocks && k < end);
    if ($isStep) {
      a$v = Vector.madd(rate, a$v, v128.load(target, 16 * $v));
    }
    v128.store(target, a$v, 16 * $v);
  }
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
  for (let i: usize = 0; i < bytes; i += 16 * $n) {
    let sum$v = v128.load(gradients + i, 16 * $v);
    for (let w: usize = 1; w < workers; w++) {
      const p = gradients + i + w * stride;
      sum$v = f32x4.add(sum$v, v128.load(p, 16 * $v));
    }
    const p = parameters + i;
    sum$v = Vector.madd(rate, sum$v, v128.load(p, 16 * $v));

    v128.store(p, sum$v, 16 * $v);
  }
}

/** The sum replaces the first worker's buffer. */
export function sumGradients(gradients: usize, bytes: usize, workers: usize, stride: usize): void {
  for (let i: usize = 0; i < bytes; i += 16 * $n) {
    let sum$v = v128.load(gradients + i, 16 * $v);
    for (let w: usize = 1; w < workers; w++) {
      const p = gradients + i + w * stride;
      sum$v = f32x4.add(sum$v, v128.load(p, 16 * $v));
    }
    v128.store(gradients + i, sum$v, 16 * $v);
  }
}
