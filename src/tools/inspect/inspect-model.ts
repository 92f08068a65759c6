/** Describes a model file, and verifies its checksums. */
import { type ModelFile, readModelFile, tensorsOfModel } from '../../checkpoints/model-file.js';
import { errors } from '../../errors.js';
import { parseJsonOr } from '../../files/json.js';
import type { ModelEvent } from '../../metrics/events.js';
import { sha256Of } from '../../model/parameters.js';
import { statisticsOf } from './tensor-statistics.js';

/**
 * Reads a model, a checkpoint or any safetensors file that holds such a network. Its weights may not be finite.
 *
 * @throws LockstepError if it cannot be read, is damaged, or holds no such network
 */
export async function inspectModel(file: string): Promise<ModelEvent> {
  return describeModel(await readModelFile(file));
}

/** @throws LockstepError if the weights do not match `weights_sha256` */
export function describeModel(model: ModelFile): ModelEvent {
  const { file, bytes, layers, values, isSealed } = model;
  const { dataset, config, state, epochs, step, kernel, sha256: _, ...metadata } = model.metadata;
  const tensors = tensorsOfModel(layers, values).map(statisticsOf);
  const weightsSha256 = sha256Of(values);
  const recorded = metadata.weights_sha256;
  if (recorded !== undefined && recorded !== weightsSha256) throw errors.otherWeights(file, weightsSha256, recorded);
  return {
    event: 'model',
    model: file,
    kind: metadata.lockstep === 'model' || metadata.lockstep === 'checkpoint' ? metadata.lockstep : null,
    bytes,
    layers,
    parameters: values.length,
    tensors,
    epochs: countIn(epochs),
    step: countIn(step),
    kernel: kernel ?? null,
    // Files of other programs may hold text instead of JSON.
    dataset: parseJsonOr(dataset, dataset),
    config: parseJsonOr(config, config),
    state: parseJsonOr(state, state),
    metadata,
    checksum: isSealed ? 'right' : 'absent',
    weights_sha256: weightsSha256,
    weights_checksum: recorded === undefined ? 'absent' : 'right',
  };
}

function countIn(text = ''): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
