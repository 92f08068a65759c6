/**
 * The reference kernel: docs/mathematics.md in plain TypeScript and float64, loops as on paper.
 *
 * Slow, on purpose: it is what the fast kernels are tested against. Its layers have one panel, as wide as
 * the layer and without padding, so W[i, j] stands at i · outputs + j.
 */
import type { InputLists, LayerMemory, Memory, Reals } from '../memory/layout.js';
import type { Kernel, Range, RowSlice, Update } from './kernel.js';

/** Where each slot's list lies: see `InputLists`. */
type Places = Pick<InputLists, 'starts' | 'lengths'>;

export class ReferenceKernel implements Kernel {
  /** By layer, of the batch that is to be stepped. */
  readonly #places: Places[] = [];
  readonly #layers: readonly LayerMemory[];
  readonly #worker: number;

  /** @param worker  whose gradient buffer `accumulate` fills */
  constructor(memory: Memory, worker: number) {
    this.#layers = memory.layers;
    this.#worker = worker;
  }

  /** Nothing: `forward` goes through the samples' lists as they are. */
  cutInputs(): void {}

  fetchInputs(): void {}

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

  /** Only remembers where the lists lie: by the time of the step, the slots may be the next batch's. */
  transpose(l: number, _slice: RowSlice, batch: number): void {
    const { starts, lengths } = this.#layers[l]!.lists;
    this.#places[l] = { starts: starts.slice(0, batch), lengths: lengths.slice(0, batch) };
  }

  step(l: number, { from, to }: RowSlice, _onlyPanel: Range, batch: number, rate: number): void {
    const layer = this.#layers[l]!;
    const { weights: W } = onlyPanel(layer);
    const sum = new Float64Array((to - from) * layer.outputs);
    addGradients(layer, this.#places[l]!, from, to, 0, batch, sum);
    for (let p = 0; p < sum.length; p++) W[from * layer.outputs + p]! -= rate * sum[p]!;
  }

  accumulate(l: number, from: number, to: number): void {
    const layer = this.#layers[l]!;
    const gradients = layer.gradients[this.#worker]!;
    gradients.fill(0);
    addGradients(layer, layer.lists, 0, layer.inputs + 1, from, to, gradients);
  }

  applyGradients(l: number, rate: number): void {
    const { parameters, gradients } = this.#layers[l]!;
    for (let p = 0; p < parameters.length; p++) {
      let sum = 0;
      for (const buffer of gradients) sum += buffer[p]!;
      parameters[p]! -= rate * sum;
    }
  }

  reduce(l: number, { from, to }: RowSlice, _onlyPanel: Range, batch: number): void {
    const layer = this.#layers[l]!;
    const sum = layer.gradients[0]!.subarray(from * layer.outputs, to * layer.outputs);
    addGradients(layer, this.#places[l]!, from, to, 0, batch, sum.fill(0));
  }

  sumGradients(l: number): void {
    const [gradient, ...others] = this.#layers[l]!.gradients;
    for (let p = 0; p < gradient!.length; p++) {
      for (const buffer of others) gradient![p]! += buffer[p]!;
    }
  }

  addGradient(l: number, { from, to }: Range, buffer: number): void {
    const { gradients } = this.#layers[l]!;
    for (let p = from; p < to; p++) gradients[0]![p]! += gradients[buffer]![p]!;
  }

  /** One sum a row, of the four that there is room for. */
  squareRows(l: number, { from, to }: Range): void {
    const { outputs, gradients, rowSquares } = this.#layers[l]!;
    const gradient = gradients[0]!;
    for (let i = from; i < to; i++) {
      let sum = 0;
      for (let p = i * outputs; p < (i + 1) * outputs; p++) sum += gradient[p]! * gradient[p]!;
      rowSquares[4 * i] = sum;
    }
  }

  update(l: number, { from, to }: Range, _onlyPanel: Range, update: Update): void {
    const { outputs, parameters, gradients, moments } = this.#layers[l]!;
    update.apply(parameters, gradients[0]!, moments, from * outputs, to * outputs);
  }
}

function onlyPanel(layer: LayerMemory) {
  return layer.panels[0]!;
}

/**
 * sum[i, j] += Σ_s x[s, i] · δ[s, j] for the rows i in [rowFrom, rowTo), the first of them at sum[0]: dL/dW = Σ_s xᵀδ,
 * sample by sample. Row `inputs` is the bias, whose x is 1.
 */
function addGradients(
  layer: LayerMemory,
  { starts, lengths }: Places,
  rowFrom: number,
  rowTo: number,
  from: number,
  to: number,
  sum: Reals,
): void {
  const { inputs, outputs, lists } = layer;
  const { delta } = onlyPanel(layer);
  const addRow = (i: number, x: number, s: number) => {
    if (i < rowFrom || i >= rowTo) return;
    for (let j = 0; j < outputs; j++) sum[(i - rowFrom) * outputs + j]! += x * delta[s * outputs + j]!;
  };
  for (let s = from; s < to; s++) {
    for (let k = starts[s]!, end = k + lengths[s]!; k < end; k++) addRow(lists.index[k]!, lists.value[k]!, s);
    addRow(inputs, 1, s);
  }
}
