/**
 * Adds lattice noise to four neighboring columns of a gradient: ../lattice-noise.ts says how a block's random bytes become numbers.
 * Four numbers at a time; only the table is read lane by lane.
 */

const PLACE: i32 = 8191;
const FIRST_DRAW: i32 = 511 << 13;
const SECOND_DRAW: i32 = 511 << 22;
const FACTOR: i32 = 641;
const ROW_BYTES: usize = 24;
/** From the first spare word to the last. */
const SPARE_BYTES: usize = 63 * 8;
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
  const end = bytes + rows * ROW_BYTES;
  let spare = bytes + ((rows * ROW_BYTES + 15) & ~15);
  const lastSpare = spare + SPARE_BYTES;
  for (; bytes < end; bytes += ROW_BYTES, gradient += rowBytes) {
    const first = v128.load(bytes);
    const second = v128.load_ext<i16>(bytes, 16);
    const entriesA = Noise.gather(entries, bytes, bytes + 4, bytes + 8, bytes + 12);
    const entriesB = Noise.gather(entries, bytes + 16, bytes + 18, bytes + 20, bytes + 22);
    const drawA = v128.and(first, i32x4.splat(FIRST_DRAW));
    const drawB = v128.and(first, i32x4.splat(SECOND_DRAW));
    const thresholdA = v128.and(entriesA, i32x4.splat(FIRST_DRAW));
    const thresholdB = v128.and(entriesB, i32x4.splat(SECOND_DRAW));
    let isOwnA = i32x4.gt_s(thresholdA, drawA);
    let isOwnB = i32x4.gt_s(thresholdB, drawB);
    const doubtA = i32x4.eq(thresholdA, drawA);
    const doubtB = i32x4.eq(thresholdB, drawB);
    if (v128.any_true(v128.or(doubtA, doubtB))) {
      for (let k: i32 = 0; k < 4; k++) {
        if (Noise.lane(doubtA, k)) {
          isOwnA = Noise.decided(isOwnA, first, k, rests, spare);
          spare = min(spare + 8, lastSpare);
        }
        if (Noise.lane(doubtB, k)) {
          isOwnB = Noise.decided(isOwnB, second, k, rests, spare);
          spare = min(spare + 8, lastSpare);
        }
      }
    }
    // With a = x + ½ and b = y + ½: 641·a + b = 641·x + y + 321. The negative of x + ½ is NOT x, + ½.
    const x = v128.xor(Noise.chosen(first, entriesA, isOwnA), i32x4.shr_s(first, 31));
    const y = v128.xor(Noise.chosen(second, entriesB, isOwnB), i32x4.shr_s(second, 31));
    const number = i32x4.add(i32x4.add(i32x4.mul(x, i32x4.splat(FACTOR)), y), i32x4.splat((FACTOR + 1) / 2));
    const noise = v128.and(number, used);
    const rounded = f32x4.nearest(f32x4.mul(v128.load(gradient), perUnits));
    const sum = i32x4.max_s(least, i32x4.min_s(limit, i32x4.trunc_sat_f32x4_s(rounded)));
    v128.store(gradient, f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(sum, noise)), units));
  }
}

class Noise {
  /** The entries that the lowest 13 bits at four addresses choose. */
  @inline
  static gather(entries: usize, a: usize, b: usize, c: usize, d: usize): v128 {
    let found = v128.load32_zero(Noise.entry(entries, a));
    found = v128.load_lane<i32>(Noise.entry(entries, b), found, 1);
    found = v128.load_lane<i32>(Noise.entry(entries, c), found, 2);
    return v128.load_lane<i32>(Noise.entry(entries, d), found, 3);
  }

  @inline
  static entry(entries: usize, at: usize): usize {
    return entries + ((<usize>load<u16>(at) & PLACE) << 2);
  }

  @inline
  static chosen(bits: v128, entries: v128, isOwn: v128): v128 {
    return v128.and(v128.xor(bits, v128.andnot(entries, isOwn)), i32x4.splat(PLACE));
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

  /** The choices with that of one lane decided by a spare word. */
  static decided(isOwn: v128, bits: v128, k: i32, rests: usize, spare: usize): v128 {
    const rest = rests + ((<usize>(Noise.lane(bits, k) & PLACE)) << 3);
    const choice = i32x4.splat(load<u64>(spare) < load<u64>(rest) ? -1 : 0);
    return v128.bitselect(choice, isOwn, i32x4.eq(i32x4(0, 1, 2, 3), i32x4.splat(k)));
  }
}
