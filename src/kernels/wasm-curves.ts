/** Activations whose derivative is stored where z was: one function of the module each, and back-propagation that they share. */
import { BACKWARD_BLOCK } from '../memory/layout.js';
import { LANES } from '../memory/tiling.js';
import type { CurveFunction } from './activations.js';
import type { WasmLayer } from './wasm-layer.js';
import type { WasmModule } from './wasm-module.js';

/** See `Kernel.activate`. @param next  the layer whose inputs are made: they are dense */
export function activateCurve(
  wasm: WasmModule,
  curve: CurveFunction,
  { panels }: WasmLayer,
  { starts, value }: WasmLayer,
  from: number,
  to: number,
): void {
  for (const { firstColumn, width, columns, delta } of panels) {
    wasm[curve](delta, firstColumn, width, columns, starts, value, from, to);
  }
}

/** See `Kernel.backward`. @param partial  scratch of this thread, `WorkerScratch.partial` */
export function backwardTimes(
  layer: WasmLayer,
  below: WasmLayer,
  partial: Float32Array,
  from: number,
  to: number,
): void {
  const stride = below.units * below.unit;
  // (The room is for rows without padding.)
  const block = Math.max(1, Math.min(BACKWARD_BLOCK, Math.floor(partial.length / (stride * LANES))));
  for (let first = from; first < to; first += block) {
    backwardBlock(layer, below, partial.byteOffset, stride, first, Math.min(first + block, to));
  }
}

function backwardBlock(
  { panels }: WasmLayer,
  below: WasmLayer,
  partial: number,
  stride: number,
  from: number,
  to: number,
): void {
  const last = panels.at(-1)!.parts.at(-1);
  let isFirst = 1;
  for (const { weights, delta, rowBytes, parts } of panels) {
    for (const part of parts) {
      const source = [weights + part.offset, delta + part.offset, rowBytes] as const;
      for (const { firstColumn, width, delta: target } of below.panels) {
        const sums = [partial, stride, isFirst, Number(part === last)] as const;
        part.denseBackwardTimes(...source, firstColumn, width, ...sums, target, from, to);
      }
      isFirst = 0;
    }
  }
}
