/** NumPy arrays (`numpy.load`): a zip with one .npy file per tensor. */
import { type Zippable, zipSync } from 'fflate';
import { type ModelData, tensorsOfModel } from '../../checkpoints/model-file.js';
import { errors } from '../../errors.js';
import { DEVIATION, DIVIDE_BY, MEAN, SUBTRACT } from './scaling-names.js';

/** The limit of zip files without the zip64 extension, minus room for everything but weights. */
const MOST_BYTES = 2 ** 32 - 2 ** 20;
/** The earliest date of a zip file. It is constant, so that the same model gives the same file. */
const NO_DATE = '1980-01-02';

/**
 * Rounds float64 weights of a checkpoint to float32.
 *
 * @throws LockstepError if the model is larger than the format can hold
 */
export function encodeNpz({ file, layers, values, table, targets }: ModelData): Uint8Array {
  const bytes = values.length * Float32Array.BYTES_PER_ELEMENT;
  if (bytes > MOST_BYTES) throw errors.tooLargeForFormat(file, bytes, 'a NumPy archive', MOST_BYTES);
  const files: Zippable = {};
  for (const { name, shape, values: floats } of tensorsOfModel(layers, Float32Array.from(values))) {
    files[`${name}.npy`] = encodeNpy(shape, floats as Float32Array);
  }
  if (table?.scaling?.kind === 'linear') {
    const { subtract, divideBy } = table.scaling;
    for (const [name, own] of [[SUBTRACT, subtract] as const, [DIVIDE_BY, divideBy] as const]) {
      files[`${name}.npy`] = encodeNpy([own.length], own);
    }
  }
  if (targets.length > 0) {
    const arrays = { [DEVIATION]: targets.map(({ deviation }) => deviation), [MEAN]: targets.map(({ mean }) => mean) };
    for (const [name, own] of Object.entries(arrays))
      files[`${name}.npy`] = encodeNpy([own.length], Float32Array.from(own));
  }
  // Uncompressed, as in numpy.savez: weights hardly compress.
  return zipSync(files, { level: 0, mtime: NO_DATE });
}

/** The .npy format, version 1.0 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
function encodeNpy(shape: readonly number[], values: Float32Array | Float64Array): Uint8Array {
  const type = values instanceof Float64Array ? '<f8' : '<f4';
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const description = `{'descr': '${type}', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const preamble = 10;
  // Padded with spaces up to a line end, so that the values begin at a multiple of 64.
  const length = Math.ceil((preamble + description.length + 1) / 64) * 64 - preamble;
  const header = Buffer.alloc(preamble + length, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(length, 8);
  header.write(description, preamble, 'latin1');
  header.write('\n', preamble + length - 1, 'latin1');
  return Buffer.concat([header, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
}
