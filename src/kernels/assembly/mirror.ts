/**
 * Back-propagation from a mirror of the weights, which has a row for each output: δ of the layer below is then a sum of rows, as z
 * is going forward, and no sum runs along a row. All units are computed, and those that were not active become 0.
 *
 * A mirror has a few columns of the layer below, as many as a function computes at once, and its rows in the order in which it adds
 * them up: outputs 0, 4, 8, … first, then 1, 5, 9, …, then those with remainder 2 and 3. What is read again for the next samples is
 * therefore one piece of memory, which fits into the first-level cache. (Rows that are 1 KB apart share a few of its sets.)
 */
import { Panels, Vector } from './vector';

/**
 * Copies rows [rowFrom, rowTo) of a panel of weights to a mirror, where they are columns.
 *
 * @param weights      the panel, (inputs + 1, width)
 * @param columns      in whole vectors
 * @param firstColumn  the panel's first output
 * @param mirror       (outputs in whole vectors, columns that begin with the input `firstRow`)
 * @param mirrorBytes  of its rows
 * @param laneBytes    of a quarter of its rows
 */
export function mirrorRows(
  weights: usize,
  rowBytes: usize,
  rowFrom: usize,
  rowTo: usize,
  columns: usize,
  firstColumn: usize,
  mirror: usize,
  mirrorBytes: usize,
  laneBytes: usize,
  firstRow: usize,
): void {
  let i = rowFrom;
  while (i < rowTo) {
    const from = weights + i * rowBytes;
    const to = mirror + (firstColumn >> 2) * mirrorBytes + ((i - firstRow) << 2);
    const isBlock = ((i - firstRow) & 3) == 0 && i + 4 <= rowTo;
    for (let j: usize = 0; j < columns; j += 4) {
      const source = from + (j << 2);
      const target = to + (j >> 2) * mirrorBytes;
      if (isBlock) {
        const p = v128.load(source);
        const q = v128.load(source + rowBytes);
        const r = v128.load(source + 2 * rowBytes);
        const t = v128.load(source + 3 * rowBytes);
        const pq = i32x4.shuffle(p, q, 0, 4, 1, 5);
        const rt = i32x4.shuffle(r, t, 0, 4, 1, 5);
        const pqHigh = i32x4.shuffle(p, q, 2, 6, 3, 7);
        const rtHigh = i32x4.shuffle(r, t, 2, 6, 3, 7);
        v128.store(target, i64x2.shuffle(pq, rt, 0, 2));
        v128.store(target + laneBytes, i64x2.shuffle(pq, rt, 1, 3));
        v128.store(target + 2 * laneBytes, i64x2.shuffle(pqHigh, rtHigh, 0, 2));
        v128.store(target + 3 * laneBytes, i64x2.shuffle(pqHigh, rtHigh, 1, 3));
      } else {
        for (let k: usize = 0; k < 4; k++) store<f32>(target + k * laneBytes, load<f32>(source + (k << 2)));
      }
    }
    i += isBlock ? 4 : 1;
  }
}

/**
 * Copies the rows of slots [from, to) from the panels of a layer's δ, which have whole vectors, to rows of their own: (slots, count).
 *
 * @param delta   the first panel; the others follow it
 * @param units   the layer's outputs, in units of which its panels are made
 * @param unit    columns of a unit
 * @param panels  how many panels it has
 * @param count   outputs in whole vectors
 * @param rows    where the row of slot 0 would be
 */
export function joinPanels(
  delta: usize,
  slots: usize,
  units: usize,
  unit: usize,
  panels: usize,
  count: usize,
  rows: usize,
  from: usize,
  to: usize,
): void {
  let next: usize = 0;
  for (let p: usize = 0; next < count; p++) {
    const start = next;
    next = Panels.start(p + 1, units, unit, panels);
    const width = next - start;
    const bytes = min(width, count - start) << 2;
    for (let slot = from; slot < to; slot++) {
      const source = delta + ((start * slots + slot * width) << 2);
      const target = rows + ((slot * count + start) << 2);
      for (let at: usize = 0; at < bytes; at += 16) v128.store(target + at, v128.load(source + at));
    }
  }
}

/**
 * δ of the layer below, in some columns of one of its panels: Σ_j W[i, j] · δ[s, j] for each unit i that was active, 0 for the
 * others; or, for other activations than ReLU, times the derivative that is stored there. The outputs j are added up in four sums by j mod 4, and these as (s₀ + s₂) + (s₁ + s₃), as in sparse-backward.ts.
 *
 * @param mirror  (outputs in whole vectors, $n vectors)
 * @param delta   (slots, deltaBytes): the layer's δ, its panels joined
 * @param count   outputs in whole vectors
 * @param below   (slots, rowBytes) from the first of the columns on: z, or the derivative, which becomes δ
 * @param totals  scratch of this thread for two tiles
 */
export function mirrorBackward$times$n_$t(
  mirror: usize,
  delta: usize,
  deltaBytes: usize,
  count: usize,
  below: usize,
  rowBytes: usize,
  totals: usize,
  from: usize,
  to: usize,
): void {
  const zero = f32x4.splat(0);
  const even = totals;
  const odd = totals + 16 * $n * $t;
  for (let first: usize = from; first < to; first += $t) {
    // A tile that lacks samples repeats the last one: all of z is read before any of it is replaced.
    const slot$s = min(first + $s, to - 1);
    const to$s = slot$s * deltaBytes;
    for (let pass: usize = 0; pass < 4; pass++) {
      // Outputs 0, 2, 1, 3 (mod 4).
      const lane: usize = ((pass & 1) << 1) | (pass >> 1);
      let a$s_$v = zero;
      let row = mirror + lane * count * (4 * $n);
      let d = delta + (lane << 2);
      for (const end = d + (count << 2); d < end; d += 16, row += 16 * $n) {
        const d$s = v128.load32_splat(d + to$s);
        const w$v = v128.load(row, 16 * $v);
        a$s_$v = Vector.madd(d$s, w$v, a$s_$v);
      }
      if (pass == 0) {
        v128.store(even, a$s_$v, 16 * ($n * $s + $v));
      } else if (pass == 1) {
        a$s_$v = f32x4.add(v128.load(even, 16 * ($n * $s + $v)), a$s_$v);

        v128.store(even, a$s_$v, 16 * ($n * $s + $v));
      } else if (pass == 2) {
        v128.store(odd, a$s_$v, 16 * ($n * $s + $v));
      } else {
        a$s_$v = f32x4.add(v128.load(odd, 16 * ($n * $s + $v)), a$s_$v);

        a$s_$v = f32x4.add(v128.load(even, 16 * ($n * $s + $v)), a$s_$v);
        const z$s = below + slot$s * rowBytes;
        if ($isTimes) {
          a$s_$v = f32x4.mul(a$s_$v, v128.load(z$s, 16 * $v));
        } else {
          const isOff$s_$v = f32x4.le(v128.load(z$s, 16 * $v), zero);

          a$s_$v = v128.andnot(a$s_$v, isOff$s_$v);
        }
        v128.store(z$s, a$s_$v, 16 * $v);
      }
    }
  }
}

/**
 * As `mirrorBackward$times$n_$t`, for a layer of a single panel: its few outputs would leave the four sums little to do one after
 * another, so here they stand side by side, for fewer columns.
 *
 * @param delta       (slots, deltaBytes)
 * @param rowBytes    of `below`
 */
export function fewBackward$times$few(
  mirror: usize,
  delta: usize,
  deltaBytes: usize,
  count: usize,
  below: usize,
  rowBytes: usize,
  from: usize,
  to: usize,
): void {
  const zero = f32x4.splat(0);
  for (let s: usize = from; s < to; s++) {
    let row = mirror;
    const lane = count * (4 * $n);
    let d = delta + s * deltaBytes;
    let p$v = zero;
    let q$v = zero;
    let r$v = zero;
    let t$v = zero;
    for (const end = d + (count << 2); d < end; d += 16) {
      const dp = v128.load32_splat(d);
      const dq = v128.load32_splat(d, 4);
      const dr = v128.load32_splat(d, 8);
      const dt = v128.load32_splat(d, 12);
      p$v = Vector.madd(dp, v128.load(row, 16 * $v), p$v);

      let next = row + lane;
      q$v = Vector.madd(dq, v128.load(next, 16 * $v), q$v);

      next += lane;
      r$v = Vector.madd(dr, v128.load(next, 16 * $v), r$v);

      next += lane;
      t$v = Vector.madd(dt, v128.load(next, 16 * $v), t$v);

      row += 16 * $n;
    }
    const z = below + s * rowBytes;
    const sum$v = f32x4.add(f32x4.add(p$v, r$v), f32x4.add(q$v, t$v));
    if ($isTimes) {
      const kept$v = f32x4.mul(sum$v, v128.load(z, 16 * $v));

      v128.store(z, kept$v, 16 * $v);
    } else {
      const isOff$v = f32x4.le(v128.load(z, 16 * $v), zero);
      const kept$v = v128.andnot(sum$v, isOff$v);

      v128.store(z, kept$v, 16 * $v);
    }
  }
}
