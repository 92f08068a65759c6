/** Back-propagation in the reference kernel against finite differences: every parameter, in float64. */
import { describe, expect, it } from 'vitest';
import { activationNeeds } from '../../src/kernels/activations.js';
import { chooseKernel } from '../../src/kernels/builds.js';
import { forEachParameter } from '../../src/model/parameters.js';
import { Random } from '../../src/model/random.js';
import { SoftmaxCrossEntropy } from '../../src/model/softmax-cross-entropy.js';
import { TEST_ACTIVATIONS } from '../support/activations.js';
import { createNetwork, forwardLayer, gradientsOf, inputsOf, type Network } from '../support/network.js';

/** Parameters, inputs (a third of them zero) and targets, all random. */
function randomNetwork(layers: readonly number[], seed: number, activation: string) {
  const random = new Random(seed, 0);
  const uniform = () => 2 * random.fraction() - 1;
  const samples = Array.from({ length: 4 }, () =>
    Array.from({ length: layers[0]! }, () => (random.below(3) === 0 ? 0 : uniform())),
  );
  const targets = samples.map(() => random.below(layers.at(-1)!));
  const count = layers.slice(1).reduce((sum, outputs, l) => sum + (layers[l]! + 1) * outputs, 0);
  const parameters = Float32Array.from({ length: count }, uniform);
  const needs = activationNeeds(activation);
  const network = createNetwork(chooseKernel('reference'), layers, samples, parameters, undefined, false, needs);
  return { network, targets };
}

/** The batch's loss, and which hidden units are active in each sample. */
function forward(network: Network, targets: readonly number[], differentiate: boolean) {
  const { memory } = network;
  for (const l of memory.layers.keys()) forwardLayer(network, l, 0, targets.length);
  const loss = new SoftmaxCrossEntropy(memory.layers.at(-1)!);
  let sum = 0;
  for (const [slot, target] of targets.entries()) {
    if (differentiate) loss.differentiate(slot, target);
    else loss.evaluate(slot, target);
    sum += loss.loss;
  }
  const hidden = memory.layers.slice(1).flatMap((_, l) => targets.flatMap((_, s) => inputsOf(network, l + 1, s)));
  return { sum, active: hidden.map((h) => h > 0).join() };
}

const H = 1e-5;

describe('dL/dθ of the reference kernel', () => {
  it.each([
    { layers: [5, 3], seed: 1, activation: 'relu' },
    { layers: [6, 7, 4], seed: 2, activation: 'relu' },
    { layers: [5, 6, 5, 3], seed: 3, activation: 'relu' },
    ...TEST_ACTIVATIONS.map(({ name }) => ({ layers: [5, 6, 5, 3], seed: 3, activation: name })),
  ])(
    'equals the finite difference within 1e-6·max(1, |gradient|) for $layers, $activation',
    ({ layers, seed, activation }) => {
      const { network, targets } = randomNetwork(layers, seed, activation);
      const { memory, kernel } = network;
      const { active } = forward(network, targets, true);
      for (let l = memory.layers.length - 1; l > 0; l--) kernel.backward(l, 0, targets.length);
      for (const l of memory.layers.keys()) kernel.accumulate(l, 0, targets.length);
      const gradients = gradientsOf(network);

      let next = 0;
      for (const layer of memory.layers) {
        forEachParameter(layer, (panel, at) => {
          const value = panel[at]!;
          panel[at] = value + H;
          const above = forward(network, targets, false);
          panel[at] = value - H;
          const below = forward(network, targets, false);
          panel[at] = value;
          // With these seeds every unit stays on its side of ReLU's kink, so that none need be skipped.
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
