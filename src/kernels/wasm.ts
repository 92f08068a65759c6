/** The WebAssembly kernels (assembly/): walks over a layer's panels and calls the module for each. */
import { LANES } from '../memory/cuts.js';
import { BACKWARD_BLOCK, type LayerMemory, type Memory } from '../memory/layout.js';
import type { Kernel, Range, RowSlice, Update } from './kernel.js';
import type { WasmModule } from './wasm-module.js';

/** Samples that go through all panels together: so many that fetching weights costs little, and that their lists stay cached. */
const FORWARD_BLOCK = 500;

/** `Blocks.SAMPLES` of assembly/vector.ts. */
const SAMPLE_BLOCK = 256;

export class WasmKernel implements Kernel {
  readonly #wasm: WasmModule;
  readonly #memory: Memory;
  readonly #worker: number;
  readonly #together: 2 | 3;

  /**
   * @param worker    whose scratch and gradient buffer are used
   * @param together  see `KernelChoice`
   */
  constructor(wasm: WasmModule, memory: Memory, worker: number, together: 2 | 3) {
    this.#together = together;
    this.#wasm = wasm;
    this.#memory = memory;
    this.#worker = worker;
  }

  cutInputs(l: number, from: number, to: number): void {
    const { inputBlocks, blockInputs, isDense, lists } = this.#layer(l);
    if (isDense) return;
    this.#wasm.cutLists(
      lists.starts.byteOffset,
      lists.lengths.byteOffset,
      lists.index.byteOffset,
      blockInputs,
      inputBlocks,
      lists.bounds.byteOffset,
      this.#memory.slots,
      from,
      to,
    );
  }

  fetchInputs(l: number, from: number, to: number): void {
    const { lists, isDense } = this.#layer(l);
    const { starts, lengths, index, value } = lists;
    // (Dense rows have no indices: their values are read twice.)
    const first = isDense ? value : index;
    this.#wasm.fetchLists(starts.byteOffset, lengths.byteOffset, first.byteOffset, value.byteOffset, from, to);
  }

  forward(l: number, range: Range, from: number, to: number): void {
    const layer = this.#layer(l);
    for (let first = from; first < to; first += FORWARD_BLOCK) {
      const end = Math.min(first + FORWARD_BLOCK, to);
      if (layer.isDense) this.#forwardRows(layer, range, first, end);
      else this.#forwardLists(layer, range, first, end);
    }
  }

  activate(l: number, from: number, to: number): void {
    const { inputs: units, isDense, lists } = this.#layer(l + 1);
    for (const { firstColumn, width, delta } of this.#layer(l).panels) {
      if (isDense) {
        this.#wasm.rectifyRows(
          delta.byteOffset,
          firstColumn,
          width,
          lists.starts.byteOffset,
          lists.value.byteOffset,
          from,
          to,
        );
      } else {
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
  }

  backward(l: number, from: number, to: number): void {
    const layer = this.#layer(l);
    const below = this.#layer(l - 1);
    if (layer.isDense) {
      this.#backwardToRows(layer, below, from, to);
      return;
    }
    for (let first = from; first < to; first += BACKWARD_BLOCK) {
      this.#backwardToLists(layer, below, first, Math.min(first + BACKWARD_BLOCK, to));
    }
  }

  transpose(l: number, { index, from, to }: RowSlice, batch: number): void {
    const layer = this.#layer(l);
    // (Of an empty slice, too: whoever steps a panel needs it.)
    if (layer.isDense) layer.transposed.slot.set(layer.lists.starts.subarray(0, batch));
    // An empty slice may lie behind the last row, where it has no room in the transposed batch.
    else if (from < to) this.#transpose(layer, index, from, to, 0, batch, from * batch);
  }

  step(l: number, slice: RowSlice, range: Range, batch: number, rate: number): void {
    this.#reduceSlice(l, slice, range, batch, -rate, false);
  }

  reduce(l: number, slice: RowSlice, range: Range, batch: number): void {
    this.#reduceSlice(l, slice, range, batch, 0, true);
  }

  accumulate(l: number, from: number, to: number): void {
    const layer = this.#layer(l);
    const rows = layer.inputs + 1;
    const at = from * rows;
    if (!layer.isDense) this.#transpose(layer, this.#worker, 0, rows, from, to, at);
    for (const { width, delta, gradients } of layer.panels) {
      const target = gradients[this.#worker]!.byteOffset;
      if (layer.isDense) {
        const starts = layer.lists.starts.byteOffset;
        this.#reduceRows(layer, starts, target, width, 0, rows, delta.byteOffset, from, to, 0, true);
      } else this.#reduce(layer, this.#worker, target, width, rows, delta.byteOffset, at, to, 0, true);
    }
  }

  applyGradients(l: number, rate: number): void {
    const { parameters, gradients } = this.#layer(l);
    const first = gradients[0]!.byteOffset;
    const stride = (gradients[1]?.byteOffset ?? first) - first;
    this.#wasm.applyGradients(parameters.byteOffset, first, parameters.byteLength, gradients.length, stride, -rate);
  }

  sumGradients(l: number): void {
    const { gradients } = this.#layer(l);
    const [first, second = first!] = gradients;
    const stride = second.byteOffset - first!.byteOffset;
    this.#wasm.sumGradients(first!.byteOffset, first!.byteLength, gradients.length, stride);
  }

  addGradient(l: number, { from, to }: Range, buffer: number): void {
    const [first, other] = [this.#layer(l).gradients[0]!, this.#layer(l).gradients[buffer]!];
    const bytes = first.BYTES_PER_ELEMENT;
    this.#wasm.sumGradients(
      first.byteOffset + from * bytes,
      (to - from) * bytes,
      2,
      other.byteOffset - first.byteOffset,
    );
  }

  squareRows(l: number, { from, to }: Range): void {
    const { panels, rowSquares } = this.#layer(l);
    for (const [p, { width, gradients }] of panels.entries()) {
      this.#wasm.squareRows(
        rowSquares.byteOffset + from * LANES * rowSquares.BYTES_PER_ELEMENT,
        p === 0 ? 1 : 0,
        gradients[0]!.byteOffset + from * width * gradients[0]!.BYTES_PER_ELEMENT,
        to - from,
        width / LANES,
      );
    }
  }

  update(l: number, { from, to }: Range, range: Range, { apply, assembly }: Update): void {
    const { panels } = this.#layer(l);
    for (let p = range.from; p < range.to; p++) {
      const { width, weights, gradients, moments } = panels[p]!;
      if (!assembly) {
        apply(weights, gradients[0]!, moments, from * width, to * width);
        continue;
      }
      const rowBytes = width * weights.BYTES_PER_ELEMENT;
      const arrays = [weights, gradients[0]!, ...moments.slice(0, assembly.moments)];
      this.#wasm[assembly.name](
        ...arrays.map(({ byteOffset }) => byteOffset + from * rowBytes),
        (to - from) * rowBytes,
        ...assembly.numbers,
      );
    }
  }

  /**
   * The slice's rows of these panels, reduced over the batch and applied to the weights.
   *
   * @param keep  or kept as the gradient
   */
  #reduceSlice(
    l: number,
    { index, from, to }: RowSlice,
    range: Range,
    batch: number,
    factor: number,
    keep: boolean,
  ): void {
    const layer = this.#layer(l);
    if (from === to) return;
    for (let p = range.from; p < range.to; p++) {
      const { width, weights, delta, gradients } = layer.panels[p]!;
      const target = keep ? gradients[0]! : weights;
      if (layer.isDense) {
        const starts = layer.transposed.slot.byteOffset;
        this.#reduceRows(layer, starts, target.byteOffset, width, from, to, delta.byteOffset, 0, batch, factor, keep);
      } else {
        const first = target.byteOffset + from * width * target.BYTES_PER_ELEMENT;
        this.#reduce(layer, index, first, width, to - from, delta.byteOffset, from * batch, batch, factor, keep);
      }
    }
  }

  #forwardRows({ inputs, lists, panels }: LayerMemory, range: Range, from: number, to: number): void {
    for (let p = range.from; p < range.to; p++) {
      const { width, weights, delta } = panels[p]!;
      this.#wasm.denseForward(
        width / LANES,
        this.#together,
        weights.byteOffset,
        inputs,
        lists.starts.byteOffset,
        lists.value.byteOffset,
        delta.byteOffset,
        from,
        to,
      );
    }
  }

  /**
   * Panel by panel, and in it block by block of inputs, each over all samples: so that a block's weights stay in the
   * first-level cache for the most part. z keeps the sums in between, which changes no bit of them.
   */
  #forwardLists(
    { inputs, inputBlocks: blocks, lists, panels }: LayerMemory,
    range: Range,
    from: number,
    to: number,
  ): void {
    const { slots } = this.#memory;
    const { bounds } = lists;
    const bound = (block: number) => bounds.byteOffset + block * slots * bounds.BYTES_PER_ELEMENT;
    for (let p = range.from; p < range.to; p++) {
      const { width, weights, delta } = panels[p]!;
      const bias = weights.byteOffset + inputs * width * weights.BYTES_PER_ELEMENT;
      for (let block = 0; block < blocks; block++) {
        this.#wasm.forward[width / LANES]!(
          weights.byteOffset,
          block === 0 ? bias : 0,
          bound(block),
          bound(block + 1),
          lists.index.byteOffset,
          lists.value.byteOffset,
          delta.byteOffset,
          from,
          to,
        );
      }
    }
  }

  #backwardToRows({ lists, panels }: LayerMemory, below: LayerMemory, from: number, to: number): void {
    const { width, weights, delta } = panels[0]!;
    for (const target of below.panels) {
      this.#wasm.denseBackward[width / LANES]!(
        weights.byteOffset,
        delta.byteOffset,
        target.firstColumn,
        target.width,
        lists.starts.byteOffset,
        lists.value.byteOffset,
        target.delta.byteOffset,
        from,
        to,
      );
    }
  }

  /** At most BACKWARD_BLOCK samples. */
  #backwardToLists(layer: LayerMemory, below: LayerMemory, from: number, to: number): void {
    const { inputs, paddedOutputs, lists, panels } = layer;
    for (const { firstColumn, width, weights, delta } of panels) {
      this.#wasm.backward[width / LANES]!(
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
        below.paddedOutputs / LANES,
        below.panels.length,
        from,
        to,
      );
    }
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

  /** @param to  behind the last slot that is summed */
  #reduce(
    layer: LayerMemory,
    slice: number,
    target: number,
    width: number,
    rows: number,
    delta: number,
    at: number,
    to: number,
    factor: number,
    keep: boolean,
  ): void {
    const { reduce, reduceBlocks } = this.#wasm;
    (to <= SAMPLE_BLOCK ? reduce : reduceBlocks)[width / LANES]!(
      target,
      rows,
      cursorsOf(layer, slice),
      layer.transposed.slot.byteOffset + at * 4,
      layer.transposed.value.byteOffset + at * 4,
      delta,
      this.#scratch.totals.byteOffset,
      factor,
      keep ? 1 : 0,
    );
  }

  /**
   * @param starts  where each slot's row begins
   * @param keep    the sums replace what stands at the target; otherwise they are its step, times `factor`
   */
  #reduceRows(
    { inputs, lists }: LayerMemory,
    starts: number,
    target: number,
    width: number,
    rowFrom: number,
    rowTo: number,
    delta: number,
    from: number,
    to: number,
    factor: number,
    keep: boolean,
  ): void {
    const { denseReduce, denseReduceBlocks } = this.#wasm;
    (to <= SAMPLE_BLOCK ? denseReduce : denseReduceBlocks)(
      width / LANES,
      this.#together,
      target,
      inputs,
      rowFrom,
      rowTo,
      starts,
      lists.value.byteOffset,
      delta,
      from,
      to,
      this.#scratch.totals.byteOffset,
      factor,
      keep ? 1 : 0,
    );
  }

  #layer(l: number): LayerMemory {
    return this.#memory.layers[l]!;
  }

  get #scratch() {
    return this.#memory.workers[this.#worker]!;
  }
}

/** Each slice has room for as many cursors as there are rows, and two more. */
function cursorsOf({ inputs, transposed }: LayerMemory, slice: number): number {
  return transposed.cursors.byteOffset + slice * (inputs + 3) * transposed.cursors.BYTES_PER_ELEMENT;
}
