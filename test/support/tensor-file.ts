/**
 * A reader of safetensors files that knows nothing of ours: written from the format's description
 * (https://huggingface.co/docs/safetensors), with nothing imported from src/.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface ReadTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface ReadTensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the header's order. */
  readonly tensors: ReadonlyMap<string, ReadTensor>;
  /** All that follows the header. */
  readonly body: Uint8Array;
  /** SHA-256 of the file with the digits of the metadata's `sha256` all 0. */
  readonly checksum: string;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

export function readTensorFile(file: string): ReadTensorFile {
  const bytes = readFileSync(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const bodyAt = 8 + Number(view.getBigUint64(0, true));
  const text = bytes.subarray(8, bodyAt).toString('utf8');
  const { __metadata__: metadata, ...entries } = JSON.parse(text) as { __metadata__: Record<string, string> } & Record<
    string,
    Entry
  >;

  const tensors = new Map<string, ReadTensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const [begin, end] = data_offsets;
    const width = { F32: 4, F64: 8 }[dtype];
    if (width === undefined) throw new Error(`tensor ${name} is of type ${dtype}`);
    const values: number[] = [];
    for (let at = bodyAt + begin; at < bodyAt + end; at += width) {
      values.push(width === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true));
    }
    tensors.set(name, { dtype, shape, values });
  }

  const { sha256 = '' } = metadata;
  const blanked = bytes.toString('latin1', 0, bodyAt).replace(sha256, '0'.repeat(64));
  const body = bytes.subarray(bodyAt);
  const checksum = createHash('sha256').update(Buffer.from(blanked, 'latin1')).update(body).digest('hex');
  return { metadata, tensors, body, checksum };
}
