/** Dropout (../dropout.ts): which units are dropped, and what becomes of a layer's outputs. */
import { Panels, TO_FRONT, Word } from './vector';

/**
 * Multiplies the units of a layer by their factors, 0 for those that are dropped.
 *
 * @param z          the first panel, (slots, width); the others follow it
 * @param outputs    the layer's, without padding
 * @param units      the same with padding, in units of which its panels are made
 * @param unit       columns of a unit
 * @param panels     how many panels it has
 * @param samples    (slots) the sample in each slot
 * @param starts     (slots) where each slot's row of activations begins, in elements of `value`
 * @param value      activations of all units, which are multiplied, too; 0: none
 * @param lengths    (slots) of the lists that `value` and `index` become, without the units that are dropped; 0: no lists
 * @param factors    scratch of this thread, (units in whole groups of 16)
 */
export function dropUnits(
  z: usize,
  slots: usize,
  outputs: usize,
  units: usize,
  unit: usize,
  panels: usize,
  low: i32,
  high: i32,
  threshold: i32,
  factor: f32,
  samples: usize,
  starts: usize,
  value: usize,
  lengths: usize,
  index: usize,
  factors: usize,
  from: usize,
  to: usize,
): void {
  const columns = units * unit;
  for (let s: usize = from; s < to; s++) {
    Drop.write(low, high, load<i32>(samples + (s << 2)), threshold, factor, factors, columns);
    let source = factors;
    let start: usize = 0;
    for (let p: usize = 1; p <= panels; p++) {
      const next = Panels.start(p, units, unit, panels);
      const bytes = (next - start) << 2;
      let row = z + ((start * slots) << 2) + s * bytes;
      for (const end = row + bytes; row < end; row += 16 * $n, source += 16 * $n) {
        const x$v = f32x4.mul(v128.load(row, 16 * $v), v128.load(source, 16 * $v));

        v128.store(row, x$v, 16 * $v);
      }
      start = next;
    }
    if (value == 0) continue;
    const place = Word.at(starts + (s << 2)) << 2;
    if (lengths) {
      store<u32>(lengths + (s << 2), Drop.list(value + place, index + place, factors, outputs));
      continue;
    }
    let h = value + place;
    source = factors;
    for (const end = h + (columns << 2); h < end; h += 16 * $n, source += 16 * $n) {
      const y$v = f32x4.mul(v128.load(h, 16 * $v), v128.load(source, 16 * $v));

      v128.store(h, y$v, 16 * $v);
    }
  }
}

/**
 * Copies a row without the inputs that are dropped, here or further down; the others are multiplied by the factor.
 *
 * @param index    0: the row is in dense form, and keeps its length
 * @param from     where the row begins, in elements of `index` and `value`
 * @param at       where the copy goes
 * @param factors  scratch of this thread, (inputs in whole groups of 16)
 * @returns the length of the copy
 */
export function dropInputs(
  index: usize,
  value: usize,
  from: usize,
  end: usize,
  at: usize,
  inputs: usize,
  low: i32,
  high: i32,
  threshold: i32,
  factor: f32,
  sample: i32,
  factors: usize,
): usize {
  Drop.write(low, high, sample, threshold, factor, factors, inputs);
  let k = from << 2;
  let next = at << 2;
  const stop = end << 2;
  if (index == 0) {
    for (let f = factors; k < stop; k += 4, f += 4, next += 4) {
      store<f32>(value + next, load<f32>(f) * load<f32>(value + k));
    }
    return end - from;
  }
  // Each entry is written, and the place advances if it is kept: there is no branch to mispredict.
  for (; k < stop; k += 4) {
    const input = Word.at(index + k);
    const x = load<f32>(factors + (input << 2));
    store<u32>(index + next, <u32>input);
    store<f32>(value + next, x * load<f32>(value + k));
    next += (<usize>(x != 0)) << 2;
  }
  return (next >> 2) - at;
}

/** Multiplies some numbers, in whole vectors, by a factor. */
export function multiply(from: usize, bytes: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (const end = from + bytes; from < end; from += 16 * $n) {
    const x$v = f32x4.mul(v128.load(from, 16 * $v), factors);

    v128.store(from, x$v, 16 * $v);
  }
}

class Drop {
  /** Writes the factors of a sample's first `count` units, in whole groups of 16. */
  static write(low: i32, high: i32, sample: i32, threshold: i32, factor: f32, factors: usize, count: usize): void {
    const bound = i32x4.splat(threshold);
    const kept = f32x4.splat(factor);
    const half = i32x4.splat(0xffff);
    let block = i32x4(0, 1, 2, 3);
    for (const end = factors + (count << 2); factors < end; factors += 64) {
      let k0 = i32x4.splat(low);
      let k1 = i32x4.splat(high);
      let k2 = i32x4.splat(0x1bd11bda ^ low ^ high);
      let a = i32x4.add(block, k0);
      let b = i32x4.add(i32x4.splat(sample), k1);
      for (let group: i32 = 1; ; group += 2) {
        a = i32x4.add(a, b);
        b = Drop.mixed(b, 13, a);
        a = i32x4.add(a, b);
        b = Drop.mixed(b, 15, a);
        a = i32x4.add(a, b);
        b = Drop.mixed(b, 26, a);
        a = i32x4.add(a, b);
        b = Drop.mixed(b, 6, a);
        a = i32x4.add(a, k1);
        b = i32x4.add(b, i32x4.add(k2, i32x4.splat(group)));
        if (group == 5) break;
        a = i32x4.add(a, b);
        b = Drop.mixed(b, 17, a);
        a = i32x4.add(a, b);
        b = Drop.mixed(b, 29, a);
        a = i32x4.add(a, b);
        b = Drop.mixed(b, 16, a);
        a = i32x4.add(a, b);
        b = Drop.mixed(b, 24, a);
        a = i32x4.add(a, k2);
        b = i32x4.add(b, i32x4.add(k0, i32x4.splat(group + 1)));
        // Group g adds words g and g + 1 of the key, modulo 3.
        const first = k0;
        k0 = k2;
        k2 = k1;
        k1 = first;
      }
      v128.store(factors, v128.andnot(kept, i32x4.lt_s(v128.and(a, half), bound)));
      v128.store(factors, v128.andnot(kept, i32x4.lt_s(i32x4.shr_u(a, 16), bound)), 16);
      v128.store(factors, v128.andnot(kept, i32x4.lt_s(v128.and(b, half), bound)), 32);
      v128.store(factors, v128.andnot(kept, i32x4.lt_s(i32x4.shr_u(b, 16), bound)), 48);
      block = i32x4.add(block, i32x4.splat(4));
    }
  }

  /** Moves the units that are kept to the front, as `rectifyPanel` does, and multiplies them. @returns how many */
  static list(value: usize, index: usize, factors: usize, count: usize): u32 {
    const zero = f32x4.splat(0);
    let units = i32x4(0, 1, 2, 3);
    let k: usize = 0;
    for (let j: usize = 0; j < count << 2; j += 16) {
      const factor = v128.load(factors + j);
      const isUnit = (1 << min(<i32>count - (<i32>j >> 2), 4)) - 1;
      const kept = i32x4.bitmask(f32x4.gt(factor, zero)) & isUnit;
      const toFront = v128.load(TO_FRONT + ((<usize>kept) << 4));
      const h = f32x4.mul(v128.load(value + j), factor);
      v128.store(value + k, i8x16.swizzle(h, toFront));
      v128.store(index + k, i8x16.swizzle(units, toFront));
      k += (<usize>popcnt(kept)) << 2;
      units = i32x4.add(units, i32x4.splat(4));
    }
    return <u32>(k >> 2);
  }

  /** `b` rotated to the left, XOR `a`. */
  @inline
  static mixed(b: v128, bits: i32, a: v128): v128 {
    return v128.xor(v128.or(i32x4.shl(b, bits), i32x4.shr_u(b, 32 - bits)), a);
  }
}
