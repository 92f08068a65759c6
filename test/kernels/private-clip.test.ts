/** Clipping by sample: no gradient is longer than the threshold, short ones are left alone, and none that is not finite does harm. */
import { describe, expect, it } from 'vitest';
import type { KernelChoice } from '../../src/kernels/builds.js';
import { NO_FACTS } from '../../src/memory/plan.js';
import { objectiveNamed } from '../../src/model/objectives/index.js';
import type { WorkerTask } from '../../src/parallel/task.js';
import type { Batch } from '../../workers/batch.js';
import { workOnSamples } from '../../workers/per-sample.js';
import { allKernels } from '../support/kernels.js';
import { createNetwork, forwardLayer, gradientsOf, type Network } from '../support/network.js';

const LAYERS = [6, 9, 5, 3];
const COUNT = LAYERS.slice(1).reduce((sum, outputs, l) => sum + (LAYERS[l]! + 1) * outputs, 0);
const PARAMETERS = Float32Array.from({ length: COUNT }, (_, p) => Math.sin(p * p + 1));

const SAMPLES = Array.from({ length: 7 }, (_, s) =>
  Array.from({ length: 6 }, (_, i) => Math.fround(((s * 7 + i * 3) % 10) / 10)),
);
/** Makes the activations infinite, and the outputs not numbers. */
const BROKEN = Array.from({ length: 6 }, () => 3e38);

/** After back-propagation and clipping. */
function clipped(
  choice: KernelChoice,
  samples: readonly (readonly number[])[],
  threshold: number,
  dense: boolean,
): Network {
  const objective = objectiveNamed('softmax-cross-entropy', NO_FACTS);
  const network = createNetwork(choice, LAYERS, samples, PARAMETERS, undefined, dense && choice.module !== undefined, {
    targets: objective.targets,
    needsSampleNorms: true,
    scalesSamples: true,
  });
  const { memory, kernel, plan } = network;
  memory.rows.targets.set(samples.map((_, s) => s % 3));
  for (const l of memory.layers.keys()) forwardLayer(network, l, 0, samples.length);
  const criterion = objective.criterion(memory);
  for (const slot of samples.keys()) criterion.differentiate(slot, slot);
  for (let l = memory.layers.length - 1; l > 0; l--) kernel.backward(l, 0, samples.length);
  const task = { plan, privacy: { mechanism: { threshold } } } as unknown as WorkerTask;
  for (const work of workOnSamples({ task, memory, kernel })) work({} as Batch, 0, samples.length);
  return network;
}

/** The gradient of the samples in some slots, written out. */
function gradientOf(network: Network, from: number, to: number): number[] {
  for (const l of network.memory.layers.keys()) network.kernel.accumulate(l, from, to);
  return [...gradientsOf(network)];
}

function normOf(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

describe.each(allKernels())('kernel $name ($vectorBits bits)', (choice) => {
  it.each([true, false])('limits every norm, in dense form: %s', (dense) => {
    const whole = clipped(choice, SAMPLES, 1e9, dense);
    const norms = SAMPLES.map((_, s) => normOf(gradientOf(whole, s, s + 1)));
    const threshold = [...norms].sort((a, b) => a - b)[3]! * 1.0001;
    const network = clipped(choice, SAMPLES, threshold, dense);
    for (const [s, norm] of norms.entries()) {
      const gradient = gradientOf(network, s, s + 1);
      expect(normOf(gradient)).toBeLessThanOrEqual(threshold * (1 + 2 ** -22));
      const before = gradientOf(whole, s, s + 1);
      const factor = Math.min(1, threshold / norm);
      for (const [p, g] of gradient.entries()) expect(Math.abs(g - factor * before[p]!)).toBeLessThan(1e-6 * norm);
      if (norm <= threshold) expect(gradient).toEqual(before);
    }
    expect(norms.filter((norm) => norm > threshold).length).toBe(3);
  });

  it.each([true, false])('leaves out a sample that is not finite, in dense form: %s', (dense) => {
    const broken = [...SAMPLES.slice(0, 3), BROKEN, ...SAMPLES.slice(3)];
    const network = clipped(choice, broken, 0.5, dense);
    const ofBroken = normOf(gradientOf(network, 3, 4));
    // (In float64, it is finite, and clipped.)
    if (choice.name === 'reference') expect(ofBroken).toBeLessThanOrEqual(0.5 * (1 + 1e-9));
    else expect(ofBroken).toBe(0);
    const all = gradientOf(network, 0, broken.length);
    expect(all.every(Number.isFinite)).toBe(true);
    const each = broken.map((_, s) => gradientOf(network, s, s + 1));
    for (const [p, sum] of all.entries()) {
      expect(Math.abs(sum - each.reduce((total, gradient) => total + gradient[p]!, 0))).toBeLessThan(1e-5);
    }
  });
});
