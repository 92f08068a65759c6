/**
 * A network in a safetensors file: tensors `layers.0.weight` [inputs, outputs], `layers.0.bias` [outputs], … in this order,
 * and metadata. `weights_sha256` is the hash of the bytes of all tensors.
 */

import { type Config, configOfRecord, recipeOf, recordOfConfig } from '../config/options.js';
import type { Dataset } from '../data/dataset.js';
import { type TableModel, tableMetadata } from '../data/table/table-metadata.js';
import { errors } from '../errors.js';
import { parseJsonOr } from '../files/json.js';
import { type Written, writeInAnyCase } from '../files/output.js';
import { packageVersion } from '../files/package-version.js';
import { readWhole } from '../files/read-whole.js';
import {
  decodeTensors,
  encodeTensors,
  type Tensor,
  type TensorFile,
  TensorFileError,
  type Values,
} from '../files/safetensors.js';
import { fieldsOf } from '../files/type-guards.js';
import { KERNEL_NAMES, type KernelName } from '../kernels/builds.js';
import { MEMORY_LIMIT_BYTES } from '../memory/layout.js';
import type { Plan, Target } from '../memory/plan.js';
import type { ObjectiveName } from '../model/objectives/index.js';
import { sha256Of } from '../model/parameters.js';
import { AVERAGE } from '../optim/average.js';
import { describedNetwork, IMAGE_METADATA, networkMetadata } from './described-network.js';
import { joined, type MemberRecord, memberPrefix, valuesOfMembers, versionMetadata } from './ensemble.js';

export interface DatasetRecord {
  readonly name: string;
  /** Number of training samples used, without validation samples. */
  readonly train: number;
  /** Absent if there are none. */
  readonly validation?: number;
  readonly test: number;
  /** SHA-256 of all samples, used or not: see `Samples`. */
  readonly train_sha256: string;
  readonly test_sha256: string;
}

export interface ModelDescription {
  /** Widths, input to output. */
  readonly layers: readonly number[];
  /** Activation of the hidden layers: see `kernels/activations.ts`. */
  readonly activation: string;
  /** What it is trained for: see `model/objectives/`. */
  readonly objective: ObjectiveName;
  /** The regression targets; empty for classes. */
  readonly targets: readonly Target[];
  readonly config: Config;
  readonly kernel: KernelName;
  /** A random UUID that identifies the run; resuming keeps it. */
  readonly run: string;
  readonly dataset: DatasetRecord;
  /** Undefined if it was not trained on a table. */
  readonly table: TableModel | undefined;
  /** Of a private run. */
  readonly privacy?: PrivateModel | undefined;
  /** The networks of an ensemble. Undefined for a single network. */
  readonly members?: readonly MemberRecord[] | undefined;
}

export interface PrivateModel {
  /** (32 bytes) The noise follows from it. Only checkpoints hold it. */
  readonly secret: Uint8Array;
  /** What is guaranteed after so many steps of the run, for metadata. */
  readonly guarantee: (steps: number) => object;
}

/** @param plan  the samples used */
export function datasetRecord({ name, train, test }: Dataset, plan: Plan): DatasetRecord {
  const { trainSamples, validationSamples, testSamples } = plan;
  return {
    name,
    train: trainSamples,
    ...(validationSamples > 0 && { validation: validationSamples }),
    test: testSamples,
    train_sha256: train.sha256,
    test_sha256: test.sha256,
  };
}

/** The metadata that models and checkpoints have in common. */
export function modelMetadata(
  kind: 'model' | 'checkpoint',
  { layers, activation, objective, targets, config, kernel, run, dataset, table, privacy, members }: ModelDescription,
  values: Values,
  step: number,
): Record<string, string> {
  const record = recordOfConfig(config);
  const metadata = {
    lockstep: kind,
    lockstep_version: packageVersion(),
    ...versionMetadata(members),
    ...networkMetadata(layers, activation, objective, targets, table),
    ...(table ? tableMetadata(table) : IMAGE_METADATA),
    dataset: JSON.stringify(dataset),
    config: JSON.stringify(kind === 'model' ? recipeOf(record) : record),
    kernel,
    run,
    weights_sha256: sha256Of(values),
    ...(privacy && { privacy: JSON.stringify(privacy.guarantee(step)) }),
  };
  return kind === 'model' ? withoutSecrets(metadata) : metadata;
}

/**
 * Writes a model in float32, or several networks of an ensemble. If something else has taken the name, the file gets another name, so that the model is not
 * lost.
 *
 * @throws the system error
 */
export async function saveModel(
  file: string,
  model: ModelDescription,
  values: Float32Array,
  epochs: number,
  step: number,
): Promise<Written> {
  const metadata = { ...modelMetadata('model', model, values, step), ...progressMetadata(model, epochs, step) };
  return await writeModel(file, model.layers, metadata, values);
}

/** An ensemble states this for each network, in `ensemble`. */
export function progressMetadata({ members }: ModelDescription, epochs: number, step: number): Record<string, string> {
  return members ? {} : { epochs: String(epochs), step: String(step) };
}

/** The metadata without what only a resumed private run may know: its secret, and the hash that would confirm a guess of its data. */
export function withoutSecrets(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const { [SECRET]: secret, ...others } = metadata;
  if (secret === undefined && others.privacy === undefined) return others;
  const { train_sha256: hash, ...said } = fieldsOf(parseJsonOr(others.dataset, undefined));
  return hash === undefined ? others : { ...others, dataset: JSON.stringify(said) };
}

/** Name of the secret in a checkpoint's metadata. */
export const SECRET = 'privacy_secret';

/** As `saveModel`, with metadata that is known. @throws the system error */
export async function writeModel(
  file: string,
  layers: readonly number[],
  metadata: Readonly<Record<string, string>>,
  values: Float32Array,
): Promise<Written> {
  return await writeInAnyCase(file, 'model', encodeTensors(metadata, tensorsOfModel(layers, values)));
}

/** The metadata of a model that is read from a model file or a checkpoint, to be written as a model. */
export function metadataToSave(given: Readonly<Record<string, string>>, values: Values): Record<string, string> {
  const { state: _, ...metadata } = withoutSecrets(given);
  if (metadata.lockstep === undefined) return metadata;
  const config = fieldsOf(parseJsonOr(metadata.config, undefined));
  return {
    ...metadata,
    // A checkpoint's says where files are.
    ...(metadata.lockstep === 'checkpoint' && {
      lockstep: 'model',
      config: JSON.stringify(recipeOf(recordOfConfig(configOfRecord(config)))),
    }),
    weights_sha256: sha256Of(values),
  };
}

/**
 * All parameters as tensors.
 *
 * @param values  in the order of `readParameters`
 * @param prefix  of the names, such as the name of a moment
 */
export function tensorsOf(layers: readonly number[], values: Values, prefix = ''): Tensor[] {
  let end = 0;
  const take = (name: string, shape: readonly number[]): Tensor => {
    const begin = end;
    end += shape.reduce((product, length) => product * length, 1);
    return { name, shape, values: values.subarray(begin, end) };
  };
  return layers.slice(1).flatMap((outputs, l) => {
    const inputs = layers[l]!;
    const name = `${prefix}layers.${l}`;
    return [take(`${name}.weight`, [inputs, outputs]), take(`${name}.bias`, [outputs])];
  });
}

/**
 * The parameters of a model as tensors; of an ensemble, those of each network with a prefix.
 *
 * @param values  as in ModelData
 */
export function tensorsOfModel(layers: readonly number[], values: Values): Tensor[] {
  const members = valuesOfMembers(layers, values);
  if (members.length === 1) return tensorsOf(layers, values);
  return members.flatMap((own, m) => tensorsOf(layers, own, memberPrefix(m)));
}

/**
 * All parameters of a file, in the order of `readParameters`. Other tensors are ignored.
 *
 * @throws TensorFileError if a tensor is missing or of another shape
 */
export function valuesOf({ tensors }: TensorFile, layers: readonly number[], prefix = ''): Values {
  const Type = tensors.get(`${prefix}layers.0.weight`)?.values instanceof Float64Array ? Float64Array : Float32Array;
  const wanted = layers.slice(1).flatMap((outputs, l) => [
    { name: `${prefix}layers.${l}.weight`, shape: [layers[l]!, outputs] },
    { name: `${prefix}layers.${l}.bias`, shape: [outputs] },
  ]);
  const found = wanted.map(({ name, shape }) => {
    const tensor = tensors.get(name);
    const isRight = tensor?.values instanceof Type && tensor.shape.join() === shape.join();
    if (!isRight) {
      throw new TensorFileError(`no tensor ${name} of shape ${shape.join(' × ')}`);
    }
    return tensor.values;
  });
  const values = new Type(found.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of found) {
    values.set(part, position);
    position += part.length;
  }
  return values;
}

export interface ModelData {
  readonly file: string;
  /** Widths, input to output. */
  readonly layers: readonly number[];
  /** Activation of the hidden layers: see `kernels/activations.ts`. */
  readonly activation: string;
  /** What it was trained for: see `model/objectives/`. */
  readonly objective: ObjectiveName;
  /** The regression targets; empty for classes. */
  readonly targets: readonly Target[];
  /** In the order of `readParameters`; of an ensemble, those of one network after another. */
  readonly values: Values;
  /** Undefined in a file of another program. */
  readonly kernel: KernelName | undefined;
  /** Undefined if it was not trained on a table. */
  readonly table: TableModel | undefined;
  /** As in the file: docs/model-files.md. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Its values may not be finite. */
export interface ModelFile extends ModelData {
  readonly bytes: number;
  /** Whether the file has a checksum. */
  readonly isSealed: boolean;
}

/**
 * Reads a model, a checkpoint, or any safetensors file with the tensors `layers.0.weight` [inputs, outputs],
 * `layers.0.bias` [outputs], …
 *
 * @throws LockstepError if it cannot be read, is damaged, or holds no such network
 */
export async function readModel(file: string): Promise<ModelData> {
  return decodeModel(file, await readWhole(file, MEMORY_LIMIT_BYTES));
}

/**
 * Also accepts values that are not finite, so that they can be examined.
 *
 * @throws LockstepError if it cannot be read, is damaged, or holds no such network
 */
export async function readModelFile(file: string): Promise<ModelFile> {
  return decodeModelFile(file, await readWhole(file, MEMORY_LIMIT_BYTES));
}

/**
 * @param file  for messages
 * @throws LockstepError
 */
export function decodeModel(file: string, bytes: Uint8Array): ModelData {
  const model = decodeModelFile(file, bytes);
  requireFinite(model);
  return model;
}

/** @throws LockstepError if a weight is not finite */
export function requireFinite({ file, values }: ModelData): void {
  if (!values.every(Number.isFinite)) throw errors.notAModel(file, 'its weights are not all finite');
}

/** Whether it is a checkpoint with a moving average of the weights, which is the model. There is none before the first step. */
function isAveraged({ metadata, tensors }: TensorFile): boolean {
  return metadata.lockstep === 'checkpoint' && metadata.step !== '0' && tensors.has(`${AVERAGE}.layers.0.weight`);
}

function decodeModelFile(file: string, bytes: Uint8Array): ModelFile {
  try {
    const tensorFile = decodeTensors(bytes);
    const { isSealed } = tensorFile;
    const metadata = withoutSecrets(tensorFile.metadata);
    const { layers, activation, objective, targets, table, members } = describedNetwork(tensorFile);
    const values =
      members === 1
        ? valuesOf(tensorFile, layers, isAveraged(tensorFile) ? `${AVERAGE}.` : '')
        : joined(Array.from({ length: members }, (_, m) => valuesOf(tensorFile, layers, memberPrefix(m))));
    const kernel = KERNEL_NAMES.find((name) => name === metadata.kernel);
    return {
      file,
      layers,
      activation,
      objective,
      targets,
      values,
      kernel,
      table,
      metadata,
      bytes: bytes.length,
      isSealed,
    };
  } catch (error) {
    if (error instanceof TensorFileError) throw errors.notAModel(file, error.message);
    throw error;
  }
}
