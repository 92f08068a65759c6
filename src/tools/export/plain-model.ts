/** A checkpoint as a plain model: float32, and without the state of the run that wrote it. */
import { type ModelData, tensorsOf } from '../../checkpoints/model-file.js';
import { type ConfigRecord, recipeOf } from '../../config/options.js';
import { parseJson } from '../../files/json.js';
import { encodeTensors } from '../../files/safetensors.js';
import { sha256Of } from '../../model/parameters.js';

/** Of a checkpoint at a run's end: byte for byte what `--save` writes then. */
export function encodePlainModel(model: ModelData): Uint8Array[] {
  return encodeTensors(plainMetadata(model), tensorsOf(model.layers, Float32Array.from(model.values)));
}

/**
 * What can be said of the weights alone, wherever they go: not the run's state, nor which files its maker has, nor the
 * checksum of the file that they came from. In the order of the file.
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

/** Undefined where there is none. */
function recipeIn(config = ''): string | undefined {
  try {
    return JSON.stringify(recipeOf(parseJson(config) as ConfigRecord));
  } catch {
    return undefined;
  }
}
