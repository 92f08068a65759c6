/**
 * The reference kernel: docs/mathematics.md in plain TypeScript and float64, loops as on paper.
 *
 * Slow, on purpose: it is what the fast kernels are tested against. Its layers have one panel, as wide as
 * the layer and without padding, so W[i, j] stands at i · outputs + j.
 */
import type { LayerMemory, Memory, Reals } from '../memory/layout.js';
import type { Kernel, Range, RowSlice } from './kernel.js';

export class ReferenceKernel implements Kernel {
  readonly #layers: readonly LayerMemory[];
  readonly #member: number;

  /** @param member  whose gradient buffer `accumulate` fills */
  constructor(memory: Memory, member: number) {
    this.#layers = memory.layers;
    this.#member = member;
  }

  forward(l: number, _onlyPanel: Range, from: number, to: number): void {
    const layer = this.#layers[l]!;
    const { inputs, outputs, lists } = layer;
    const { weights: W, delta: z } = onlyPanel(layer);
    for (let s = from; s < to; s++) {
      for (let j = 0; j < outputs; j++) z[s * outputs + j] = W[inputs * outputs + j]!;
      for (let k = lists.starts[s]!, end = k + lists.lengths[s]!; k < end; k++) {
        const i = lists.index[k]!;
        const x = lists.value[k]!;
        for (let j = 0; j < outputs; j++) z[s * outputs + j]! += x * W[i * outputs + j]!;
      }
    }
  }

  /** h = max(z, 0) as a list of the active units. A NaN is passed on: the loss must see it. */
  activate(l: number, from: number, to: number): void {
    const { delta: z } = onlyPanel(this.#layers[l]!);
    const { inputs: units, lists } = this.#layers[l + 1]!;
    for (let s = from; s < to; s++) {
      const start = lists.starts[s]!;
      let active = 0;
      for (let j = 0; j < units; j++) {
        const h = z[s * units + j]!;
        if (!(h <= 0)) {
          lists.index[start + active] = j;
          lists.value[start + active] = h;
          active++;
        }
        z[s * units + j] = 0;
      }
      lists.lengths[s] = active;
    }
  }

  backward(l: number, from: number, to: number): void {
    const layer = this.#layers[l]!;
    const { outputs, lists } = layer;
    const { weights: W, delta } = onlyPanel(layer);
    const below = onlyPanel(this.#layers[l - 1]!);
    for (let s = from; s < to; s++) {
      for (let k = lists.starts[s]!, end = k + lists.lengths[s]!; k < end; k++) {
        const i = lists.index[k]!;
        let sum = 0;
        for (let j = 0; j < outputs; j++) sum += W[i * outputs + j]! * delta[s * outputs + j]!;
        below.delta[s * below.width + i] = sum;
      }
    }
  }

  /** Nothing: `step` looks through the lists itself. */
  transpose(): void {}

  step(l: number, { from, to }: RowSlice, _onlyPanel: Range, batch: number, rate: number): void {
    const layer = this.#layers[l]!;
    const { weights: W } = onlyPanel(layer);
    // One gradient at a time would walk through the lists once a weight; sample by sample into the rows of
    // a transposed batch is the same sum in the same order.
    const rows = litSlots(layer, from, to, 0, batch);
    const sum = new Float64Array(layer.outputs);
    for (let i = from; i < to; i++) {
      sum.fill(0);
      addGradient(layer, rows[i - from]!, sum, 0);
      for (let j = 0; j < layer.outputs; j++) W[i * layer.outputs + j]! -= rate * sum[j]!;
    }
  }

  accumulate(l: number, from: number, to: number): void {
    const layer = this.#layers[l]!;
    const gradients = layer.gradients[this.#member]!;
    gradients.fill(0);
    const rows = litSlots(layer, 0, layer.inputs + 1, from, to);
    for (const [i, row] of rows.entries()) addGradient(layer, row, gradients, i * layer.outputs);
  }

  applyGradients(l: number, rate: number): void {
    const { parameters, gradients } = this.#layers[l]!;
    for (let p = 0; p < parameters.length; p++) {
      let sum = 0;
      for (const buffer of gradients) sum += buffer[p]!;
      parameters[p]! -= rate * sum;
    }
  }
}

function onlyPanel(layer: LayerMemory) {
  return layer.panels[0]!;
}

interface LitSlot {
  readonly slot: number;
  readonly x: number;
}

/** For each row in [rowFrom, rowTo): the slots of [from, to) where that input is not zero, ascending. */
function litSlots(layer: LayerMemory, rowFrom: number, rowTo: number, from: number, to: number): LitSlot[][] {
  const { inputs, lists } = layer;
  const rows: LitSlot[][] = Array.from({ length: rowTo - rowFrom }, () => []);
  for (let s = from; s < to; s++) {
    for (let k = lists.starts[s]!, end = k + lists.lengths[s]!; k < end; k++) {
      rows[lists.index[k]! - rowFrom]?.push({ slot: s, x: lists.value[k]! });
    }
    rows[inputs - rowFrom]?.push({ slot: s, x: 1 });
  }
  return rows;
}

/** sum[at + j] += Σ_s x_s · δ[s, j]: one row of dL/dW = Σ_s xᵀδ. */
function addGradient(layer: LayerMemory, row: readonly LitSlot[], sum: Reals, at: number): void {
  const { delta } = onlyPanel(layer);
  for (const { slot, x } of row) {
    for (let j = 0; j < layer.outputs; j++) sum[at + j]! += x * delta[slot * layer.outputs + j]!;
  }
}
