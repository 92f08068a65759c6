/**
 * A live view of a run. It reads the memory of the threads without synchronization, so values may be one step old, or belong
 * to two consecutive steps.
 */
import { recordOf } from '../memory/layout.js';
import type { Plan } from '../memory/plan.js';
import { parameterCount, readParameters } from '../model/parameters.js';
import { type ThreadTimes, threadTimes } from '../parallel/phase-times.js';
import type { Run } from './prepare.js';

/** Results of the evaluation of an epoch, by sample. */
export interface HeldOut {
  /** The test set, or the validation samples if there is no test set. */
  readonly split: 'test' | 'validation';
  /** [samples] True classes. */
  readonly labels: Uint32Array;
  /** [samples] Predicted classes. */
  readonly predicted: Uint32Array;
  /** [samples] −log of the probability of the true class, in nats. */
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

  get parameterCount(): number {
    return parameterCount(this.#run.memory.layers);
  }

  get kernel() {
    return this.#run.kernel.name;
  }

  /** Height and width of the inputs, if they are the pixels of a square image. */
  get picture(): { readonly height: number; readonly width: number } | undefined {
    const { inputs, isPixels } = this.#run.dataset;
    const side = Math.round(Math.sqrt(inputs));
    return isPixels && side * side === inputs ? { height: side, width: side } : undefined;
  }

  /** A copy of all parameters: layer by layer, weights [inputs, outputs], then biases. */
  parameters(into: Float32Array = new Float32Array(this.parameterCount)): Float32Array {
    return readParameters(this.#run.memory.layers, into);
  }

  /** Weights of the first units of the first layer, [units, inputs]. */
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
   * Views of the results of the last evaluation, valid only while its `epoch` event is being handled. Undefined without test
   * and validation samples, and under MPI, where each process has only its own share.
   */
  heldOut(epoch: number): HeldOut | undefined {
    const { trainSamples, validationSamples, testSamples, ranks } = this.#plan;
    const split = testSamples > 0 ? 'test' : 'validation';
    const count = split === 'test' ? testSamples : validationSamples;
    if (count === 0 || ranks > 0) return undefined;
    const { heldOutPredicted, heldOutLosses } = this.#run.memory.epochs[recordOf(epoch)];
    const from = split === 'test' ? validationSamples : 0;
    return {
      split,
      labels: this.#run.memory.rows.labels.subarray(trainSamples + from, trainSamples + from + count),
      predicted: heldOutPredicted.subarray(from, from + count),
      losses: heldOutLosses.subarray(from, from + count),
    };
  }

  /** A copy of the inputs of an evaluated sample, [inputs]; pixels from 0 to 1. */
  heldOutSample(position: number): Float32Array {
    const { trainSamples, validationSamples, testSamples, denseInputs } = this.#plan;
    const { starts, index, value } = this.#run.memory.rows;
    const row = trainSamples + (testSamples > 0 ? validationSamples : 0) + position;
    const [begin, end] = [starts[row]!, starts[row + 1]!];
    if (denseInputs) return value.slice(begin, end);
    const sample = new Float32Array(this.#plan.layers[0]!);
    for (let k = begin; k < end; k++) sample[index[k]!] = value[k]!;
    return sample;
  }

  /** Times by thread, for the current epoch, or the epoch whose event is being handled. */
  threadTimes(epoch: number): ThreadTimes[] {
    return threadTimes(this.#run.memory.workers, epoch);
  }

  get #plan(): Plan {
    return this.#run.plan;
  }
}
