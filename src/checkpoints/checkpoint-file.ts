/** A checkpoint: a model's file with the run's state, and its parameters as the kernel holds them, float64 perhaps. */
import { open } from 'node:fs/promises';
import { errors, LockstepError, reason } from '../errors.js';
import { readWhole } from '../files/read-whole.js';
import { KERNEL_NAMES, type KernelName } from '../kernels/kernel.js';
import { MEMORY_LIMIT_BYTES } from '../memory/layout.js';
import { decodeMetadata, decodeTensors, encodeTensors, TensorFileError, type Values } from '../model/safetensors.js';
import { type Config, configOfRecord } from '../options.js';
import { type RunState, stateOf } from '../state.js';
import {
  type DatasetRecord,
  type ModelDescription,
  modelMetadata,
  requireFormat,
  tensorsOf,
  valuesOf,
} from './model-file.js';

export interface Checkpoint extends ModelDescription {
  readonly state: RunState;
  /** In the order of `readParameters`. */
  readonly values: Values;
}

export function encodeCheckpoint(model: ModelDescription, state: RunState, values: Values): Uint8Array[] {
  const metadata = {
    ...modelMetadata('checkpoint', model, values),
    epochs: String(state.epochs),
    step: String(state.step),
    state: JSON.stringify(state),
  };
  return encodeTensors(metadata, tensorsOf(model.layers, values));
}

/** @throws LockstepError if it cannot be read, is damaged, or is no checkpoint */
export async function readCheckpoint(file: string): Promise<Checkpoint> {
  return decodeCheckpoint(file, await readWhole(file, MEMORY_LIMIT_BYTES));
}

/**
 * @param file  its name, for messages
 * @throws LockstepError if it is damaged, or no checkpoint
 */
export function decodeCheckpoint(file: string, bytes: Uint8Array): Checkpoint {
  try {
    const tensorFile = decodeTensors(bytes);
    const { metadata, isSealed } = tensorFile;
    requireFormat(file, metadata, 'checkpoint');
    if (!isSealed) throw new TensorFileError('it has no checksum: the file is damaged');
    const state = stateOf(JSON.parse(metadata.state ?? ''));
    if (!state) throw new TensorFileError("the run's state is missing in it");
    const layers = layersOf(JSON.parse(metadata.architecture ?? ''));
    return {
      layers,
      config: configOf(JSON.parse(metadata.config ?? '')),
      kernel: kernelOf(metadata.kernel),
      dataset: datasetOf(JSON.parse(metadata.dataset ?? '')),
      state,
      values: valuesOf(file, tensorFile, layers),
    };
  } catch (error) {
    if (error instanceof LockstepError) throw error;
    if (error instanceof TensorFileError || error instanceof SyntaxError)
      throw errors.notACheckpoint(file, reason(error));
    throw error;
  }
}

/** Steps done, by the header alone; undefined if that cannot be read. */
export async function stepOfCheckpoint(file: string): Promise<number | undefined> {
  try {
    const handle = await open(file, 'r');
    try {
      const { lockstep, step } = await decodeMetadata(handle);
      return lockstep === 'checkpoint' && /^\d{1,15}$/.test(step ?? '') ? Number(step) : undefined;
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}

function layersOf(architecture: unknown): number[] {
  const { layers } = recordOf(architecture);
  const isWidths =
    Array.isArray(layers) && layers.length > 1 && layers.every((width) => Number.isSafeInteger(width) && width > 0);
  if (isWidths) return layers as number[];
  throw new TensorFileError('its layers are not described');
}

function configOf(record: unknown): Config {
  try {
    return configOfRecord(recordOf(record));
  } catch (error) {
    throw new TensorFileError(`its configuration cannot be used: ${reason(error)}`);
  }
}

function kernelOf(name: unknown): KernelName {
  const kernel = KERNEL_NAMES.find((each) => each === name);
  if (kernel) return kernel;
  throw new TensorFileError(`its kernel is unknown: ${name}`);
}

function datasetOf(value: unknown): DatasetRecord {
  const { name, train, test, train_sha256, test_sha256 } = recordOf(value);
  const isDataset =
    [name, train_sha256, test_sha256].every((each) => typeof each === 'string') &&
    [train, test].every(Number.isSafeInteger);
  if (isDataset) return value as DatasetRecord;
  throw new TensorFileError('its data are not described');
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
