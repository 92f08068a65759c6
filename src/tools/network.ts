/** A trained network, loaded from a file. It classifies on the caller's thread. */
import { joined, valuesOfMembers } from '../checkpoints/ensemble.js';
import { type ModelData, readModel } from '../checkpoints/model-file.js';
import { SCALED } from '../data/scaled-pixels.js';
import { type ClassName, trimmed } from '../data/table/cells.js';
import { EncodedRow, RowEncoder, type UnseenLevels } from '../data/table/row-encoder.js';
import { namesOf, type TableModel } from '../data/table/table-metadata.js';
import { estimateOf, standardized } from '../data/targets.js';
import { errors, shown } from '../errors.js';
import { parseJsonOr } from '../files/json.js';
import type { Values } from '../files/safetensors.js';
import { fieldsOf, isRecord } from '../files/type-guards.js';
import { activationNeeds } from '../kernels/activations.js';
import { chooseKernel, createKernel, type KernelName, problemOf } from '../kernels/builds.js';
import { ForwardPass } from '../kernels/forward-pass.js';
import type { Scores } from '../memory/epoch-record.js';
import { bytesNeeded, createSharedMemory, layOut, type Memory } from '../memory/layout.js';
import { NO_FACTS, type ObjectiveFacts, PLAIN, type Plan, type Target } from '../memory/plan.js';
import { findBlockStarts } from '../memory/rows.js';
import { type ObjectiveName, objectiveNamed } from '../model/objectives/index.js';
import { type Criterion, readOutputs } from '../model/objectives/objective.js';
import { SoftmaxCrossEntropy } from '../model/objectives/softmax-cross-entropy.js';
import { parameterCount, readParameters, sha256Of, weightsSha256, writeParameters } from '../model/parameters.js';
import { averageOutputs } from './average-outputs.js';

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
  /** What the objective knows of the training data. */
  readonly facts: ObjectiveFacts;
  /** The regression targets, with mean and deviation over the training samples; empty if it predicts classes. */
  readonly targets: readonly Target[];
  /** Labels of classes 0, 1, 2, …; numbers if it was not trained on a table. Empty for regression. */
  readonly classNames: readonly ClassName[];
  /** Columns of the training table, in the order of the inputs; undefined if they have no names. */
  readonly columns: readonly string[] | undefined;
  /** Name of what it was trained for: see `src/model/objectives/`. */
  readonly objective: ObjectiveName;
  /** The training table; undefined if it was trained on images. */
  readonly table: TableModel | undefined;
  /** The networks of an ensemble, whose mean this network predicts. Empty if it is a single network. */
  readonly members: readonly Network[];
  /** Of an ensemble: only for the mean of the outputs. */
  readonly #memory: Memory;
  /** (outputs) */
  readonly #outputs: Float64Array;
  readonly #forwardPass: ForwardPass;
  readonly #criterion: Criterion;
  /** The criterion, if it predicts classes. */
  readonly #softmax: SoftmaxCrossEntropy | undefined;
  readonly #encoder: RowEncoder | undefined;

  /** @param isMember  whether it is a network of an ensemble, which encodes the rows of a table once for all */
  constructor(model: ModelData, isMember = false) {
    const { layers, activation, objective, targets, values, kernel, table, metadata } = model;
    const parts = valuesOfMembers(layers, values);
    this.members = parts.length > 1 ? parts.map((own) => new Network({ ...model, values: own }, true)) : [];
    const choice = chooseKernel(kernel === undefined || problemOf(kernel) !== undefined ? 'auto' : kernel);
    const [inputs = 0] = layers;
    const isWeighted = table?.weight !== undefined;
    const facts = { ...NO_FACTS, targets, isWeighted, ...huberDeltaIn(metadata) };
    const chosen = objectiveNamed(objective, facts);
    const plan: Plan = {
      layers: this.members.length > 0 ? [1, layers.at(-1)!] : layers,
      trainSamples: 1,
      testSamples: 0,
      storedInputs: inputs,
      inputForm: 'sparse',
      batchSize: 1,
      threads: 1,
      ...PLAIN,
      objective,
      facts,
      targets: chosen.targets,
      scores: chosen.scores,
      ...choice.needs,
      ...activationNeeds(activation),
    };
    const shared = createSharedMemory(bytesNeeded(plan));
    this.layers = layers;
    this.metadata = metadata;
    this.objective = objective;
    this.facts = facts;
    this.kernel = choice.name;
    this.targets = Object.freeze(targets.map((target) => Object.freeze({ ...target })));
    const outputs = targets.length > 0 ? 0 : layers.at(-1)!;
    const names = table?.classNames ?? Array.from({ length: outputs }, (_, label) => label);
    // (Frozen copies: predictions are named by them.)
    this.classNames = Object.freeze([...names]);
    const columns = table && namesOf(table);
    this.columns = columns && Object.freeze([...columns]);
    this.table = table;
    this.#encoder = table && !isMember ? new RowEncoder(table) : undefined;
    this.#memory = layOut(plan, shared);
    if (this.members.length === 0) writeParameters(this.#memory.layers, values);
    this.#forwardPass = new ForwardPass(createKernel(choice, plan.activation, shared, this.#memory, 0), this.#memory);
    this.#softmax = targets.length > 0 ? undefined : new SoftmaxCrossEntropy(this.#memory);
    this.#criterion = this.#softmax ?? chosen.criterion(this.#memory);
    this.#outputs = new Float64Array(layers.at(-1)!);
  }

  /** SHA-256 of the parameters as float32, as in the `end` event. */
  get weightsSha256(): string {
    return this.members.length > 0 ? sha256Of(this.parameters()) : weightsSha256(this.#memory.layers);
  }

  /** Copies all parameters, in the order of the file. */
  parameters(): Float32Array {
    if (this.members.length > 0) return joined(this.members.map((each) => each.parameters())) as Float32Array;
    return readParameters(this.#memory.layers);
  }

  /**
   * Replaces all parameters.
   *
   * @param values  (parameters), in the order of the file
   * @throws LockstepError if they are not a Float32Array or Float64Array of that length
   */
  update(values: Values): void {
    const [{ layers } = this.#memory] = this.members.map((each) => each.#memory);
    const count = parameterCount(layers) * Math.max(1, this.members.length);
    const isRight = (values instanceof Float32Array || values instanceof Float64Array) && values.length === count;
    if (!isRight) throw errors.invalidOption('values', values, `a Float32Array or Float64Array of ${count} numbers`);
    if (this.members.length === 0) writeParameters(this.#memory.layers, values);
    else for (const [m, own] of valuesOfMembers(this.layers, values).entries()) this.members[m]!.update(own);
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

  /** 0 for regression. */
  get classes(): number {
    return this.classNames.length;
  }

  /**
   * Predicts the class of a sample.
   *
   * @throws LockstepError if the sample's length is not the number of inputs (for a table: columns), or a value cannot be used;
   *   or if this is a regression network
   */
  predict(sample: Sample): Prediction {
    const softmax = this.#classifier;
    this.#forward(sample);
    this.#evaluate([0]);
    const label = softmax.predicted;
    return { label, className: this.classNames[label]!, probabilities: softmax.probabilities.slice() };
  }

  /**
   * Estimates the targets of a sample.
   *
   * @returns (targets) in the targets' own units
   * @throws LockstepError as `predict`, or if the network predicts classes
   */
  estimate(sample: Sample): Float64Array {
    if (this.#softmax) throw errors.estimateOfClasses();
    this.#forward(sample);
    readOutputs(this.#memory.layers.at(-1)!, 0, this.#outputs);
    if (!this.#outputs.every(Number.isFinite)) throw errors.tooLargeSample();
    return this.#outputs.map((output, k) => estimateOf(output, this.targets[k]!));
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
    const fields = withTrimmedNames(row);
    const cells = columns.map((name) => (Object.hasOwn(fields, name) ? fields[name] : undefined));
    if (!columns.some((name) => Object.hasOwn(fields, name))) throw errors.noFieldOfRow(listed(columns));
    return this.#encoder!.encode(cells, (i) => `column ${shown(columns[i])}`);
  }

  /**
   * Loss (in nats) and predicted class of a sample whose class is known.
   *
   * @param weight  of the sample, in sums of scores
   * @throws LockstepError as `predict`, or if there is no such class
   */
  evaluate(sample: Sample, target: number, weight = 1): { readonly loss: number; readonly label: number } {
    if (!Number.isInteger(target) || target < 0 || target >= this.classes)
      throw errors.noSuchClass(target, this.classes);
    const softmax = this.#classifier;
    this.#forward(sample);
    this.#evaluate([target]);
    softmax.record(this.scores, 0);
    this.#recordWeight(weight);
    return { loss: softmax.loss, label: softmax.predicted };
  }

  /**
   * Loss of a sample whose targets are known.
   *
   * @param numbers  (targets) in the targets' own units
   * @param weight   of the sample, in sums of scores
   * @throws LockstepError as `estimate`
   */
  evaluateNumbers(sample: Sample, numbers: ArrayLike<number>, weight = 1): { readonly loss: number } {
    if (this.#softmax) throw errors.estimateOfClasses();
    this.#forward(sample);
    this.#evaluate(standardized(numbers, this.targets));
    this.#criterion.record(this.scores, 0);
    this.#recordWeight(weight);
    return { loss: this.#criterion.loss };
  }

  /**
   * Of an ensemble: scores each member's own outputs for the sample given to `evaluate` or `evaluateNumbers` last.
   *
   * @param target  as given there
   */
  scoreMembers(target: number | ArrayLike<number>, weight = 1): void {
    const own = typeof target === 'number' ? [target] : standardized(target, this.targets);
    for (const member of this.members) {
      member.#evaluate(own);
      member.#criterion.record(member.scores, 0);
      member.#recordWeight(weight);
    }
  }

  #recordWeight(weight: number): void {
    if (!this.facts.isWeighted) return;
    this.scores.weight![0] = weight;
    this.scores.own_weight![0] = weight;
  }

  get #classifier(): SoftmaxCrossEntropy {
    if (this.#softmax) return this.#softmax;
    throw errors.predictOfNumbers();
  }

  /** Scores of the sample given to `evaluate` last, at position 0. */
  get scores(): Scores {
    return this.#memory.epochs[0].training;
  }

  /** (classes) Of the sample given to `evaluate` or `predict` last. Overwritten by the next. */
  get probabilities(): Float64Array {
    return this.#classifier.probabilities;
  }

  #evaluate(target: ArrayLike<number>): void {
    this.#memory.rows.targets.set(target);
    this.#criterion.evaluate(0, 0);
    if (!Number.isFinite(this.#criterion.loss)) throw errors.tooLargeSample();
  }

  #forward(sample: Sample): void {
    const isRow = sample instanceof EncodedRow;
    if (isRow && !this.#encoder) throw errors.sampleLength(undefined, this.inputs);
    const given = isRow || !this.#encoder ? sample : this.#encoded(sample, this.#encoder);
    if (this.members.length === 0) {
      this.#forwardOf(given);
      return;
    }
    for (const member of this.members) member.#forwardOf(given);
    const outputs = this.members.map((member) => member.#memory.layers.at(-1)!);
    averageOutputs(outputs, this.#memory.layers.at(-1)!, this.#softmax !== undefined);
  }

  #forwardOf(sample: Sample): void {
    if (sample instanceof EncodedRow) this.#takeRow(sample);
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

/** White space around a name does not count in a training table of objects, either. */
function withTrimmedNames(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const names = Object.keys(row);
  if (names.every((name) => trimmed(name) === name)) return row;
  // A column of rows in memory may have such a name: it is still there.
  return Object.fromEntries([...names.map((name) => [trimmed(name), row[name]] as const), ...Object.entries(row)]);
}

/** For the loss of `evaluate`. */
function huberDeltaIn({ config }: ModelData['metadata']): { readonly huberDelta?: number } {
  const { huber_delta: delta } = fieldsOf(parseJsonOr(config, undefined));
  return typeof delta === 'number' && delta > 0 ? { huberDelta: delta } : {};
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
