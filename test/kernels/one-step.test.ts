/** One step of a three-layer network against PyTorch's: losses, gradients, parameters (test/fixtures/one-step.py). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KernelChoice } from '../../src/kernels/builds.js';
import { SoftmaxCrossEntropy } from '../../src/model/objectives/softmax-cross-entropy.js';
import { readParameters } from '../../src/model/parameters.js';
import { allKernels } from '../support/kernels.js';
import { createNetwork, forwardLayer, gradientsOf, stepLayer } from '../support/network.js';
import { fixtures } from '../support/paths.js';

interface Fixture {
  readonly layers: number[];
  readonly rate: number;
  readonly inputs: number[][];
  readonly targets: number[];
  readonly parameters: number[];
  readonly losses: number[];
  readonly gradients: number[];
  readonly stepped: number[];
}

const torch = JSON.parse(readFileSync(path.join(fixtures, 'one-step.json'), 'utf8')) as Fixture;
const batch = torch.inputs.length;

/** Float64's rounding, and float32's, of sums of a dozen terms around 1. (Inputs are stored as float32 in both.) */
const tolerances = { reference: 1e-12, simd: 2e-6, 'simd-fma': 2e-6 };

/** A whole step of a network of its own. */
function oneStep(choice: KernelChoice) {
  const network = createNetwork(choice, torch.layers, torch.inputs, Float32Array.from(torch.parameters));
  const { memory, kernel } = network;
  for (const l of memory.layers.keys()) forwardLayer(network, l, 0, batch);
  memory.rows.targets.set(torch.targets);
  const loss = new SoftmaxCrossEntropy(memory);
  const losses = torch.targets.map((_, slot) => {
    loss.differentiate(slot, slot);
    return loss.loss;
  });
  for (let l = memory.layers.length - 1; l > 0; l--) kernel.backward(l, 0, batch);
  for (const l of memory.layers.keys()) kernel.accumulate(l, 0, batch);
  const gradients = gradientsOf(network);
  for (const l of memory.layers.keys()) stepLayer(network, l, torch.rate);
  return { losses, gradients, stepped: [...readParameters(memory.layers, new Float64Array(torch.stepped.length))] };
}

describe.each(allKernels())('one step with kernel $name ($vectorBits bits)', (choice) => {
  const tolerance = tolerances[choice.name];

  it.each([
    ['losses', 'losses'],
    ['gradient of every parameter', 'gradients'],
    ['parameters after the step', 'stepped'],
  ] as const)(`has PyTorch's %s within ${tolerance}`, (_, what) => {
    const actual = oneStep(choice)[what];
    const expected = torch[what];
    expect(actual.length).toBe(expected.length);
    for (const [i, value] of actual.entries()) expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(tolerance);
  });
});
