/** A network as an ONNX graph: Sub and Div for the scaling of a table, Gemm and Relu for each layer, and Softmax. */
import { type ModelData, tensorsOf } from '../../checkpoints/model-file.js';
import { namesOf, type TableModel } from '../../data/table/table-metadata.js';
import { errors } from '../../errors.js';
import { packageVersion } from '../../files/package-version.js';
import { activationNamed } from '../../kernels/activations.js';
import type { Target } from '../../memory/plan.js';
import { encodeModel, FLOAT, type FloatTensor, type Node } from './onnx-proto.js';
import { plainMetadata } from './plain-model.js';
import { DEVIATION, DIVIDE_BY, MEAN, SUBTRACT } from './scaling-names.js';

/** From 2020, supported by every runtime since. */
const OPSET = 13;
/** The format version of this operator set. */
const IR_VERSION = 7;

/** The limit of protobuf, minus room for everything but weights. */
const MOST_BYTES = 2 ** 31 - 2 ** 20;

/**
 * Input: `input` [batch, inputs], float32; but float64 for a table that is scaled in float64. Outputs: `logits` and
 * `probabilities` float32 [batch, classes]; or `estimates` float32 [batch, targets], in the targets' own units. The weights,
 * [inputs, outputs] as Gemm takes them, are exact; float64 weights of a checkpoint are rounded to float32.
 *
 * @throws LockstepError if the model is larger than an ONNX file can be, or its columns are not all numbers
 */
export function encodeOnnx(model: ModelData): Uint8Array {
  const { file, layers, table, targets } = model;
  const values = Float32Array.from(model.values);
  if (values.byteLength > MOST_BYTES) throw errors.tooLargeForFormat(file, values.byteLength, 'ONNX', MOST_BYTES);
  const { name, onnxOperator } = activationNamed(model.activation);
  if (onnxOperator === undefined) throw errors.notAModel(file, `ONNX has no operator for the activation ${name}`);
  requireNumbers(model);
  const takes = inputOf(model);
  const isDouble = table?.scaling !== undefined && !table.isSingle;
  const [inputs = 0] = layers;
  const outputs = layers.at(-1)!;
  const isOfNumbers = targets.length > 0;
  const sums = isOfNumbers ? 'standardized' : 'logits';
  const hidden = nodesOf(layers, table?.scaling ? 'scaled' : 'input', name, onnxOperator, sums);
  const nodes = [...hidden, ...(isOfNumbers ? ESTIMATE_NODES : SOFTMAX_NODES)];
  const what = isOfNumbers ? 'network that estimates numbers' : 'classifier';
  return encodeModel({
    ir_version: IR_VERSION,
    producer_name: 'lockstep',
    producer_version: packageVersion(),
    doc_string: `A fully connected ${what}, ${layers.join('-')}, ${onnxOperator} between its layers. Input: ${takes}.`,
    opset: OPSET,
    metadata_props: {
      ...plainMetadata(model),
      input: `${isDouble ? 'float64' : 'float32'} [batch, ${inputs}]: ${takes}`,
    },
    graph: {
      name: 'lockstep',
      doc_string: '',
      node: [...scalingNodes(table), ...nodes],
      initializer: [
        ...scalingTensors(table),
        ...targetTensors(targets),
        ...tensorsOf(layers, values).map(
          ({ name, shape, values }): FloatTensor => ({ name, dims: shape, values: values as Float32Array }),
        ),
      ],
      input: [{ name: 'input', shape: ['batch', inputs], doc_string: takes, isDouble }],
      output: isOfNumbers
        ? [
            {
              name: 'estimates',
              shape: ['batch', outputs],
              doc_string: targets.map((target) => target.name).join(', '),
            },
          ]
        : [
            { name: 'logits', shape: ['batch', outputs], doc_string: 'before the softmax' },
            { name: 'probabilities', shape: ['batch', outputs], doc_string: 'of the classes, sum 1' },
          ],
    },
  });
}

/** Each operation rounds as in `scaledInput` or `singleScaledInput`, so the scaled inputs are exactly the same. */
function scalingNodes(table: TableModel | undefined): Node[] {
  if (!table?.scaling) return [];
  const subtract: Node = { name: 'scaling.subtract', op_type: 'Sub', input: ['input', SUBTRACT], output: ['moved'] };
  const divide = { name: 'scaling.divide', op_type: 'Div', input: ['moved', DIVIDE_BY] };
  if (table.isSingle) return [subtract, { ...divide, output: ['scaled'] }];
  return [
    subtract,
    { ...divide, output: ['quotient'] },
    { name: 'scaling.round', op_type: 'Cast', input: ['quotient'], output: ['scaled'], attribute: { to: FLOAT } },
  ];
}

function scalingTensors(table: TableModel | undefined): FloatTensor[] {
  if (!table?.scaling) return [];
  const { scaling, isSingle } = table;
  const typed = (values: Float64Array) => (isSingle ? Float32Array.from(values) : values);
  return [
    { name: SUBTRACT, dims: [scaling.subtract.length], values: typed(scaling.subtract) },
    { name: DIVIDE_BY, dims: [scaling.divideBy.length], values: typed(scaling.divideBy) },
  ];
}

/** @throws LockstepError if a column is not just a number */
function requireNumbers({ file, table }: ModelData): void {
  if (!table) return;
  const others = table.columns.filter((_, i) => {
    const encoding = table.encodings[i]!;
    return encoding.kind !== 'number' || encoding.hasIndicator;
  });
  if (others.length === 0) return;
  const shown = others
    .slice(0, MOST_LISTED)
    .map(({ name, kind }) => `${name} (${kind === 'number' ? 'missing cells' : kind})`);
  throw errors.onnxOfColumns(file, `${shown.join(', ')}${others.length > MOST_LISTED ? ', …' : ''}`);
}

const MOST_LISTED = 5;

const SOFTMAX_NODES: readonly Node[] = [
  { name: 'softmax', op_type: 'Softmax', input: ['logits'], output: ['probabilities'], attribute: { axis: 1 } },
];

const ESTIMATE_NODES: readonly Node[] = [
  { name: 'targets.multiply', op_type: 'Mul', input: ['standardized', DEVIATION], output: ['deviations'] },
  { name: 'targets.add', op_type: 'Add', input: ['deviations', MEAN], output: ['estimates'] },
];

function targetTensors(targets: readonly Target[]): FloatTensor[] {
  if (targets.length === 0) return [];
  const tensor = (name: string, values: number[]) => ({
    name,
    dims: [values.length],
    values: Float32Array.from(values),
  });
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
 * @param first  name of the input of the first layer
 * @param sums   name of the outputs of the last layer
 */
function nodesOf(layers: readonly number[], first: string, activation: string, operator: string, sums: string): Node[] {
  const last = layers.length - 2;
  return layers.slice(1).flatMap((_, l): Node[] => {
    const input = l === 0 ? first : `hidden.${l - 1}`;
    const output = l === last ? sums : `hidden.${l}.sums`;
    const gemm: Node = {
      name: `layers.${l}`,
      op_type: 'Gemm',
      input: [input, `layers.${l}.weight`, `layers.${l}.bias`],
      output: [output],
    };
    if (l === last) return [gemm];
    return [gemm, { name: `${activation}.${l}`, op_type: operator, input: [output], output: [`hidden.${l}`] }];
  });
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
