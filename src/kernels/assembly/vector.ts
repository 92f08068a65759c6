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

  /** x·p[i] + acc for the i-th vector at address p. */
  @inline
  static maddAt(x: v128, p: usize, i: usize, acc: v128): v128 {
    return Vector.madd(x, v128.load(p + (i << 4)), acc);
  }

  /** The i-th vector at address p ← itself + factor·gradient. */
  @inline
  static step(p: usize, i: usize, factor: v128, gradient: v128): void {
    v128.store(p + (i << 4), Vector.madd(factor, gradient, v128.load(p + (i << 4))));
  }

  /** The i-th vector at address p ← itself + sum. */
  @inline
  static accumulate(p: usize, i: usize, sum: v128): void {
    v128.store(p + (i << 4), f32x4.add(v128.load(p + (i << 4)), sum));
  }

  /** The sum of `count` vectors at p, p + stride, …, in this order. */
  @inline
  static sumOf(p: usize, count: usize, stride: usize): v128 {
    let sum = v128.load(p);
    for (let i: usize = 1; i < count; i++) sum = f32x4.add(sum, v128.load(p + i * stride));
    return sum;
  }

  /** sum + Σ row[v] · d_v over the vectors of a panel's row, in ascending order. */
  @inline
  static dot<V>(
    sum: v128,
    row: usize,
    d0: v128,
    d1: v128,
    d2: v128,
    d3: v128,
    d4: v128,
    d5: v128,
    d6: v128,
    d7: v128,
  ): v128 {
    const n: usize = offsetof<V>();
    sum = Vector.maddAt(d0, row, 0, sum);
    if (n > 1) sum = Vector.maddAt(d1, row, 1, sum);
    if (n > 2) sum = Vector.maddAt(d2, row, 2, sum);
    if (n > 3) sum = Vector.maddAt(d3, row, 3, sum);
    if (n > 4) sum = Vector.maddAt(d4, row, 4, sum);
    if (n > 5) sum = Vector.maddAt(d5, row, 5, sum);
    if (n > 6) sum = Vector.maddAt(d6, row, 6, sum);
    if (n > 7) sum = Vector.maddAt(d7, row, 7, sum);
    return sum;
  }

  /** A row's first vectors, up to four. */
  @inline
  static put<V>(p: usize, a0: v128, a1: v128, a2: v128, a3: v128): void {
    const n: usize = offsetof<V>();
    v128.store(p, a0);
    if (n > 1) v128.store(p, a1, 16);
    if (n > 2) v128.store(p, a2, 32);
    if (n > 3) v128.store(p, a3, 48);
  }

  /** Applies a row of sums to the row at p: with `keep` they replace it, otherwise they step it. */
  @inline
  static apply<V>(p: usize, factor: f32, keep: usize, a0: v128, a1: v128, a2: v128, a3: v128): void {
    if (keep) {
      Vector.put<V>(p, a0, a1, a2, a3);
      return;
    }
    const n: usize = offsetof<V>();
    const rate = f32x4.splat(factor);
    Vector.step(p, 0, rate, a0);
    if (n > 1) Vector.step(p, 1, rate, a1);
    if (n > 2) Vector.step(p, 2, rate, a2);
    if (n > 3) Vector.step(p, 3, rate, a3);
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

  /** The first slot of the last block in [from, to). */
  @inline
  static last(from: usize, to: usize): usize {
    return to == from ? from : max(from, Blocks.start(to - 1));
  }
}

/** How a layer's outputs are divided into panels (src/memory/tiling.ts). */
export class Panels {
  /** The first column of panel p; for p = `panels`, the number of columns. */
  @inline
  static start(p: usize, vectors: usize, panels: usize): usize {
    return (<usize>((<u64>p * <u64>vectors) / <u64>panels)) << 2;
  }
}

/**
 * A panel's width in vectors, as a type: AssemblyScript's generics take types only, and the size of a type is a constant for
 * the compiler. `offsetof<V>()` = 1…8, so that every loop over a panel's row is unrolled.
 */
@unmanaged
export class V1 {
  a: u8;
}
@unmanaged
export class V2 extends V1 {
  b: u8;
}
@unmanaged
export class V3 extends V2 {
  c: u8;
}
@unmanaged
export class V4 extends V3 {
  d: u8;
}
@unmanaged
export class V5 extends V4 {
  e: u8;
}
@unmanaged
export class V6 extends V5 {
  f: u8;
}
@unmanaged
export class V7 extends V6 {
  g: u8;
}
@unmanaged
export class V8 extends V7 {
  h: u8;
}
