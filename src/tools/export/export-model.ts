/** Exports a model in the format given by the file extension. */
import path from 'node:path';
import { type ModelData, readModel } from '../../checkpoints/model-file.js';
import { errors } from '../../errors.js';
import type { Kind } from '../../files/kinds.js';
import { type Output, requireOutput, writeOutput } from '../../files/output.js';
import type { ExportEvent } from '../../metrics/events.js';
import { sha256Of } from '../../model/parameters.js';
import type { InputForm } from './input-form.js';

type Format = ExportEvent['format'];
type Encoder = (model: ModelData, inputs: InputForm | undefined) => Uint8Array[];

/** Loaded on demand, because each has its own library. */
const ENCODERS: Record<Format, () => Promise<Encoder>> = {
  onnx: async () => {
    const { encodeOnnx } = await import('./onnx.js');
    return (model, inputs) => [encodeOnnx(model, inputs)];
  },
  npz: async () => {
    const { encodeNpz } = await import('./npz.js');
    return (model) => [encodeNpz(model)];
  },
  safetensors: async () => (await import('./plain-model.js')).encodePlainModel,
};

const KINDS: Record<Format, Kind> = { onnx: 'onnx', npz: 'npz', safetensors: 'model' };

export const EXPORT_FORMATS = Object.keys(ENCODERS) as Format[];

/** For messages. */
export const EXTENSIONS = EXPORT_FORMATS.map((format) => `.${format}`).join(', ');

/** @throws LockstepError (status 2) for an unsupported extension */
export function exportFormatOf(file: string): Format {
  const extension = path.extname(file).slice(1).toLowerCase();
  const format = EXPORT_FORMATS.find((each) => each === extension);
  if (format) return format;
  throw errors.fileExtension('-o', file, EXTENSIONS.replace(/, (?=[^,]*$)/, ' or '));
}

/**
 * Reads a model, a checkpoint or any safetensors file that holds such a network, and writes it atomically in the format of
 * the file extension.
 *
 * @param inputs  of an ONNX graph (default: `columns` for a model of a table)
 * @throws LockstepError
 */
export async function exportModel(model: string, file: string, inputs?: InputForm): Promise<ExportEvent> {
  const format = exportFormatOf(file);
  const output: Output = { flag: '-o', file, kind: KINDS[format] };
  await requireOutput(output, [model]);
  const data = await readModel(model);
  const encode = await ENCODERS[format]();
  const parts = encode(data, inputs);
  await writeOutput(output, parts);
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  return { event: 'export', model, file, format, bytes, weights_sha256: sha256Of(data.values) };
}
