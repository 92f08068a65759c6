/** A trained network in a program's hands: loaded from a file, it classifies on the caller's own thread. */
import { type ModelData, readModel } from '../checkpoints/model-file.js';
import { SCALED } from '../data/sparse-rows.js';
import { type ClassName, numberIn } from '../data/table/cells.js';
import type { TableModel } from '../data/table/facts.js';
import { scaledInput } from '../data/table/scaling.js';
import { errors } from '../errors.js';
import { isRecord } from '../files/record.js';
import type { Values } from '../files/safetensors.js';
import { ForwardPass } from '../kernels/forward-pass.js';
import type { KernelName } from '../kernels/kernel.js';
import { chooseKernel, createKernel, problemOf } from '../kernels/select.js';
import { bytesNeeded, createSharedMemory, layOut, type Memory, type Scores } from '../memory/layout.js';
import { cutIntoBlocks } from '../memory/lists.js';
import { PLAIN, type Plan } from '../memory/plan.js';
import { SoftmaxCrossEntropy, softmaxCrossEntropy } from '../model/objectives/softmax-cross-entropy.js';
import { parameterCount, weightsSha256, writeParameters } from '../model/parameters.js';

export interface Prediction {
  /** The class with the highest probability; of several, the lowest. */
  readonly label: number;
  /** What that class is called: of a network that was trained on a table as in its label column, else the number. */
  readonly className: ClassName;
  /** (classes), together 1. */
  readonly probabilities: Float64Array;
}

/**
 * One sample, (inputs): numbers as the network takes them, or bytes (`Uint8Array`, `Uint8ClampedArray`) of pixels, which are
 * divided by 255 first, as in training. Of a network that was trained on a table: numbers as they stand in its columns, which are
 * scaled here as they were in training.
 */
export type Sample = ArrayLike<number>;

export class Network {
  /** Widths, input to output. */
  readonly layers: readonly number[];
  /** What the file says of it: docs/files.md. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What computes: the kernel that trained it, where this machine has that; then predictions are those of the training. */
  readonly kernel: KernelName;
  /** What its classes are called, from class 0. */
  readonly classNames: readonly ClassName[];
  /** The columns of the table that it was trained on, in the order of its inputs; undefined where they have no names. */
  readonly columns: readonly string[] | undefined;
  /** What it was trained on, if that was a table. */
  readonly table: TableModel | undefined;
  readonly #memory: Memory;
  readonly #forwardPass: ForwardPass;
  readonly #criterion: SoftmaxCrossEntropy;

  constructor({ layers, values, kernel, table, metadata }: ModelData) {
    const choice = chooseKernel(kernel === undefined || problemOf(kernel) !== undefined ? 'auto' : kernel);
    const [inputs = 0] = layers;
    const plan: Plan = {
      layers,
      trainSamples: 1,
      testSamples: 0,
      storedInputs: inputs,
      denseInputs: false,
      batchSize: 1,
      threads: 1,
      ...PLAIN,
      scores: softmaxCrossEntropy.scores,
      ...choice.needs,
    };
    const shared = createSharedMemory(bytesNeeded(plan));
    this.layers = layers;
    this.metadata = metadata;
    this.kernel = choice.name;
    const names = table?.classNames ?? Array.from({ length: layers.at(-1)! }, (_, label) => label);
    // Copies that stay as they are: what is predicted is named by them.
    this.classNames = Object.freeze([...names]);
    this.columns = table?.columns && Object.freeze([...table.columns]);
    this.table = table;
    this.#memory = layOut(plan, shared);
    writeParameters(this.#memory.layers, values);
    this.#forwardPass = new ForwardPass(createKernel(choice, shared, this.#memory, 0), this.#memory);
    this.#criterion = new SoftmaxCrossEntropy(this.#memory);
  }

  /** SHA-256 of the parameters as float32: that of the run's `end` event. */
  get weightsSha256(): string {
    return weightsSha256(this.#memory.layers);
  }

  /**
   * Other parameters take the place of those that are there: (parameters), as the file has them.
   *
   * @throws LockstepError if they are no Float32Array or Float64Array of as many
   */
  update(values: Values): void {
    const count = parameterCount(this.#memory.layers);
    const isRight = (values instanceof Float32Array || values instanceof Float64Array) && values.length === count;
    if (!isRight) throw errors.invalidOption('values', values, `a Float32Array or Float64Array of ${count} numbers`);
    writeParameters(this.#memory.layers, values);
  }

  get inputs(): number {
    return this.layers[0]!;
  }

  get classes(): number {
    return this.layers.at(-1)!;
  }

  /**
   * Class and probabilities of a sample.
   *
   * @throws LockstepError if it has not as many numbers as the network has inputs, or one that is not finite, or is too large for it
   */
  predict(sample: Sample): Prediction {
    this.#forward(sample);
    this.#evaluate(0);
    const label = this.#criterion.predicted;
    return { label, className: this.classNames[label]!, probabilities: this.#criterion.probabilities.slice() };
  }

  /**
   * A row of a table as a sample: its fields are columns, and those that the network does not know are passed over.
   *
   * @example
   * model.predict(model.sampleOf({ petal_length: 1.4, petal_width: 0.2 }));
   *
   * @throws LockstepError if it is no row, a column is missing or holds no number, or the network knows no names of columns
   */
  sampleOf(row: Readonly<Record<string, unknown>>): Float32Array {
    if (!isRecord(row)) throw errors.notARow(row);
    if (!this.columns) throw errors.noColumns();
    return Float32Array.from(this.columns, (name) => {
      const cell = Object.hasOwn(row, name) ? row[name] : undefined;
      const value = numberIn(cell);
      if (typeof value === 'string') throw errors.fieldOfRow(name, cell, value);
      return value;
    });
  }

  /**
   * Loss, in nats, and prediction of a sample whose class is known.
   *
   * @throws LockstepError as `predict`, or if there is no such class
   */
  evaluate(sample: Sample, target: number): { readonly loss: number; readonly label: number } {
    if (!Number.isInteger(target) || target < 0 || target >= this.classes)
      throw errors.noSuchClass(target, this.classes);
    this.#forward(sample);
    this.#evaluate(target);
    this.#criterion.record(this.scores, 0);
    return { loss: this.#criterion.loss, label: this.#criterion.predicted };
  }

  /** Scores of the sample given to `evaluate` last, at position 0. */
  get scores(): Scores {
    return this.#memory.epochs[0].training;
  }

  #evaluate(target: number): void {
    this.#memory.rows.targets[0] = target;
    this.#criterion.evaluate(0, 0);
    if (!Number.isFinite(this.#criterion.loss)) throw errors.tooLargeSample();
  }

  #forward(sample: Sample): void {
    // (A program may give nothing at all.)
    const length = (sample as Sample | null | undefined)?.length;
    if (length !== this.inputs) throw errors.sampleLength(length, this.inputs);
    const isPixels = !this.table && (sample instanceof Uint8Array || sample instanceof Uint8ClampedArray);
    const scaling = this.table?.scaling;
    const { starts, index, value } = this.#memory.rows;
    let k = 0;
    for (let i = 0; i < sample.length; i++) {
      const given = sample[i]!;
      // (A program may give anything: null and '1' would pass for numbers.)
      if (typeof given !== 'number') throw errors.sampleValue(i, given);
      const x = isPixels ? SCALED[given]! : scaling ? scaledInput(Math.fround(given), i, scaling) : given;
      // Like a pixel that is 0, it adds nothing.
      if (x === 0) continue;
      if (!Number.isFinite(Math.fround(x))) throw errors.sampleValue(i, given);
      index[k] = i;
      value[k] = x;
      k++;
    }
    starts[1] = k;
    cutIntoBlocks(this.#memory, 0, 1);
    this.#forwardPass.ofSamples(() => 0, 0, 1);
  }
}

/**
 * Loads a model (`--save`), a checkpoint, or any safetensors file that holds such a network.
 *
 * @example
 * const model = await loadModel('model.safetensors');
 * const { label, probabilities } = model.predict(pixels);
 *
 * @throws LockstepError if it cannot be read, is damaged, or holds no network
 */
export async function loadModel(file: string): Promise<Network> {
  const expected = 'a model or a checkpoint';
  if (typeof file !== 'string' || file === '')
    throw errors.invalidOption('file', file, expected, `a string: ${expected}`);
  return new Network(await readModel(file));
}
