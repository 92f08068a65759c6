/**
 * ONNX messages as protobuf: the part of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3) that a
 * network and the encoding of a table need, with the original names and numbers of the fields.
 */
import { PbfWriter } from 'pbf';

export interface Model {
  readonly ir_version: number;
  readonly producer_name: string;
  readonly producer_version: string;
  readonly doc_string: string;
  readonly graph: Graph;
  /** Versions of the operators by domain; '' is the domain of the standard operators. */
  readonly opset: Readonly<Record<string, number>>;
  readonly metadata_props: Readonly<Record<string, string>>;
}

export interface Graph {
  readonly name: string;
  readonly doc_string: string;
  readonly node: readonly Node[];
  readonly initializer: readonly Tensor[];
  readonly input: readonly Value[];
  readonly output: readonly Value[];
}

export interface Node {
  readonly name: string;
  readonly op_type: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  /** Numbers are integers, none of them negative. */
  readonly attribute?: Readonly<Record<string, Attribute>>;
  /** @default '' */
  readonly domain?: string;
}

export type Attribute = number | readonly number[] | readonly string[];

export interface Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array | Float64Array | BigInt64Array | readonly string[];
}

/** A name stands for a size that may differ between calls. */
export type Dimension = number | string;

export interface Value {
  readonly name: string;
  readonly doc_string: string;
  readonly shape: readonly Dimension[];
  /** @default FLOAT */
  readonly elem_type?: number;
}

/** TensorProto.DataType. */
export const FLOAT = 1;
export const INT64 = 7;
export const STRING = 8;
export const BOOL = 9;
export const DOUBLE = 11;

/** AttributeProto.AttributeType. */
const INT = 2;
const INTS = 7;
const STRINGS = 8;

export function encodeModel(model: Model): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, model.ir_version);
  pbf.writeStringField(2, model.producer_name);
  pbf.writeStringField(3, model.producer_version);
  pbf.writeStringField(6, model.doc_string);
  pbf.writeMessage(7, writeGraph, model.graph);
  for (const each of Object.entries(model.opset)) pbf.writeMessage(8, writeOperatorSet, each);
  for (const entry of Object.entries(model.metadata_props)) pbf.writeMessage(14, writeStringStringEntry, entry);
  return pbf.finish();
}

function writeGraph(graph: Graph, pbf: PbfWriter): void {
  for (const each of graph.node) pbf.writeMessage(1, writeNode, each);
  pbf.writeStringField(2, graph.name);
  for (const each of graph.initializer) pbf.writeMessage(5, writeTensor, each);
  pbf.writeStringField(10, graph.doc_string);
  for (const each of graph.input) pbf.writeMessage(11, writeValueInfo, each);
  for (const each of graph.output) pbf.writeMessage(12, writeValueInfo, each);
}

function writeNode({ name, op_type, input, output, attribute = {}, domain = '' }: Node, pbf: PbfWriter): void {
  for (const each of input) pbf.writeStringField(1, each);
  for (const each of output) pbf.writeStringField(2, each);
  pbf.writeStringField(3, name);
  pbf.writeStringField(4, op_type);
  for (const each of Object.entries(attribute)) pbf.writeMessage(5, writeAttribute, each);
  if (domain !== '') pbf.writeStringField(7, domain);
}

function writeAttribute([name, value]: readonly [string, Attribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if (typeof value === 'number') {
    pbf.writeVarintField(3, value);
    pbf.writeVarintField(20, INT);
    return;
  }
  const isText = typeof value[0] === 'string';
  for (const each of value) {
    if (typeof each === 'string') pbf.writeStringField(9, each);
    else pbf.writeVarintField(8, each);
  }
  pbf.writeVarintField(20, isText ? STRINGS : INTS);
}

function writeTensor({ name, dims, values }: Tensor, pbf: PbfWriter): void {
  pbf.writePackedVarint(1, [...dims]);
  pbf.writeVarintField(2, typeOf(values));
  if (!ArrayBuffer.isView(values)) for (const each of values) pbf.writeStringField(6, each);
  pbf.writeStringField(8, name);
  // raw_data is little-endian, like the memory of every machine on which Lockstep runs.
  if (ArrayBuffer.isView(values)) {
    pbf.writeBytesField(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
}

export function typeOf(values: Tensor['values']): number {
  if (values instanceof Float32Array) return FLOAT;
  if (values instanceof Float64Array) return DOUBLE;
  return values instanceof BigInt64Array ? INT64 : STRING;
}

function writeValueInfo(value: Value, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.name);
  pbf.writeMessage(2, writeType, value);
  pbf.writeStringField(3, value.doc_string);
}

function writeType(value: Value, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, value);
}

function writeTensorType({ shape, elem_type = FLOAT }: Value, pbf: PbfWriter): void {
  pbf.writeVarintField(1, elem_type);
  pbf.writeMessage(2, writeShape, shape);
}

function writeShape(shape: readonly Dimension[], pbf: PbfWriter): void {
  for (const each of shape) pbf.writeMessage(1, writeDimension, each);
}

function writeDimension(dimension: Dimension, pbf: PbfWriter): void {
  if (typeof dimension === 'number') pbf.writeVarintField(1, dimension);
  else pbf.writeStringField(2, dimension);
}

function writeOperatorSet([domain, version]: readonly [string, number], pbf: PbfWriter): void {
  pbf.writeStringField(1, domain);
  pbf.writeVarintField(2, version);
}

function writeStringStringEntry([key, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}
