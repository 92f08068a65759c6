/** The WebAssembly kernels (assembly/): walks over a layer's panels and calls the module for each. */
import { BACKWARD_BLOCK, type LayerMemory, type Memory } from '../memory/layout.js';
import type { Kernel, Range, RowSlice } from './kernel.js';

/** The module's exports: see assembly/index.ts, where each pointer and shape is described. */
export interface WasmExports {
  heapBase(): number;
  multiplyAdd(a: number, b: number, c: number): number;
  forward(vectors: number, ...args: number[]): void;
  rectifyPanel(...args: number[]): void;
  backward(vectors: number, ...args: number[]): void;
  scatter(vectors: number, ...args: number[]): void;
  stepSums(...args: number[]): void;
  transpose(...args: number[]): void;
  reduce(vectors: number, ...args: number[]): void;
  applyGradients(...args: number[]): void;
}

/** Columns of a vector: four float32. */
const LANES = 4;

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): WasmExports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as WasmExports;
}

export class WasmKernel implements Kernel {
  readonly #wasm: WasmExports;
  readonly #memory: Memory;
  readonly #member: number;

  /** @param member  whose scratch and gradient buffer are used */
  constructor(wasm: WasmExports, memory: Memory, member: number) {
    this.#wasm = wasm;
    this.#memory = memory;
    this.#member = member;
  }

  forward(l: number, range: Range, from: number, to: number): void {
    const { inputs, lists, panels } = this.#layer(l);
    for (let p = range.from; p < range.to; p++) {
      const { width, weights, delta } = panels[p]!;
      this.#wasm.forward(
        width / LANES,
        weights.byteOffset,
        inputs,
        lists.starts.byteOffset,
        lists.lengths.byteOffset,
        lists.index.byteOffset,
        lists.value.byteOffset,
        delta.byteOffset,
        from,
        to,
      );
    }
  }

  activate(l: number, from: number, to: number): void {
    const { inputs: units, lists } = this.#layer(l + 1);
    for (const { firstColumn, width, delta } of this.#layer(l).panels) {
      this.#wasm.rectifyPanel(
        delta.byteOffset,
        firstColumn,
        width,
        Math.min(width, units - firstColumn),
        lists.starts.byteOffset,
        lists.lengths.byteOffset,
        lists.index.byteOffset,
        lists.value.byteOffset,
        from,
        to,
      );
    }
  }

  backward(l: number, from: number, to: number): void {
    const { inputs, paddedOutputs, lists, panels } = this.#layer(l);
    const below = this.#layer(l - 1);
    for (let first = from; first < to; first += BACKWARD_BLOCK) {
      const end = Math.min(first + BACKWARD_BLOCK, to);
      for (const { firstColumn, width, weights, delta } of panels) {
        this.#wasm.backward(
          width / LANES,
          weights.byteOffset,
          lists.starts.byteOffset,
          lists.lengths.byteOffset,
          lists.index.byteOffset,
          delta.byteOffset,
          this.#scratch.partial.byteOffset,
          inputs,
          firstColumn === 0 ? 1 : 0,
          firstColumn + width === paddedOutputs ? 1 : 0,
          below.panels[0]!.delta.byteOffset,
          this.#memory.slots,
          below.paddedOutputs,
          below.panels[0]!.width,
          first,
          end,
        );
      }
    }
  }

  transpose(l: number, { index, from, to }: RowSlice, batch: number): void {
    const layer = this.#layer(l);
    // An empty slice may lie behind the last row, where it has no room in the transposed batch.
    if (from === to || isNarrow(layer)) return;
    this.#transpose(layer, index, from, to, 0, batch, from * batch);
  }

  step(l: number, slice: RowSlice, range: Range, batch: number, rate: number): void {
    const layer = this.#layer(l);
    const { index, from, to } = slice;
    if (from === to) return;
    if (isNarrow(layer)) {
      this.#stepNarrow(layer, from, to, batch, rate);
      return;
    }
    for (let p = range.from; p < range.to; p++) {
      const { width, weights, delta } = layer.panels[p]!;
      const target = weights.byteOffset + from * width * weights.BYTES_PER_ELEMENT;
      this.#reduce(layer, index, target, width, to - from, delta.byteOffset, from * batch, -rate, false);
    }
  }

  accumulate(l: number, from: number, to: number): void {
    const layer = this.#layer(l);
    const rows = layer.inputs + 1;
    if (isNarrow(layer)) {
      const gradients = layer.gradients[this.#member]!;
      gradients.fill(0);
      this.#scatter(layer, gradients.byteOffset, 0, rows, from, to);
      return;
    }
    const at = from * rows;
    this.#transpose(layer, this.#member, 0, rows, from, to, at);
    for (const { width, delta, gradients } of layer.panels) {
      const target = gradients[this.#member]!.byteOffset;
      this.#reduce(layer, this.#member, target, width, rows, delta.byteOffset, at, 0, true);
    }
  }

  applyGradients(l: number, rate: number): void {
    const { parameters, gradients } = this.#layer(l);
    const first = gradients[0]!.byteOffset;
    const stride = (gradients[1]?.byteOffset ?? first) - first;
    this.#wasm.applyGradients(parameters.byteOffset, first, parameters.byteLength, gradients.length, stride, -rate);
  }

  /** The step of a layer with a single panel. */
  #stepNarrow(layer: LayerMemory, rowFrom: number, rowTo: number, batch: number, rate: number): void {
    const { width, weights } = layer.panels[0]!;
    const rowBytes = width * weights.BYTES_PER_ELEMENT;
    const sums = layer.sums.byteOffset + rowFrom * rowBytes;
    this.#scatter(layer, sums, rowFrom, rowTo, 0, batch);
    this.#wasm.stepSums(weights.byteOffset + rowFrom * rowBytes, sums, (rowTo - rowFrom) * rowBytes, -rate);
  }

  #scatter(layer: LayerMemory, sums: number, rowFrom: number, rowTo: number, from: number, to: number): void {
    const { inputs, lists, panels } = layer;
    const { width, delta } = panels[0]!;
    this.#wasm.scatter(
      width / LANES,
      sums,
      lists.starts.byteOffset,
      lists.lengths.byteOffset,
      lists.index.byteOffset,
      lists.value.byteOffset,
      inputs,
      rowFrom,
      rowTo,
      delta.byteOffset,
      from,
      to,
    );
  }

  /**
   * @param slice  which slice's cursors to use
   * @param at     where in the transposed batch its lists begin: behind the room of those before, were all inputs lit
   */
  #transpose(
    layer: LayerMemory,
    slice: number,
    rowFrom: number,
    rowTo: number,
    from: number,
    to: number,
    at: number,
  ): void {
    const { inputs, lists, transposed } = layer;
    this.#wasm.transpose(
      lists.starts.byteOffset,
      lists.lengths.byteOffset,
      lists.index.byteOffset,
      lists.value.byteOffset,
      inputs,
      rowFrom,
      rowTo,
      from,
      to,
      cursorsOf(layer, slice),
      transposed.slot.byteOffset + at * 4,
      transposed.value.byteOffset + at * 4,
    );
  }

  #reduce(
    layer: LayerMemory,
    slice: number,
    target: number,
    width: number,
    rows: number,
    delta: number,
    at: number,
    factor: number,
    keep: boolean,
  ): void {
    this.#wasm.reduce(
      width / LANES,
      target,
      rows,
      cursorsOf(layer, slice),
      layer.transposed.slot.byteOffset + at * 4,
      layer.transposed.value.byteOffset + at * 4,
      delta,
      factor,
      keep ? 1 : 0,
    );
  }

  #layer(l: number): LayerMemory {
    return this.#memory.layers[l]!;
  }

  get #scratch() {
    return this.#memory.members[this.#member]!;
  }
}

/** Layers with a single panel sum their gradients in place of transposing the batch. */
function isNarrow(layer: LayerMemory): boolean {
  return layer.sums.length > 0;
}

/** Each slice has room for as many cursors as there are rows, and two more. */
function cursorsOf({ inputs, transposed }: LayerMemory, slice: number): number {
  return transposed.cursors.byteOffset + slice * (inputs + 3) * transposed.cursors.BYTES_PER_ELEMENT;
}
