/** The format: what is written is read by a reader made from its description; what its rules forbid is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeTensors,
  encodeTensors,
  type Tensor,
  TensorFileError,
  type Values,
} from '../../src/files/safetensors.js';
import { partsOf, sealedFile } from '../support/sealed-file.js';

/** An independent reader, of what the format's description says and no more. */
function readPlainly(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes))) as Record<string, unknown>;
  const { __metadata__: metadata, ...entries } = header;
  const tensors = Object.entries(entries).map(([name, entry]) => {
    const { dtype, shape, data_offsets } = entry as { dtype: string; shape: number[]; data_offsets: [number, number] };
    const values: number[] = [];
    for (let at = 8 + headerBytes + data_offsets[0]; at < 8 + headerBytes + data_offsets[1]; ) {
      values.push(dtype === 'F32' ? view.getFloat32(at, true) : view.getFloat64(at, true));
      at += dtype === 'F32' ? 4 : 8;
    }
    return { name, dtype, shape, values, begin: 8 + headerBytes + data_offsets[0] };
  });
  return { metadata: metadata as Record<string, string>, tensors };
}

const bytesOf = (metadata: Record<string, string>, tensors: readonly Tensor[]) =>
  new Uint8Array(Buffer.concat(encodeTensors(metadata, tensors)));

/** Also odd ones: infinities, NaN, both zeros. */
const valuesOf = (length: number): fc.Arbitrary<Values> =>
  fc.oneof(
    fc.float32Array({ minLength: length, maxLength: length }),
    fc.float64Array({ minLength: length, maxLength: length }),
  );

const tensor = (name: string): fc.Arbitrary<Tensor> =>
  fc
    .array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })
    .chain((shape) =>
      valuesOf(shape.reduce((product, size) => product * size, 1)).map((values) => ({ name, shape, values })),
    );

/** Strings of any characters: quotes, backslashes, names of Object's own. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('"', '\\', '__proto__', 'constructor', '\u0000'),
);
/**
 * Keys of any that need no escape: JSON.parse of Node 24 and 26 takes some that do for others that it has seen
 * (nodejs/node#63785). Nor whole numbers, which come first in any JavaScript object. Ours are neither.
 */
const key = text.filter(
  (each) => !JSON.stringify(each).includes('\\') && !/^(\d+|__proto__|__metadata__|sha256)$/.test(each),
);
const tensors = fc.uniqueArray(key, { maxLength: 5 }).chain((names) => fc.tuple(...names.map(tensor)));
const metadata = fc.dictionary(key, text, { maxKeys: 4 });

describe('what is written', () => {
  it('is read back, bit by bit', () => {
    fc.assert(
      fc.property(metadata, tensors, (meta, all) => {
        const read = decodeTensors(bytesOf(meta, all));
        expect(read.isSealed).toBe(true);
        const { sha256, ...rest } = read.metadata;
        expect(sha256).toMatch(/^[0-9a-f]{64}$/);
        expect({ ...rest }).toEqual({ ...meta });
        expect([...read.tensors.values()]).toEqual(all);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('is what a reader of the format finds, from an aligned place on', () => {
    fc.assert(
      fc.property(metadata, tensors, (meta, all) => {
        const read = readPlainly(bytesOf(meta, all));
        const plain = ({ name, shape, values }: Tensor) => ({
          ...{ name, shape: [...shape], values: [...values] },
          dtype: values instanceof Float32Array ? 'F32' : 'F64',
        });
        expect(read.tensors.map(({ begin: _, ...rest }) => rest)).toEqual(all.map(plain));
        expect(read.metadata).toMatchObject(meta);
        if (read.tensors[0]) expect(read.tensors[0].begin % 8).toBe(0);
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it('is little-endian, row by row, in this very order of bytes', () => {
    const file = bytesOf({}, [{ name: 'a', shape: [2], values: Float32Array.of(1, -2) }]);
    const { json, body } = partsOf(file);
    expect([...body]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
    expect(json.trimEnd()).toMatch(
      /^\{"__metadata__":\{"sha256":"[0-9a-f]{64}"\},"a":\{"dtype":"F32","shape":\[2\],"data_offsets":\[0,8\]\}\}$/,
    );
    expect([...file.subarray(0, 8)]).toEqual([json.length, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('a byte that is damaged anywhere is noticed, but in the checksum’s own name', () => {
    const file = bytesOf({ a: 'b' }, [{ name: 'a', shape: [2], values: Float32Array.of(1, 2) }]);
    const name = Buffer.from(file).indexOf('"sha256"');
    for (let at = 0; at < file.length; at++) {
      if (at > name && at <= name + 'sha256'.length) continue;
      for (const bit of [1, 64]) {
        const damaged = Uint8Array.from(file);
        damaged[at]! ^= bit;
        expect(() => decodeTensors(damaged), `${at}, ${bit}`).toThrow(TensorFileError);
      }
    }
  });

  it('gives views on the file, wherever it lies in memory', () => {
    const file = bytesOf({}, [{ name: 'a', shape: [3], values: Float64Array.of(1, 2, 3) }]);
    const aligned = decodeTensors(file).tensors.get('a')!.values;
    expect(aligned.buffer).toBe(file.buffer);
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    expect([...decodeTensors(shifted.subarray(1)).tensors.get('a')!.values]).toEqual([1, 2, 3]);
  });
});

/** A file of another program: no checksum, its own padding and types. */
function foreign(json: string, body: readonly number[] = []): Uint8Array {
  const header = Buffer.from(json);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return new Uint8Array(Buffer.concat([length, header, Uint8Array.from(body)]));
}

const A = '"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';
const ONE = [0, 0, 0x80, 0x3f];

describe('a file of another program', () => {
  it('is read without a checksum, and without padding', () => {
    const { metadata: meta, tensors: read, isSealed } = decodeTensors(foreign(`{${A}}`, ONE));
    expect({ isSealed, meta }).toEqual({ isSealed: false, meta: {} });
    expect(read.get('a')).toEqual({ name: 'a', shape: [1], values: Float32Array.of(1) });
  });

  it('may have types that are none of ours, scalars, empty tensors, and any order of its entries', () => {
    const json =
      '{"z":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]},"empty":{"dtype":"F64","shape":[0,7],"data_offsets":[4,4]},' +
      '"scalar":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}   ';
    const read = decodeTensors(foreign(json, [...ONE, 1, 2, 3, 4])).tensors;
    expect([...read.keys()]).toEqual(['scalar', 'empty']);
    expect(read.get('scalar')!.values).toEqual(Float32Array.of(1));
    expect(read.get('empty')!.values).toHaveLength(0);
  });
});

describe('what the format forbids is refused', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['no length', Uint8Array.of(1, 0, 0), /3 bytes are too few for a header/],
    ['a header beyond the file', foreign('{}').subarray(0, 9), /a header of 2 bytes does not fit in a file of 9/],
    ['a length of 2^64 - 1', new Uint8Array(64).fill(255), /a header of 18446744073709551615 bytes/],
    ['a big-endian length', Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2, 0x7b, 0x7d), /a header of 144115188075855872 bytes/],
    ['no JSON', foreign('{"a"'), /its header is not valid JSON/],
    [
      'text that is not UTF-8',
      foreign('{}').map((byte) => (byte === 0x7d ? 0xff : byte)),
      /its header is not valid JSON/,
    ],
    ['a byte order mark', foreign('\ufeff{}'), /its header is not/],
    ['a space before the brace', foreign(' {}'), /its header is not an object/],
    ['a list', foreign('[]'), /its header is not an object/],
    ['metadata of numbers', foreign('{"__metadata__":{"x":1}}'), /its metadata contains values that are not strings/],
    ['a key twice', foreign(`{${A},${A}}`, ONE), /the key a twice/],
    ['a key twice, once escaped', foreign(`{${A},${A.replace('a', '\\u0061')}}`, ONE), /the key a twice/],
    ['a field twice', foreign(`{${A.replace('"shape"', '"shape":[1], "shape"')}}`, ONE), /the key shape twice/],
    ['metadata twice', foreign('{"__metadata__":{},"__metadata__":{}}'), /the key __metadata__ twice/],
    ['an entry that is none', foreign('{"a":1}'), /the header entry of tensor a is invalid/],
    ['an unknown type', foreign(`{${A.replace('F32', 'F33')}}`, ONE), /the header entry of tensor a is invalid/],
    [
      'a type of Object’s',
      foreign(`{${A.replace('F32', 'constructor')}}`, ONE),
      /the header entry of tensor a is invalid/,
    ],
    ['a negative size', foreign(`{${A.replace('[1]', '[-1]')}}`, ONE), /the header entry of tensor a is invalid/],
    ['a fraction of a size', foreign(`{${A.replace('[1]', '[1.5]')}}`, ONE), /the header entry of tensor a is invalid/],
    ['sizes as text', foreign(`{${A.replace('[1]', '"1"')}}`, ONE), /the header entry of tensor a is invalid/],
    ['a shape of other bytes', foreign(`{${A.replace('[1]', '[2]')}}`, ONE), /the header entry of tensor a is invalid/],
    [
      'a shape that overflows',
      foreign(`{${A.replace('[1]', '[4294967296,4294967296]')}}`, ONE),
      /the header entry of tensor .* is invalid/,
    ],
    ['offsets backwards', foreign(`{${A.replace('[0,4]', '[4,0]')}}`, ONE), /the header entry of tensor a is invalid/],
    ['three offsets', foreign(`{${A.replace('[0,4]', '[0,4,8]')}}`, ONE), /the header entry of tensor a is invalid/],
    [
      'a gap at the beginning',
      foreign(`{${A.replace('[0,4]', '[4,8]')}}`, [...ONE, ...ONE]),
      /tensor a does not follow/,
    ],
    ['a gap at the end', foreign(`{${A}}`, [...ONE, 0]), /it holds 5 bytes of tensors, but its header declares 4/],
    ['tensors that overlap', foreign(`{${A},${A.replace('"a"', '"b"')}}`, ONE), /tensor b does not follow/],
    ['a tensor beyond the file', foreign(`{${A}}`, [0]), /tensor a does not follow/],
    [
      'a checksum that is wrong',
      foreign(`{"__metadata__":{"sha256":"${'0'.repeat(64)}"}}`),
      /its checksum does not match/,
    ],
    [
      'a checksum that is none',
      foreign(`{"__metadata__":{"sha256":"${'0'.repeat(63)}g"}}`),
      /its checksum is not as Lockstep writes it/,
    ],
  ])('%s', (_, file, expected) => {
    expect(() => decodeTensors(file)).toThrow(TensorFileError);
    expect(() => decodeTensors(file)).toThrow(expected);
  });

  it('and what the format allows beside it is taken', () => {
    // The same key in different objects, and strings that look like keys.
    const json = `{"__metadata__":{"a":"\\"a\\":","dtype":"shape"},${A}}`;
    expect(decodeTensors(sealedFile(json, Uint8Array.from(ONE))).metadata).toEqual({ a: '"a":', dtype: 'shape' });
  });
});
