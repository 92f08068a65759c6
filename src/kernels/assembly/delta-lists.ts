/**
 * Back-propagation that skips the zeros of δ. With the lists of a sample's nonzero δ, a sum of a mirror's rows is what `forward$n`
 * computes: one for each of the four sums by j mod 4 (mirror.ts).
 */
import { TO_FRONT } from './vector';

/**
 * Lists the outputs j of each sample whose δ is not zero: for each remainder of j mod 4, the rows ⌊j / 4⌋ in ascending order.
 *
 * @param delta      (slots, count)
 * @param count      outputs in whole vectors
 * @param keepsZeros 1: the lists have all outputs
 * @param blockRows  rows of a block, in whole vectors
 * @param bounds     (4, blocks + 1, stride): where each sample's entries of a block begin, and where the last end, in elements
 * @param index      (slots, 4, room): rows
 * @param value      (slots, 4, room): δ
 * @param room       in whole vectors
 */
export function listDeltas(
  delta: usize,
  count: usize,
  keepsZeros: i32,
  blockRows: usize,
  blocks: usize,
  bounds: usize,
  stride: usize,
  index: usize,
  value: usize,
  room: usize,
  from: usize,
  to: usize,
): void {
  const laneBytes = ((blocks + 1) * stride) << 2;
  for (let s: usize = from; s < to; s++) {
    let k0 = (s * room) << 4;
    let k1 = k0 + (room << 2);
    let k2 = k1 + (room << 2);
    let k3 = k2 + (room << 2);
    let bound = bounds + (s << 2);
    let d = delta + ((s * count) << 2);
    let rows = i32x4(0, 1, 2, 3);
    let left: i32 = <i32>(count >> 2);
    for (let b: usize = 0; b <= blocks; b++, bound += stride << 2) {
      store<u32>(bound, <u32>(k0 >> 2));
      store<u32>(bound + laneBytes, <u32>(k1 >> 2));
      store<u32>(bound + 2 * laneBytes, <u32>(k2 >> 2));
      store<u32>(bound + 3 * laneBytes, <u32>(k3 >> 2));
      // (After the last block, nothing is left.)
      for (let r: usize = 0; r < blockRows && left > 0; r += 4, left -= 4, d += 64) {
        const p = v128.load(d);
        const q = v128.load(d, 16);
        const u = v128.load(d, 32);
        const t = v128.load(d, 48);
        const pq = i32x4.shuffle(p, q, 0, 4, 1, 5);
        const ut = i32x4.shuffle(u, t, 0, 4, 1, 5);
        const pqHigh = i32x4.shuffle(p, q, 2, 6, 3, 7);
        const utHigh = i32x4.shuffle(u, t, 2, 6, 3, 7);
        // (Beyond the last output, other data is read.)
        const isRow = (1 << min(left, 4)) - 1;
        k0 += DeltaList.append(index + k0, value + k0, i64x2.shuffle(pq, ut, 0, 2), rows, keepsZeros, isRow);
        k1 += DeltaList.append(index + k1, value + k1, i64x2.shuffle(pq, ut, 1, 3), rows, keepsZeros, isRow);
        k2 += DeltaList.append(index + k2, value + k2, i64x2.shuffle(pqHigh, utHigh, 0, 2), rows, keepsZeros, isRow);
        k3 += DeltaList.append(index + k3, value + k3, i64x2.shuffle(pqHigh, utHigh, 1, 3), rows, keepsZeros, isRow);
        rows = i32x4.add(rows, i32x4.splat(4));
      }
    }
  }
}

/**
 * δ of the layer below from the four sums, for some slots of one of its panels: (s₀ + s₂) + (s₁ + s₃) for each unit that was
 * active, 0 for the others; or times the derivative that is stored there.
 *
 * @param sums       s₀, (slots, width)
 * @param laneBytes  from each sum to the next
 * @param below      (slots, width): z, or the derivative, which becomes δ
 */
export function sumLanes$times(sums: usize, laneBytes: usize, below: usize, bytes: usize): void {
  const zero = f32x4.splat(0);
  for (const end = below + bytes; below < end; below += 16 * $n, sums += 16 * $n) {
    const even$v = f32x4.add(v128.load(sums, 16 * $v), v128.load(sums + 2 * laneBytes, 16 * $v));
    const odd$v = f32x4.add(v128.load(sums + laneBytes, 16 * $v), v128.load(sums + 3 * laneBytes, 16 * $v));
    const sum$v = f32x4.add(even$v, odd$v);
    const z$v = v128.load(below, 16 * $v);
    if ($isTimes) {
      // (0 for a unit that was dropped, also if a weight is not finite.)
      const kept$v = v128.and(f32x4.mul(sum$v, z$v), f32x4.ne(z$v, zero));

      v128.store(below, kept$v, 16 * $v);
    } else {
      const kept$v = v128.andnot(sum$v, f32x4.le(z$v, zero));

      v128.store(below, kept$v, 16 * $v);
    }
  }
}

/** Whether some numbers, in whole vectors, are all finite. */
export function areFinite(from: usize, bytes: usize): i32 {
  let rest = f32x4.splat(0);
  // x − x is 0, or NaN.
  for (const end = from + bytes; from < end; from += 16) {
    const x = v128.load(from);
    rest = v128.or(rest, f32x4.sub(x, x));
  }
  return i32(!v128.any_true(rest));
}

class DeltaList {
  /** As `rectifyPanel`, without a branch: all four are written, and the place advances. @returns bytes of those that count */
  @inline
  static append(index: usize, value: usize, d: v128, rows: v128, keepsZeros: i32, isRow: i32): usize {
    const kept = (i32x4.bitmask(f32x4.ne(d, f32x4.splat(0))) | -keepsZeros) & isRow;
    const toFront = v128.load(TO_FRONT + ((<usize>kept) << 4));
    v128.store(value, i8x16.swizzle(d, toFront));
    v128.store(index, i8x16.swizzle(rows, toFront));
    return (<usize>popcnt(kept)) << 2;
  }
}
