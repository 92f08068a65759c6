/** Back-propagation through a mirror that skips the zeros of δ (assembly/delta-lists.ts). */
import { quarterOf } from '../memory/layer-memory.js';
import { type DeltaLists, GRADIENT_BLOCK, type Memory, type WorkerScratch } from '../memory/layout.js';
import { inVectors, LANES } from '../memory/tiling.js';
import { type Mirror, REAL_BYTES, type WasmLayer, WORD_BYTES } from './wasm-layer.js';
import type { WasmModule } from './wasm-module.js';

/** Samples from which reading a block of weights in order, ahead of their use, is faster: they use most of its rows. */
export const FETCHES_FROM = 16;

/**
 * Whether all z of some slots are finite. If a weight of the layer is not, z of its column is not finite either, and no zero may be
 * skipped: zero times that weight is NaN.
 */
export function areFinite(wasm: WasmModule, { panels }: WasmLayer, from: number, to: number): boolean {
  return panels.every(({ delta, rowBytes }) => wasm.areFinite(delta + from * rowBytes, (to - from) * rowBytes) !== 0);
}

interface Facts {
  readonly keepsZeros: boolean;
  /** Whether to multiply by a derivative that is stored. */
  readonly storesSlope: boolean;
}

/** See `Kernel.backward`. @param worker  whose scratch is used */
export function backwardListed(
  wasm: WasmModule,
  layer: WasmLayer,
  { slots, workers }: Memory,
  worker: number,
  { keepsZeros, storesSlope }: Facts,
  from: number,
  to: number,
): void {
  const scratch = workers[worker]!;
  for (let first = from; first < to; first += GRADIENT_BLOCK) {
    const samples = Math.min(GRADIENT_BLOCK, to - first);
    list(wasm, layer, slots, scratch, keepsZeros, first, samples);
    for (const mirror of layer.mirrors)
      backwardBlock(wasm, layer, mirror, scratch.deltaLists, storesSlope, first, samples);
  }
}

function list(
  wasm: WasmModule,
  { panels, units, unit, outputs, mirrorBlocks, mirrorBlockRows }: WasmLayer,
  slots: number,
  { partial, deltaLists: { index, value, bounds } }: WorkerScratch,
  keepsZeros: boolean,
  first: number,
  samples: number,
): void {
  const count = inVectors(outputs);
  const joined = partial.byteOffset;
  const ofSlot0 = joined - first * count * REAL_BYTES;
  wasm.joinPanels(panels[0]!.delta, slots, units, unit, panels.length, count, ofSlot0, first, first + samples);
  const blocks = [mirrorBlockRows, mirrorBlocks, bounds.byteOffset, GRADIENT_BLOCK];
  const lists = [index.byteOffset, value.byteOffset, quarterOf(outputs)];
  wasm.listDeltas(joined, count, Number(keepsZeros), ...blocks, ...lists, 0, samples);
}

/** For the units of one panel below: block by block of rows, each over all samples, as going forward. */
function backwardBlock(
  wasm: WasmModule,
  { mirrorBlocks, mirrorBlockRows }: WasmLayer,
  { address, backward, below, rowBytes, laneBytes }: Mirror,
  { index, value, bounds, zeros, sums }: DeltaLists,
  storesSlope: boolean,
  first: number,
  samples: number,
): void {
  const sumBytes = samples * rowBytes;
  const blockBytes = mirrorBlockRows * rowBytes;
  const boundBytes = GRADIENT_BLOCK * WORD_BYTES;
  for (let lane = 0; lane < LANES; lane++) {
    const rows = address + lane * laneBytes;
    const ofLane = sums.byteOffset + lane * sumBytes;
    for (let b = 0; b < mirrorBlocks; b++) {
      if (samples >= FETCHES_FROM) {
        wasm.fetchLines(rows + b * blockBytes, Math.min(blockBytes, laneBytes - b * blockBytes));
      }
      const begins = bounds.byteOffset + (lane * (mirrorBlocks + 1) + b) * boundBytes;
      const start = b === 0 ? zeros.byteOffset : 0;
      const lists = [begins, begins + boundBytes, index.byteOffset, value.byteOffset];
      backward(rows, start, ...lists, ofLane, 0, samples);
    }
  }
  const sum = storesSlope ? wasm.sumLanesTimes : wasm.sumLanes;
  sum(sums.byteOffset, sumBytes, below + first * rowBytes, sumBytes);
}
