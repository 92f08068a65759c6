/** Activations, their derivatives, and gradients of a network with them, against PyTorch's (test/fixtures/activations.py). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { activationNamed, activationNames, activationNeeds } from '../../src/kernels/activations.js';
import type { KernelChoice } from '../../src/kernels/builds.js';
import { SoftmaxCrossEntropy } from '../../src/model/objectives/softmax-cross-entropy.js';
import { allKernels } from '../support/kernels.js';
import { createNetwork, forwardLayer, gradientsOf } from '../support/network.js';
import { fixtures } from '../support/paths.js';

interface Fixture {
  readonly points: readonly number[];
  readonly layers: readonly number[];
  readonly inputs: readonly (readonly number[])[];
  readonly targets: readonly number[];
  readonly parameters: readonly number[];
  readonly activations: Readonly<
    Record<string, { values: readonly number[]; slopes: readonly number[]; loss: number; gradients: readonly number[] }>
  >;
}

const torch = JSON.parse(readFileSync(path.join(fixtures, 'activations.json'), 'utf8')) as Fixture;

/** Gradients are sums of some dozen products around 1. */
const TOLERANCES = { reference: 1e-12, simd: 1e-5, 'simd-fma': 1e-5 };

function oneStep(choice: KernelChoice, activation: string) {
  const { layers, inputs, parameters, targets } = torch;
  const needs = activationNeeds(activation);
  const network = createNetwork(choice, layers, inputs, Float32Array.from(parameters), undefined, false, needs);
  const { memory, kernel } = network;
  for (const l of memory.layers.keys()) forwardLayer(network, l, 0, inputs.length);
  memory.rows.targets.set(targets);
  const criterion = new SoftmaxCrossEntropy(memory);
  let loss = 0;
  for (const slot of inputs.keys()) {
    criterion.differentiate(slot, slot);
    loss += criterion.loss;
  }
  for (let l = memory.layers.length - 1; l > 0; l--) kernel.backward(l, 0, inputs.length);
  for (const l of memory.layers.keys()) kernel.accumulate(l, 0, inputs.length);
  return { loss, gradients: gradientsOf(network) };
}

it('the fixture has all activations', () => {
  expect(Object.keys(torch.activations)).toEqual(activationNames());
});

describe.each(Object.entries(torch.activations))('%s', (name, expected) => {
  it("has PyTorch's values and derivatives in float64 within 1e-14", () => {
    const { value, slope } = activationNamed(name);
    for (const [i, z] of torch.points.entries()) {
      const scale = Math.max(1, Math.abs(z));
      expect(Math.abs(value(z) - expected.values[i]!)).toBeLessThanOrEqual(1e-14 * scale);
      expect(Math.abs(slope(z, value(z)) - expected.slopes[i]!)).toBeLessThanOrEqual(1e-14);
    }
  });

  it.each(allKernels())(
    "kernel $name ($vectorBits bits): PyTorch's loss, and gradient of every parameter",
    (choice) => {
      const { loss, gradients } = oneStep(choice, name);
      const tolerance = TOLERANCES[choice.name];
      expect(Math.abs(loss - expected.loss)).toBeLessThanOrEqual(tolerance);
      expect(gradients.length).toBe(expected.gradients.length);
      for (const [i, value] of gradients.entries())
        expect(Math.abs(value - expected.gradients[i]!)).toBeLessThanOrEqual(tolerance);
    },
  );
});
