/**
 * Adds lattice noise to four neighboring columns of a gradient: ../lattice-noise.ts says how a block's random bytes become numbers.
 * Four numbers at a time; only the table is read lane by lane.
 */

const TABLE_MASK: i32 = 8191;
const ODD_MASK: i32 = 16383;
const DRAW_MASK: i32 = 1023;
const FACTOR: i32 = 641;
const SUM_LIMIT: i32 = 1 << 30;

/**
 * @param gradient  the first row's four columns
 * @param columns   1 to 4: those behind are padding, and get no noise
 * @param bytes     the block's
 */
export function addNoise(
  gradient: usize,
  rowBytes: usize,
  rows: usize,
  columns: usize,
  bytes: usize,
  entries: usize,
  rests: usize,
  perUnit: f32,
  unit: f32,
): void {
  const perUnits = f32x4.splat(perUnit);
  const units = f32x4.splat(unit);
  const limit = i32x4.splat(SUM_LIMIT);
  const least = i32x4.splat(-SUM_LIMIT);
  const used = i32x4.gt_s(i32x4.splat(<i32>columns), i32x4(0, 1, 2, 3));
  let spare = Noise.spareAt(bytes, rows);
  const lastSpare = spare + 504;
  for (const end = bytes + rows * 24; bytes < end; bytes += 24, gradient += rowBytes) {
    const low = v128.load(bytes);
    const high = v128.load(bytes, 8);
    // The fourth byte of each lane does not matter.
    const a = v128.shuffle<i8>(low, high, 0, 1, 2, 2, 6, 7, 8, 8, 12, 13, 14, 14, 26, 27, 28, 28);
    const b = v128.shuffle<i8>(low, high, 3, 4, 5, 5, 9, 10, 11, 11, 23, 24, 25, 25, 29, 30, 31, 31);
    const entriesA = Noise.gather(entries, a);
    const entriesB = Noise.gather(entries, b);
    const doubtA = Noise.doubt(a, entriesA);
    const doubtB = Noise.doubt(b, entriesB);
    let oddA = Noise.odd(a, entriesA);
    let oddB = Noise.odd(b, entriesB);
    if (v128.any_true(v128.or(doubtA, doubtB))) {
      for (let k: i32 = 0; k < 4; k++) {
        if (Noise.lane(doubtA, k)) {
          oddA = Noise.decided(oddA, a, entriesA, k, rests, spare);
          spare = min(spare + 8, lastSpare);
        }
        if (Noise.lane(doubtB, k)) {
          oddB = Noise.decided(oddB, b, entriesB, k, rests, spare);
          spare = min(spare + 8, lastSpare);
        }
      }
    }
    const doubled = i32x4.add(i32x4.mul(Noise.signed(oddA, a), i32x4.splat(FACTOR)), Noise.signed(oddB, b));
    const noise = v128.and(i32x4.shr_s(doubled, 1), used);
    const rounded = f32x4.nearest(f32x4.mul(v128.load(gradient), perUnits));
    const sum = i32x4.max_s(least, i32x4.min_s(limit, i32x4.trunc_sat_f32x4_s(rounded)));
    v128.store(gradient, f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(sum, noise)), units));
  }
}

class Noise {
  @inline
  static spareAt(bytes: usize, rows: usize): usize {
    return bytes + ((rows * 24 + 15) & ~15);
  }

  /** The entries that the lowest 13 bits of the lanes choose. */
  @inline
  static gather(entries: usize, bits: v128): v128 {
    const places = i32x4.shl(v128.and(bits, i32x4.splat(TABLE_MASK)), 2);
    let found = v128.load32_zero(entries + <usize>i32x4.extract_lane(places, 0));
    found = v128.load_lane<i32>(entries + <usize>i32x4.extract_lane(places, 1), found, 1);
    found = v128.load_lane<i32>(entries + <usize>i32x4.extract_lane(places, 2), found, 2);
    return v128.load_lane<i32>(entries + <usize>i32x4.extract_lane(places, 3), found, 3);
  }

  @inline
  static draw(bits: v128): v128 {
    return v128.and(i32x4.shr_u(bits, 14), i32x4.splat(DRAW_MASK));
  }

  @inline
  static doubt(bits: v128, entries: v128): v128 {
    return i32x4.eq(Noise.draw(bits), i32x4.shr_u(entries, 14));
  }

  /** The odd number of the entry itself, or the other one. */
  @inline
  static odd(bits: v128, entries: v128): v128 {
    const other = v128.and(entries, i32x4.splat(ODD_MASK));
    return v128.bitselect(Noise.own(bits), other, i32x4.lt_s(Noise.draw(bits), i32x4.shr_u(entries, 14)));
  }

  @inline
  static own(bits: v128): v128 {
    return i32x4.add(i32x4.shl(v128.and(bits, i32x4.splat(TABLE_MASK)), 1), i32x4.splat(1));
  }

  @inline
  static signed(odd: v128, bits: v128): v128 {
    const sign = i32x4.shr_s(i32x4.shl(bits, 18), 31);
    return i32x4.sub(v128.xor(odd, sign), sign);
  }

  static lane(v: v128, k: i32): i32 {
    return k == 0
      ? i32x4.extract_lane(v, 0)
      : k == 1
        ? i32x4.extract_lane(v, 1)
        : k == 2
          ? i32x4.extract_lane(v, 2)
          : i32x4.extract_lane(v, 3);
  }

  /** The odd numbers with that of one lane decided by a spare word. */
  static decided(odds: v128, bits: v128, entries: v128, k: i32, rests: usize, spare: usize): v128 {
    const place = Noise.lane(bits, k) & TABLE_MASK;
    const isOwn = load<u64>(spare) < load<u64>(rests + ((<usize>place) << 3));
    const odd = isOwn ? 2 * place + 1 : Noise.lane(entries, k) & ODD_MASK;
    const all = i32x4.splat(odd);
    const isLane = i32x4.eq(i32x4(0, 1, 2, 3), i32x4.splat(k));
    return v128.bitselect(all, odds, isLane);
  }
}
