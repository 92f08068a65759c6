/** The kinds of files that Lockstep writes, recognized by content. */
import { type FileHandle, open } from 'node:fs/promises';
import { READ } from './read-whole.js';

interface FileKind {
  /** For messages. */
  readonly name: string;
  readonly matches: (handle: FileHandle, size: number) => Promise<boolean>;
}

/** Enough for an SVG's prolog and the start of a safetensors header. */
const HEAD_BYTES = 1 << 16;

const KINDS = {
  // Files of `train --save` and `export`, or of other programs with the same tensors.
  model: {
    name: 'a model',
    matches: async (handle, size) => {
      const header = await safetensorsHeader(handle, size);
      return !CHECKPOINT.test(header) && (MODEL.test(header) || header.includes('"layers.0.weight":'));
    },
  },
  checkpoint: {
    name: 'a checkpoint',
    matches: async (handle, size) => CHECKPOINT.test(await safetensorsHeader(handle, size)),
  },
  svg: { name: 'an SVG image', matches: async (handle) => SVG.test((await head(handle)).toString('utf8')) },
  // Only our own reports: a web page may be anything.
  html: { name: 'a report', matches: async (handle) => REPORT.test((await head(handle)).toString('utf8')) },
  png: { name: 'a PNG image', matches: async (handle) => (await head(handle)).indexOf(PNG) === 0 },
  onnx: { name: 'an ONNX model', matches: isOnnx },
  // Only our own: other NDJSON and CSV may be anything.
  audit: { name: 'an audit', matches: async (handle) => AUDIT.test((await head(handle)).toString('utf8')) },
  predictions: {
    name: 'out-of-fold predictions',
    matches: async (handle) => PREDICTIONS.test((await head(handle)).toString('utf8')),
  },
  search: {
    name: 'the log of a search',
    matches: async (handle) => SEARCH.test((await head(handle)).toString('utf8')),
  },
  npz: { name: 'a NumPy archive', matches: async (handle) => isNpz(await head(handle)) },
} as const satisfies Record<string, FileKind>;

export type Kind = keyof typeof KINDS;

export function kindName(kind: Kind): string {
  return KINDS[kind].name;
}

/** @throws the system error if it cannot be read */
export async function isOfKind(file: string, kind: Kind): Promise<boolean> {
  const handle = await open(file, READ);
  try {
    const { size } = await handle.stat();
    return await KINDS[kind].matches(handle, size);
  } finally {
    await handle.close();
  }
}

const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** After an XML declaration, comments and a document type. */
const SVG = /^\ufeff?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->)[\s\S])*-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]/;
const REPORT = /^<!doctype html>\n<html lang="en">\n<head>\n[\s\S]*?<meta name="generator" content="Lockstep">/;
const AUDIT = /^(?:\{"rank":1,"row":\d+,|rank,row,(?:label|column),)/;
const PREDICTIONS = /^(?:\{"repeat":\d+,"fold":\d+,"row":\d+,|repeat,fold,row,)/;
const SEARCH = /^\{"event":"search_start","schema":\d+,/;
const MODEL = /"lockstep"\s*:\s*"model"/;
const CHECKPOINT = /"lockstep"\s*:\s*"checkpoint"/;

async function head(handle: FileHandle, position = 0, length = HEAD_BYTES): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, position);
  return bytes.subarray(0, bytesRead);
}

/** The start of the JSON header; empty where there is none. */
async function safetensorsHeader(handle: FileHandle, size: number): Promise<string> {
  const bytes = await head(handle);
  if (bytes.length < 8 || bytes.readBigUInt64LE() > BigInt(size - 8)) return '';
  const length = Math.min(Number(bytes.readBigUInt64LE()), bytes.length - 8);
  const header = bytes.toString('utf8', 8, 8 + length);
  return header.startsWith('{"') ? header : '';
}

/** A zip whose first file is an array. */
function isNpz(bytes: Buffer): boolean {
  const nameLength = bytes.length < 30 || bytes.readUInt32LE() !== 0x04034b50 ? 0 : bytes.readUInt16LE(26);
  return bytes.toString('latin1', 30, 30 + nameLength).endsWith('.npy');
}

/** ModelProto's fields by number (onnx.proto), with their protobuf wire types: 0 a varint, 2 bytes. */
const ONNX_FIELDS: ReadonlyMap<number, number> = new Map([
  ...[1, 5].map((field) => [field, 0] as const),
  ...[2, 3, 4, 6, 7, 8, 14, 20, 25, 26].map((field) => [field, 2] as const),
]);
const ONNX_IR_VERSION = 1;
const ONNX_GRAPH = 7;
const MOST_ONNX_FIELDS = 10_000;

/** ONNX has no magic number: a protobuf of ModelProto's fields alone, to the file's end, with a version and a graph. */
async function isOnnx(handle: FileHandle, size: number): Promise<boolean> {
  const found = new Set<number>();
  let position = 0;
  for (let count = 0; position < size && count < MOST_ONNX_FIELDS; count++) {
    // A field's tag and its value, or its value's length, which is passed over: at most ten bytes each.
    const bytes = await head(handle, position, 20);
    const tag = varint(bytes, 0);
    if (!tag || ONNX_FIELDS.get(tag.value >>> 3) !== (tag.value & 7)) return false;
    const value = varint(bytes, tag.end);
    if (!value) return false;
    found.add(tag.value >>> 3);
    position += value.end + ((tag.value & 7) === 2 ? value.value : 0);
  }
  return position === size && found.has(ONNX_IR_VERSION) && found.has(ONNX_GRAPH);
}

function varint(bytes: Uint8Array, from: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = from; i < Math.min(bytes.length, from + 10); i++) {
    value += (bytes[i]! & 0x7f) * 2 ** (7 * (i - from));
    if (bytes[i]! < 0x80) return { value, end: i + 1 };
  }
  return undefined;
}
