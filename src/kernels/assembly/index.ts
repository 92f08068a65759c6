/**
 * What the module exports: the kernels of forward.ts, backward.ts and update.ts, each compiled for every
 * width of a panel from 1 to 8 vectors (4 to 32 columns), and chosen by the first argument.
 *
 * Pointers are byte addresses in the shared memory that the coordinator laid out (src/memory/layout.ts);
 * the module has no memory of its own beyond the static data below `heapBase()`.
 */
import { backwardPanel } from './backward';
import { forwardPanel } from './forward';
import { reducePanel, scatterPanel } from './update';
import { V1, V2, V3, V4, V5, V6, V7, V8, Vector } from './vector';

export { rectifyPanel } from './forward';
export { applyGradients, stepSums, transpose } from './update';

/** The first address that the module itself does not use. */
export function heapBase(): usize {
  return __heap_base;
}

/** a·b + c as this build computes it: tells a fused from an unfused multiply-add. */
export function multiplyAdd(a: f32, b: f32, c: f32): f32 {
  return f32x4.extract_lane(Vector.madd(f32x4.splat(a), f32x4.splat(b), f32x4.splat(c)), 0);
}

/** forwardPanel for a panel of `vectors` vectors. */
export function forward(
  vectors: usize,
  weights: usize,
  biasRow: usize,
  starts: usize,
  lengths: usize,
  index: usize,
  value: usize,
  z: usize,
  from: usize,
  to: usize,
): void {
  switch (vectors) {
    case 1:
      forwardPanel<V1>(weights, biasRow, starts, lengths, index, value, z, from, to);
      break;
    case 2:
      forwardPanel<V2>(weights, biasRow, starts, lengths, index, value, z, from, to);
      break;
    case 3:
      forwardPanel<V3>(weights, biasRow, starts, lengths, index, value, z, from, to);
      break;
    case 4:
      forwardPanel<V4>(weights, biasRow, starts, lengths, index, value, z, from, to);
      break;
    case 5:
      forwardPanel<V5>(weights, biasRow, starts, lengths, index, value, z, from, to);
      break;
    case 6:
      forwardPanel<V6>(weights, biasRow, starts, lengths, index, value, z, from, to);
      break;
    case 7:
      forwardPanel<V7>(weights, biasRow, starts, lengths, index, value, z, from, to);
      break;
    default:
      forwardPanel<V8>(weights, biasRow, starts, lengths, index, value, z, from, to);
  }
}

/** backwardPanel for a panel of `vectors` vectors. */
export function backward(
  vectors: usize,
  weights: usize,
  starts: usize,
  lengths: usize,
  index: usize,
  delta: usize,
  partial: usize,
  stride: usize,
  isFirst: usize,
  isLast: usize,
  below: usize,
  slots: usize,
  units: usize,
  panelWidth: usize,
  from: usize,
  to: usize,
): void {
  switch (vectors) {
    case 1:
      backwardPanel<V1>(
        weights,
        starts,
        lengths,
        index,
        delta,
        partial,
        stride,
        isFirst,
        isLast,
        below,
        slots,
        units,
        panelWidth,
        from,
        to,
      );
      break;
    case 2:
      backwardPanel<V2>(
        weights,
        starts,
        lengths,
        index,
        delta,
        partial,
        stride,
        isFirst,
        isLast,
        below,
        slots,
        units,
        panelWidth,
        from,
        to,
      );
      break;
    case 3:
      backwardPanel<V3>(
        weights,
        starts,
        lengths,
        index,
        delta,
        partial,
        stride,
        isFirst,
        isLast,
        below,
        slots,
        units,
        panelWidth,
        from,
        to,
      );
      break;
    case 4:
      backwardPanel<V4>(
        weights,
        starts,
        lengths,
        index,
        delta,
        partial,
        stride,
        isFirst,
        isLast,
        below,
        slots,
        units,
        panelWidth,
        from,
        to,
      );
      break;
    case 5:
      backwardPanel<V5>(
        weights,
        starts,
        lengths,
        index,
        delta,
        partial,
        stride,
        isFirst,
        isLast,
        below,
        slots,
        units,
        panelWidth,
        from,
        to,
      );
      break;
    case 6:
      backwardPanel<V6>(
        weights,
        starts,
        lengths,
        index,
        delta,
        partial,
        stride,
        isFirst,
        isLast,
        below,
        slots,
        units,
        panelWidth,
        from,
        to,
      );
      break;
    case 7:
      backwardPanel<V7>(
        weights,
        starts,
        lengths,
        index,
        delta,
        partial,
        stride,
        isFirst,
        isLast,
        below,
        slots,
        units,
        panelWidth,
        from,
        to,
      );
      break;
    default:
      backwardPanel<V8>(
        weights,
        starts,
        lengths,
        index,
        delta,
        partial,
        stride,
        isFirst,
        isLast,
        below,
        slots,
        units,
        panelWidth,
        from,
        to,
      );
  }
}

/** scatterPanel for a panel of `vectors` vectors. */
export function scatter(
  vectors: usize,
  sums: usize,
  starts: usize,
  lengths: usize,
  index: usize,
  value: usize,
  biasRow: usize,
  rowFrom: usize,
  rowTo: usize,
  delta: usize,
  from: usize,
  to: usize,
): void {
  switch (vectors) {
    case 1:
      scatterPanel<V1>(sums, starts, lengths, index, value, biasRow, rowFrom, rowTo, delta, from, to);
      break;
    case 2:
      scatterPanel<V2>(sums, starts, lengths, index, value, biasRow, rowFrom, rowTo, delta, from, to);
      break;
    case 3:
      scatterPanel<V3>(sums, starts, lengths, index, value, biasRow, rowFrom, rowTo, delta, from, to);
      break;
    case 4:
      scatterPanel<V4>(sums, starts, lengths, index, value, biasRow, rowFrom, rowTo, delta, from, to);
      break;
    case 5:
      scatterPanel<V5>(sums, starts, lengths, index, value, biasRow, rowFrom, rowTo, delta, from, to);
      break;
    case 6:
      scatterPanel<V6>(sums, starts, lengths, index, value, biasRow, rowFrom, rowTo, delta, from, to);
      break;
    case 7:
      scatterPanel<V7>(sums, starts, lengths, index, value, biasRow, rowFrom, rowTo, delta, from, to);
      break;
    default:
      scatterPanel<V8>(sums, starts, lengths, index, value, biasRow, rowFrom, rowTo, delta, from, to);
  }
}

/** reducePanel for a panel of `vectors` vectors. */
export function reduce(
  vectors: usize,
  target: usize,
  rows: usize,
  cursors: usize,
  litSlots: usize,
  litValues: usize,
  delta: usize,
  factor: f32,
  keep: usize,
): void {
  switch (vectors) {
    case 1:
      reducePanel<V1>(target, rows, cursors, litSlots, litValues, delta, factor, keep);
      break;
    case 2:
      reducePanel<V2>(target, rows, cursors, litSlots, litValues, delta, factor, keep);
      break;
    case 3:
      reducePanel<V3>(target, rows, cursors, litSlots, litValues, delta, factor, keep);
      break;
    case 4:
      reducePanel<V4>(target, rows, cursors, litSlots, litValues, delta, factor, keep);
      break;
    case 5:
      reducePanel<V5>(target, rows, cursors, litSlots, litValues, delta, factor, keep);
      break;
    case 6:
      reducePanel<V6>(target, rows, cursors, litSlots, litValues, delta, factor, keep);
      break;
    case 7:
      reducePanel<V7>(target, rows, cursors, litSlots, litValues, delta, factor, keep);
      break;
    default:
      reducePanel<V8>(target, rows, cursors, litSlots, litValues, delta, factor, keep);
  }
}
