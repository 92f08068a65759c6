/**
 * The reference kernel: docs/mathematics.md in plain TypeScript and float64. Slow on purpose: the fast kernels are tested
 * against it.
 *
 * A layer has D inputs and C outputs, a batch B samples. All arrays are row-major: the input x is [B, D], the weights W
 * [D + 1, C], where row D is the bias, and z and its gradient δ = dL/dz are [B, C] and share one array. `forEachInput`
 * visits a sample's inputs, and skips zeros that are not stored.
 */
import type { InputRows, LayerMemory, Reals } from '../memory/layer-memory.js';
import type { Memory } from '../memory/layout.js';
import type { KernelNeeds } from '../memory/plan.js';
import { forEachInput } from '../memory/rows.js';
import type { Activation } from './activations.js';
import { type Dropout, dropInputsPlainly, writeFactors } from './dropout.js';
import type { Kernel, Range, RowSlice, Update } from './kernel.js';

export const REFERENCE_NEEDS = {
  reals: 'float64',
  lanes: 1,
  panelWidth: Number.POSITIVE_INFINITY,
  denseOutputs: 0,
  blocks: undefined,
  mirrors: false,
  skipsZeros: undefined,
  reservedBytes: 0,
} as const satisfies KernelNeeds;

/** G ← scale · G + l1 · sign(W); without the penalty for the elements from `biases` on. */
function penalize(
  W: Reals,
  G: Reals,
  { scale, l1 }: NonNullable<Update['penalty']>,
  from: number,
  to: number,
  biases: number,
): void {
  for (let p = from; p < to; p++) G[p] = scale * G[p]! + (p < biases ? l1 * Math.sign(W[p]!) : 0);
}

export class ReferenceKernel implements Kernel {
  readonly #layers: readonly LayerMemory[];
  readonly #activation: Activation;
  readonly #worker: number;
  readonly #factors: Float64Array;
  readonly #memory: Memory;
  /** For each layer, the rows of the batch that is stepped. */
  readonly #batchRows: InputRows[] = [];

  /** @param worker  whose gradient buffer `accumulate` fills */
  constructor(memory: Memory, activation: Activation, worker: number) {
    this.#layers = memory.layers;
    this.#memory = memory;
    this.#factors = memory.sampleFactors;
    this.#activation = activation;
    this.#worker = worker;
  }

  /** z = x·W + b */
  forward(l: number, _panels: Range, from: number, to: number): void {
    const { inputs: D, outputs: C, inputRows: x, parameters: W } = this.#layers[l]!;
    const z = this.#deltas(l);
    for (let s = from; s < to; s++) {
      for (let j = 0; j < C; j++) z[s * C + j] = W[D * C + j]!;
      forEachInput(x, s, (i, value) => {
        for (let j = 0; j < C; j++) z[s * C + j]! += value * W[i * C + j]!;
      });
    }
  }

  /** The gradients of `forward`: dL/dW = xᵀδ, dL/db = δ, added up over samples, for the rows [rowFrom, rowTo) of W. */
  #addGradients(l: number, x: InputRows, rowFrom: number, rowTo: number, from: number, to: number, dW: Reals): void {
    const { inputs: D, outputs: C } = this.#layers[l]!;
    const delta = this.#deltas(l);
    const addRow = (s: number, i: number, value: number) => {
      if (i < rowFrom || i >= rowTo) return;
      for (let j = 0; j < C; j++) dW[(i - rowFrom) * C + j]! += value * delta[s * C + j]!;
    };
    for (let s = from; s < to; s++) {
      forEachInput(x, s, (i, value) => addRow(s, i, value));
      addRow(s, D, 1);
    }
  }

  /** h = f(z), the next layer's input. f′(z) replaces z. With dropout, m·f(z) and m·f′(z), where m is the unit's factor. */
  activate(l: number, from: number, to: number, dropout?: Dropout): void {
    const { outputs: C } = this.#layers[l]!;
    const { form, starts, lengths, index, value } = this.#layers[l + 1]!.inputRows;
    const z = this.#deltas(l);
    const m = new Float64Array(C).fill(1);
    for (let s = from; s < to; s++) {
      if (dropout) writeFactors(dropout, s, m, C);
      let k = starts[s]!;
      for (let j = 0; j < C; j++) {
        const undropped = this.#activation.value(z[s * C + j]!);
        const slope = m[j]! * this.#activation.slope(z[s * C + j]!, undropped);
        const h = m[j]! * undropped;
        // (Where an activation crosses 0, its derivative is not 0.)
        const isStored = form === 'dense' || (this.#activation.isSparse ? h !== 0 : m[j] !== 0);
        // `backward` multiplies by f′, or for a unit that is not stored leaves this zero.
        z[s * C + j] = isStored ? slope : 0;
        if (!isStored) continue;
        if (form === 'sparse') index[k] = j;
        value[k++] = h;
      }
      lengths[s] = k - starts[s]!;
    }
  }

  dropInputs(dropout: Dropout, slot: number, row: Range, at: number): number {
    return dropInputsPlainly(this.#memory, dropout, slot, row, at);
  }

  /** The gradient of `forward` and `activate`: δ of the layer below = (δ·Wᵀ) ⊙ f′(z), where f′(z) was stored. */
  backward(l: number, from: number, to: number): void {
    const { inputs: D, outputs: C, inputRows: x, parameters: W } = this.#layers[l]!;
    const delta = this.#deltas(l);
    const below = this.#deltas(l - 1);
    for (let s = from; s < to; s++) {
      forEachInput(x, s, (i) => {
        let sum = 0;
        for (let j = 0; j < C; j++) sum += W[i * C + j]! * delta[s * C + j]!;
        below[s * D + i] = sum * below[s * D + i]!;
      });
    }
  }

  /** W ← W − rate · dL/dW */
  step(l: number, { from, to }: RowSlice, _panels: Range, batch: number, rate: number): void {
    const { outputs: C, parameters: W } = this.#layers[l]!;
    const dW = new Float64Array((to - from) * C);
    this.#addGradients(l, this.#batchRows[l]!, from, to, 0, batch, dW);
    for (let p = 0; p < dW.length; p++) W[from * C + p]! -= rate * dW[p]!;
  }

  reduce(l: number, { from, to }: RowSlice, _panels: Range, batch: number): void {
    const { outputs: C, gradients } = this.#layers[l]!;
    const dW = gradients[0]!.subarray(from * C, to * C).fill(0);
    this.#addGradients(l, this.#batchRows[l]!, from, to, 0, batch, dW);
  }

  accumulate(l: number, from: number, to: number): void {
    const { inputs: D, inputRows: x, gradients } = this.#layers[l]!;
    this.#addGradients(l, x, 0, D + 1, from, to, gradients[this.#worker]!.fill(0));
  }

  applyGradients(l: number, rate: number): void {
    const { parameters: W, gradients } = this.#layers[l]!;
    for (let p = 0; p < W.length; p++) {
      let sum = 0;
      for (const dW of gradients) sum += dW[p]!;
      W[p]! -= rate * sum;
    }
  }

  sumGradients(l: number): void {
    const { gradients, parameters } = this.#layers[l]!;
    for (const buffer of gradients.keys())
      if (buffer > 0) this.addGradient(l, { from: 0, to: parameters.length }, buffer);
  }

  addGradient(l: number, { from, to }: Range, buffer: number): void {
    const { gradients } = this.#layers[l]!;
    for (let p = from; p < to; p++) gradients[0]![p]! += gradients[buffer]![p]!;
  }

  /** One sum for each row, in the first of its four places. */
  squareRows(l: number, { from, to }: Range): void {
    const { outputs: C, gradients, rowSquares } = this.#layers[l]!;
    const dW = gradients[0]!;
    for (let i = from; i < to; i++) {
      let sum = 0;
      for (let j = 0; j < C; j++) sum += dW[i * C + j]! * dW[i * C + j]!;
      rowSquares[4 * i] = sum;
    }
  }

  /** Σ x² and Σ δ², the latter in the first of its four places. */
  squareSamples(l: number, from: number, to: number): void {
    const { outputs: C, inputRows: x, inputSquares, deltaSquares } = this.#layers[l]!;
    const delta = this.#deltas(l);
    for (let s = from; s < to; s++) {
      let sum = 0;
      forEachInput(x, s, (_, value) => {
        sum += value * value;
      });
      inputSquares[s] = sum;
      sum = 0;
      for (let j = 0; j < C; j++) sum += delta[s * C + j]! * delta[s * C + j]!;
      deltaSquares[4 * s] = sum;
    }
  }

  scaleSamples(l: number, from: number, to: number): void {
    const { outputs: C } = this.#layers[l]!;
    const delta = this.#deltas(l);
    for (let s = from; s < to; s++) {
      for (let j = 0; j < C; j++) delta[s * C + j]! *= this.#factors[s]!;
    }
  }

  limitNorms(l: number, panels: Range, most: number): void {
    // A layer is one panel: of several threads, only one has it.
    if (panels.from === panels.to) return;
    const { inputs: D, outputs: C, parameters: W } = this.#layers[l]!;
    for (let j = 0; j < C; j++) {
      let sum = 0;
      for (let i = 0; i < D; i++) sum += W[i * C + j]! * W[i * C + j]!;
      const norm = Math.sqrt(sum);
      if (norm > most) for (let i = 0; i < D; i++) W[i * C + j]! *= most / norm;
    }
  }

  update(l: number, { from, to }: Range, _onlyPanel: Range, update: Update): void {
    const { inputs, outputs, parameters, gradients, moments } = this.#layers[l]!;
    const biases = inputs * outputs;
    for (let each: Update | undefined = update; each; each = each.next) {
      const { penalty, apply } = each;
      if (penalty) penalize(parameters, gradients[0]!, penalty, from * outputs, to * outputs, biases);
      apply(parameters, gradients[0]!, moments, from * outputs, to * outputs);
    }
  }

  /** Copies where the batch's rows lie: at the time of the step, the slots may hold the next batch. */
  transpose(l: number, _slice: RowSlice, batch: number): void {
    const { inputRows } = this.#layers[l]!;
    const { starts, lengths } = inputRows;
    this.#batchRows[l] = { ...inputRows, starts: starts.slice(0, batch), lengths: lengths.slice(0, batch) };
  }

  /** Nothing to prepare. */
  findBlocks(): void {}

  prefetchInputs(): void {}

  /** z and δ of a layer: it has one panel, as wide as the layer. */
  #deltas(l: number): Reals {
    return this.#layers[l]!.panels[0]!.delta;
  }
}
