/**
 * A run as it is at the moment, for a program that wants to look while it goes on. It reads the memory that the threads work
 * on, when it is asked: they are not told, they do not wait, and what is read may be a step, or part of one, old.
 */
import { recordIndex } from '../memory/layout.js';
import type { Plan } from '../memory/plan.js';
import { parameterCount, readParameters } from '../model/parameters.js';
import { type ThreadTimes, threadTimes } from '../parallel/phase-times.js';
import type { Run } from './prepare.js';

/** What an epoch's evaluation has found of each sample that is not trained on. */
export interface HeldOut {
  /** Which samples they are: those of the test set, or, where there is none, those held out for validation. */
  readonly split: 'test' | 'validation';
  /** (samples) Of each its class, and the class that it was taken for. */
  readonly labels: Uint32Array;
  readonly predicted: Uint32Array;
  /** (samples) −log of the probability of its class, in nats. */
  readonly losses: Float64Array;
}

export class RunView {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Widths, input to output. */
  get layers(): readonly number[] {
    return this.#plan.layers;
  }

  /** Of the hidden layers. */
  get activation(): string {
    return this.#plan.activation;
  }

  get parameterCount(): number {
    return parameterCount(this.#run.memory.layers);
  }

  /** The kernel that trains. */
  get kernel() {
    return this.#run.kernel.name;
  }

  /** Height and width of the inputs where they are an image's pixels, and a square. */
  get picture(): { readonly height: number; readonly width: number } | undefined {
    const { inputs, isPixels } = this.#run.dataset;
    const side = Math.round(Math.sqrt(inputs));
    return isPixels && side * side === inputs ? { height: side, width: side } : undefined;
  }

  /** A copy of all parameters: layer by layer, weights [inputs, outputs], then biases. */
  parameters(into: Float32Array = new Float32Array(this.parameterCount)): Float32Array {
    return readParameters(this.#run.memory.layers, into);
  }

  /** Those of the first layer's first units: (units, inputs), a unit's weights in a row. */
  firstLayer(units: number): Float32Array {
    const { inputs, outputs, panels } = this.#run.memory.layers[0]!;
    const count = Math.min(units, outputs);
    const copy = new Float32Array(count * inputs);
    for (const { firstColumn, width, weights } of panels) {
      for (let column = 0; column < width && firstColumn + column < count; column++) {
        const begin = (firstColumn + column) * inputs;
        for (let i = 0; i < inputs; i++) copy[begin + i] = weights[i * width + column]!;
      }
    }
    return copy;
  }

  /**
   * Views on what the epoch's evaluation has found; undefined where no sample is held out, and under MPI, where each process
   * knows of its own share alone. They are good while its `epoch` event is being handled, and overwritten afterwards.
   */
  heldOut(epoch: number): HeldOut | undefined {
    const { trainSamples, validationSamples, testSamples, ranks } = this.#plan;
    const split = testSamples > 0 ? 'test' : 'validation';
    const count = split === 'test' ? testSamples : validationSamples;
    if (count === 0 || ranks > 0) return undefined;
    const { loss, predicted } = this.#run.memory.epochs[recordIndex(epoch)].heldOut;
    if (!predicted) return undefined;
    const { targets } = this.#run.memory.rows;
    const from = split === 'test' ? validationSamples : 0;
    return {
      split,
      labels: targets.subarray(trainSamples + from, trainSamples + from + count) as Uint32Array,
      predicted: predicted.subarray(from, from + count) as Uint32Array,
      losses: loss.subarray(from, from + count),
    };
  }

  /** (inputs) A copy of one of those samples, as the network takes it: a pixel is from 0 to 1. */
  heldOutSample(position: number): Float32Array {
    const { trainSamples, validationSamples, testSamples, inputForm } = this.#plan;
    const { starts, index, value } = this.#run.memory.rows;
    const row = trainSamples + (testSamples > 0 ? validationSamples : 0) + position;
    const [begin, end] = [starts[row]!, starts[row + 1]!];
    if (inputForm === 'dense') return value.slice(begin, end);
    const sample = new Float32Array(this.#plan.layers[0]!);
    for (let k = begin; k < end; k++) sample[index[k]!] = value[k]!;
    return sample;
  }

  /** By thread: where its time went in an epoch that runs, or whose `epoch` event is being handled. */
  threadTimes(epoch: number): ThreadTimes[] {
    return threadTimes(this.#run.memory.workers, epoch);
  }

  get #plan(): Plan {
    return this.#run.plan;
  }
}
