/**
 * ONNX messages as protobuf: the part of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3) that fully
 * connected layers need, with the original names and numbers of the fields.
 */
import { PbfWriter } from 'pbf';

export interface Model {
  readonly ir_version: number;
  readonly producer_name: string;
  readonly producer_version: string;
  readonly doc_string: string;
  readonly graph: Graph;
  /** Version of the standard operators. */
  readonly opset: number;
  readonly metadata_props: Readonly<Record<string, string>>;
}

export interface Graph {
  readonly name: string;
  readonly doc_string: string;
  readonly node: readonly Node[];
  readonly initializer: readonly FloatTensor[];
  readonly input: readonly FloatValue[];
  readonly output: readonly FloatValue[];
}

export interface Node {
  readonly name: string;
  readonly op_type: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  /** Integers. */
  readonly attribute?: Readonly<Record<string, number>>;
}

export interface FloatTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/** A name stands for a size that may differ between calls. */
export type Dimension = number | string;

export interface FloatValue {
  readonly name: string;
  readonly doc_string: string;
  readonly shape: readonly Dimension[];
  /** @default float32 */
  readonly isDouble?: boolean;
}

/** TensorProto.DataType and AttributeProto.AttributeType. */
export const FLOAT = 1;
const DOUBLE = 11;
const INT = 2;

export function encodeModel(model: Model): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, model.ir_version);
  pbf.writeStringField(2, model.producer_name);
  pbf.writeStringField(3, model.producer_version);
  pbf.writeStringField(6, model.doc_string);
  pbf.writeMessage(7, writeGraph, model.graph);
  pbf.writeMessage(8, writeOperatorSet, model.opset);
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

function writeNode({ name, op_type, input, output, attribute = {} }: Node, pbf: PbfWriter): void {
  for (const each of input) pbf.writeStringField(1, each);
  for (const each of output) pbf.writeStringField(2, each);
  pbf.writeStringField(3, name);
  pbf.writeStringField(4, op_type);
  for (const each of Object.entries(attribute)) pbf.writeMessage(5, writeAttribute, each);
}

function writeAttribute([name, i]: readonly [string, number], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeVarintField(3, i);
  pbf.writeVarintField(20, INT);
}

function writeTensor({ name, dims, values }: FloatTensor, pbf: PbfWriter): void {
  pbf.writePackedVarint(1, [...dims]);
  pbf.writeVarintField(2, values instanceof Float64Array ? DOUBLE : FLOAT);
  pbf.writeStringField(8, name);
  // raw_data is little-endian, like the memory of every machine on which Lockstep runs.
  pbf.writeBytesField(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

function writeValueInfo(value: FloatValue, pbf: PbfWriter): void {
  pbf.writeStringField(1, value.name);
  pbf.writeMessage(2, writeType, value);
  pbf.writeStringField(3, value.doc_string);
}

function writeType(value: FloatValue, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, value);
}

function writeTensorType({ shape, isDouble = false }: FloatValue, pbf: PbfWriter): void {
  pbf.writeVarintField(1, isDouble ? DOUBLE : FLOAT);
  pbf.writeMessage(2, writeShape, shape);
}

function writeShape(shape: readonly Dimension[], pbf: PbfWriter): void {
  for (const each of shape) pbf.writeMessage(1, writeDimension, each);
}

function writeDimension(dimension: Dimension, pbf: PbfWriter): void {
  if (typeof dimension === 'number') pbf.writeVarintField(1, dimension);
  else pbf.writeStringField(2, dimension);
}

/** The domain of the standard operators is the empty string. */
function writeOperatorSet(version: number, pbf: PbfWriter): void {
  pbf.writeStringField(1, '');
  pbf.writeVarintField(2, version);
}

function writeStringStringEntry([key, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}
