/** Mirrors of a layer's weights: copies with a row for each output, through which back-propagation goes. */
import { GRADIENT_BLOCK, type Memory } from '../memory/layout.js';
import { inVectors } from '../memory/tiling.js';
import type { Range } from './kernel.js';
import { isFew, REAL_BYTES, type WasmLayer } from './wasm-layer.js';
import type { WasmModule } from './wasm-module.js';

/** Copies rows of a layer's weights to its mirrors, if it has any. (The bias has none.) */
export function copyToMirrors(
  wasm: WasmModule,
  { mirrors, panels, outputs, inputs }: WasmLayer,
  { from, to }: Range,
  range: Range,
): void {
  for (const { address, firstRow, rowBytes, laneBytes, rows } of mirrors) {
    const [first, end] = [Math.max(from, firstRow), Math.min(to, firstRow + rows, inputs)];
    if (first >= end) continue;
    for (let p = range.from; p < range.to; p++) {
      const { weights, firstColumn, width, rowBytes: panelBytes } = panels[p]!;
      const columns = Math.min(width, inVectors(outputs) - firstColumn);
      const source = [weights, panelBytes, first, end, columns, firstColumn];
      wasm.mirrorRows(...source, address, rowBytes, laneBytes, firstRow);
    }
  }
}

/** See `Kernel.backward`. @param worker  whose scratch is used */
export function backwardMirrored(
  wasm: WasmModule,
  { mirrors, panels, units, unit, outputs }: WasmLayer,
  { workers, slots }: Memory,
  worker: number,
  from: number,
  to: number,
): void {
  const { delta, rowBytes } = panels[0]!;
  const count = inVectors(outputs);
  if (isFew(panels.length)) {
    for (const { address, backward, below, belowRowBytes } of mirrors) {
      backward(address, delta, rowBytes, count, below, belowRowBytes, from, to);
    }
    return;
  }
  const { partial, totals } = workers[worker]!;
  const bytes = count * REAL_BYTES;
  for (let first = from; first < to; first += GRADIENT_BLOCK) {
    const end = Math.min(first + GRADIENT_BLOCK, to);
    const joined = partial.byteOffset - first * bytes;
    wasm.joinPanels(delta, slots, units, unit, panels.length, count, joined, first, end);
    for (const { address, backward, below, belowRowBytes } of mirrors) {
      backward(address, joined, bytes, count, below, belowRowBytes, totals.byteOffset, first, end);
    }
  }
}
