/** Trained models: what `fit()` resolves to. They predict on the caller's thread. */
import { metadataToSave, modelMetadata, progressMetadata, readModel, writeModel } from '../checkpoints/model-file.js';
import {
  areImages,
  eachImage,
  type Images,
  type LabeledImages,
  labeledImages,
  requireKnown,
} from '../data/memory-images.js';
import type { Samples } from '../data/samples.js';
import { nameOfTarget } from '../data/table/column-place.js';
import { encodedBy } from '../data/table/encode-parts.js';
import type { Header } from '../data/table/header.js';
import { remarksOn } from '../data/table/load.js';
import { nameOfSource } from '../data/table/memory.js';
import {
  type CellValue,
  type GoalOptions,
  type NumberArray,
  requireSameGoals,
  type TableData,
  tableInMemory,
} from '../data/table/memory-table.js';
import { readTableLike } from '../data/table/read-table.js';
import { inTurns } from '../data/table/steps.js';
import { errors, LockstepError } from '../errors.js';
import type { AuditedLabel, AuditedNumber, AuditedSample } from '../metrics/audit/audited-sample.js';
import type { BootstrapOptions } from '../metrics/quality/bootstrap.js';
import type { Trained } from '../run/ending.js';
import { type Evaluation, evaluateOn } from './evaluation.js';
import { Network, type Prediction, type Sample } from './network.js';
import { type EvaluatedNumbers, evaluateNumbersOn } from './number-evaluation.js';

/**
 * A row to predict: an object with the training table's columns as fields, or an array of its input columns' cells, in order.
 * For images: pixels as bytes, or numbers from 0 to 1. Several images may also be `Images`.
 */
export type PredictRow = object | readonly CellValue[] | NumberArray;

export interface Estimate {
  /** By target, in its own unit. */
  readonly estimates: Readonly<Record<string, number>>;
}

export interface EvaluateOptions extends BootstrapOptions {
  /** Whether the first row of a file holds column names. @default 'auto' */
  readonly header?: Header | undefined;
  /** Ends the reading of the data. */
  readonly signal?: AbortSignal | undefined;
}

export interface ClassEvaluateOptions extends EvaluateOptions {
  /** For two classes: the positive one. @default the second */
  readonly positive?: string | number | undefined;
  /** k of `top_k_accuracy`. @default 5 for 10 or more classes, 2 for 3 to 9, 1 for two */
  readonly topK?: number | undefined;
}

interface Evaluated {
  /** Number of rows that were used. */
  readonly samples: number;
  /** What was left out, in words. */
  readonly warnings: readonly string[];
}

/** The fields of the `evaluation` event. */
export interface ClassEvaluation extends Evaluation, Evaluated {}
export type NumbersEvaluation = EvaluatedNumbers['evaluation'] & Evaluated;

abstract class Trainee<Predicted, Audited> {
  /** For what this class does not offer. */
  readonly network: Network;
  /**
   * The training samples, those whose labels are most probably wrong first. Undefined unless the model was trained in this program
   * with the option `audit`, for one epoch at least.
   */
  readonly audit: readonly Audited[] | undefined;

  constructor(network: Network, audit?: readonly Audited[]) {
    this.network = network;
    this.audit = audit;
  }

  /** Names of the input columns; undefined if they have none. */
  get columns(): readonly string[] | undefined {
    return this.network.columns;
  }

  /**
   * Predicts one row or several, or images. Runs on the caller's thread until all are done.
   *
   * @throws LockstepError if a row does not have the model's columns, or a cell cannot be used
   */
  predict(rows: Images | readonly object[]): Predicted[];
  predict(row: PredictRow): Predicted;
  predict(given: PredictRow): Predicted | Predicted[] {
    if (!this.network.table && areImages(given)) {
      return eachImage('images', given).map((image) => this.predictSample(image));
    }
    if (!isRows(given)) return this.predictSample(this.#sampleOf(given));
    return given.map((row, i) => {
      try {
        return this.predictSample(this.#sampleOf(row));
      } catch (error) {
        throw error instanceof LockstepError ? errors.badSample(`row ${i + 1}`, error) : error;
      }
    });
  }

  protected abstract predictSample(sample: Sample): Predicted;

  #sampleOf(row: unknown): Sample {
    const isCells = Array.isArray(row) || ArrayBuffer.isView(row);
    return isCells ? (row as unknown as Sample) : this.network.sampleOf(row as Readonly<Record<string, unknown>>);
  }

  /**
   * Writes the model to a file, as the option `save` does.
   *
   * @throws LockstepError if it cannot be written
   */
  async save(file: string): Promise<void> {
    if (typeof file !== 'string' || file === '') throw errors.invalidOption('file', file, 'a file name');
    const { layers, metadata } = this.network;
    const values = this.network.parameters();
    let written: Awaited<ReturnType<typeof writeModel>>;
    try {
      written = await writeModel(file, layers, metadataToSave(metadata, values), values);
    } catch (error) {
      throw errors.saveFailed(file, error);
    }
    if (written.problem !== undefined) throw errors.savedElsewhere(file, written.problem, written.file);
  }

  /** @throws LockstepError if the data do not fit the model */
  protected async samplesOf(data: string | TableData | LabeledImages, { header = 'auto', signal }: EvaluateOptions) {
    const { table, encoder } = this.network;
    if (!table || !encoder) return { samples: await imagesFor(this.network, data), warnings: [] };
    const { label: own, targets, weight } = table;
    const known: GoalOptions = {
      ...(own.name !== undefined && { label: own.name }),
      ...(targets?.[0]?.name !== undefined && { target: [targets[0].name] }),
      ...(weight?.name !== undefined && { weight: weight.name }),
    };
    const given = typeof data === 'string' ? undefined : tableInMemory('data', data, known);
    if (given) {
      const { label, ...others } = given.goals;
      const expected = { target: targets?.map(nameOfTarget), weight: weight && nameOfTarget(weight) };
      // Classes may stand in a column of another name.
      requireSameGoals('data', targets ? given.goals : others, expected);
    }
    const source = given?.table ?? (data as string);
    const { samples: raw, leftOut } = await readTableLike(source, table, given?.goals.label, header, signal);
    const samples = await inTurns(encodedBy(encoder, raw, table), signal);
    const warnings = remarksOn(nameOfSource(source), leftOut, table).map(({ message }) => message);
    for (const [column, cells] of samples.table ? await inTurns(samples.table.unseen(), signal) : []) {
      warnings.push(`column ${column}: ${cells} cells have categories that no training row had`);
    }
    return { samples, warnings };
  }
}

/** A model that predicts classes. */
export class Classifier extends Trainee<Prediction, AuditedLabel> {
  readonly kind = 'classifier';

  /** Labels of the classes, in the order of `probabilities`. */
  get classNames(): readonly (string | number)[] {
    return this.network.classNames;
  }

  /**
   * Measures the model on rows whose classes are known.
   *
   * @param data  a file, or a table in memory; its label is the column of the training table, unless `data` names another. For a
   *   model that was trained on images: images in memory, with labels
   * @throws LockstepError if the data do not fit the model
   */
  async evaluate(
    data: string | TableData | LabeledImages,
    options: ClassEvaluateOptions = {},
  ): Promise<ClassEvaluation> {
    const { header, signal, positive: name, ...others } = options;
    const positive = name === undefined ? undefined : this.classNames.indexOf(name);
    if (positive === -1)
      throw errors.invalidOption('positive', name, `one of the classes: ${this.classNames.join(', ')}`);
    const { samples, warnings } = await this.samplesOf(data, { header, signal });
    const { evaluation } = await evaluateOn(this.network, samples, { ...others, positive });
    return { ...evaluation, samples: samples.count, warnings };
  }

  protected override predictSample(sample: Sample): Prediction {
    return this.network.predict(sample);
  }
}

/** A regression model. */
export class Regressor extends Trainee<Estimate, AuditedNumber> {
  readonly kind = 'regressor';

  /** Names of the regression targets. */
  get targets(): readonly string[] {
    return this.network.targets.map(({ name }) => name);
  }

  /** As `evaluate` of a classifier, for rows whose numbers are known. */
  async evaluate(data: string | TableData | LabeledImages, options: EvaluateOptions = {}): Promise<NumbersEvaluation> {
    const { header, signal, ...others } = options;
    const { samples, warnings } = await this.samplesOf(data, { header, signal });
    const { evaluation } = await evaluateNumbersOn(this.network, samples, others);
    return { ...evaluation, samples: samples.count, warnings };
  }

  protected override predictSample(sample: Sample): Estimate {
    const values = this.network.estimate(sample);
    return { estimates: Object.fromEntries(this.network.targets.map(({ name }, k) => [name, values[k]!])) };
  }
}

export type Model = Classifier | Regressor;

/** @throws LockstepError if they are not labeled images that fit the network */
async function imagesFor(network: Network, data: unknown): Promise<Samples> {
  if (!areImages(data)) throw errors.evaluateOfImages();
  const { samples, inputs, targets } = await labeledImages('data', data);
  if (inputs !== network.inputs) throw errors.sampleLength(inputs, network.inputs);
  if (targets !== network.targets.length) throw errors.imagesOfOtherKind(targets, network.targets.length);
  const refuse = (problem: string) => errors.dataInMemory('data', problem);
  if (targets === 0) requireKnown(refuse, samples.targets, network.classes, 'labels', 'the classes of the network');
  return samples;
}

/** Whether it is an array of rows, not the cells of one. */
function isRows(given: PredictRow): given is readonly object[] {
  if (!Array.isArray(given)) return false;
  const [first] = given as readonly unknown[];
  return given.length === 0 || (typeof first === 'object' && first !== null && !(first instanceof Date));
}

/** The model of a run, with the values of a file: float32. */
export function modelOf(trained: Trained): Model {
  return asModel(networkOf(trained), trained.audit?.());
}

export function networkOf({ model, read, epochs, step }: Trained): Network {
  const values = read();
  const { layers, activation, objective, targets, kernel, table } = model;
  const metadata = { ...modelMetadata('model', model, values, step), ...progressMetadata(model, epochs, step) };
  return new Network({ file: '', layers, activation, objective, targets, values, kernel, table, metadata });
}

function asModel(network: Network, audit?: readonly AuditedSample[]): Model {
  return network.targets.length > 0
    ? new Regressor(network, audit as readonly AuditedNumber[])
    : new Classifier(network, audit as readonly AuditedLabel[]);
}

/**
 * Loads a model that predicts classes.
 *
 * @param file  written by `save`, or a checkpoint
 * @throws LockstepError if the file cannot be read, is damaged, or holds no such model
 */
export async function loadClassifier(file: string): Promise<Classifier> {
  const model = await load(file);
  if (model.kind === 'classifier') return model;
  throw errors.otherKindOfModel(file, 'is for regression', 'loadRegressor()');
}

/** As `loadClassifier`, for a regression model. */
export async function loadRegressor(file: string): Promise<Regressor> {
  const model = await load(file);
  if (model.kind === 'regressor') return model;
  throw errors.otherKindOfModel(file, 'predicts classes', 'loadClassifier()');
}

async function load(file: string): Promise<Model> {
  if (typeof file !== 'string' || file === '') throw errors.invalidOption('file', file, 'a model or a checkpoint');
  return asModel(new Network(await readModel(file)));
}
