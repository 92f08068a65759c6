/**
 * What the module exports: the kernels of forward.ts, relu.ts, backward.ts, dense.ts, update.ts and optimizers.ts. Those that are made for a
 * panel's width are exported once for each, 1 to 8 vectors (4 to 32 columns), with the number at the end of the name, so that
 * the caller chooses and no call goes through a switch.
 *
 * Pointers are byte addresses in the shared memory that the coordinator laid out (src/memory/layout.ts);
 * the module has no memory of its own beyond the static data below `heapBase()`.
 */
import { backwardPanel } from './backward';
import { denseBackwardPanel, denseReduceRows } from './dense';
import { forwardPanel } from './forward';
import { reducePanel } from './update';
import { V1, V2, V3, V4, V5, V6, V7, V8, Vector } from './vector';

export { denseForward } from './dense';
export { cutLists, fetchLists } from './forward';
export { adamUpdate, momentumUpdate, sgdUpdate, squareRows } from './optimizers';
export { rectifyPanel, rectifyRows } from './relu';
export { applyGradients, sumGradients, transpose } from './update';

/** The first address that the module itself does not use. */
export function heapBase(): usize {
  return __heap_base;
}

/** a·b + c as this build computes it: tells a fused from an unfused multiply-add. */
export function multiplyAdd(a: f32, b: f32, c: f32): f32 {
  return f32x4.extract_lane(Vector.madd(f32x4.splat(a), f32x4.splat(b), f32x4.splat(c)), 0);
}

// forwardPanel(weights, bias, begins, ends, index, value, z, from, to)
export function forward1(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  forwardPanel<V1>(a, b, c, d, e, f, g, h, i);
}
export function forward2(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  forwardPanel<V2>(a, b, c, d, e, f, g, h, i);
}
export function forward3(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  forwardPanel<V3>(a, b, c, d, e, f, g, h, i);
}
export function forward4(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  forwardPanel<V4>(a, b, c, d, e, f, g, h, i);
}
export function forward5(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  forwardPanel<V5>(a, b, c, d, e, f, g, h, i);
}
export function forward6(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  forwardPanel<V6>(a, b, c, d, e, f, g, h, i);
}
export function forward7(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  forwardPanel<V7>(a, b, c, d, e, f, g, h, i);
}
export function forward8(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  forwardPanel<V8>(a, b, c, d, e, f, g, h, i);
}

// backwardPanel(weights, starts, lengths, index, delta, partial, stride, isFirst, isLast, below, slots, belowVectors, belowPanels, from, to)
export function backward1(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
  j: usize,
  k: usize,
  l: usize,
  m: usize,
  n: usize,
  o: usize,
): void {
  backwardPanel<V1>(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}
export function backward2(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
  j: usize,
  k: usize,
  l: usize,
  m: usize,
  n: usize,
  o: usize,
): void {
  backwardPanel<V2>(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}
export function backward3(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
  j: usize,
  k: usize,
  l: usize,
  m: usize,
  n: usize,
  o: usize,
): void {
  backwardPanel<V3>(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}
export function backward4(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
  j: usize,
  k: usize,
  l: usize,
  m: usize,
  n: usize,
  o: usize,
): void {
  backwardPanel<V4>(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}
export function backward5(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
  j: usize,
  k: usize,
  l: usize,
  m: usize,
  n: usize,
  o: usize,
): void {
  backwardPanel<V5>(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}
export function backward6(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
  j: usize,
  k: usize,
  l: usize,
  m: usize,
  n: usize,
  o: usize,
): void {
  backwardPanel<V6>(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}
export function backward7(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
  j: usize,
  k: usize,
  l: usize,
  m: usize,
  n: usize,
  o: usize,
): void {
  backwardPanel<V7>(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}
export function backward8(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
  j: usize,
  k: usize,
  l: usize,
  m: usize,
  n: usize,
  o: usize,
): void {
  backwardPanel<V8>(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
}

// denseBackwardPanel(weights, delta, first, belowWidth, starts, value, below, from, to)
export function denseBackward1(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  denseBackwardPanel<V1>(a, b, c, d, e, f, g, h, i);
}
export function denseBackward2(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  denseBackwardPanel<V2>(a, b, c, d, e, f, g, h, i);
}
export function denseBackward3(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  denseBackwardPanel<V3>(a, b, c, d, e, f, g, h, i);
}
export function denseBackward4(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  denseBackwardPanel<V4>(a, b, c, d, e, f, g, h, i);
}
export function denseBackward5(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  denseBackwardPanel<V5>(a, b, c, d, e, f, g, h, i);
}
export function denseBackward6(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  denseBackwardPanel<V6>(a, b, c, d, e, f, g, h, i);
}
export function denseBackward7(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  denseBackwardPanel<V7>(a, b, c, d, e, f, g, h, i);
}
export function denseBackward8(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
): void {
  denseBackwardPanel<V8>(a, b, c, d, e, f, g, h, i);
}

// reducePanel(target, rows, cursors, litSlots, litValues, delta, totals, factor, keep)
export function reduce1(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, g: usize, h: f32, i: usize): void {
  reducePanel<V1, V1>(a, b, c, d, e, f, g, h, i);
}
export function reduce2(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, g: usize, h: f32, i: usize): void {
  reducePanel<V2, V1>(a, b, c, d, e, f, g, h, i);
}
export function reduce3(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, g: usize, h: f32, i: usize): void {
  reducePanel<V3, V1>(a, b, c, d, e, f, g, h, i);
}
export function reduce4(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, g: usize, h: f32, i: usize): void {
  reducePanel<V4, V1>(a, b, c, d, e, f, g, h, i);
}
export function reduce5(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, g: usize, h: f32, i: usize): void {
  reducePanel<V5, V1>(a, b, c, d, e, f, g, h, i);
}
export function reduce6(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, g: usize, h: f32, i: usize): void {
  reducePanel<V6, V1>(a, b, c, d, e, f, g, h, i);
}
export function reduce7(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, g: usize, h: f32, i: usize): void {
  reducePanel<V7, V1>(a, b, c, d, e, f, g, h, i);
}
export function reduce8(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, g: usize, h: f32, i: usize): void {
  reducePanel<V8, V1>(a, b, c, d, e, f, g, h, i);
}
export function reduceBlocks1(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: f32,
  i: usize,
): void {
  reducePanel<V1, V2>(a, b, c, d, e, f, g, h, i);
}
export function reduceBlocks2(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: f32,
  i: usize,
): void {
  reducePanel<V2, V2>(a, b, c, d, e, f, g, h, i);
}
export function reduceBlocks3(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: f32,
  i: usize,
): void {
  reducePanel<V3, V2>(a, b, c, d, e, f, g, h, i);
}
export function reduceBlocks4(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: f32,
  i: usize,
): void {
  reducePanel<V4, V2>(a, b, c, d, e, f, g, h, i);
}
export function reduceBlocks5(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: f32,
  i: usize,
): void {
  reducePanel<V5, V2>(a, b, c, d, e, f, g, h, i);
}
export function reduceBlocks6(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: f32,
  i: usize,
): void {
  reducePanel<V6, V2>(a, b, c, d, e, f, g, h, i);
}
export function reduceBlocks7(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: f32,
  i: usize,
): void {
  reducePanel<V7, V2>(a, b, c, d, e, f, g, h, i);
}
export function reduceBlocks8(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: f32,
  i: usize,
): void {
  reducePanel<V8, V2>(a, b, c, d, e, f, g, h, i);
}

// denseReduceRows(vectors, together, weights, inputs, rowFrom, rowTo, starts, value, delta, from, to, totals, factor, keep)
export function denseReduce(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
  j: usize,
  k: usize,
  l: usize,
  m: f32,
  n: usize,
): void {
  denseReduceRows<V1>(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
}
export function denseReduceBlocks(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  e: usize,
  f: usize,
  g: usize,
  h: usize,
  i: usize,
  j: usize,
  k: usize,
  l: usize,
  m: f32,
  n: usize,
): void {
  denseReduceRows<V2>(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
}
