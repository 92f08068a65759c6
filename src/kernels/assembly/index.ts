/**
 * The module exports what these files export, sizes written out (templates.mjs).
 *
 * Pointers are byte addresses in the shared memory that the coordinator laid out (src/memory/layout.ts). The module has no
 * memory of its own beyond the static data below `heapBase()`.
 */
import { Vector } from './vector';

/** The first address that the module itself does not use. */
export function heapBase(): usize {
  return __heap_base;
}

/** a·b + c as this build computes it: tells a fused from an unfused multiply-add. */
export function multiplyAdd(a: f32, b: f32, c: f32): f32 {
  return f32x4.extract_lane(Vector.madd(f32x4.splat(a), f32x4.splat(b), f32x4.splat(c)), 0);
}
