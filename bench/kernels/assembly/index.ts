/**
 * The machine's limits in WebAssembly: loops of the kernels' own multiply-add, with operands in registers, or each with a
 * vector from memory. Built twice, as the kernels are.
 *
 * Each loop exists with six, seven and eight accumulators, and the fastest counts. A multiply-add has a latency of four cycles
 * and two start in each, so the processor waits with fewer than eight; but the compilers of Node 20 and 22 run out of
 * registers with eight loads.
 */
import { V6, V7, V8, Vector } from '../../../src/kernels/assembly/vector';

/** In each round, two multiply-adds of vectors for each accumulator. */
function registersOf<V>(rounds: usize, table: usize): f32 {
  const n: usize = offsetof<V>();
  const zero = f32x4.splat(0);
  const b0 = v128.load(table);
  const b1 = v128.load(table, 16);
  let a0 = zero;
  let a1 = zero;
  let a2 = zero;
  let a3 = zero;
  let a4 = zero;
  let a5 = zero;
  let a6 = zero;
  let a7 = zero;
  for (let r: usize = 0; r < rounds; r++) {
    // Loaded in each round from another place, so that the compiler cannot move loads and products out of the loop. One load
    // for two multiply-adds is free: the load ports can do twice as many.
    const p = table + ((r & 15) << 4);
    let x = v128.load(p, 32);
    a0 = Vector.madd(x, b0, a0);
    a1 = Vector.madd(x, b1, a1);
    x = v128.load(p, 48);
    a2 = Vector.madd(x, b0, a2);
    a3 = Vector.madd(x, b1, a3);
    x = v128.load(p, 64);
    a4 = Vector.madd(x, b0, a4);
    a5 = Vector.madd(x, b1, a5);
    if (n > 6) {
      x = v128.load(p, 80);
      a6 = Vector.madd(x, b0, a6);
      if (n > 7) a7 = Vector.madd(x, b1, a7);
    }
    x = v128.load(p, 96);
    a0 = Vector.madd(x, b0, a0);
    a1 = Vector.madd(x, b1, a1);
    x = v128.load(p, 112);
    a2 = Vector.madd(x, b0, a2);
    a3 = Vector.madd(x, b1, a3);
    x = v128.load(p, 128);
    a4 = Vector.madd(x, b0, a4);
    a5 = Vector.madd(x, b1, a5);
    if (n > 6) {
      x = v128.load(p, 144);
      a6 = Vector.madd(x, b0, a6);
      if (n > 7) a7 = Vector.madd(x, b1, a7);
    }
  }
  return sumOf(a0, a1, a2, a3, a4, a5, a6, a7);
}

/** In each pass, one load and one multiply-add for each vector of the rows in [from, to). */
function loadsOf<V>(from: usize, to: usize, passes: usize): f32 {
  const n: usize = offsetof<V>();
  const rowBytes: usize = n * 16;
  const x = v128.load(from);
  const zero = f32x4.splat(0);
  let a0 = zero;
  let a1 = zero;
  let a2 = zero;
  let a3 = zero;
  let a4 = zero;
  let a5 = zero;
  let a6 = zero;
  let a7 = zero;
  for (let pass: usize = 0; pass < passes; pass++) {
    for (let row = from; row < to; row += rowBytes) {
      a0 = Vector.maddAt(x, row, 0, a0);
      a1 = Vector.maddAt(x, row, 1, a1);
      a2 = Vector.maddAt(x, row, 2, a2);
      a3 = Vector.maddAt(x, row, 3, a3);
      a4 = Vector.maddAt(x, row, 4, a4);
      a5 = Vector.maddAt(x, row, 5, a5);
      if (n > 6) a6 = Vector.maddAt(x, row, 6, a6);
      if (n > 7) a7 = Vector.maddAt(x, row, 7, a7);
    }
  }
  return sumOf(a0, a1, a2, a3, a4, a5, a6, a7);
}

/** A result that depends on all accumulators, so that none is optimized away. */
function sumOf(a0: v128, a1: v128, a2: v128, a3: v128, a4: v128, a5: v128, a6: v128, a7: v128): f32 {
  const low = f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3));
  const high = f32x4.add(f32x4.add(a4, a5), f32x4.add(a6, a7));
  return Vector.sum(f32x4.add(low, high));
}

/** @param table  25 vectors of multiplicands */
export function registers(accumulators: usize, rounds: usize, table: usize): f32 {
  if (accumulators == 6) return registersOf<V6>(rounds, table);
  if (accumulators == 7) return registersOf<V7>(rounds, table);
  return registersOf<V8>(rounds, table);
}

/** @param to  `from` and whole rows of `accumulators` vectors */
export function loads(accumulators: usize, from: usize, to: usize, passes: usize): f32 {
  if (accumulators == 6) return loadsOf<V6>(from, to, passes);
  if (accumulators == 7) return loadsOf<V7>(from, to, passes);
  return loadsOf<V8>(from, to, passes);
}
