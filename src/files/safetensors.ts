/**
 * The safetensors format (https://huggingface.co/docs/safetensors): the length of the header as a little-endian uint64, the
 * header in JSON, padded with spaces, then the bytes of the tensors, little-endian, without gaps. The header maps the name
 * of each tensor to its type, shape and offsets, and `__metadata__` to strings.
 *
 * Lockstep adds a checksum to the metadata: `sha256` is the SHA-256 of the whole file with the digits of this field all 0.
 * Other readers ignore it.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { reason, shown } from '../errors.js';
import { JsonLimitError, type JsonLimits, parseJson } from './json.js';
import { isRecord } from './type-guards.js';

export type Values = Float32Array | Float64Array;

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Row-major. float32 is type F32, float64 F64. */
  readonly values: Values;
}

export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** By name. Tensors of types other than F32 and F64 are left out. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Whether the file has a checksum. A wrong one is an error. */
  readonly isSealed: boolean;
}

export class TensorFileError extends Error {
  override readonly name = 'TensorFileError';
}

const LENGTH_BYTES = 8;
/** The limit of other readers. */
const MOST_HEADER_BYTES = 100_000_000;
/** A hundred thousand tensors. */
const HEADER_LIMITS: JsonLimits = { depth: 8, nodes: 2 ** 20, values: 2 ** 20 };
const BLANK = '0'.repeat(64);

const TYPE_BYTES: Readonly<Record<string, number>> = {
  ...{ BOOL: 1, U8: 1, I8: 1, F8_E5M2: 1, F8_E4M3: 1, I16: 2, U16: 2, F16: 2, BF16: 2 },
  ...{ I32: 4, U32: 4, F32: 4, F64: 8, I64: 8, U64: 8 },
};

/** @returns the bytes of the file, in parts; the checksum is added to the metadata */
export function encodeTensors(metadata: Readonly<Record<string, string>>, tensors: readonly Tensor[]): Uint8Array[] {
  const entries: Record<string, unknown> = { __metadata__: { ...metadata, sha256: BLANK } };
  const bodies: Uint8Array[] = [];
  let end = 0;
  for (const { name, shape, values } of tensors) {
    const begin = end;
    end += values.byteLength;
    entries[name] = { dtype: values instanceof Float32Array ? 'F32' : 'F64', shape, data_offsets: [begin, end] };
    bodies.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  const json = Buffer.from(JSON.stringify(entries));
  // Tensors begin at a multiple of 8, so that views on the bytes are possible.
  const header = Buffer.alloc(LENGTH_BYTES + Math.ceil(json.length / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - LENGTH_BYTES));
  json.copy(header, LENGTH_BYTES);
  header.write(sha256(header, bodies), checksumPlace(header)!, 'latin1');
  return [header, ...bodies];
}

/**
 * Checks all rules of the format. Tensors are views on the bytes, so a false header cannot cause large allocations. A file
 * of another program, without a checksum, is accepted.
 *
 * @throws TensorFileError
 */
export function decodeTensors(bytes: Uint8Array): TensorFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const header = file.subarray(0, headerLength(file, bytes.length));
  const body = bytes.subarray(header.length);
  const isSealed = verifyChecksum(header, body);
  const { __metadata__: parsed = {}, ...entries } = parseHeader(header);
  const metadata = stringsOf(parsed);
  // A damaged digit must not turn this into a file without a checksum.
  if (!isSealed && Object.hasOwn(metadata, 'sha256')) {
    throw new TensorFileError(
      'its checksum is not as Lockstep writes it: the file is damaged, or another program has written it',
    );
  }
  return { metadata, tensors: tensorsOf(entries, body), isSealed };
}

/**
 * Reads only the metadata; the checksum is not verified.
 *
 * @throws TensorFileError, or the system error
 */
export async function decodeMetadata(handle: FileHandle): Promise<Record<string, string>> {
  const { size } = await handle.stat();
  const length = Buffer.alloc(LENGTH_BYTES);
  await handle.read(length, 0, LENGTH_BYTES, 0);
  const header = Buffer.alloc(headerLength(length, size));
  await handle.read(header, 0, header.length, 0);
  return stringsOf(parseHeader(header).__metadata__ ?? {});
}

/** Length of the header, including the length field. */
function headerLength(start: Buffer, fileBytes: number): number {
  if (fileBytes < LENGTH_BYTES) throw new TensorFileError(`${fileBytes} bytes are too few for a header`);
  const json = start.readBigUInt64LE();
  if (json > BigInt(Math.min(fileBytes - LENGTH_BYTES, MOST_HEADER_BYTES))) {
    throw new TensorFileError(`a header of ${json} bytes does not fit in a file of ${fileBytes}`);
  }
  return LENGTH_BYTES + Number(json);
}

/** @returns false if there is no checksum @throws TensorFileError if it is wrong */
function verifyChecksum(header: Buffer, body: Uint8Array): boolean {
  const place = checksumPlace(header);
  if (place === undefined) return false;
  const blanked = Buffer.from(header);
  const found = blanked.toString('latin1', place, place + BLANK.length);
  blanked.write(BLANK, place, 'latin1');
  const expected = sha256(blanked, [body]);
  if (found !== expected) throw new TensorFileError('its checksum does not match its content: the file is damaged');
  return true;
}

function parseHeader(header: Buffer): Record<string, unknown> {
  let text: string;
  let parsed: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header.subarray(LENGTH_BYTES));
    parsed = parseJson(text, HEADER_LIMITS);
  } catch (error) {
    if (error instanceof JsonLimitError) throw new TensorFileError(`its header is too large: ${reason(error)}`);
    throw new TensorFileError('its header is not valid JSON');
  }
  if (!isRecord(parsed) || !text.startsWith('{')) throw new TensorFileError('its header is not an object');
  const twice = repeatedKey(text);
  if (twice !== undefined) throw new TensorFileError(`its header has the key ${shown(twice)} twice`);
  return parsed;
}

function stringsOf(metadata: unknown): Record<string, string> {
  if (isRecord(metadata) && Object.values(metadata).every((value) => typeof value === 'string')) {
    return metadata as Record<string, string>;
  }
  throw new TensorFileError('its metadata contains values that are not strings');
}

function tensorsOf(entries: Record<string, unknown>, body: Uint8Array): Map<string, Tensor> {
  const found = Object.entries(entries).map(([name, entry]) => ({ name, ...entryOf(name, entry) }));
  found.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, Tensor>();
  let position = 0;
  for (const { name, type, shape, begin, end } of found) {
    if (begin !== position || end > body.length)
      throw new TensorFileError(`tensor ${shown(name)} does not follow the one before`);
    position = end;
    const values = valuesOf(type, body, begin, end);
    if (values) tensors.set(name, { name, shape, values });
  }
  if (position !== body.length) {
    throw new TensorFileError(`it holds ${body.length} bytes of tensors, but its header declares ${position}`);
  }
  return tensors;
}

interface Entry {
  readonly type: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function entryOf(name: string, entry: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  const size = typeof dtype === 'string' && Object.hasOwn(TYPE_BYTES, dtype) ? TYPE_BYTES[dtype] : undefined;
  if (size !== undefined && isSizes(shape) && isSizes(offsets) && offsets.length === 2) {
    const [begin, end] = offsets as [number, number];
    const bytes = shape.reduce((product, length) => product * length, size);
    if (end - begin === bytes) return { type: dtype as string, shape, begin, end };
  }
  throw new TensorFileError(`the header entry of tensor ${shown(name)} is invalid`);
}

function valuesOf(type: string, body: Uint8Array, begin: number, end: number): Values | undefined {
  if (type !== 'F32' && type !== 'F64') return undefined;
  const Type = type === 'F32' ? Float32Array : Float64Array;
  const at = body.byteOffset + begin;
  const length = (end - begin) / Type.BYTES_PER_ELEMENT;
  // Files of other programs may be misaligned.
  if (at % Type.BYTES_PER_ELEMENT !== 0) return new Type(body.slice(begin, end).buffer);
  return new Type(body.buffer as ArrayBuffer, at, length);
}

/** A duplicate key, which the format forbids, because readers differ in which value they use. */
function repeatedKey(json: string): string | undefined {
  // Keys of the enclosing objects and arrays, the innermost last.
  const keys: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '{' || character === '[') keys.push(new Set());
    else if (character === '}' || character === ']') keys.pop();
    else if (character === '"') {
      const begin = i++;
      while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
      if (!isKeyEnd(json, i + 1)) continue;
      const key = parseJson(json.slice(begin, i + 1)) as string;
      if (keys.at(-1)!.has(key)) return key;
      keys.at(-1)!.add(key);
    }
  }
  return undefined;
}

function isKeyEnd(json: string, from: number): boolean {
  let i = from;
  while (/\s/.test(json[i] ?? '')) i++;
  return json[i] === ':';
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** Offset of the digits of the checksum. (Quotes inside other strings are escaped, so they cannot match.) */
function checksumPlace(header: Buffer): number | undefined {
  const match = /"sha256":"[0-9a-f]{64}"/.exec(header.toString('latin1'));
  return match ? match.index + '"sha256":"'.length : undefined;
}

/** Hashes the parts in pieces, because update() accepts less than 2 GiB. */
function sha256(header: Uint8Array, bodies: readonly Uint8Array[]): string {
  const most = 1 << 30;
  const hash = createHash('sha256').update(header);
  for (const body of bodies) {
    for (let from = 0; from < body.length; from += most) hash.update(body.subarray(from, from + most));
  }
  return hash.digest('hex');
}
