/** Back-propagation in the reference kernel against finite differences: every parameter, in float64. */
import { describe, expect, it } from 'vitest';
import { activationNames, activationNeeds, DEFAULT_ACTIVATION } from '../../src/kernels/activations.js';
import { chooseKernel } from '../../src/kernels/builds.js';
import { NO_FACTS, type ObjectiveFacts, targetWidth } from '../../src/memory/plan.js';
import { OBJECTIVES } from '../../src/model/objectives/index.js';
import type { Objective } from '../../src/model/objectives/objective.js';
import { weighted } from '../../src/model/objectives/weighted.js';
import { forEachParameter } from '../../src/model/parameters.js';
import { Random } from '../../src/model/random.js';
import '../support/activations.js';
import { createNetwork, forwardLayer, gradientsOf, inputsOf, type Network } from '../support/network.js';
import { halfSquaredError } from '../support/squared-error.js';

const BATCH = 4;

/** Parameters, inputs (a third of them zero) and targets, all random. */
function randomNetwork(
  objective: Objective,
  given: ObjectiveFacts,
  layers: readonly number[],
  seed: number,
  activation: string,
): Network {
  const random = new Random(seed, 0);
  const uniform = () => 2 * random.fraction() - 1;
  const samples = Array.from({ length: BATCH }, () =>
    Array.from({ length: layers[0]! }, () => (random.below(3) === 0 ? 0 : uniform())),
  );
  const outputs = layers.at(-1)!;
  const { targets } = objective;
  const facts =
    objective.outputs({ classes: 0, targets: given.targets }) > 0 ? given : { ...given, targets: NO_FACTS.targets };
  const count = BATCH * targetWidth({ facts });
  const numbers = Array.from({ length: count }, () => (targets === 'uint32' ? random.below(outputs) : 3 * uniform()));
  const parameterCount = layers.slice(1).reduce((sum, outputs, l) => sum + (layers[l]! + 1) * outputs, 0);
  const parameters = Float32Array.from({ length: parameterCount }, uniform);
  const needs = { targets, facts, ...activationNeeds(activation) };
  const network = createNetwork(chooseKernel('reference'), layers, samples, parameters, undefined, false, needs);
  network.memory.rows.targets.set(numbers);
  if (given.isWeighted) network.memory.rows.weights.set([0.5, 3, 0, 1.25]);
  return network;
}

/** The weights of the samples, and of their classes. */
function weightsOf({ memory: { rows } }: Network, { isWeighted, classWeights }: ObjectiveFacts): number[] {
  return Array.from(
    { length: BATCH },
    (_, s) => (isWeighted ? rows.weights[s]! : 1) * (classWeights?.[rows.targets[s]!] ?? 1),
  );
}

/** The batch's loss, and which hidden units are active in each sample. */
function forward(objective: Objective, network: Network, differentiate: boolean, facts: ObjectiveFacts) {
  const { memory } = network;
  for (const l of memory.layers.keys()) forwardLayer(network, l, 0, BATCH);
  const criterion = objective.criterion(memory);
  const slots = Array.from({ length: BATCH }, (_, slot) => slot);
  const weights = weightsOf(network, facts);
  let sum = 0;
  for (const slot of slots) {
    if (differentiate) criterion.differentiate(slot, slot);
    else criterion.evaluate(slot, slot);
    sum += weights[slot]! * criterion.loss;
  }
  const hidden = memory.layers.slice(1).flatMap((_, l) => slots.flatMap((slot) => inputsOf(network, l + 1, slot)));
  return { sum, active: hidden.map((h) => h > 0).join() };
}

/** As many targets as outputs. A delta that some errors are below, others above. */
function factsFor(outputs: number): ObjectiveFacts {
  return {
    targets: Array.from({ length: outputs }, (_, k) => ({ name: String(k + 1), mean: 0, deviation: 1 })),
    huberDelta: 1.5,
    isWeighted: false,
  };
}

const H = 1e-5;
const OTHER_ACTIVATIONS = activationNames().filter((name) => name !== DEFAULT_ACTIVATION);
/** All that there are, and one that only tests have. */
const ALL_OBJECTIVES: readonly { name: string; of: (facts: ObjectiveFacts) => Objective }[] = [
  ...Object.entries(OBJECTIVES).map(([name, of]) => ({ name, of })),
  { name: halfSquaredError.name, of: () => halfSquaredError },
];

/** What weights an objective may have. */
const WEIGHTS: readonly {
  name: string;
  facts: (outputs: number) => Partial<ObjectiveFacts>;
  isForClasses?: boolean;
}[] = [
  { name: 'weighted samples', facts: () => ({ isWeighted: true }) },
  { name: 'weighted classes', facts: (outputs) => classWeights(outputs), isForClasses: true },
  { name: 'both weights', facts: (outputs) => ({ isWeighted: true, ...classWeights(outputs) }), isForClasses: true },
];

function classWeights(outputs: number): Partial<ObjectiveFacts> {
  return { classWeights: Array.from({ length: outputs }, (_, c) => 2.5 / (c + 1)) };
}

const CASES = ALL_OBJECTIVES.flatMap((each) => {
  const kinds = WEIGHTS.filter(({ isForClasses }) => !isForClasses || each.name === 'softmax-cross-entropy');
  const plain = { ...each, given: (): Partial<ObjectiveFacts> => ({}) };
  return [
    plain,
    ...kinds.map(({ name, facts }) => ({
      name: `${each.name}, ${name}`,
      of: (all: ObjectiveFacts) => weighted(each.of(all), all),
      given: facts,
    })),
  ];
});

describe.each(CASES)('dL/dθ of the reference kernel, for $name', ({ of, given }) => {
  it.each([
    { layers: [4, 5, 2], seed: 4, activation: 'relu' },
    { layers: [5, 3], seed: 1, activation: 'relu' },
    { layers: [6, 7, 4], seed: 2, activation: 'relu' },
    { layers: [5, 6, 5, 3], seed: 3, activation: 'relu' },
    ...OTHER_ACTIVATIONS.map((activation) => ({ layers: [5, 6, 5, 3], seed: 3, activation })),
  ])(
    'equals the finite difference within 1e-6·max(1, |gradient|) for $layers, $activation',
    ({ layers, seed, activation }) => {
      const outputs = layers.at(-1)!;
      const facts = { ...factsFor(outputs), ...given(outputs) };
      const objective = of(facts);
      const network = randomNetwork(objective, facts, layers, seed, activation);
      const { memory, kernel } = network;
      const { active } = forward(objective, network, true, facts);
      for (let l = memory.layers.length - 1; l > 0; l--) kernel.backward(l, 0, BATCH);
      for (const l of memory.layers.keys()) kernel.accumulate(l, 0, BATCH);
      const gradients = gradientsOf(network);

      let next = 0;
      for (const layer of memory.layers) {
        forEachParameter(layer, (panel, at) => {
          const value = panel[at]!;
          panel[at] = value + H;
          const above = forward(objective, network, false, facts);
          panel[at] = value - H;
          const below = forward(objective, network, false, facts);
          panel[at] = value;
          // These seeds keep every unit on its side of ReLU's kink; a test that skipped some would say less.
          expect([above.active, below.active]).toEqual([active, active]);
          const gradient = gradients[next++]!;
          const difference = (above.sum - below.sum) / (2 * H);
          expect(Math.abs(difference - gradient)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(gradient)));
        });
      }
      expect(next).toBe(gradients.length);
      expect(gradients.filter((gradient) => gradient !== 0).length).toBeGreaterThan(gradients.length / 2);
    },
  );
});
