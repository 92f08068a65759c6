/** A trained network, loaded from a file. It classifies on the caller's thread. */
import { type ModelData, readModel } from '../checkpoints/model-file.js';
import { SCALED } from '../data/sparse-rows.js';
import type { ClassName } from '../data/table/cells.js';
import { EncodedRow, RowEncoder, type UnseenLevels } from '../data/table/row-encoder.js';
import { namesOf, type TableModel } from '../data/table/table-metadata.js';
import { errors, shown } from '../errors.js';
import type { Values } from '../files/safetensors.js';
import { isRecord } from '../files/type-guards.js';
import { activationNeeds } from '../kernels/activations.js';
import { chooseKernel, createKernel, type KernelName, problemOf } from '../kernels/builds.js';
import { ForwardPass } from '../kernels/forward-pass.js';
import { bytesNeeded, createSharedMemory, layOut, type Memory, type Scores } from '../memory/layout.js';
import { PLAIN, type Plan } from '../memory/plan.js';
import { findBlockStarts } from '../memory/rows.js';
import { SoftmaxCrossEntropy, softmaxCrossEntropy } from '../model/objectives/softmax-cross-entropy.js';
import { parameterCount, weightsSha256, writeParameters } from '../model/parameters.js';

export interface Prediction {
  /** The class with the highest probability; the lowest such class if several are equal. */
  readonly label: number;
  /** Label of that class, if the network was trained on a table; else its number. */
  readonly className: ClassName;
  /** (classes) Their sum is 1. */
  readonly probabilities: Float64Array;
}

/**
 * One sample. For a network trained on a table: the cells of its columns, in order, as they stand in the table. For others:
 * inputs as the network gets them, or pixels as bytes (`Uint8Array`, `Uint8ClampedArray`), which are divided by 255.
 */
export type Sample = ArrayLike<number | string | boolean | null | undefined> | EncodedRow;

export class Network {
  /** Widths, input to output. */
  readonly layers: readonly number[];
  /** The file's metadata: docs/model-files.md. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The kernel that trained it, if it runs here: then predictions equal those of the training. */
  readonly kernel: KernelName;
  /** Labels of classes 0, 1, 2, …; numbers if it was not trained on a table. */
  readonly classNames: readonly ClassName[];
  /** Columns of the training table, in the order of the inputs; undefined if they have no names. */
  readonly columns: readonly string[] | undefined;
  /** The training table; undefined if it was trained on images. */
  readonly table: TableModel | undefined;
  readonly #memory: Memory;
  readonly #forwardPass: ForwardPass;
  readonly #criterion: SoftmaxCrossEntropy;
  readonly #encoder: RowEncoder | undefined;

  constructor({ layers, activation, values, kernel, table, metadata }: ModelData) {
    const choice = chooseKernel(kernel === undefined || problemOf(kernel) !== undefined ? 'auto' : kernel);
    const [inputs = 0] = layers;
    const plan: Plan = {
      layers,
      trainSamples: 1,
      testSamples: 0,
      storedInputs: inputs,
      inputForm: 'sparse',
      batchSize: 1,
      threads: 1,
      ...PLAIN,
      scores: softmaxCrossEntropy.scores,
      ...choice.needs,
      ...activationNeeds(activation),
    };
    const shared = createSharedMemory(bytesNeeded(plan));
    this.layers = layers;
    this.metadata = metadata;
    this.kernel = choice.name;
    const names = table?.classNames ?? Array.from({ length: layers.at(-1)! }, (_, label) => label);
    // (Frozen copies: predictions are named by them.)
    this.classNames = Object.freeze([...names]);
    const columns = table && namesOf(table);
    this.columns = columns && Object.freeze([...columns]);
    this.table = table;
    this.#encoder = table && new RowEncoder(table);
    this.#memory = layOut(plan, shared);
    writeParameters(this.#memory.layers, values);
    this.#forwardPass = new ForwardPass(createKernel(choice, plan.activation, shared, this.#memory, 0), this.#memory);
    this.#criterion = new SoftmaxCrossEntropy(this.#memory);
  }

  /** SHA-256 of the parameters as float32, as in the `end` event. */
  get weightsSha256(): string {
    return weightsSha256(this.#memory.layers);
  }

  /**
   * Replaces all parameters.
   *
   * @param values  (parameters), in the order of the file
   * @throws LockstepError if they are not a Float32Array or Float64Array of that length
   */
  update(values: Values): void {
    const count = parameterCount(this.#memory.layers);
    const isRight = (values instanceof Float32Array || values instanceof Float64Array) && values.length === count;
    if (!isRight) throw errors.invalidOption('values', values, `a Float32Array or Float64Array of ${count} numbers`);
    writeParameters(this.#memory.layers, values);
  }

  /** Encodes the rows of tables; undefined if it was not trained on one. */
  get encoder(): RowEncoder | undefined {
    return this.#encoder;
  }

  /**
   * Levels of categories that no training row had, in the samples since the last call: number of cells by column. They light
   * no input.
   */
  takeUnseenLevels(): UnseenLevels {
    return this.#encoder?.takeUnseen() ?? new Map();
  }

  /** Number of inputs of the first layer. A category of a table is one input for each level. */
  get inputs(): number {
    return this.layers[0]!;
  }

  get classes(): number {
    return this.layers.at(-1)!;
  }

  /**
   * Predicts the class of a sample.
   *
   * @throws LockstepError if the sample's length is not the number of inputs (for a table: columns), or a value cannot be used
   */
  predict(sample: Sample): Prediction {
    this.#forward(sample);
    this.#evaluate(0);
    const label = this.#criterion.predicted;
    return { label, className: this.classNames[label]!, probabilities: this.#criterion.probabilities.slice() };
  }

  /**
   * Converts a row of a table, with columns as fields, to a sample. Ignores other fields. A field that is absent is missing.
   *
   * @example
   * model.predict(model.sampleOf({ petal_length: 1.4, petal_width: 0.2 }));
   *
   * @throws LockstepError if it is not a row, a cell cannot be used, or the network's columns have no names
   */
  sampleOf(row: Readonly<Record<string, unknown>>): EncodedRow {
    if (!isRecord(row)) throw errors.notARow(row);
    const { columns } = this;
    if (!columns) throw errors.noColumns();
    const cells = columns.map((name) => (Object.hasOwn(row, name) ? row[name] : undefined));
    if (!columns.some((name) => Object.hasOwn(row, name))) throw errors.noFieldOfRow(listed(columns));
    return this.#encoder!.encode(cells, (i) => `column ${shown(columns[i])}`);
  }

  /**
   * Loss (in nats) and predicted class of a sample whose class is known.
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

  /** (classes) Of the sample given to `evaluate` or `predict` last. Overwritten by the next. */
  get probabilities(): Float64Array {
    return this.#criterion.probabilities;
  }

  #evaluate(target: number): void {
    this.#memory.rows.targets[0] = target;
    this.#criterion.evaluate(0, 0);
    if (!Number.isFinite(this.#criterion.loss)) throw errors.tooLargeSample();
  }

  #forward(sample: Sample): void {
    if (this.#encoder) this.#takeRow(sample instanceof EncodedRow ? sample : this.#encoded(sample, this.#encoder));
    else if (sample instanceof EncodedRow) throw errors.sampleLength(undefined, this.inputs);
    else this.#takeInputs(sample);
    findBlockStarts(this.#memory, 0, 1);
    this.#forwardPass.ofSamples(() => 0, 0, 1);
  }

  #takeRow(row: EncodedRow): void {
    const { starts, index, value } = this.#memory.rows;
    const { length } = row;
    for (let k = 0; k < length; k++) {
      const x = row.value[k]!;
      // (It may be a row of another network.)
      if (row.index[k]! >= this.inputs) throw errors.sampleLength(undefined, this.inputs);
      if (!(Math.abs(x) < Number.POSITIVE_INFINITY)) throw errors.tooLargeSample();
      index[k] = row.index[k]!;
      value[k] = x;
    }
    starts[1] = length;
  }

  #encoded(sample: Exclude<Sample, EncodedRow>, encoder: RowEncoder): EncodedRow {
    const columns = this.table!.columns;
    // (A caller may pass nothing.)
    const length = (sample as ArrayLike<unknown> | null | undefined)?.length;
    if (length !== columns.length || typeof sample === 'string') throw errors.rowLength(length, columns.length);
    return encoder.encode(sample, (i) => `column ${shown(columns[i]!.name)}`);
  }

  #takeInputs(sample: Exclude<Sample, EncodedRow>): void {
    // (A caller may pass nothing.)
    const length = (sample as ArrayLike<unknown> | null | undefined)?.length;
    if (length !== this.inputs) throw errors.sampleLength(length, this.inputs);
    const isPixels = sample instanceof Uint8Array || sample instanceof Uint8ClampedArray;
    const { starts, index, value } = this.#memory.rows;
    let k = 0;
    for (let i = 0; i < sample.length; i++) {
      const given = sample[i]!;
      // (A caller may pass anything: arithmetic would accept null and '1'.)
      if (typeof given !== 'number') throw errors.sampleValue(i, given);
      const x = isPixels ? SCALED[given]! : given;
      // (A zero adds nothing.)
      if (x === 0) continue;
      if (!Number.isFinite(Math.fround(x))) throw errors.sampleValue(i, given);
      index[k] = i;
      value[k] = x;
      k++;
    }
    starts[1] = k;
  }
}

const MOST_LISTED = 10;

function listed(names: readonly string[]): string {
  const first = names.slice(0, MOST_LISTED).join(', ');
  return names.length > MOST_LISTED ? `${first}, …` : first;
}

/**
 * Loads a model (`--save`), a checkpoint, or another safetensors file with such a network.
 *
 * @example
 * const model = await loadModel('model.safetensors');
 * const { label, probabilities } = model.predict(pixels);
 *
 * @throws LockstepError if the file cannot be read, is damaged, or contains no network
 */
export async function loadModel(file: string): Promise<Network> {
  const expected = 'a model or a checkpoint';
  if (typeof file !== 'string' || file === '')
    throw errors.invalidOption('file', file, expected, `a string: ${expected}`);
  return new Network(await readModel(file));
}
