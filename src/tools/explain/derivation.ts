/**
 * The derivation of docs/mathematics.md with numbers: the forward and the backward pass of some samples, in float64. It runs the
 * reference kernel and the objective, as training does, in a memory of its own. It also runs in browsers (scripts/build.mjs), so
 * nothing here may need Node.
 */
import { activationNamed, activationNeeds } from '../../kernels/activations.js';
import { REFERENCE_NEEDS, ReferenceKernel } from '../../kernels/reference.js';
import type { LayerMemory } from '../../memory/layer-memory.js';
import { bytesNeeded, layOut, type Memory } from '../../memory/layout.js';
import { type ObjectiveFacts, PLAIN, type Plan } from '../../memory/plan.js';
import { forEachInput, placeHiddenRows, placeSamples } from '../../memory/rows.js';
import { objectiveNamed } from '../../model/objectives/index.js';
import type { Criterion } from '../../model/objectives/objective.js';
import { SoftmaxCrossEntropy } from '../../model/objectives/softmax-cross-entropy.js';
import { writeParameters } from '../../model/parameters.js';

export interface NetworkShape {
  /** Widths, input to output. */
  readonly layers: readonly number[];
  /** Activation of the hidden layers. */
  readonly activation: string;
  readonly objective: string;
  readonly facts: ObjectiveFacts;
}

export interface Given {
  /** (inputs) As the network gets them. */
  readonly inputs: ArrayLike<number>;
  /** [class], or (targets) the regression targets, standardized. */
  readonly target: ArrayLike<number>;
}

const ALL = { from: 0, to: 1 };

export class Derivation {
  readonly shape: NetworkShape;
  /** Maximum samples of `run`. */
  readonly most: number;
  readonly #memory: Memory;
  readonly #kernel: ReferenceKernel;
  readonly #criterion: Criterion;
  /** By layer (samples, outputs): z, which the activation overwrites in the memory. */
  readonly #z: readonly Float64Array[];
  /** (samples, classes) */
  readonly #probabilities: Float64Array;
  readonly #losses: Float64Array;
  #values: Float32Array | undefined;
  #count = 0;

  /** @param most  samples that `run` may be given */
  constructor(shape: NetworkShape, most: number) {
    const { layers, facts } = shape;
    // (The weights of samples are left out: each counts once.)
    const plainFacts: ObjectiveFacts = { ...facts, isWeighted: false, classWeights: undefined };
    const objective = objectiveNamed(shape.objective, plainFacts);
    const plan: Plan = {
      ...PLAIN,
      layers,
      trainSamples: most,
      testSamples: 0,
      storedInputs: most * layers[0]!,
      inputForm: 'sparse',
      batchSize: most,
      threads: 1,
      gradientBuffers: 1,
      objective: shape.objective,
      facts: plainFacts,
      targets: objective.targets,
      scores: objective.scores,
      ...REFERENCE_NEEDS,
      ...activationNeeds(shape.activation),
    };
    this.shape = shape;
    this.most = most;
    this.#memory = layOut(plan, { buffer: new SharedArrayBuffer(bytesNeeded(plan)) });
    this.#kernel = new ReferenceKernel(this.#memory, activationNamed(shape.activation), 0);
    placeHiddenRows(this.#memory);
    this.#criterion = objective.criterion(this.#memory);
    this.#z = this.layers.map(({ outputs }) => new Float64Array(most * outputs));
    this.#probabilities = new Float64Array(facts.targets.length > 0 ? 0 : most * layers.at(-1)!);
    this.#losses = new Float64Array(most);
  }

  /** @param values  (parameters) In the order of a model file. Kept. */
  setParameters(values: Float32Array): void {
    this.#values = values;
    writeParameters(this.layers, values);
  }

  get layers(): readonly LayerMemory[] {
    return this.#memory.layers;
  }

  /** Runs the samples forward, and back unless that is not needed. */
  run(samples: readonly Given[], isForwardOnly = false): void {
    this.#place(samples);
    this.again(isForwardOnly);
  }

  /** Runs the same samples, perhaps with other parameters. */
  again(isForwardOnly = false): void {
    const { layers } = this;
    const [count, last] = [this.#count, layers.length - 1];
    for (const [l, layer] of layers.entries()) {
      this.#kernel.forward(l, ALL, 0, count);
      this.#z[l]!.set(deltasOf(layer).subarray(0, count * layer.outputs));
      if (l < last) this.#kernel.activate(l, 0, count);
    }
    const criterion = this.#criterion;
    for (let s = 0; s < count; s++) {
      criterion.evaluate(s, s);
      this.#losses[s] = criterion.loss;
      if (criterion instanceof SoftmaxCrossEntropy) {
        this.#probabilities.set(criterion.probabilities, s * layers[last]!.outputs);
      }
      if (!isForwardOnly) criterion.differentiate(s, s);
    }
    if (isForwardOnly) return;
    for (let l = last; l > 0; l--) this.#kernel.backward(l, 0, count);
  }

  get count(): number {
    return this.#count;
  }

  /** (outputs) Z_l */
  z(l: number, s = 0): Float64Array {
    return rowOf(this.#z[l]!, this.layers[l]!.outputs, s);
  }

  /** (outputs) δ_l. Overwritten by the next run. */
  delta(l: number, s = 0): Float64Array {
    const layer = this.layers[l]!;
    return rowOf(deltasOf(layer), layer.outputs, s);
  }

  /** (inputs) H_l: for l = 0, X. A copy. */
  inputs(l: number, s = 0): Float64Array {
    const { inputs, inputRows } = this.layers[l]!;
    const h = new Float64Array(inputs);
    forEachInput(inputRows, s, (i, value) => {
      h[i] = value;
    });
    return h;
  }

  /** Visits the inputs of a layer that are not 0, ascending. */
  forEachInput(l: number, s: number, visit: (input: number, x: number) => void): void {
    forEachInput(this.layers[l]!.inputRows, s, (i, x) => {
      if (x !== 0) visit(i, x);
    });
  }

  /** Number of inputs of a layer that are not 0. */
  active(l: number, s = 0): number {
    let count = 0;
    this.forEachInput(l, s, () => count++);
    return count;
  }

  /** (classes) P; empty for regression targets. */
  probabilities(s = 0): Float64Array {
    return rowOf(this.#probabilities, this.layers.at(-1)!.outputs, s);
  }

  loss(s = 0): number {
    return this.#losses[s]!;
  }

  /** The sum of the samples' losses, in their order. */
  get losses(): number {
    let sum = 0;
    for (let s = 0; s < this.#count; s++) sum += this.#losses[s]!;
    return sum;
  }

  /** (inputs) Weights into a unit, and its bias at the end. A copy. */
  weightsInto(l: number, unit: number): Float64Array {
    const { inputs, outputs, parameters } = this.layers[l]!;
    return Float64Array.from({ length: inputs + 1 }, (_, i) => parameters[i * outputs + unit]!);
  }

  /** (outputs) Weights from an input of the layer. A copy. */
  weightsFrom(l: number, input: number): Float64Array {
    const { outputs, parameters } = this.layers[l]!;
    return Float64Array.from(parameters.subarray(input * outputs, (input + 1) * outputs));
  }

  /**
   * The gradient of the sum of the losses, by layer (inputs + 1, outputs). Overwritten by the next call. The samples must have been
   * run back.
   */
  gradient(): readonly Float64Array[] {
    return this.layers.map(({ gradients }, l) => {
      this.#kernel.accumulate(l, 0, this.#count);
      return gradients[0] as Float64Array;
    });
  }

  /** Calls `use` with the parameters θ − rate · direction, and restores them. @param direction  as `gradient` */
  moved<Result>(rate: number, direction: readonly Float64Array[], use: () => Result): Result {
    for (const [l, { parameters }] of this.layers.entries()) {
      const step = direction[l]!;
      for (let p = 0; p < parameters.length; p++) parameters[p]! -= rate * step[p]!;
    }
    return this.#restoring(use);
  }

  /** Calls `use` with one parameter changed, and restores it. */
  nudged<Result>(l: number, input: number, unit: number, by: number, use: () => Result): Result {
    const { outputs, parameters } = this.layers[l]!;
    const at = input * outputs + unit;
    const before = parameters[at]!;
    parameters[at] = before + by;
    const result = use();
    parameters[at] = before;
    return result;
  }

  #restoring<Result>(use: () => Result): Result {
    const result = use();
    writeParameters(this.layers, this.#values!);
    return result;
  }

  #place(samples: readonly Given[]): void {
    const { starts, index, value, targets } = this.#memory.rows;
    let k = 0;
    for (const [s, { inputs, target }] of samples.entries()) {
      for (let i = 0; i < inputs.length; i++) {
        const x = inputs[i]!;
        if (x === 0) continue;
        index[k] = i;
        value[k++] = x;
      }
      starts[s + 1] = k;
      targets.set(target, s * target.length);
    }
    this.#count = samples.length;
    placeSamples(this.#memory, (slot) => slot, 0, samples.length);
  }
}

/** z and δ: the reference kernel's layers have one panel. */
function deltasOf({ panels }: LayerMemory): Float64Array {
  return panels[0]!.delta as Float64Array;
}

function rowOf(rows: Float64Array, width: number, s: number): Float64Array {
  return rows.subarray(s * width, (s + 1) * width);
}
