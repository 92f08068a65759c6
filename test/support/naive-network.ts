/** Networks at random, and what docs/mathematics.md says of them, written out again: for tests of what explains networks. */
import type { ObjectiveFacts } from '../../src/memory/plan.js';
import { NO_FACTS } from '../../src/memory/plan.js';
import { Random } from '../../src/model/random.js';
import type { Given, NetworkShape } from '../../src/tools/explain/derivation.js';
import type { Subject } from '../../src/tools/explain/subject.js';
import { NAIVE_CURVES } from './naive-curves.js';

export interface Case {
  readonly hidden: readonly number[];
  readonly inputs: number;
  readonly outputs: number;
  readonly objective: 'softmax-cross-entropy' | 'squared-error' | 'absolute-error' | 'huber';
  readonly seed: number;
  /** @default 'relu' */
  readonly activation?: string;
}

export interface Naive {
  /** By layer. */
  readonly z: readonly (readonly number[])[];
  readonly delta: readonly (readonly number[])[];
  readonly h: readonly (readonly number[])[];
  /** By hidden layer: f′(z). */
  readonly slope: readonly (readonly number[])[];
  readonly outputs: readonly number[];
  readonly loss: number;
}

/** Where Huber's loss becomes linear. */
const D = 0.7;

export class RandomSubject implements Subject {
  readonly shape: NetworkShape;
  readonly #facts: Subject['facts'];
  readonly values: Float32Array;
  readonly #samples: Given[];

  constructor({ hidden, inputs, outputs, objective, seed, activation = 'relu' }: Case, samples: number) {
    const random = new Random(seed, 0);
    const uniform = () => Math.fround(2 * random.fraction() - 1);
    const layers = [inputs, ...hidden, outputs];
    const isOfClasses = objective === 'softmax-cross-entropy';
    const targets = isOfClasses
      ? []
      : Array.from({ length: outputs }, (_, k) => ({ name: `t${k}`, mean: k, deviation: 2 }));
    const facts: ObjectiveFacts = { ...NO_FACTS, targets, huberDelta: D };
    this.shape = { layers, activation, objective, facts };
    const count = layers.slice(1).reduce((sum, width, l) => sum + (layers[l]! + 1) * width, 0);
    this.values = Float32Array.from({ length: count }, uniform);
    this.#samples = Array.from({ length: samples }, () => ({
      inputs: Float32Array.from({ length: inputs }, () => (random.below(3) === 0 ? 0 : uniform())),
      target: isOfClasses ? [random.below(outputs)] : Array.from({ length: outputs }, uniform),
    }));
    this.#facts = {
      ...{ title: 'random', isLive: false, targets, huberDelta: D },
      classNames: isOfClasses ? Array.from({ length: outputs }, (_, j) => j) : [],
      samples: { train: samples, validation: 0, test: samples },
      ...{ skipsZeros: layers.slice(1).map(() => true), kernel: 'reference', training: { rate: 0.05 } },
    };
  }

  get facts(): Subject['facts'] {
    return this.#facts;
  }

  parameters(): Float32Array {
    return this.values;
  }

  sample(_: string, index: number): Given {
    return this.#samples[index]!;
  }
}

/** @param values  (parameters) */
export function naivePass(
  { layers, activation, objective }: NetworkShape,
  values: ArrayLike<number>,
  given: Given,
): Naive {
  const [value, derivative] = NAIVE_CURVES[activation]!;
  const z: number[][] = [];
  const h: number[][] = [Array.from(given.inputs)];
  const weights: ((i: number, j: number) => number)[] = [];
  let begin = 0;
  for (const [l, outputs] of layers.slice(1).entries()) {
    const [inputs, from] = [layers[l]!, begin];
    const w = (i: number, j: number) => values[from + i * outputs + j]!;
    weights.push(w);
    z.push(Array.from({ length: outputs }, (_, j) => h[l]!.reduce((sum, x, i) => sum + x * w(i, j), w(inputs, j))));
    h.push(z[l]!.map(value));
    begin += (inputs + 1) * outputs;
  }
  const outputs = z.at(-1)!;
  const { loss, delta: last, p } = objectiveOf(objective, outputs, Array.from(given.target));
  const delta: number[][] = [last];
  for (let l = layers.length - 2; l > 0; l--) {
    const above = delta[0]!;
    const sums = z[l - 1]!.map((y, k) => derivative(y) * above.reduce((sum, d, j) => sum + d * weights[l]!(k, j), 0));
    delta.unshift(sums);
  }
  return { z, delta, h, slope: z.slice(0, -1).map((sums) => sums.map(derivative)), outputs: p, loss };
}

function objectiveOf(name: NetworkShape['objective'], z: readonly number[], target: readonly number[]) {
  if (name === 'softmax-cross-entropy') {
    const powers = z.map(Math.exp);
    const sum = powers.reduce((total, each) => total + each, 0);
    const p = powers.map((each) => each / sum);
    return { p, loss: -Math.log(p[target[0]!]!), delta: p.map((each, j) => each - Number(j === target[0])) };
  }
  const e = z.map((each, k) => each - target[k]!);
  const losses = { 'squared-error': (x: number) => x * x, 'absolute-error': Math.abs, huber } as Readonly<
    Record<string, (x: number) => number>
  >;
  const slopes = {
    'squared-error': (x: number) => 2 * x,
    'absolute-error': Math.sign,
    huber: (x: number) => Math.max(-D, Math.min(D, x)),
  } as Readonly<Record<string, (x: number) => number>>;
  const loss = e.reduce((sum, each) => sum + losses[name]!(each), 0) / e.length;
  return { p: [], loss, delta: e.map((each) => slopes[name]!(each) / e.length) };
}

function huber(x: number): number {
  return Math.abs(x) <= D ? (x * x) / 2 : D * (Math.abs(x) - D / 2);
}
