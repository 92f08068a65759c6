/** Back-propagation through a mirror that skips the zeros of δ (assembly/delta-lists.ts). */
import { MIRROR_BLOCK, quarterOf, type WorkerScratch } from '../memory/layout.js';
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
  /** Of the memory. */
  readonly slots: number;
  readonly keepsZeros: boolean;
  /** Whether to multiply by a derivative that is stored. */
  readonly storesSlope: boolean;
}

/** See `Kernel.backward`. */
export function backwardListed(
  wasm: WasmModule,
  layer: WasmLayer,
  scratch: WorkerScratch,
  facts: Facts,
  from: number,
  to: number,
): void {
  for (let first = from; first < to; first += MIRROR_BLOCK) {
    const samples = Math.min(MIRROR_BLOCK, to - first);
    list(wasm, layer, scratch, facts, first, samples);
    for (const mirror of layer.mirrors) backwardBlock(wasm, layer, mirror, scratch, facts, first, samples);
  }
}

function list(
  wasm: WasmModule,
  { panels, units, unit, outputs, mirrorBlocks, mirrorBlockRows }: WasmLayer,
  { partial, deltaLists: { index, value, bounds } }: WorkerScratch,
  { slots, keepsZeros }: Facts,
  first: number,
  samples: number,
): void {
  const count = inVectors(outputs);
  const joined = partial.byteOffset;
  const ofSlot0 = joined - first * count * REAL_BYTES;
  wasm.joinPanels(panels[0]!.delta, slots, units, unit, panels.length, count, ofSlot0, first, first + samples);
  const blocks = [mirrorBlockRows, mirrorBlocks, bounds.byteOffset, MIRROR_BLOCK];
  const lists = [index.byteOffset, value.byteOffset, quarterOf(outputs)];
  wasm.listDeltas(joined, count, Number(keepsZeros), ...blocks, ...lists, 0, samples);
}

/** For the units of one panel below: block by block of rows, each over all samples, as going forward. */
function backwardBlock(
  wasm: WasmModule,
  { mirrorBlocks, mirrorBlockRows }: WasmLayer,
  { address, backward, below, rowBytes, laneBytes }: Mirror,
  { deltaLists }: WorkerScratch,
  { storesSlope }: Facts,
  first: number,
  samples: number,
): void {
  const [index, value, bounds] = [deltaLists.index, deltaLists.value, deltaLists.bounds].map((list) => list.byteOffset);
  const sumBytes = samples * rowBytes;
  const blockBytes = mirrorBlockRows * rowBytes;
  const boundBytes = MIRROR_BLOCK * WORD_BYTES;
  for (let lane = 0; lane < LANES; lane++) {
    const rows = address + lane * laneBytes;
    const sums = deltaLists.sums.byteOffset + lane * sumBytes;
    for (let b = 0; b < mirrorBlocks; b++) {
      if (samples >= FETCHES_FROM) {
        wasm.fetchLines(rows + b * blockBytes, Math.min(blockBytes, laneBytes - b * blockBytes));
      }
      const begins = bounds! + (lane * (mirrorBlocks + 1) + b) * boundBytes;
      const start = b === 0 ? deltaLists.zeros.byteOffset : 0;
      backward(rows, start, begins, begins + boundBytes, index!, value!, sums, 0, samples);
    }
  }
  const sum = storesSlope ? wasm.sumLanesTimes : wasm.sumLanes;
  sum(deltaLists.sums.byteOffset, sumBytes, below + first * rowBytes, sumBytes);
}
