/** Gradients: the transposed batch, and the sums over its samples. */
import type { Memory } from '../memory/layout.js';
import type { Range, RowSlice } from './kernel.js';
import { REAL_BYTES, SAMPLE_BLOCK, type WasmLayer, type WasmPanel, WORD_BYTES } from './wasm-layer.js';
import type { Apply, WasmModule } from './wasm-module.js';

/** A sum of gradients over slots, and what is done with it. */
interface Reduction {
  /** Rows of the weights. */
  readonly rows: Range;
  readonly slots: Range;
  /** Sparse inputs: which slice of the transposed batch, and where its entries begin. */
  readonly slice: number;
  readonly at: number;
  /** Dense inputs: where each slot's row begins. */
  readonly starts: number;
  readonly apply: Apply;
  /** −rate, for `step`. */
  readonly factor: number;
}

export class WasmReduction {
  readonly #wasm: WasmModule;
  readonly #memory: Memory;
  readonly #layers: readonly WasmLayer[];
  readonly #worker: number;
  /** This worker's scratch. */
  readonly #totals: number;

  constructor(wasm: WasmModule, memory: Memory, layers: readonly WasmLayer[], worker: number) {
    this.#wasm = wasm;
    this.#memory = memory;
    this.#layers = layers;
    this.#worker = worker;
    this.#totals = memory.workers[worker]!.totals.byteOffset;
  }

  transpose(l: number, { index, from, to }: RowSlice, batch: number): void {
    const { inputRows, transposed } = this.#memory.layers[l]!;
    // (For an empty slice, too: every worker that steps a panel needs it.)
    if (inputRows.form === 'dense') transposed.slot.set(inputRows.starts.subarray(0, batch));
    // An empty slice may begin beyond the last row, where it has no room in the transposed batch.
    else if (from < to)
      this.#transposeSlice(this.#layers[l]!, index, { from, to }, { from: 0, to: batch }, from * batch);
  }

  /** @param at  where the slice's entries begin in the transposed batch, which has room for all inputs of the rows before */
  #transposeSlice(layer: WasmLayer, slice: number, rows: Range, slots: Range, at: number): void {
    const { inputs, starts, lengths, index, value, cursors } = layer;
    const ranges = [rows.from, rows.to, slots.from, slots.to];
    this.#wasm.transpose(starts, lengths, index, value, inputs, ...ranges, cursors(slice), ...entriesAt(layer, at));
  }

  /** Sums gradients for the rows of the slice. @param factor  −rate, for `step` */
  reduce(l: number, slice: RowSlice, range: Range, batch: number, apply: Apply, factor: number): void {
    const { index, from, to } = slice;
    if (from === to) return;
    const layer = this.#layers[l]!;
    const slots = { from: 0, to: batch };
    const starts = layer.transposed.slot;
    const reduction = { rows: slice, slots, slice: index, at: from * batch, starts, apply, factor };
    for (let p = range.from; p < range.to; p++) {
      const panel = layer.panels[p]!;
      this.#reducePanel(layer, panel, apply === 'keep' ? panel.gradients[0]! : panel.weights, reduction);
    }
  }

  accumulate(l: number, from: number, to: number): void {
    const layer = this.#layers[l]!;
    const slice = this.#worker;
    const rows = { from: 0, to: layer.inputs + 1 };
    const slots = { from, to };
    const at = from * rows.to;
    if (!layer.isDense) this.#transposeSlice(layer, slice, rows, slots, at);
    const reduction: Reduction = { rows, slots, slice, at, starts: layer.starts, apply: 'keep', factor: 0 };
    for (const panel of layer.panels) this.#reducePanel(layer, panel, panel.gradients[slice]!, reduction);
  }

  /** @param target  the panel's weights or gradients */
  #reducePanel(layer: WasmLayer, panel: WasmPanel, target: number, reduction: Reduction): void {
    const { rows, slots, slice, at, starts, apply, factor } = reduction;
    const { rowBytes, delta } = panel;
    const blocks = slots.to <= SAMPLE_BLOCK ? 'oneBlock' : 'blocks';
    const first = target + rows.from * rowBytes;
    if (!layer.isDense) {
      const reduce = panel.reduce[apply][blocks];
      const [slot, value] = entriesAt(layer, at);
      reduce(first, rows.to - rows.from, layer.cursors(slice), slot, value, delta, this.#totals, factor);
      return;
    }
    const { inputs } = layer;
    const { from, to } = slots;
    const value = layer.value + rows.from * REAL_BYTES;
    const count = Math.min(rows.to, inputs) - rows.from;
    for (const tile of panel.reduceTiles) {
      const reduce = tile.reduce[apply][blocks];
      const [tileTarget, tileDelta] = [first + tile.offset, delta + tile.offset];
      reduce(tileTarget, rowBytes, count, starts, value, tileDelta, from, to, this.#totals, factor);
    }
    if (rows.to > inputs) panel.reduceBias[apply](target + inputs * rowBytes, delta, from, to, factor);
  }
}

/** A place in the transposed batch: its slots and its values. */
function entriesAt({ transposed }: WasmLayer, at: number): [slot: number, value: number] {
  return [transposed.slot + at * WORD_BYTES, transposed.value + at * REAL_BYTES];
}
