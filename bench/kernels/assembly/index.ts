/**
 * The machine's limits in WebAssembly: loops of the kernels' own multiply-add, with operands in registers, or each with a
 * vector from memory. Built in the same ways as the kernels (src/kernels/assembly/templates.mjs).
 *
 * Each loop exists for several numbers of accumulators, and the fastest counts. A multiply-add has a latency of four cycles
 * and two start in each, so the processor waits with fewer than eight; but the compilers of Node 20 and 22 run out of
 * registers with eight loads. Sums are stored at `out`: V8 makes 256-bit vectors only of what is stored.
 */
import { Vector } from '../../../src/kernels/assembly/vector';

/** In each round, two multiply-adds of vectors for each accumulator. @param table  35 vectors of multiplicands */
export function registers$n(rounds: usize, table: usize, out: usize): void {
  const b$v = v128.load(table, 16 * ($v & 3));
  let a$v = f32x4.splat(0);
  for (let r: usize = 0; r < rounds; r++) {
    // Loaded in each round from another place, so that the compiler cannot move loads and products out of the loop. One load
    // for as many multiply-adds as there are vectors is free: the load ports can do twice as many.
    const p = table + ((r & 15) << 2);
    const x = v128.load32_splat(p, 64);
    const y = v128.load32_splat(p, 128);
    a$v = Vector.madd(x, b$v, a$v);

    a$v = Vector.madd(y, b$v, a$v);
  }
  v128.store(out, a$v, 16 * $v);
}

/** In each pass, one load and one multiply-add for each vector of the rows in [from, to), which are whole rows. */
export function loads$n(from: usize, to: usize, passes: usize, out: usize): void {
  const x = v128.load32_splat(from);
  let a$v = f32x4.splat(0);
  for (let pass: usize = 0; pass < passes; pass++) {
    for (let row = from; row < to; row += 16 * $n) {
      a$v = Vector.madd(x, v128.load(row, 16 * $v), a$v);
    }
  }
  v128.store(out, a$v, 16 * $v);
}
