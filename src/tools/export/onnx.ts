/** A network as an ONNX graph: Sub and Div for the scaling of a table, Gemm and Relu for each layer, and Softmax. */
import { type ModelData, tensorsOf } from '../../checkpoints/model-file.js';
import type { Scaling } from '../../data/table/scaling.js';
import { errors } from '../../errors.js';
import { packageVersion } from '../../files/package-version.js';
import { activationNamed } from '../../kernels/activations.js';
import type { Target } from '../../memory/plan.js';
import { encodeModel, type FloatTensor, type Node } from './onnx-proto.js';
import { plainMetadata } from './plain-model.js';
import { DEVIATION, DIVIDE_BY, MEAN, SUBTRACT } from './scaling-names.js';

/** From 2020, supported by every runtime since. */
const OPSET = 13;
/** The format version of this operator set. */
const IR_VERSION = 7;

/** The limit of protobuf, minus room for everything but weights. */
const MOST_BYTES = 2 ** 31 - 2 ** 20;

/**
 * Input: `input` float32 [batch, inputs]. Outputs: `logits` and `probabilities` float32 [batch, classes]; or `estimates` float32
 * [batch, targets], in the targets' own units. The weights,
 * [inputs, outputs] as Gemm takes them, are exact; float64 weights of a checkpoint are rounded to float32.
 *
 * @throws LockstepError if the model is larger than an ONNX file can be
 */
export function encodeOnnx(model: ModelData): Uint8Array {
  const { file, layers, table, targets } = model;
  const values = Float32Array.from(model.values);
  if (values.byteLength > MOST_BYTES) throw errors.tooLargeForFormat(file, values.byteLength, 'ONNX', MOST_BYTES);
  const { name, onnxOperator } = activationNamed(model.activation);
  if (onnxOperator === undefined) throw errors.notAModel(file, `ONNX has no operator for the activation ${name}`);
  const takes = inputOf(model);
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
    metadata_props: { ...plainMetadata(model), input: `float32 [batch, ${inputs}]: ${takes}` },
    graph: {
      name: 'lockstep',
      doc_string: '',
      node: table?.scaling ? [...SCALING_NODES, ...nodes] : nodes,
      initializer: [
        ...scalingTensors(table?.scaling),
        ...targetTensors(targets),
        ...tensorsOf(layers, values).map(
          ({ name, shape, values }): FloatTensor => ({ name, dims: shape, values: values as Float32Array }),
        ),
      ],
      input: [{ name: 'input', shape: ['batch', inputs], doc_string: takes }],
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

/** Each operation rounds to float32, as in `scaledInput`, so the scaled inputs are exactly the same. */
const SCALING_NODES: readonly Node[] = [
  { name: 'scaling.subtract', op_type: 'Sub', input: ['input', SUBTRACT], output: ['moved'] },
  { name: 'scaling.divide', op_type: 'Div', input: ['moved', DIVIDE_BY], output: ['scaled'] },
];

function scalingTensors(scaling: Scaling | undefined): FloatTensor[] {
  if (!scaling) return [];
  const { subtract, divideBy } = scaling;
  return [
    { name: SUBTRACT, dims: [subtract.length], values: subtract },
    { name: DIVIDE_BY, dims: [divideBy.length], values: divideBy },
  ];
}

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
    const { columns } = table;
    return `a row of a table${columns ? `, ${columns.join(', ')}` : ' without its label'}, unscaled numbers`;
  }
  if (metadata.lockstep === undefined) return 'one sample per row, scaled as in training';
  return 'a sample a row, each number a pixel / 255, from 0 to 1';
}
