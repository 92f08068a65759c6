/**
 * Shows a run while it trains. Each call reads the memory that the threads work on; it does not stop them, so what it reads may
 * be a step old, or in the middle of one.
 */
import type { Config } from '../config/options.js';
import type { TableModel } from '../data/table/table-metadata.js';
import { formOf } from '../memory/layer-memory.js';
import { recordIndex } from '../memory/layout.js';
import { type ObjectiveFacts, type Plan, targetWidth } from '../memory/plan.js';
import { rankingOf } from '../metrics/audit/audit.js';
import type { AuditedSample } from '../metrics/audit/audited-sample.js';
import { parameterCount, readParameters } from '../model/parameters.js';
import { type ThreadTimes, threadTimes } from '../parallel/phase-times.js';
import type { Run } from './prepare.js';

/** Result of an epoch's evaluation, by sample. */
export interface HeldOut {
  /** The test samples, or the validation samples if no test samples are evaluated after each epoch. */
  readonly split: 'test' | 'validation';
  /** (samples) True and predicted classes. */
  readonly labels: Uint32Array;
  readonly predicted: Uint32Array;
  /** (samples) Losses, in nats: −log of the probability of the true class. */
  readonly losses: Float64Array;
}

export interface DoubtfulSample {
  readonly sample: AuditedSample;
  readonly inputs: Float32Array | undefined;
}

/** Enough to see which numbers are doubtful; all of them would take seconds. */
const FITTED_SAMPLES = 2000;

export class RunView {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Widths, input to output. */
  get layers(): readonly number[] {
    return this.#plan.layers;
  }

  /** Activation of the hidden layers. */
  get activation(): string {
    return this.#plan.activation;
  }

  /** Number of classes; 0 for regression. */
  get classes(): number {
    return this.#run.dataset.classes;
  }

  get parameterCount(): number {
    return parameterCount(this.#run.memory.layers);
  }

  /** The kernel that trains. */
  get kernel() {
    return this.#run.kernel.name;
  }

  /** Height and width of the images; undefined if the inputs are not pixels of a square. */
  get picture(): { readonly height: number; readonly width: number } | undefined {
    const { inputs, isPixels } = this.#run.dataset;
    const side = Math.round(Math.sqrt(inputs));
    return isPixels && side * side === inputs ? { height: side, width: side } : undefined;
  }

  /** Copies all parameters: layer by layer, weights [inputs, outputs], then biases. */
  parameters(into: Float32Array = new Float32Array(this.parameterCount)): Float32Array {
    return readParameters(this.#run.memory.layers, into);
  }

  /** Copies the weights of the first units of the first layer: (units, inputs). */
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
   * Views of the result of the epoch's evaluation; undefined if there are no such samples, if the objective predicts no classes,
   * and under MPI, where each process knows only its share. Valid while the `epoch` event is handled, and overwritten later.
   */
  heldOut(epoch: number): HeldOut | undefined {
    const { trainSamples, validationSamples, testSamples, ranks } = this.#plan;
    const split = this.#hasTest ? 'test' : 'validation';
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

  /** (inputs) Copies the inputs of one of these samples, as the network gets them: pixels are from 0 to 1. */
  heldOutSample(position: number): Float32Array {
    const { trainSamples, validationSamples } = this.#plan;
    return this.#inputsOf(trainSamples + (this.#hasTest ? validationSamples : 0) + position);
  }

  /** Whether there are test samples that are evaluated after each epoch. */
  get #hasTest(): boolean {
    const { testSamples, testsAtEnd } = this.#plan;
    return testSamples > 0 && !testsAtEnd;
  }

  /** Number of samples of each kind. */
  get samples(): Readonly<Record<'train' | 'validation' | 'test', number>> {
    const { trainSamples: train, validationSamples: validation, testSamples: test } = this.#plan;
    return { train, validation, test };
  }

  /** Copies a sample's inputs, as the network gets them, and its target: [class], or the regression targets, standardized. */
  sample(split: 'train' | 'validation' | 'test', index: number) {
    const { train, validation } = this.samples;
    const row = index + (split === 'train' ? 0 : split === 'validation' ? train : train + validation);
    const width = targetWidth(this.#plan);
    const { targets } = this.#run.memory.rows;
    return { inputs: this.#inputsOf(row), target: targets.slice(row * width, (row + 1) * width) };
  }

  /** Name of the objective, and what it knows of the data. */
  get objective(): { readonly name: string; readonly facts: ObjectiveFacts } {
    return { name: this.#plan.objective, facts: this.#plan.facts };
  }

  get config(): Config {
    return this.#run.config;
  }

  /** Undefined if the data are no table. */
  get table(): TableModel | undefined {
    return this.#run.dataset.table;
  }

  get isPrivate(): boolean {
    return this.#run.privacy !== undefined;
  }

  /** By layer: whether the kernel leaves out inputs that are 0. */
  get skipsZeros(): boolean[] {
    return this.layers.slice(1).map((_, l) => formOf(this.#plan, l) === 'sparse');
  }

  /**
   * The training samples whose labels are most doubtful so far, and their inputs if they are images. Undefined without `audit`,
   * and before the first epoch is over.
   */
  doubtful(count: number): readonly DoubtfulSample[] | undefined {
    const { memory, plan, audited } = this.#run;
    const ranking = audited && rankingOf(memory, plan, audited, FITTED_SAMPLES);
    if (!ranking) return undefined;
    return Array.from(ranking.order.subarray(0, count), (row, position) => ({
      sample: ranking.sampleAt(position),
      inputs: this.picture && this.#inputsOf(row),
    }));
  }

  #inputsOf(row: number): Float32Array {
    const { inputForm } = this.#plan;
    const { starts, index, value } = this.#run.memory.rows;
    const [begin, end] = [starts[row]!, starts[row + 1]!];
    if (inputForm === 'dense') return value.slice(begin, end);
    const sample = new Float32Array(this.#plan.layers[0]!);
    for (let k = begin; k < end; k++) sample[index[k]!] = value[k]!;
    return sample;
  }

  /** Time of each thread by phase, in the current epoch or the one whose `epoch` event is handled. */
  threadTimes(epoch: number): ThreadTimes[] {
    return threadTimes(this.#run.memory.workers, epoch);
  }

  get #plan(): Plan {
    return this.#run.plan;
  }
}
