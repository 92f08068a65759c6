/** A network as an ONNX graph: the encoding of a table, Gemm and an activation for each layer, and Softmax. */
import { memberPrefix, valuesOfMembers } from '../../checkpoints/ensemble.js';
import { type ModelData, tensorsOfModel } from '../../checkpoints/model-file.js';
import type { ClassName } from '../../data/table/cells.js';
import type { Scale } from '../../data/table/scaling.js';
import { namesOf, type TableModel } from '../../data/table/table-metadata.js';
import { errors } from '../../errors.js';
import { packageVersion } from '../../files/package-version.js';
import { activationNamed } from '../../kernels/activations.js';
import type { Target } from '../../memory/plan.js';
import type { InputForm } from './input-form.js';
import { columnGraph, columnInput, ML_DOMAIN } from './onnx-columns.js';
import { DOUBLE, encodeModel, FLOAT, INT64, type Node, STRING, type Tensor, typeOf, type Value } from './onnx-proto.js';
import { plainMetadata } from './plain-model.js';
import { DEVIATION, DIVIDE_BY, MEAN, SUBTRACT } from './scaling-names.js';

/** From 2020, supported by every runtime since. */
const OPSET = 13;
const ML_OPSET = 2;
/** The format version of this operator set. */
const IR_VERSION = 7;

/** The limit of protobuf, minus room for everything but weights. */
const MOST_BYTES = 2 ** 31 - 2 ** 20;

/**
 * The weights, [inputs, outputs] as Gemm takes them, are exact; float64 weights of a checkpoint are rounded to float32.
 *
 * - `matrix`. Input: `input` [batch, inputs], float32; but float64 for a table that is scaled in float64. Outputs: `logits`
 *   and `probabilities` float32 [batch, classes]; or `estimates` float32 [batch, targets], in the targets' own units.
 * - `columns`. Inputs: [batch, 1] for each column, named like it; double for numbers, int64 (seconds since 1970) for dates,
 *   string for categories. Outputs: `label` [batch] (int64 or double if all class names are such numbers, else string),
 *   `probabilities` and `logits`; or `estimates` float64 [batch, targets].
 *
 * @param form  default: `columns` for a model of a table
 * @throws LockstepError if the model is larger than an ONNX file can be, or has no such form
 */
export function encodeOnnx(model: ModelData, form: InputForm = model.table ? 'columns' : 'matrix'): Uint8Array {
  const { file, layers, table } = model;
  const values = Float32Array.from(model.values);
  if (values.byteLength > MOST_BYTES) throw errors.tooLargeForFormat(file, values.byteLength, 'ONNX', MOST_BYTES);
  if (!activationNamed(model.activation).onnx)
    throw errors.notAModel(file, `ONNX has no operator for the activation ${model.activation}`);
  const parameters = tensorsOfModel(layers, values).map(
    ({ name, shape, values }): Tensor => ({ name, dims: shape, values: values as Float32Array }),
  );
  if (form === 'columns' && !table) throw errors.onnxWithoutColumns(file);
  const parts = form === 'columns' ? columnParts(model, table!) : matrixParts(model);
  const what = model.targets.length > 0 ? 'regression network' : 'classifier';
  return encodeModel({
    ir_version: IR_VERSION,
    producer_name: 'lockstep',
    producer_version: packageVersion(),
    doc_string: `A fully connected ${what}, ${layers.join('-')}, ${model.activation} between its layers. Input: ${parts.takes}.`,
    opset: form === 'columns' ? { '': OPSET, [ML_DOMAIN]: ML_OPSET } : { '': OPSET },
    metadata_props: { ...plainMetadata(model), input: parts.inputInWords },
    graph: {
      name: 'lockstep',
      doc_string: '',
      node: parts.nodes,
      initializer: [...parts.tensors, ...parameters.map((tensor) => ({ ...tensor, name: parts.nameOf(tensor.name) }))],
      input: parts.inputs,
      output: parts.outputs,
    },
  });
}

interface Parts {
  readonly nodes: readonly Node[];
  /** Without the parameters. */
  readonly tensors: readonly Tensor[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly takes: string;
  readonly inputInWords: string;
  /** Name of a tensor in the file. */
  readonly nameOf: (name: string) => string;
}

function matrixParts(model: ModelData): Parts {
  requireNumbers(model);
  const { layers, table, targets } = model;
  const takes = inputOf(model);
  const isDouble = table?.scaling !== undefined && !table.isSingle;
  const [inputs = 0] = layers;
  const isOfNumbers = targets.length > 0;
  const hidden = networkNodes(model, table?.scaling ? 'scaled' : 'input');
  return {
    nodes: [...scalingNodes(table), ...hidden, ...(isOfNumbers ? ESTIMATE_NODES : [])],
    tensors: [...scalingTensors(table), ...activationTensors(model), ...targetTensors(targets, Float32Array)],
    inputs: [{ name: 'input', shape: ['batch', inputs], doc_string: takes, elem_type: isDouble ? DOUBLE : FLOAT }],
    outputs: isOfNumbers ? [estimatesOf(targets, FLOAT)] : outputsOf(layers.at(-1)!),
    takes,
    inputInWords: `${isDouble ? 'float64' : 'float32'} [batch, ${inputs}]: ${takes}`,
    nameOf: (name) => name,
  };
}

function columnParts(model: ModelData, table: TableModel): Parts {
  const { layers, targets } = model;
  const columns = columnGraph(table);
  const takes = 'each column of the table, as it stands there';
  const isOfNumbers = targets.length > 0;
  const classes = classTensor(table.classNames);
  const label: Value = { name: 'label', shape: ['batch'], doc_string: 'the class', elem_type: typeOf(classes.values) };
  const outputs = isOfNumbers ? [estimatesOf(targets, DOUBLE)] : [label, ...outputsOf(layers.at(-1)!).reverse()];
  const answers = isOfNumbers ? DOUBLE_ESTIMATE_NODES : LABEL_NODES;
  const nodes = [...columns.nodes, ...networkNodes(model, columns.encoded), ...answers];
  const tensors = [
    ...columns.tensors,
    ...activationTensors(model),
    ...(isOfNumbers ? targetTensors(targets, Float64Array) : [classes]),
  ];
  const refusing =
    columns.isRefused === undefined ? { nodes, tensors } : refused(nodes, tensors, outputs, columns.isRefused);
  const nameOf = namesBeside(table);
  return {
    nodes: refusing.nodes.map((node) => ({ ...node, input: node.input.map(nameOf), output: node.output.map(nameOf) })),
    tensors: refusing.tensors.map((tensor) => ({ ...tensor, name: nameOf(tensor.name) })),
    inputs: columns.inputs.map((value) => ({ ...value, name: nameOf(value.name) })),
    outputs: outputs.map((value) => ({ ...value, name: nameOf(value.name) })),
    takes,
    inputInWords: `[batch, 1] each: ${table.columns.map(({ kind }, i) => `${nameOf(columnInput(i))} (${kind})`).join(', ')}`,
    nameOf,
  };
}

/** Inputs are named like their columns. Another tensor that has the name of a column gets an underscore. */
function namesBeside({ columns }: TableModel): (name: string) => string {
  const taken = new Set(columns.map(({ name }) => name));
  const free = (name: string): string => (taken.has(name) ? free(`${name}_`) : name);
  const inputs = new Map(
    // ONNX has no inputs without a name.
    columns.map(({ name, position }, i) => [columnInput(i), name === '' ? free(String(position + 1)) : name]),
  );
  for (const name of inputs.values()) taken.add(name);
  return (name) => inputs.get(name) ?? free(name);
}

/** ONNX has no exceptions: for a row that must not be answered, each output is NaN, '' or the smallest int64. */
function refused(nodes: readonly Node[], tensors: readonly Tensor[], outputs: readonly Value[], isRefused: string) {
  const given = new Set(outputs.map(({ name }) => name));
  const moved = (name: string) => (given.has(name) ? `answered.${name}` : name);
  const row: Node = {
    name: 'refused.row',
    op_type: 'Reshape',
    input: [isRefused, 'refused.shape'],
    output: ['refused.row'],
  };
  const none = outputs.map(({ name, elem_type = FLOAT }): Tensor => {
    return { name: `refused.${name}`, dims: [1], values: NO_ANSWER.get(elem_type)! };
  });
  const choices = outputs.map(({ name, shape }): Node => {
    const condition = shape.length === 1 ? 'refused.row' : isRefused;
    return {
      name: `refused.${name}.choice`,
      op_type: 'Where',
      input: [condition, `refused.${name}`, moved(name)],
      output: [name],
    };
  });
  return {
    nodes: [
      ...nodes.map((node) => ({ ...node, input: node.input.map(moved), output: node.output.map(moved) })),
      row,
      ...choices,
    ],
    tensors: [...tensors, ...none, { name: 'refused.shape', dims: [1], values: BigInt64Array.of(-1n) }],
  };
}

const NO_ANSWER: ReadonlyMap<number, Tensor['values']> = new Map<number, Tensor['values']>([
  [FLOAT, Float32Array.of(Number.NaN)],
  [DOUBLE, Float64Array.of(Number.NaN)],
  [INT64, BigInt64Array.of(-(2n ** 63n))],
  [STRING, ['']],
]);

const CLASSES = 'classes';

function classTensor(names: readonly ClassName[]): Tensor {
  const typed = () => {
    if (names.every((name) => Number.isSafeInteger(name))) return BigInt64Array.from(names, BigInt);
    return names.every((name) => typeof name === 'number') ? Float64Array.from(names) : names.map(String);
  };
  return { name: CLASSES, dims: [names.length], values: typed() };
}

const LABEL_NODES: readonly Node[] = [
  {
    name: 'label.position',
    op_type: 'ArgMax',
    input: ['logits'],
    output: ['label.position'],
    attribute: { axis: 1, keepdims: 0 },
  },
  { name: 'label', op_type: 'Gather', input: [CLASSES, 'label.position'], output: ['label'], attribute: { axis: 0 } },
];

function outputsOf(classes: number): Value[] {
  return [
    { name: 'logits', shape: ['batch', classes], doc_string: 'before the softmax' },
    { name: 'probabilities', shape: ['batch', classes], doc_string: 'of the classes, sum 1' },
  ];
}

function estimatesOf(targets: readonly Target[], elem_type: number): Value {
  const names = targets.map(({ name }) => name).join(', ');
  return { name: 'estimates', shape: ['batch', targets.length], doc_string: names, elem_type };
}

/** Each operation rounds as in `scaledInput` or `singleScaledInput`, so the scaled inputs are exactly the same. */
function scalingNodes(table: TableModel | undefined): Node[] {
  if (table?.scaling?.kind !== 'linear') return [];
  const subtract: Node = { name: 'scaling.subtract', op_type: 'Sub', input: ['input', SUBTRACT], output: ['moved'] };
  const divide = { name: 'scaling.divide', op_type: 'Div', input: ['moved', DIVIDE_BY] };
  if (table.isSingle) return [subtract, { ...divide, output: ['scaled'] }];
  return [
    subtract,
    { ...divide, output: ['quotient'] },
    { name: 'scaling.round', op_type: 'Cast', input: ['quotient'], output: ['scaled'], attribute: { to: FLOAT } },
  ];
}

function scalingTensors(table: TableModel | undefined): Tensor[] {
  if (table?.scaling?.kind !== 'linear') return [];
  const { scaling, isSingle } = table;
  const typed = (values: Float64Array) => (isSingle ? Float32Array.from(values) : values);
  return [
    { name: SUBTRACT, dims: [scaling.subtract.length], values: typed(scaling.subtract) },
    { name: DIVIDE_BY, dims: [scaling.divideBy.length], values: typed(scaling.divideBy) },
  ];
}

/** @throws LockstepError if a column is not just a number that is scaled linearly */
function requireNumbers({ file, table }: ModelData): void {
  if (!table) return;
  const others = table.columns.filter((_, i) => {
    const encoding = table.encodings[i]!;
    return encoding.kind !== 'number' || encoding.hasIndicator;
  });
  if (others.length === 0) {
    if (!MATRIX_SCALES.includes(table.scale)) throw errors.onnxOfScale(file, table.scale);
    return;
  }
  const shown = others
    .slice(0, MOST_LISTED)
    .map(({ name, kind }) => `${name} (${kind === 'number' ? 'missing cells' : kind})`);
  throw errors.onnxOfColumns(file, `${shown.join(', ')}${others.length > MOST_LISTED ? ', …' : ''}`);
}

const MOST_LISTED = 5;
const MATRIX_SCALES: readonly Scale[] = ['none', 'minmax', 'standard'];

const SOFTMAX_NODES: readonly Node[] = [
  { name: 'softmax', op_type: 'Softmax', input: ['logits'], output: ['probabilities'], attribute: { axis: 1 } },
];

const ESTIMATE_NODES: readonly Node[] = [
  { name: 'targets.multiply', op_type: 'Mul', input: ['standardized', DEVIATION], output: ['deviations'] },
  { name: 'targets.add', op_type: 'Add', input: ['deviations', MEAN], output: ['estimates'] },
];

const DOUBLE_ESTIMATE_NODES: readonly Node[] = [
  {
    name: 'targets.widen',
    op_type: 'Cast',
    input: ['standardized'],
    output: ['standardized.double'],
    attribute: { to: DOUBLE },
  },
  { name: 'targets.multiply', op_type: 'Mul', input: ['standardized.double', DEVIATION], output: ['deviations'] },
  { name: 'targets.add', op_type: 'Add', input: ['deviations', MEAN], output: ['estimates'] },
];

function targetTensors(targets: readonly Target[], Type: typeof Float32Array | typeof Float64Array): Tensor[] {
  if (targets.length === 0) return [];
  const tensor = (name: string, values: number[]) => ({ name, dims: [values.length], values: Type.from(values) });
  return [
    tensor(
      DEVIATION,
      targets.map(({ deviation }) => deviation),
    ),
    tensor(
      MEAN,
      targets.map(({ mean }) => mean),
    ),
  ];
}

/**
 * The layers of the network, or of all networks of an ensemble and the mean of their outputs. The output is `standardized`, or
 * `logits` and `probabilities`.
 *
 * @param first  name of the input of the first layer
 */
function networkNodes(model: ModelData, first: string): Node[] {
  const isOfNumbers = model.targets.length > 0;
  const sums = isOfNumbers ? 'standardized' : 'logits';
  const { length: members } = valuesOfMembers(model.layers, model.values);
  if (members === 1) return [...layerNodes(model, first, sums, ''), ...(isOfNumbers ? [] : SOFTMAX_NODES)];
  const prefixes = Array.from({ length: members }, (_, m) => memberPrefix(m));
  const hidden = prefixes.flatMap((prefix) => layerNodes(model, first, `${prefix}${sums}`, prefix));
  const mean = (what: string): Node => ({
    name: 'members.mean',
    op_type: 'Mean',
    input: prefixes.map((prefix) => `${prefix}${what}`),
    output: [what],
  });
  if (isOfNumbers) return [...hidden, mean(sums)];
  const softmaxes = prefixes.map((prefix): Node => {
    const [input, output] = [[`${prefix}logits`], [`${prefix}probabilities`]];
    return { name: `${prefix}softmax`, op_type: 'Softmax', input, output, attribute: { axis: 1 } };
  });
  const log: Node = { name: 'members.log', op_type: 'Log', input: ['probabilities'], output: ['logits'] };
  return [...hidden, ...softmaxes, mean('probabilities'), log];
}

/**
 * @param sums    name of the output of the last layer
 * @param prefix  of the other names
 */
function layerNodes({ layers, activation }: ModelData, first: string, sums: string, prefix: string): Node[] {
  const last = layers.length - 2;
  return layers.slice(1).flatMap((_, l): Node[] => {
    const input = l === 0 ? first : `${prefix}hidden.${l - 1}`;
    const output = l === last ? sums : `${prefix}hidden.${l}.sums`;
    const gemm: Node = {
      name: `${prefix}layers.${l}`,
      op_type: 'Gemm',
      input: [input, `${prefix}layers.${l}.weight`, `${prefix}layers.${l}.bias`],
      output: [output],
    };
    if (l === last) return [gemm];
    return [gemm, ...activationNodes(activation, l, output, prefix)];
  });
}

/** h of hidden layer l, from its z. */
function activationNodes(activation: string, l: number, z: string, prefix: string): Node[] {
  const steps = activationNamed(activation).onnx!;
  const nameOf = (input: string | number) => {
    if (typeof input === 'number') return constantName(activation, input);
    if (input === 'z') return z;
    return input === 'h' ? `${prefix}hidden.${l}` : `${prefix}hidden.${l}.${input}`;
  };
  return steps.map(([output, operator, ...inputs], i): Node => {
    const name = `${prefix}${steps.length === 1 ? `${activation}.${l}` : `${activation}.${l}.${i}`}`;
    return { name, op_type: operator, input: inputs.map(nameOf), output: [nameOf(output)] };
  });
}

/** Its constants, which the layers share. */
function activationTensors({ layers, activation }: ModelData): Tensor[] {
  if (layers.length === 2) return [];
  const inputs = activationNamed(activation).onnx!.flatMap(([, , ...inputs]) => inputs);
  const constants = inputs.filter((input) => typeof input === 'number');
  return constants.map((x): Tensor => ({ name: constantName(activation, x), dims: [1], values: Float32Array.of(x) }));
}

function constantName(activation: string, x: number): string {
  return `${activation}.${x}`;
}

/** A description of the input. */
function inputOf({ metadata, table }: ModelData): string {
  if (table) {
    const columns = namesOf(table);
    return `a row of a table${columns ? `, ${columns.join(', ')}` : ' without its label'}, unscaled numbers`;
  }
  if (metadata.lockstep === undefined) return 'one sample per row, scaled as in training';
  return 'a sample a row, each number a pixel / 255, from 0 to 1';
}
