/** From samples to logits through all layers, against the formulas written out here. */
import { expect, it } from 'vitest';
import { ForwardPass } from '../../src/kernels/forward-pass.js';
import { Random } from '../../src/model/random.js';
import { allKernels } from '../support/kernels.js';
import { createNetwork, outputsOf } from '../support/network.js';

/** The second layer takes lists, the last rows in dense form. */
const LAYERS = [7, 40, 33, 5];

it.each(allKernels())(
  'kernel $name ($vectorBits bits): z of the last layer is ReLU(…ReLU(x·W + b)…)·W + b, whatever is in which slot',
  (choice) => {
    const random = new Random(1, 0);
    const uniform = () => Math.fround(2 * random.fraction() - 1);
    const samples = Array.from({ length: 6 }, () =>
      Array.from({ length: 7 }, () => (random.below(3) === 0 ? 0 : uniform())),
    );
    const count = LAYERS.slice(1).reduce((sum, outputs, l) => sum + (LAYERS[l]! + 1) * outputs, 0);
    const parameters = Float32Array.from({ length: count }, uniform);
    const network = createNetwork(choice, LAYERS, samples, parameters, 32);
    const pass = new ForwardPass(network.kernel, network.memory);
    const rowOf = (slot: number) => (slot * 5 + 2) % 6;
    // Twice, for what the first pass has left in the slots must not matter; and only some of them.
    pass.ofSamples((slot) => 5 - slot, 0, 6);
    pass.ofSamples(rowOf, 1, 5);
    for (let slot = 0; slot < 6; slot++) {
      const sample = samples[slot >= 1 && slot < 5 ? rowOf(slot) : 5 - slot]!;
      const expected = logitsOf(sample, parameters);
      for (const [j, z] of outputsOf(network, LAYERS.length - 2, slot).entries()) {
        expect(Math.abs(z - expected[j]!)).toBeLessThanOrEqual(1e-4);
      }
    }
  },
);

function logitsOf(sample: readonly number[], parameters: Float32Array): number[] {
  let h = [...sample];
  let next = 0;
  for (const [l, outputs] of LAYERS.slice(1).entries()) {
    const inputs = LAYERS[l]!;
    const z = Array.from({ length: outputs }, (_, j) => {
      return h.reduce(
        (sum, x, i) => sum + x * parameters[next + i * outputs + j]!,
        parameters[next + inputs * outputs + j]!,
      );
    });
    next += (inputs + 1) * outputs;
    h = l + 2 < LAYERS.length ? z.map((value) => Math.max(value, 0)) : z;
  }
  return h;
}
