/**
 * Vectors of four float32, and the only place where the two builds differ.
 *
 * (A class, because TypeScript's grammar, which formatter and linter read, has decorators for methods but not for functions.)
 */
export class Vector {
  /** a·b + c, lane by lane: one rounding in the `simd-fma` build, two in the `simd` build. */
  @inline
  static madd(a: v128, b: v128, c: v128): v128 {
    return ASC_FEATURE_RELAXED_SIMD ? v128.relaxed_madd<f32>(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
  }

  /** (l0 + l2) + (l1 + l3): the order is part of the contract (docs/design.md, "Order of summation"). */
  @inline
  static sum(v: v128): f32 {
    const pairs = f32x4.add(v, i32x4.shuffle(v, v, 2, 3, 0, 1));
    return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
  }

  /** `sum` of each of four vectors, as the lanes of one. */
  @inline
  static sums(p: v128, q: v128, r: v128, t: v128): v128 {
    const pq = f32x4.add(i32x4.shuffle(p, q, 0, 1, 4, 5), i32x4.shuffle(p, q, 2, 3, 6, 7));
    const rt = f32x4.add(i32x4.shuffle(r, t, 0, 1, 4, 5), i32x4.shuffle(r, t, 2, 3, 6, 7));
    return f32x4.add(i32x4.shuffle(pq, rt, 0, 2, 4, 6), i32x4.shuffle(pq, rt, 1, 3, 5, 7));
  }
}

/** An entry of a list of u32, as an address or an index. */
export class Word {
  @inline
  static at(p: usize): usize {
    return <usize>load<u32>(p);
  }

  /** The first address in an ascending list of u32 at [from, to) whose entry is not below `bound`. */
  static lowerBound(from: usize, to: usize, bound: usize): usize {
    while (from < to) {
      const middle = from + (((to - from) >> 3) << 2);
      if (Word.at(middle) < bound) from = middle + 4;
      else to = middle;
    }
    return from;
  }
}

/**
 * Gradients are summed over blocks of neighboring slots, each from 0, and the blocks' sums are added in order: one long sum of
 * float32 numbers would be less accurate. Blocks begin at multiples of SAMPLES for every thread (docs/design.md, "Order of
 * summation").
 */
export class Blocks {
  /** A batch of at most this size is one block, whose sum stays in registers. */
  static readonly SAMPLES: usize = 256;

  /** The first slot of this slot's block. */
  @inline
  static start(slot: usize): usize {
    return slot & ~(Blocks.SAMPLES - 1);
  }

  /** The first slot of the next block. */
  @inline
  static next(slot: usize): usize {
    return Blocks.start(slot) + Blocks.SAMPLES;
  }
}

/** How a layer's outputs are divided into panels (src/memory/tiling.ts). */
export class Panels {
  /** The first column of panel p; for p = `panels`, the number of columns. */
  @inline
  static start(p: usize, units: usize, unit: usize, panels: usize): usize {
    return <usize>((<u64>p * <u64>units) / <u64>panels) * unit;
  }
}

/** For each set of active lanes, the shuffle of 16 bytes that moves these lanes to the front. */
export const TO_FRONT: usize = memory.data<u8>([
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
