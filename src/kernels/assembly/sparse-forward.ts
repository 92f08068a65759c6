import { Vector, Word } from './vector';

/**
 * Finds the blocks of inputs in each sample's row: bounds[b, s] is where its entries of block b begin, and bounds[blocks, s]
 * where the row ends, in elements.
 *
 * @param blockRows  inputs of a block
 * @param bounds     (blocks + 1, slots)
 */
export function findBlocks(
  starts: usize,
  lengths: usize,
  index: usize,
  blockRows: usize,
  blocks: usize,
  bounds: usize,
  slots: usize,
  from: usize,
  to: usize,
): void {
  for (let s: usize = from; s < to; s++) {
    const start: usize = Word.at(starts + (s << 2));
    const end = index + ((start + Word.at(lengths + (s << 2))) << 2);
    let k = index + (start << 2);
    let bound = bounds + (s << 2);
    for (let b: usize = 0; b <= blocks; b++, bound += slots << 2) {
      k = b == blocks ? end : Word.lowerBound(k, end, b * blockRows);
      store<u32>(bound, <u32>((k - index) >> 2));
    }
  }
}

/**
 * Reads a word of each cache line of the samples' rows, so that many lines are fetched at once.
 *
 * @returns their sum, so that the compiler does not drop the loads
 */
export function fetchRows(starts: usize, lengths: usize, index: usize, value: usize, from: usize, to: usize): u32 {
  let sum: u32 = 0;
  for (let s: usize = from; s < to; s++) {
    const begin: usize = Word.at(starts + (s << 2)) << 2;
    const end = begin + (Word.at(lengths + (s << 2)) << 2);
    // (Both arrays begin on a line.)
    for (let k = begin & ~63; k < end; k += 64) sum += load<u32>(index + k) + load<u32>(value + k);
  }
  return sum;
}

/** Reads a word of each cache line of some memory, in order. @returns their sum, as `fetchRows` does */
export function fetchLines(from: usize, bytes: usize): u32 {
  let sum: u32 = 0;
  for (const end = from + bytes; from < end; from += 64) sum += load<u32>(from);
  return sum;
}

/**
 * z[s] = b + Σ x_i · W[i] over the nonzero inputs i of each sample s, in ascending order of i, for one block of inputs.
 *
 * @param weights  the panel, (inputs + 1, width)
 * @param bias     in the first block the panel's last row, where the sums begin; 0: they continue from z
 * @param begins   (slots) where each sample's entries of this block begin, in elements of `index` and `value`
 * @param ends     (slots) where they end
 * @param z        the panel of outputs, (slots, width)
 */
export function forward$n(
  weights: usize,
  bias: usize,
  begins: usize,
  ends: usize,
  index: usize,
  value: usize,
  z: usize,
  from: usize,
  to: usize,
): void {
  const rowBytes: usize = 16 * $n;
  for (let s: usize = from; s < to; s++) {
    let k: usize = Word.at(begins + (s << 2)) << 2;
    const end: usize = Word.at(ends + (s << 2)) << 2;
    const out = z + s * rowBytes;
    const sums = bias ? bias : out;
    let a$v = v128.load(sums, 16 * $v);
    for (; k < end; k += 4) {
      const row = weights + Word.at(index + k) * rowBytes;
      const x = v128.load32_splat(value + k);
      a$v = Vector.madd(x, v128.load(row, 16 * $v), a$v);
    }
    v128.store(out, a$v, 16 * $v);
  }
}
