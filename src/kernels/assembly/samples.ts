import { Word } from './vector';

/**
 * The sum of the squares of each slot's stored inputs, in float64, in ascending order: the zeros that a list leaves out change
 * nothing. Four slots at a time, because a single sum would wait for each addition.
 *
 * @param sums  (slots)
 */
export function squareInputs(starts: usize, lengths: usize, value: usize, sums: usize, from: usize, to: usize): void {
  let s: usize = from;
  for (; s + 4 <= to; s += 4) {
    const word = s << 2;
    const p0 = value + (Word.at(starts + word) << 2);
    const p1 = value + (Word.at(starts + word + 4) << 2);
    const p2 = value + (Word.at(starts + word + 8) << 2);
    const p3 = value + (Word.at(starts + word + 12) << 2);
    const n0 = Word.at(lengths + word);
    const n1 = Word.at(lengths + word + 4);
    const n2 = Word.at(lengths + word + 8);
    const n3 = Word.at(lengths + word + 12);
    const shared = min(min(n0, n1), min(n2, n3)) << 2;
    let a: f64 = 0;
    let b: f64 = 0;
    let c: f64 = 0;
    let d: f64 = 0;
    for (let k: usize = 0; k < shared; k += 4) {
      const x0 = <f64>load<f32>(p0 + k);
      const x1 = <f64>load<f32>(p1 + k);
      const x2 = <f64>load<f32>(p2 + k);
      const x3 = <f64>load<f32>(p3 + k);
      a += x0 * x0;
      b += x1 * x1;
      c += x2 * x2;
      d += x3 * x3;
    }
    const sum = sums + (s << 3);
    store<f64>(sum, Squares.add(a, p0 + shared, p0 + (n0 << 2)));
    store<f64>(sum, Squares.add(b, p1 + shared, p1 + (n1 << 2)), 8);
    store<f64>(sum, Squares.add(c, p2 + shared, p2 + (n2 << 2)), 16);
    store<f64>(sum, Squares.add(d, p3 + shared, p3 + (n3 << 2)), 24);
  }
  for (; s < to; s++) {
    const p = value + (Word.at(starts + (s << 2)) << 2);
    store<f64>(sums + (s << 3), Squares.add(0, p, p + (Word.at(lengths + (s << 2)) << 2)));
  }
}

/** Multiplies each slot's row by the slot's factor. @param factors  (slots) */
export function scaleRows(rows: usize, rowBytes: usize, factors: usize, from: usize, to: usize): void {
  for (let s: usize = from; s < to; s++) {
    const factor = f32x4.splat(<f32>load<f64>(factors + (s << 3)));
    let row = rows + s * rowBytes;
    for (const end = row + rowBytes; row < end; row += 16) v128.store(row, f32x4.mul(v128.load(row), factor));
  }
}

class Squares {
  /** The sum, and the squares of the numbers at [from, to). */
  static add(sum: f64, from: usize, to: usize): f64 {
    for (; from < to; from += 4) {
      const x = <f64>load<f32>(from);
      sum += x * x;
    }
    return sum;
  }
}
