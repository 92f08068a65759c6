/** The activations of hidden layers. A new one is an entry of the table; assembly code for it is optional (wasm.ts). */
import { errors } from '../errors.js';
import type { ActivationNeeds } from '../memory/plan.js';
import { mishGate, normalDensity, normalDistribution, sigmoid, tanh } from './exact-curves.js';
import { expMinusOneOfNonPositive } from './exact-math.js';

/** Functions of the WebAssembly module: (z, first, width, columns, starts, value, from, to). */
export type CurveFunction =
  | 'leakyReluRows'
  | 'eluRows'
  | 'seluRows'
  | 'geluRows'
  | 'siluRows'
  | 'mishRows'
  | 'tanhRows'
  | 'sigmoidRows';

/** An ONNX node. Inputs are z, outputs of earlier steps, and constants. The last output is h. */
export type OnnxStep = readonly [output: string, operator: string, ...inputs: (string | number)[]];

export interface Activation {
  readonly name: string;
  /** h = f(z). NaN must stay NaN, so that the loss sees it and the run ends. */
  readonly value: (z: number) => number;
  /** f′(z), given h = f(z), too. */
  readonly slope: (z: number, h: number) => number;
  /**
   * Whether many units output 0. If so, sparse rows leave them out, going forward and going back: then f′ must be 0 where f is.
   * If not, the derivative is stored: it replaces z until back-propagation multiplies by it.
   */
  readonly isSparse: boolean;
  /** The function of the WebAssembly module that computes h and f′. Without one, `value` and `slope` are called. */
  readonly assembly?: CurveFunction;
  /** The ONNX operators that compute h from z. Without them, models cannot be exported to ONNX. */
  readonly onnx?: readonly OnnxStep[];
}

const LEAK = 0.01;
/** Of Klambauer et al., "Self-Normalizing Neural Networks", 2017. */
const [SELU_ALPHA, SELU_LAMBDA] = [1.6732632423543772, 1.0507009873554805];

const oneOperator = (name: string): readonly OnnxStep[] => [['h', name, 'z']];

/** docs/mathematics.md, "Activations", has the formulas. */
const TABLE = [
  {
    name: 'relu',
    value: (z) => Math.max(z, 0),
    slope: (_, h) => (h > 0 ? 1 : 0),
    isSparse: true,
    onnx: oneOperator('Relu'),
  },
  {
    name: 'leaky-relu',
    value: (z) => (z > 0 ? z : LEAK * z),
    slope: (z) => (z > 0 ? 1 : LEAK),
    isSparse: false,
    assembly: 'leakyReluRows',
    onnx: oneOperator('LeakyRelu'),
  },
  {
    name: 'elu',
    value: (z) => (z > 0 ? z : expMinusOneOfNonPositive(z)),
    slope: (z, h) => (z > 0 ? 1 : h + 1),
    isSparse: false,
    assembly: 'eluRows',
    onnx: oneOperator('Elu'),
  },
  {
    name: 'selu',
    value: (z) => SELU_LAMBDA * (z > 0 ? z : SELU_ALPHA * expMinusOneOfNonPositive(z)),
    slope: (z, h) => (z > 0 ? SELU_LAMBDA : h + SELU_LAMBDA * SELU_ALPHA),
    isSparse: false,
    assembly: 'seluRows',
    onnx: oneOperator('Selu'),
  },
  {
    name: 'gelu',
    value: (z) => z * normalDistribution(z),
    slope: (z) => normalDistribution(z) + z * normalDensity(z),
    isSparse: false,
    assembly: 'geluRows',
    // (The operator Gelu came with operator set 20.)
    onnx: [
      ['scaled', 'Mul', 'z', Math.SQRT1_2],
      ['erf', 'Erf', 'scaled'],
      ['sum', 'Add', 'erf', 1],
      ['half', 'Mul', 'z', 0.5],
      ['h', 'Mul', 'half', 'sum'],
    ],
  },
  {
    name: 'silu',
    value: (z) => z * sigmoid(z),
    slope: (z, h) => sigmoid(z) + h * sigmoid(-z),
    isSparse: false,
    assembly: 'siluRows',
    onnx: [
      ['gate', 'Sigmoid', 'z'],
      ['h', 'Mul', 'z', 'gate'],
    ],
  },
  {
    name: 'mish',
    value: (z) => z * mishGate(z)[0],
    slope: (z) => {
      const [gate, rest] = mishGate(z);
      return gate + z * (rest * (1 + gate) * sigmoid(z));
    },
    isSparse: false,
    assembly: 'mishRows',
    onnx: [
      ['softplus', 'Softplus', 'z'],
      ['gate', 'Tanh', 'softplus'],
      ['h', 'Mul', 'z', 'gate'],
    ],
  },
  {
    name: 'tanh',
    value: tanh,
    slope: (_, h) => (1 - h) * (1 + h),
    isSparse: false,
    assembly: 'tanhRows',
    onnx: oneOperator('Tanh'),
  },
  {
    name: 'sigmoid',
    value: sigmoid,
    slope: (z, h) => h * sigmoid(-z),
    isSparse: false,
    assembly: 'sigmoidRows',
    onnx: oneOperator('Sigmoid'),
  },
] as const satisfies readonly Activation[];

export type ActivationName = (typeof TABLE)[number]['name'];

export const DEFAULT_ACTIVATION = 'relu';

const activations = new Map<string, Activation>(TABLE.map((activation) => [activation.name, activation]));

/** Names that users can choose from: of the table, and those that a program has registered, which the type does not know. */
export function activationNames(): ActivationName[] {
  return [...activations.keys()] as ActivationName[];
}

/** @throws LockstepError if there is none of this name */
export function activationNamed(name: string): Activation {
  const found = activations.get(name);
  if (!found) throw errors.invalidOption('activation', name, `one of ${activationNames().join(', ')}`);
  return found;
}

/** Adds an activation on this thread. (Worker threads run the modules that `node --import` names, too.) */
export function registerActivation(activation: Activation): void {
  activations.set(activation.name, activation);
}

export function activationNeeds(name: string): ActivationNeeds {
  return { activation: name, hiddenForm: activationNamed(name).isSparse ? 'sparse' : 'dense' };
}

/** What the module has for activations. */
export function curveFunctions(): readonly string[] {
  return TABLE.flatMap(({ assembly }: Activation) => assembly ?? []);
}

/** Whether a run with this activation has no use for the export of the WebAssembly module, as others have. */
export function isOfOtherActivations(exported: string, name: string): boolean {
  const { assembly, isSparse } = activationNamed(name);
  return curveFunctions().includes(exported) ? exported !== assembly : isSparse && /Times\d/.test(exported);
}
