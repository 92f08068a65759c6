/** The WebAssembly kernels (assembly/): walks over a layer's panels and calls the module for each. */
import { BACKWARD_BLOCK, type LayerMemory, type Memory } from '../memory/layout.js';
import type { Kernel } from './kernel.js';

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

  forward(l: number, from: number, to: number): void {
    const { inputs, lists, panels } = this.#layer(l);
    const next = this.#memory.layers[l + 1]?.lists;
    for (const { firstColumn, width, weights, delta } of panels) {
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
      if (next) {
        this.#wasm.rectifyPanel(
          delta.byteOffset,
          firstColumn,
          width,
          next.starts.byteOffset,
          next.lengths.byteOffset,
          next.index.byteOffset,
          next.value.byteOffset,
          from,
          to,
        );
      }
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

  step(l: number, rowFrom: number, rowTo: number, batch: number, rate: number): void {
    // An empty slice may lie behind the last row, where it has no room in the transposed batch.
    if (rowFrom === rowTo) return;
    const layer = this.#layer(l);
    if (layer.sums.length > 0) {
      this.#stepNarrow(layer, rowFrom, rowTo, batch, rate);
      return;
    }
    // Rows of other members' slices lie before ours in the transposed batch: room for all their samples.
    const at = rowFrom * batch;
    this.#transpose(layer, rowFrom, rowTo, 0, batch, at);
    for (const { width, weights, delta } of layer.panels) {
      const target = weights.byteOffset + rowFrom * width * weights.BYTES_PER_ELEMENT;
      this.#reduce(layer, target, width, rowTo - rowFrom, delta.byteOffset, at, -rate, false);
    }
  }

  accumulate(l: number, from: number, to: number): void {
    const layer = this.#layer(l);
    const rows = layer.inputs + 1;
    if (layer.sums.length > 0) {
      const gradients = layer.gradients[this.#member]!;
      gradients.fill(0);
      this.#scatter(layer, gradients.byteOffset, 0, rows, from, to);
      return;
    }
    const at = from * rows;
    this.#transpose(layer, 0, rows, from, to, at);
    for (const { width, delta, gradients } of layer.panels) {
      const target = gradients[this.#member]!.byteOffset;
      this.#reduce(layer, target, width, rows, delta.byteOffset, at, 0, true);
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

  #transpose(layer: LayerMemory, rowFrom: number, rowTo: number, from: number, to: number, at: number): void {
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
      this.#scratch.cursors.byteOffset,
      transposed.slot.byteOffset + at * 4,
      transposed.value.byteOffset + at * 4,
    );
  }

  #reduce(
    layer: LayerMemory,
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
      this.#scratch.cursors.byteOffset,
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
