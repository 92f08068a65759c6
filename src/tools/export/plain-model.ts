/** A checkpoint as a plain model: float32, without the state of the run. */
import { type ModelData, tensorsOfModel } from '../../checkpoints/model-file.js';
import { type ConfigRecord, recipeOf } from '../../config/options.js';
import { parseJson } from '../../files/json.js';
import { encodeTensors } from '../../files/safetensors.js';
import { sha256Of } from '../../model/parameters.js';

/** For a checkpoint at the end of a run, exactly the file that `--save` writes. */
export function encodePlainModel(model: ModelData): Uint8Array[] {
  return encodeTensors(plainMetadata(model), tensorsOfModel(model.layers, Float32Array.from(model.values)));
}

/**
 * Metadata of the weights, in the order of the file: without the state of the run, paths, and the checksum of the file.
 */
export function plainMetadata({ metadata, values }: ModelData): Record<string, string> {
  const { state: _, sha256: __, ...rest } = metadata;
  const plain: Record<string, string> = rest;
  if (plain.lockstep === undefined) return plain;
  plain.lockstep = 'model';
  plain.weights_sha256 = sha256Of(values);
  const recipe = recipeIn(plain.config);
  if (recipe === undefined) delete plain.config;
  else plain.config = recipe;
  return plain;
}

function recipeIn(config = ''): string | undefined {
  try {
    return JSON.stringify(recipeOf(parseJson(config) as ConfigRecord));
  } catch {
    return undefined;
  }
}
