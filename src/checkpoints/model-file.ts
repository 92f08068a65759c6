/**
 * A network in a safetensors file: tensors `layers.0.weight` [inputs, outputs], `layers.0.bias` [outputs], … in this order,
 * so that the tensors' bytes together are what `weights_sha256` is taken of; and metadata that say what they are.
 */

import { type Config, recipeOf, recordOfConfig } from '../config/options.js';
import type { Dataset } from '../data/dataset.js';
import { type TableModel, tableMetadata } from '../data/table/facts.js';
import { errors } from '../errors.js';
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
import { KERNEL_NAMES, type KernelName } from '../kernels/builds.js';
import { MEMORY_LIMIT_BYTES } from '../memory/layout.js';
import type { Plan } from '../memory/plan.js';
import { sha256Of } from '../model/parameters.js';
import { describedNetwork, IMAGE_METADATA, networkMetadata } from './described-network.js';

/** What the samples were. */
export interface DatasetRecord {
  readonly name: string;
  /** Training samples used, those held out of them for validation (absent: none), and test samples. */
  readonly train: number;
  readonly validation?: number;
  readonly test: number;
  /** SHA-256 of all there are, used or not: see `Samples`. */
  readonly train_sha256: string;
  readonly test_sha256: string;
}

export interface ModelDescription {
  /** Widths, input to output. */
  readonly layers: readonly number[];
  /** Of the hidden layers: see `kernels/activations.ts`. */
  readonly activation: string;
  readonly config: Config;
  readonly kernel: KernelName;
  /** The run's name, made up when it began, and kept when it is resumed: it tells checkpoints of different runs apart. */
  readonly run: string;
  readonly dataset: DatasetRecord;
  /** Undefined where it was trained on images. */
  readonly table: TableModel | undefined;
}

/** @param plan  what is used of it */
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

/** What a model and a checkpoint both have. */
export function modelMetadata(
  kind: 'model' | 'checkpoint',
  { layers, activation, config, kernel, run, dataset, table }: ModelDescription,
  values: Values,
): Record<string, string> {
  const record = recordOfConfig(config);
  return {
    lockstep: kind,
    lockstep_version: packageVersion(),
    ...networkMetadata(layers, activation),
    ...(table ? tableMetadata(table) : IMAGE_METADATA),
    dataset: JSON.stringify(dataset),
    config: JSON.stringify(kind === 'model' ? recipeOf(record) : record),
    kernel,
    run,
    weights_sha256: sha256Of(values),
  };
}

/**
 * Writes a model: float32, whatever the kernel computes with. Where something else has come under its name, it is written
 * under a name beside that: what took hours is not lost.
 *
 * @throws the system's error
 */
export async function saveModel(
  file: string,
  model: ModelDescription,
  values: Float32Array,
  epochs: number,
  step: number,
): Promise<Written> {
  const metadata = { ...modelMetadata('model', model, values), epochs: String(epochs), step: String(step) };
  return await writeInAnyCase(file, 'model', encodeTensors(metadata, tensorsOf(model.layers, values)));
}

/**
 * All parameters, in the order of `readParameters`, as tensors.
 *
 * @param prefix  of their names: whose moments they are, say
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
 * The reverse: all parameters of a file whose layers have these widths, whatever else it holds.
 *
 * @throws TensorFileError if a tensor is missing or of another shape
 */
export function valuesOf({ tensors }: TensorFile, layers: readonly number[], prefix = ''): Values {
  const Type = tensors.get('layers.0.weight')?.values instanceof Float64Array ? Float64Array : Float32Array;
  const wanted = layers.slice(1).flatMap((outputs, l) => [
    { name: `${prefix}layers.${l}.weight`, shape: [layers[l]!, outputs] },
    { name: `${prefix}layers.${l}.bias`, shape: [outputs] },
  ]);
  const found = wanted.map(({ name, shape }) => {
    const tensor = tensors.get(name);
    const isRight = tensor?.values instanceof Type && tensor.shape.join() === shape.join();
    if (!isRight) {
      throw new TensorFileError(`tensor ${name} is not there with the shape ${shape.join(' × ')}`);
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

/** Of Lockstep. */
export interface ModelData {
  readonly file: string;
  /** Widths, input to output. */
  readonly layers: readonly number[];
  /** Of the hidden layers: see `kernels/activations.ts`. */
  readonly activation: string;
  /** In the order of `readParameters`. */
  readonly values: Values;
  /** What made it; undefined in a file of another program. */
  readonly kernel: KernelName | undefined;
  /** What it was trained on, if that was a table. */
  readonly table: TableModel | undefined;
  /** As in the file: docs/files.md. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A file looked at, whatever its values: they may not be finite, and then it classifies nothing. */
export interface ModelFile extends ModelData {
  readonly bytes: number;
  /** Whether it has a checksum (which is right, then). */
  readonly isSealed: boolean;
}

/**
 * Reads a model, a checkpoint, or any safetensors file whose tensors are a network's: `layers.0.weight` [inputs, outputs],
 * `layers.0.bias` [outputs], …
 *
 * @throws LockstepError if it cannot be read, is damaged, or holds no such network
 */
export async function readModel(file: string): Promise<ModelData> {
  return decodeModel(file, await readWhole(file, MEMORY_LIMIT_BYTES));
}

/**
 * The same, of values that are not finite, too: to see what is wrong with them.
 *
 * @throws LockstepError if it cannot be read, is damaged, or holds no such network
 */
export async function readModelFile(file: string): Promise<ModelFile> {
  return decodeModelFile(file, await readWhole(file, MEMORY_LIMIT_BYTES));
}

/**
 * @param file  its name, for messages
 * @throws LockstepError
 */
export function decodeModel(file: string, bytes: Uint8Array): ModelData {
  const model = decodeModelFile(file, bytes);
  requireFinite(model);
  return model;
}

/** @throws LockstepError if a network of such values can classify nothing */
export function requireFinite({ file, values }: ModelData): void {
  if (!values.every(Number.isFinite)) throw errors.notAModel(file, 'its weights are not all finite');
}

function decodeModelFile(file: string, bytes: Uint8Array): ModelFile {
  try {
    const tensorFile = decodeTensors(bytes);
    const { metadata, isSealed } = tensorFile;
    const { layers, activation, table } = describedNetwork(tensorFile);
    const values = valuesOf(tensorFile, layers);
    const kernel = KERNEL_NAMES.find((name) => name === metadata.kernel);
    return { file, layers, activation, values, kernel, table, metadata, bytes: bytes.length, isSealed };
  } catch (error) {
    if (error instanceof TensorFileError) throw errors.notAModel(file, error.message);
    throw error;
  }
}
