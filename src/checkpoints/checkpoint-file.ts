/** A checkpoint: a model file with the state of the run, and parameters in the precision of the kernel. */
import { open } from 'node:fs/promises';
import { type Config, configOfRecord } from '../config/options.js';
import { errors, LockstepError, reason, shown } from '../errors.js';
import { parseJson } from '../files/json.js';
import { READ, readWhole } from '../files/read-whole.js';
import {
  decodeMetadata,
  decodeTensors,
  encodeTensors,
  type TensorFile,
  TensorFileError,
  type Values,
} from '../files/safetensors.js';
import { fieldsOf } from '../files/type-guards.js';
import { KERNEL_NAMES, type KernelName } from '../kernels/builds.js';
import { MEMORY_LIMIT_BYTES } from '../memory/layout.js';
import type { ObjectiveFacts } from '../memory/plan.js';
import { type RunState, recordOfState, stateOf } from '../metrics/run-state.js';
import { auditWordsOf } from '../model/objectives/audited.js';
import { objectiveNamed } from '../model/objectives/index.js';
import type { Objective } from '../model/objectives/objective.js';
import { AVERAGE } from '../optim/average.js';
import { momentNames } from '../optim/optimizer.js';
import { secretOf, secretText } from '../privacy/secret.js';
import { contradictionOf } from './consistency.js';
import { describedNetwork } from './described-network.js';
import { type DatasetRecord, type ModelDescription, modelMetadata, SECRET, tensorsOf, valuesOf } from './model-file.js';

export interface Checkpoint extends ModelDescription {
  readonly state: RunState;
  /** In the order of `readParameters`. */
  readonly values: Values;
  /** State of the optimizer, by `momentNames`, each in the order of `readParameters`. */
  readonly moments: readonly Values[];
  /** (32 bytes) Of a private run. */
  readonly secret: Uint8Array | undefined;
  /** Parameters of the best epoch, if they are kept and there is one. */
  readonly best: Values | undefined;
  /** (training samples, words) Sums of an audit, if the run made one: see model/objectives/audited.ts. */
  readonly audit: Float32Array | undefined;
}

export function encodeCheckpoint(
  model: ModelDescription,
  state: RunState,
  values: Values,
  moments: readonly Values[],
  best: Values | undefined,
  audit: Float32Array | undefined,
): Uint8Array[] {
  const names = momentNames(model.config);
  // A reader that uses the checkpoint as a model gets the average.
  const isAveraged = names.at(-1) === AVERAGE && state.step > 0;
  const metadata = {
    ...modelMetadata('checkpoint', model, isAveraged ? moments.at(-1)! : values, state.step),
    ...(model.privacy && { [SECRET]: secretText(model.privacy.secret) }),
    epochs: String(state.epochs),
    step: String(state.step),
    state: JSON.stringify(recordOfState(state, objectiveNamed(model.objective, factsOf(model)))),
  };
  const remembered = moments.flatMap((moment, i) => tensorsOf(model.layers, moment, `${names[i]}.`));
  return encodeTensors(metadata, [
    ...tensorsOf(model.layers, values),
    ...remembered,
    ...(best ? tensorsOf(model.layers, best, 'best.') : []),
    ...(audit ? [{ name: AUDIT, shape: auditShape(model), values: audit }] : []),
  ]);
}

/** Name of the tensor. */
const AUDIT = 'audit';

function auditShape(model: Pick<ModelDescription, 'layers' | 'objective' | 'targets' | 'config' | 'dataset'>) {
  const objective = objectiveNamed(model.objective, factsOf(model));
  return [model.dataset.train, auditWordsOf(objective, model.layers.at(-1)!)];
}

/** @throws TensorFileError if it is of other samples or another objective */
function auditIn({ tensors }: TensorFile, shape: readonly number[]): Float32Array | undefined {
  const audit = tensors.get(AUDIT);
  if (!audit) return undefined;
  const { values } = audit;
  if (values instanceof Float32Array && audit.shape.join() === shape.join() && values.every(Number.isFinite))
    return values;
  throw new TensorFileError(`its audit is not of shape ${shape.join(' × ')}, or not finite`);
}

function factsOf({ targets, config }: Pick<ModelDescription, 'targets' | 'config'>): ObjectiveFacts {
  const { huberDelta, weight, classWeights } = config;
  // (The sums do not depend on the weights themselves.)
  return { targets, huberDelta, isWeighted: weight !== undefined, ...(classWeights && { classWeights: [] }) };
}

/** @throws LockstepError if it cannot be read, is damaged, or is not a checkpoint */
export async function readCheckpoint(file: string): Promise<Checkpoint> {
  return decodeCheckpoint(file, await readWhole(file, MEMORY_LIMIT_BYTES));
}

/**
 * @param file  for messages
 * @throws LockstepError if it is damaged, or not a checkpoint
 */
export function decodeCheckpoint(file: string, bytes: Uint8Array): Checkpoint {
  try {
    const tensorFile = decodeTensors(bytes);
    const { metadata, isSealed } = tensorFile;
    requireCheckpoint(metadata);
    if (!isSealed) throw new TensorFileError('it has no checksum: the file is damaged');
    const { layers, activation, objective, targets, table } = describedNetwork(tensorFile);
    const config = configOf(jsonOf('config', metadata));
    const state = runStateOf(metadata, objectiveNamed(objective, factsOf({ targets, config })));
    const dataset = datasetOf(jsonOf('dataset', metadata));
    const checkpoint = {
      layers,
      activation,
      objective,
      targets,
      config,
      kernel: kernelOf(metadata.kernel),
      run: runOf(metadata.run),
      dataset,
      table,
      state,
      secret: secretOf(metadata[SECRET]),
      values: valuesOf(tensorFile, layers),
      moments: momentNames(config).map((name) => valuesOf(tensorFile, layers, `${name}.`)),
      best: config.keepBest && state.best ? valuesOf(tensorFile, layers, 'best.') : undefined,
      audit: auditIn(tensorFile, auditShape({ layers, objective, targets, config, dataset })),
    };
    const contradiction = contradictionOf(checkpoint);
    if (contradiction !== undefined) throw new TensorFileError(contradiction);
    return checkpoint;
  } catch (error) {
    if (error instanceof LockstepError) throw error;
    if (error instanceof TensorFileError) throw errors.notACheckpoint(file, reason(error));
    throw error;
  }
}

export interface Header {
  /** Steps done. */
  readonly step: number | undefined;
  /** The name of the run. */
  readonly run: string | undefined;
}

/** Reads the header only. Both are undefined if the file is missing, damaged, or not a checkpoint. */
export async function headerOfCheckpoint(file: string): Promise<Header> {
  try {
    return await readHeader(file);
  } catch {
    return { step: undefined, run: undefined };
  }
}

/** @throws the system error, or TensorFileError if the file is not a checkpoint */
export async function readHeader(file: string): Promise<Header> {
  const handle = await open(file, READ);
  try {
    const { lockstep, step = '', run } = await decodeMetadata(handle);
    if (lockstep !== 'checkpoint' || !/^\d{1,15}$/.test(step)) throw new TensorFileError('it is not a checkpoint');
    return { step: Number(step), run };
  } finally {
    await handle.close();
  }
}

function jsonOf(field: string, metadata: Readonly<Record<string, string>>): unknown {
  try {
    return parseJson(metadata[field] ?? '');
  } catch {
    throw new TensorFileError(`its ${field} is not valid JSON`);
  }
}

/** The numbers of epochs and steps are also separate fields, which can be read without the state. */
function runStateOf(metadata: Readonly<Record<string, string>>, objective: Objective): RunState {
  const state = stateOf(jsonOf('state', metadata), objective);
  if (state && metadata.epochs === String(state.epochs) && metadata.step === String(state.step)) return state;
  throw new TensorFileError('its state is not valid');
}

function requireCheckpoint({ lockstep }: Readonly<Record<string, string>>): void {
  if (lockstep === undefined) throw new TensorFileError('another program wrote it');
  if (lockstep !== 'checkpoint') throw new TensorFileError(`it is a ${shown(lockstep)}`);
}

function configOf(record: unknown): Config {
  try {
    return configOfRecord(fieldsOf(record));
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    throw new TensorFileError(`its configuration is not valid: ${reason(error)}`);
  }
}

function runOf(run: string | undefined): string {
  if (run !== undefined && /^[0-9a-f-]{36}$/.test(run)) return run;
  throw new TensorFileError('its run has no name');
}

function kernelOf(name: unknown): KernelName {
  const kernel = KERNEL_NAMES.find((each) => each === name);
  if (kernel) return kernel;
  throw new TensorFileError(`its kernel is unknown: ${shown(name)}`);
}

function datasetOf(value: unknown): DatasetRecord {
  const { name, train, validation = 0, test, train_sha256, test_sha256 } = fieldsOf(value);
  const isDataset =
    [name, train_sha256, test_sha256].every((each) => typeof each === 'string') &&
    [train, validation, test].every((count) => Number.isSafeInteger(count) && (count as number) >= 0);
  const record = { name, train, ...(validation !== 0 && { validation }), test, train_sha256, test_sha256 };
  if (isDataset) return record as DatasetRecord;
  throw new TensorFileError('its data set is not described');
}
