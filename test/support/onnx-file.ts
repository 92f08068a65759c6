/**
 * A reader of ONNX files, and an interpreter of the operators that we use, that know nothing of ours: written from
 * onnx.proto and the operators' description (https://onnx.ai/onnx/operators/), with nothing imported from src/.
 */
import { readFileSync } from 'node:fs';

/** A protobuf message: of each field, by number, what it holds, in order. Numbers, or bytes to be looked at further. */
type Message = ReadonlyMap<number, readonly (number | Buffer)[]>;

export interface OnnxFile {
  readonly irVersion: number;
  readonly producer: string;
  readonly docString: string;
  /** Of the standard domain. */
  readonly opset: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: ReadonlyMap<string, Matrix>;
  /** Initializers of all types. */
  readonly tensors: ReadonlyMap<string, OnnxTensor>;
}

export interface OnnxTensor {
  readonly type: number;
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}

export const FLOAT = 1;
export const INT64 = 7;
export const STRING = 8;
export const BOOL = 9;
export const DOUBLE = 11;

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
  /** Of the operator; '' is the standard one. */
  readonly domain: string;
}

export type OnnxAttribute = number | readonly number[] | readonly string[];

export interface OnnxValue {
  readonly name: string;
  /** TensorProto.DataType. */
  readonly type: number;
  readonly shape: readonly (number | string)[];
}

export interface Matrix {
  readonly shape: readonly number[];
  readonly values: Float64Array;
  readonly isDouble: boolean;
}

export function readOnnx(file: string): OnnxFile {
  const model = fieldsOf(readFileSync(file));
  const graph = fieldsOf(bytesOf(model, 7));
  const opsets = Object.fromEntries(messagesOf(model, 8).map((each) => [textOf(each, 1), numberOf(each, 2)]));
  const values = (field: number) => messagesOf(graph, field).map(describe);
  return {
    irVersion: numberOf(model, 1),
    producer: `${textOf(model, 2)} ${textOf(model, 3)}`,
    docString: textOf(model, 6),
    opset: opsets['']!,
    opsets,
    metadata: Object.fromEntries(messagesOf(model, 14).map((each) => [textOf(each, 1), textOf(each, 2)])),
    nodes: messagesOf(graph, 1).map((node) => ({
      operator: textOf(node, 4),
      inputs: node.get(1)!.map(String),
      outputs: node.get(2)!.map(String),
      attributes: Object.fromEntries(messagesOf(node, 5).map((each) => [textOf(each, 1), attributeOf(each)])),
      domain: node.has(7) ? textOf(node, 7) : '',
    })),
    inputs: values(11),
    outputs: values(12),
    initializers: new Map(
      messagesOf(graph, 5)
        .filter((tensor) => [FLOAT, DOUBLE].includes(numberOf(tensor, 2)))
        .map((tensor) => [textOf(tensor, 8), matrixOf(tensor)]),
    ),
    tensors: new Map(messagesOf(graph, 5).map((tensor) => [textOf(tensor, 8), tensorOf(tensor)])),
  };
}

function attributeOf(attribute: Message): OnnxAttribute {
  switch (numberOf(attribute, 20)) {
    case 2:
      return numberOf(attribute, 3);
    case 7:
      return attribute.get(8)!.map(Number);
    case 8:
      return attribute.get(9)!.map(String);
    default:
      throw new Error(`an attribute of type ${numberOf(attribute, 20)}`);
  }
}

function tensorOf(tensor: Message): OnnxTensor {
  const type = numberOf(tensor, 2);
  const shape = packedOf(bytesOf(tensor, 1));
  if (type === STRING) return { type, shape, values: tensor.get(6)!.map(String) };
  if (type !== INT64) return { type, shape, values: [...matrixOf(tensor).values] };
  const raw = bytesOf(tensor, 9);
  return { type, shape, values: Array.from({ length: raw.length / 8 }, (_, i) => Number(raw.readBigInt64LE(8 * i))) };
}

/** What the graph gives for one sample, in float64: by name, all that it computes. */
export function runOnnx({ nodes, initializers }: OnnxFile, input: readonly number[]): Map<string, Float64Array> {
  const known = new Map<string, Float64Array>([['input', Float64Array.from(input)]]);
  for (const { operator, inputs, outputs, attributes } of nodes) {
    const x = known.get(inputs[0]!)!;
    known.set(
      outputs[0]!,
      compute(
        operator,
        x,
        attributes,
        inputs.slice(1).map((name) => initializers.get(name) ?? rowOf(known.get(name)!)),
      ),
    );
  }
  return known;
}

function rowOf(values: Float64Array): Matrix {
  return { shape: [1, values.length], values, isDouble: false };
}

/** Element i, or the only one. */
function at({ values }: Matrix, i: number): number {
  return values[values.length === 1 ? 0 : i]!;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

const [SELU_ALPHA, SELU_GAMMA] = [1.6732632423543772, 1.0507009873554805];

/** Abramowitz and Stegun 7.1.26, within 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const p = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592].reduce((sum, c) => sum * t + c, 0);
  return Math.sign(x) * (1 - p * t * Math.exp(-x * x));
}

function compute(
  operator: string,
  x: Float64Array,
  attributes: Readonly<Record<string, OnnxAttribute>>,
  others: readonly Matrix[],
): Float64Array {
  const [weight, bias] = others;
  switch (operator) {
    case 'Gemm': {
      if (Object.keys(attributes).length > 0) throw new Error('Gemm with attributes');
      const y = Float64Array.from(bias!.values);
      const width = y.length;
      if (weight!.shape.join() !== `${x.length},${width}`) throw new Error(`a weight of shape ${weight!.shape.join()}`);
      for (const [i, value] of x.entries()) {
        if (value !== 0) for (let j = 0; j < width; j++) y[j]! += value * weight!.values[i * width + j]!;
      }
      return y;
    }
    // Operators of float32 round to it: that is seen where numbers are close to each other.
    case 'Sub':
      return x.map((value, i) => rounded(value - weight!.values[i]!, weight!));
    case 'Div':
      return x.map((value, i) => rounded(value / weight!.values[i]!, weight!));
    case 'Mul':
      return x.map((value, i) => Math.fround(value * at(weight!, i)));
    case 'Add':
      return x.map((value, i) => Math.fround(value + at(weight!, i)));
    case 'Cast':
      if (attributes.to !== 1) throw new Error(`Cast to ${String(attributes.to)}`);
      return x.map(Math.fround);
    case 'Mean':
      return x.map((value, i) => others.reduce((sum, { values }) => sum + values[i]!, value) / (others.length + 1));
    case 'Log':
      return x.map(Math.log);
    case 'Relu':
      return x.map((value) => Math.max(0, value));
    case 'LeakyRelu':
      return x.map((value) => (value < 0 ? 0.01 * value : value));
    case 'Elu':
      return x.map((value) => (value < 0 ? Math.expm1(value) : value));
    case 'Selu':
      return x.map((value) => SELU_GAMMA * (value > 0 ? value : SELU_ALPHA * Math.expm1(value)));
    case 'Erf':
      return x.map(erf);
    case 'Softplus':
      return x.map((value) => Math.log1p(Math.exp(value)));
    case 'Tanh':
      return x.map(Math.tanh);
    case 'Sigmoid':
      return x.map(sigmoid);
    case 'Softmax': {
      if (attributes.axis !== 1) throw new Error(`Softmax over axis ${String(attributes.axis)}`);
      const largest = Math.max(...x);
      const powers = x.map((value) => Math.exp(value - largest));
      const sum = powers.reduce((total, power) => total + power, 0);
      return powers.map((power) => power / sum);
    }
    default:
      throw new Error(`operator ${operator}`);
  }
}

function rounded(value: number, { isDouble }: Matrix): number {
  return isDouble ? value : Math.fround(value);
}

function describe(value: Message): OnnxValue {
  const tensorType = fieldsOf(bytesOf(fieldsOf(bytesOf(value, 2)), 1));
  const dimensions = messagesOf(fieldsOf(bytesOf(tensorType, 2)), 1);
  return {
    name: textOf(value, 1),
    type: numberOf(tensorType, 1),
    shape: dimensions.map((each) => (each.has(1) ? numberOf(each, 1) : textOf(each, 2))),
  };
}

function matrixOf(tensor: Message): Matrix {
  const type = numberOf(tensor, 2);
  if (type !== 1 && type !== 11) throw new Error('neither float32 nor float64');
  const raw = bytesOf(tensor, 9);
  const isDouble = type === 11;
  const values = Float64Array.from({ length: raw.length / (isDouble ? 8 : 4) }, (_, i) =>
    isDouble ? raw.readDoubleLE(i * 8) : raw.readFloatLE(i * 4),
  );
  return { shape: packedOf(bytesOf(tensor, 1)), values, isDouble };
}

function fieldsOf(bytes: Buffer): Message {
  const fields = new Map<number, (number | Buffer)[]>();
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at);
    const next = varint(bytes, tag.end);
    const wireType = tag.value % 8;
    if (wireType !== 0 && wireType !== 2) throw new Error(`wire type ${wireType}`);
    at = wireType === 0 ? next.end : next.end + next.value;
    if (at > bytes.length) throw new Error('a field goes on beyond its message');
    const field = Math.floor(tag.value / 8);
    fields.set(field, [...(fields.get(field) ?? []), wireType === 0 ? next.value : bytes.subarray(next.end, at)]);
  }
  return fields;
}

function packedOf(bytes: Buffer): number[] {
  const values: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { value, end } = varint(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
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

function bytesOf(message: Message, field: number): Buffer {
  const [value] = message.get(field) ?? [];
  if (!Buffer.isBuffer(value)) throw new Error(`no bytes in field ${field}`);
  return value;
}

function textOf(message: Message, field: number): string {
  return bytesOf(message, field).toString('utf8');
}

function numberOf(message: Message, field: number): number {
  const [value] = message.get(field) ?? [];
  if (typeof value !== 'number') throw new Error(`no number in field ${field}`);
  return value;
}

function messagesOf(message: Message, field: number): Message[] {
  return (message.get(field) ?? []).map((each) => {
    if (!Buffer.isBuffer(each)) throw new Error(`field ${field} is no message`);
    return fieldsOf(each);
  });
}
