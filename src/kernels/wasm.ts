/** The WebAssembly kernels: for each of a layer's panels, a call of the module (assembly/). */
import type { LayerMemory } from '../memory/layer-memory.js';
import { BACKWARD_BLOCK, type Memory } from '../memory/layout.js';
import type { Activation } from './activations.js';
import type { Dropout } from './dropout.js';
import type { Kernel, Range, RowSlice, Update } from './kernel.js';
import { areFinite, backwardListed, FETCHES_FROM } from './listed-backward.js';
import { activatePlainly, backwardPlainly } from './plain-activation.js';
import { activateCurve, backwardTimes } from './wasm-curves.js';
import { type Tilings, type WasmLayer, type WasmPanel, WORD_BYTES, wasmLayer } from './wasm-layer.js';
import { backwardMirrored, copyToMirrors } from './wasm-mirrors.js';
import type { WasmModule } from './wasm-module.js';
import { WasmReduction } from './wasm-reduction.js';

/** Samples that go through all panels together: enough to make fetching weights cheap, few enough that their rows stay cached. */
const FORWARD_BLOCK = 500;

type Penalty = NonNullable<Update['penalty']>;

export class WasmKernel implements Kernel {
  readonly #wasm: WasmModule;
  readonly #memory: Memory;
  readonly #layers: readonly WasmLayer[];
  readonly #activation: Activation;
  readonly #worker: number;
  /** This worker's scratch. */
  readonly #partial: number;
  readonly #dropFactors: number;
  readonly #reduction: WasmReduction;
  /** By layer: the factor of the units that the last forward pass kept, where `backward` multiplies by it. */
  readonly #kept: number[];
  /** By layer: whether the z of the last forward pass were finite, where `backward` skips zeros. */
  readonly #areFinite: boolean[];

  /**
   * @param worker    whose scratch and gradient buffer are used
   * @param tilings   see `KernelChoice`
   */
  constructor(wasm: WasmModule, memory: Memory, activation: Activation, worker: number, tilings: Tilings) {
    const { partial, dropFactors } = memory.workers[worker]!;
    this.#wasm = wasm;
    this.#memory = memory;
    const { layers, slots } = memory;
    const facts = { slots, tilings, storesSlope: !activation.isSparse };
    this.#layers = layers.map((layer, l) => wasmLayer(layer, layers[l - 1], wasm, facts));
    this.#activation = activation;
    this.#worker = worker;
    this.#partial = partial.byteOffset;
    this.#dropFactors = dropFactors.byteOffset;
    this.#reduction = new WasmReduction(wasm, memory, this.#layers, worker);
    this.#kept = layers.map(() => 1);
    this.#areFinite = layers.map(() => true);
    // Every worker fills the mirrors, all with the same values, before any of them goes back.
    for (const layer of this.#layers)
      copyToMirrors(this.#wasm, layer, { from: 0, to: layer.inputs }, { from: 0, to: layer.panels.length });
  }

  forward(l: number, range: Range, from: number, to: number): void {
    const layer = this.#layers[l]!;
    for (let first = from; first < to; first += FORWARD_BLOCK) {
      const end = Math.min(first + FORWARD_BLOCK, to);
      for (let p = range.from; p < range.to; p++) {
        if (layer.isDense) forwardDense(layer, layer.panels[p]!, first, end);
        else forwardSparse(this.#wasm, layer, layer.panels[p]!, l > 0 && end - first >= FETCHES_FROM, first, end);
      }
    }
  }

  activate(l: number, from: number, to: number, dropout?: Dropout): void {
    const { layers } = this.#memory;
    const { assembly } = this.#activation;
    if (this.#layers[l]!.mirrorBlocks > 0) this.#areFinite[l] = areFinite(this.#wasm, this.#layers[l]!, from, to);
    if (!this.#isRelu) {
      if (!assembly) activatePlainly(this.#activation, layers[l]!, layers[l + 1]!, from, to, dropout);
      else {
        activateCurve(this.#wasm, assembly, this.#layers[l]!, this.#layers[l + 1]!, from, to);
        if (dropout) this.#drop(l, dropout, this.#layers[l + 1]!.value, from, to);
        else if (!this.#layers[l + 1]!.isDense) listAllUnits(layers[l + 1]!, from, to);
      }
      return;
    }
    // ReLU of m·z is m·ReLU of z.
    if (dropout) this.#drop(l, dropout, 0, from, to);
    this.#kept[l] = dropout?.factor ?? 1;
    const { isDense, starts, lengths, index, value, mirrors } = this.#layers[l + 1]!;
    const keepsZ = Number(mirrors.length > 0);
    for (const { firstColumn, width, columns, delta } of this.#layers[l]!.panels) {
      if (isDense) this.#wasm.rectifyRows(delta, firstColumn, width, starts, value, from, to);
      else this.#wasm.rectifyPanel(delta, firstColumn, width, columns, starts, lengths, index, value, keepsZ, from, to);
    }
  }

  dropInputs({ key, threshold, factor, samples, first }: Dropout, slot: number, row: Range, at: number): number {
    const { isDense, inputs, index, value } = this.#layers[0]!;
    const place = [isDense ? 0 : index, value, row.from, row.to, at, inputs];
    const numbers = [key.low, key.high, threshold, factor, samples[first + slot]!];
    return this.#wasm.dropInputs(...place, ...numbers, this.#dropFactors);
  }

  /** Multiplies z, or a derivative that has replaced it. @param value  of the layer above, which is multiplied, too; 0: none */
  #drop(l: number, dropout: Dropout, value: number, from: number, to: number): void {
    const { outputs, units, unit, panels } = this.#layers[l]!;
    const { starts, lengths, index, isDense } = this.#layers[l + 1]!;
    const rows = [starts, value, isDense ? 0 : lengths, index];
    const { key, threshold, factor, samples, first } = dropout;
    const numbers = [key.low, key.high, threshold, factor, samples.byteOffset + first * WORD_BYTES];
    const z = [panels[0]!.delta, this.#memory.slots, outputs, units, unit, panels.length];
    this.#wasm.dropUnits(...z, ...numbers, ...rows, this.#dropFactors, from, to);
  }

  backward(l: number, from: number, to: number): void {
    this.#backward(l, from, to);
    const kept = this.#kept[l - 1]!;
    if (kept === 1) return;
    for (const { delta, rowBytes } of this.#layers[l - 1]!.panels) {
      this.#wasm.multiply(delta + from * rowBytes, (to - from) * rowBytes, kept);
    }
  }

  #backward(l: number, from: number, to: number): void {
    const layer = this.#layers[l]!;
    const below = this.#layers[l - 1]!;
    if (!this.#isRelu && this.#activation.isSparse) {
      const { layers } = this.#memory;
      backwardPlainly(layers[l]!, layers[l - 1]!, from, to);
    } else if (layer.mirrorBlocks > 0) {
      const facts = { keepsZeros: !this.#areFinite[l]!, storesSlope: !this.#activation.isSparse };
      backwardListed(this.#wasm, layer, this.#memory, this.#worker, facts, from, to);
    } else if (layer.mirrors.length > 0) {
      backwardMirrored(this.#wasm, layer, this.#memory, this.#worker, from, to);
    } else if (!this.#isRelu) {
      backwardTimes(layer, below, this.#memory.workers[this.#worker]!.partial, from, to);
    } else if (layer.isDense) {
      backwardDense(layer, below, from, to);
    } else {
      for (let first = from; first < to; first += BACKWARD_BLOCK) {
        this.#backwardSparse(layer, below, first, Math.min(first + BACKWARD_BLOCK, to));
      }
    }
  }

  /** For at most BACKWARD_BLOCK samples: their sums are in `partial` between panels. */
  #backwardSparse(layer: WasmLayer, below: WasmLayer, from: number, to: number): void {
    const { inputs, starts, lengths, index, panels } = layer;
    const last = panels.at(-1)!.parts.at(-1);
    let isFirst = 1;
    for (const { weights, delta, rowBytes, parts } of panels) {
      for (const part of parts) {
        part.backward(
          weights + part.offset,
          rowBytes,
          starts,
          lengths,
          index,
          delta + part.offset,
          this.#partial,
          inputs,
          isFirst,
          Number(part === last),
          below.panels[0]!.delta,
          this.#memory.slots,
          below.units,
          below.unit,
          below.panels.length,
          from,
          to,
        );
        isFirst = 0;
      }
    }
  }

  findBlocks(l: number, from: number, to: number): void {
    const { isDense, starts, lengths, index, blockInputs, blockBounds } = this.#layers[l]!;
    if (isDense) return;
    const blocks = blockBounds.length - 1;
    const { slots } = this.#memory;
    this.#wasm.findBlocks(starts, lengths, index, blockInputs, blocks, blockBounds[0]!, slots, from, to);
  }

  prefetchInputs(l: number, from: number, to: number): void {
    const { isDense, starts, lengths, index, value } = this.#layers[l]!;
    // (Dense rows have no indices: their values are read twice.)
    this.#wasm.fetchRows(starts, lengths, isDense ? value : index, value, from, to);
  }

  transpose(l: number, slice: RowSlice, batch: number): void {
    this.#reduction.transpose(l, slice, batch);
  }

  step(l: number, slice: RowSlice, range: Range, batch: number, rate: number): void {
    this.#reduction.reduce(l, slice, range, batch, 'step', -rate);
    copyToMirrors(this.#wasm, this.#layers[l]!, slice, range);
  }

  reduce(l: number, slice: RowSlice, range: Range, batch: number): void {
    this.#reduction.reduce(l, slice, range, batch, 'keep', 0);
  }

  accumulate(l: number, from: number, to: number): void {
    this.#reduction.accumulate(l, from, to);
  }

  applyGradients(l: number, rate: number): void {
    const { parameters, gradients } = this.#memory.layers[l]!;
    const [first, second = first!] = gradients;
    const stride = second.byteOffset - first!.byteOffset;
    const { byteOffset, byteLength } = parameters;
    this.#wasm.applyGradients(byteOffset, first!.byteOffset, byteLength, gradients.length, stride, -rate);
  }

  sumGradients(l: number): void {
    const { gradients } = this.#memory.layers[l]!;
    const [first, second = first!] = gradients;
    this.#wasm.sumGradients(
      first!.byteOffset,
      first!.byteLength,
      gradients.length,
      second.byteOffset - first!.byteOffset,
    );
  }

  addGradient(l: number, { from, to }: Range, buffer: number): void {
    const { gradients } = this.#memory.layers[l]!;
    const sum = gradients[0]!.subarray(from, to);
    const stride = gradients[buffer]!.byteOffset - gradients[0]!.byteOffset;
    this.#wasm.sumGradients(sum.byteOffset, sum.byteLength, 2, stride);
  }

  squareRows(l: number, { from, to }: Range): void {
    const { panels, rowSquares } = this.#layers[l]!;
    for (const [p, { rowBytes, vectors, gradients }] of panels.entries()) {
      const first = gradients[0]! + from * rowBytes;
      this.#wasm.squareRows(rowSquares(from), Number(p === 0), first, to - from, vectors);
    }
  }

  squareSamples(l: number, from: number, to: number): void {
    const { panels, starts, lengths, value, inputSquares, deltaSquares } = this.#layers[l]!;
    this.#wasm.squareInputs(starts, lengths, value, inputSquares, from, to);
    for (const [p, { rowBytes, vectors, delta }] of panels.entries()) {
      this.#wasm.squareRows(deltaSquares(from), Number(p === 0), delta + from * rowBytes, to - from, vectors);
    }
  }

  scaleSamples(l: number, from: number, to: number): void {
    const factors = this.#memory.sampleFactors.byteOffset;
    for (const { delta, rowBytes } of this.#layers[l]!.panels) this.#wasm.scaleRows(delta, rowBytes, factors, from, to);
  }

  limitNorms(l: number, range: Range, most: number): void {
    const layer = this.#layers[l]!;
    for (let p = range.from; p < range.to; p++) {
      const { weights, vectors } = layer.panels[p]!;
      const isChanged = this.#wasm.limitNorms[vectors]!(weights, layer.inputs, most);
      if (isChanged) copyToMirrors(this.#wasm, layer, { from: 0, to: layer.inputs }, { from: p, to: p + 1 });
    }
  }

  /** Rows without the bias get the penalty. */
  #penalize({ inputs }: WasmLayer, panel: WasmPanel, { from, to }: Range, { scale, l1 }: Penalty): void {
    const { rowBytes, weights, gradients } = panel;
    const penalized = Math.min(to, inputs);
    for (const [first, end, coefficient] of [
      [from, penalized, l1],
      [Math.max(from, penalized), to, 0],
    ] as const) {
      const at = first * rowBytes;
      this.#wasm.penalize(weights + at, gradients[0]! + at, Math.max(0, end - first) * rowBytes, scale, coefficient);
    }
  }

  update(l: number, rows: Range, range: Range, update: Update): void {
    for (let each: Update | undefined = update; each; each = each.next) this.#update(l, rows, range, each);
    if (!update.keepsWeights) copyToMirrors(this.#wasm, this.#layers[l]!, rows, range);
  }

  #update(l: number, { from, to }: Range, range: Range, { apply, penalty, assembly }: Update): void {
    for (let p = range.from; p < range.to; p++) {
      const layer = this.#layers[l]!;
      if (penalty) this.#penalize(layer, layer.panels[p]!, { from, to }, penalty);
      if (assembly) {
        const { rowBytes, weights, gradients, moments } = this.#layers[l]!.panels[p]!;
        const arrays = [
          weights,
          gradients[0]!,
          ...(assembly.moments < 0 ? moments.slice(-1) : moments.slice(0, assembly.moments)),
        ];
        const addresses = arrays.map((address) => address + from * rowBytes);
        this.#wasm[assembly.name](...addresses, (to - from) * rowBytes, ...assembly.numbers);
      } else {
        const { width, weights, gradients, moments } = this.#memory.layers[l]!.panels[p]!;
        apply(weights, gradients[0]!, moments, from * width, to * width);
      }
    }
  }

  get #isRelu(): boolean {
    return this.#activation.name === 'relu';
  }
}

/** Lists of all units, whose values are there in order: where dropout leaves lists, and there is none. */
function listAllUnits({ inputs, inputRows: { starts, lengths, index } }: LayerMemory, from: number, to: number): void {
  for (let slot = from; slot < to; slot++) {
    const start = starts[slot]!;
    for (let unit = 0; unit < inputs; unit++) index[start + unit] = unit;
    lengths[slot] = inputs;
  }
}

function forwardDense(layer: WasmLayer, panel: WasmPanel, from: number, to: number): void {
  const { inputs, starts, value } = layer;
  const { rowBytes, weights, delta: z, forwardTiles } = panel;
  for (const { offset, forward } of forwardTiles) {
    forward(weights + offset, rowBytes, inputs, starts, value, z + offset, from, to);
  }
}

/**
 * Block by block of inputs, each over all samples, so that most of a block's weights stay in the first-level cache. z keeps
 * the sums in between, which does not change their bits.
 *
 * @param fetches  whether to read a block's weights in order first: they come from a distant cache. (The first layer's are near,
 *                 because its panels have just been stepped.)
 */
function forwardSparse(
  wasm: WasmModule,
  layer: WasmLayer,
  panel: WasmPanel,
  fetches: boolean,
  from: number,
  to: number,
): void {
  const { inputs, blockInputs, blockBounds, index, value } = layer;
  const { weights, bias, delta: z, rowBytes, forward } = panel;
  for (let b = 0; b + 1 < blockBounds.length; b++) {
    const rows = Math.min(blockInputs, inputs - b * blockInputs);
    if (fetches) wasm.fetchLines(weights + b * blockInputs * rowBytes, rows * rowBytes);
    forward(weights, b === 0 ? bias : 0, blockBounds[b]!, blockBounds[b + 1]!, index, value, z, from, to);
  }
}

/** Through ReLU. A hidden layer with dense inputs then has a single panel. */
function backwardDense(layer: WasmLayer, below: WasmLayer, from: number, to: number): void {
  const { starts, value, panels } = layer;
  const { weights, delta, rowBytes, parts } = panels[0]!;
  for (const target of below.panels) {
    parts[0]!.denseBackward(
      weights,
      delta,
      rowBytes,
      target.firstColumn,
      target.width,
      starts,
      value,
      target.delta,
      from,
      to,
    );
  }
}
