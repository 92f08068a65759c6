/**
 * A reader of TensorBoard's event files that knows nothing of ours: from the description of TFRecord
 * (https://www.tensorflow.org/tutorials/load_data/tfrecord) and of event.proto and summary.proto, its checksum bit by bit.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion: string | undefined;
  /** SessionLog's status: 1 is a start. */
  readonly session: number | undefined;
  readonly values: readonly ReadValue[];
}

export interface ReadValue {
  readonly tag: string;
  readonly scalar: number | undefined;
  readonly plugin: string | undefined;
  /** Of a string tensor. */
  readonly text: string | undefined;
  /** The plug-in's own message, encoded. */
  readonly content: Buffer | undefined;
}

export interface ReadFile {
  readonly name: string;
  readonly events: readonly ReadEvent[];
  /** Behind the last whole record. */
  readonly rest: number;
}

/** All of a folder, in the order in which TensorBoard takes them. */
export function readEventFiles(folder: string): ReadFile[] {
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, ...readEvents(readFileSync(path.join(folder, name))) }));
}

/** @throws Error if a record that is there whole is not as the format demands */
export function readEvents(bytes: Buffer): { readonly events: ReadEvent[]; readonly rest: number } {
  const events: ReadEvent[] = [];
  let at = 0;
  while (bytes.length - at >= 12) {
    const length = Number(bytes.readBigUInt64LE(at));
    if (bytes.readUInt32LE(at + 8) !== masked(bytes.subarray(at, at + 8)))
      throw new Error(`length at ${at}: wrong checksum`);
    const end = at + 12 + length;
    if (bytes.length < end + 4) break;
    const data = bytes.subarray(at + 12, end);
    if (bytes.readUInt32LE(end) !== masked(data)) throw new Error(`data at ${at}: wrong checksum`);
    events.push(eventOf(data));
    at = end + 4;
  }
  return { events, rest: bytes.length - at };
}

function masked(bytes: Uint8Array): number {
  const crc = castagnoli(bytes);
  const turned = ((crc << 17) | (crc >>> 15)) >>> 0;
  return (turned + 0xa282ead8) % 2 ** 32;
}

/** By long division, the most significant bit last. */
function castagnoli(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = ((rest ^ (byte >> bit)) & 1) === 1;
      rest >>>= 1;
      if (isOdd) rest ^= 0x82f63b78;
    }
  }
  return (rest ^ 0xffffffff) >>> 0;
}

function eventOf(data: Buffer): ReadEvent {
  const event = fieldsOf(data);
  const [summary] = event.get(5) ?? [];
  const [session] = event.get(7) ?? [];
  return {
    wallTime: event.get(1)![0]!.readDoubleLE(),
    step: numberOf(event.get(2)?.[0]) ?? 0,
    fileVersion: event.get(3)?.[0]?.toString('utf8'),
    session: session && numberOf(fieldsOf(session).get(1)?.[0]),
    values: summary ? (fieldsOf(summary).get(1) ?? []).map(summaryOf) : [],
  };
}

function summaryOf(data: Buffer): ReadValue {
  const value = fieldsOf(data);
  const [metadata] = value.get(9) ?? [];
  const plugin = metadata && fieldsOf(fieldsOf(metadata).get(1)![0]!);
  const [tensor] = value.get(8) ?? [];
  return {
    tag: value.get(1)![0]!.toString('utf8'),
    scalar: value.get(2)?.[0]?.readFloatLE(),
    plugin: plugin?.get(1)?.[0]?.toString('utf8'),
    text: tensor && fieldsOf(tensor).get(8)?.[0]?.toString('utf8'),
    content: plugin?.get(2)?.[0],
  };
}

/** A map's entries, field `field` of a message: names, and the numbers, strings and truths of google.protobuf.Value. */
export function mapOf(message: Buffer, field: number): Record<string, number | string | boolean> {
  return Object.fromEntries(
    (fieldsOf(message).get(field) ?? []).map((entry) => {
      const [[name], [value]] = [fieldsOf(entry).get(1)!, fieldsOf(entry).get(2)!];
      const kinds = fieldsOf(value!);
      const truth = numberOf(kinds.get(4)?.[0]) === 1;
      return [
        name!.toString('utf8'),
        kinds.get(2)?.[0]?.readDoubleLE() ?? kinds.get(3)?.[0]?.toString('utf8') ?? truth,
      ];
    }),
  );
}

/** The bytes of each field, by number; of a variable-length number those that encode it. */
export function fieldsOf(bytes: Buffer): ReadonlyMap<number, readonly Buffer[]> {
  const fields = new Map<number, Buffer[]>();
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at);
    const [number, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
    let [begin, end] = [tag.end, tag.end];
    if (wireType === 0) end = varint(bytes, begin).end;
    else if (wireType === 1) end += 8;
    else if (wireType === 5) end += 4;
    else if (wireType === 2) {
      const length = varint(bytes, begin);
      begin = length.end;
      end = begin + length.value;
    } else throw new Error(`wire type ${wireType}`);
    if (end > bytes.length) throw new Error('a field goes on beyond its message');
    fields.set(number, [...(fields.get(number) ?? []), bytes.subarray(begin, end)]);
    at = end;
  }
  return fields;
}

export function numberOf(bytes: Buffer | undefined): number | undefined {
  return bytes && varint(bytes, 0).value;
}

function varint(bytes: Buffer, from: number): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let i = from, factor = 1; ; i++, factor *= 128) {
    const byte = bytes[i];
    if (byte === undefined) throw new Error('a number goes on beyond its message');
    value += (byte % 128) * factor;
    if (byte < 128) return { value, end: i + 1 };
  }
}
