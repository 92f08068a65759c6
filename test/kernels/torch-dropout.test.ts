/** Dropout and label smoothing against PyTorch, with masks by another implementation (test/fixtures/regularization.py). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { activationNeeds } from '../../src/kernels/activations.js';
import { chooseKernel, type KernelChoice } from '../../src/kernels/builds.js';
import { type Dropout, writeFactors } from '../../src/kernels/dropout.js';
import type { Plan } from '../../src/memory/plan.js';
import { Dropouts, factorOf, thresholdOf } from '../../src/model/dropout.js';
import { SoftmaxCrossEntropy } from '../../src/model/objectives/softmax-cross-entropy.js';
import { forEachParameter } from '../../src/model/parameters.js';
import { BatchInputs } from '../../workers/batch-inputs.js';
import { allKernels } from '../support/kernels.js';
import { createNetwork, forwardLayer, gradientsOf, type Network } from '../support/network.js';
import { fixtures } from '../support/paths.js';

interface Fixture {
  readonly layers: readonly number[];
  readonly seed: number;
  readonly epoch: number;
  readonly smoothing: number;
  readonly samples: readonly number[];
  readonly thresholds: readonly number[];
  readonly inputs: readonly (readonly number[])[];
  readonly targets: readonly number[];
  readonly parameters: readonly number[];
  readonly activations: Readonly<Record<string, { loss: number; gradients: readonly number[] }>>;
}

const torch = JSON.parse(readFileSync(path.join(fixtures, 'regularization.json'), 'utf8')) as Fixture;
const COUNT = torch.samples.length;

/** Gradients are sums of some dozen products around 1. */
const TOLERANCES = { reference: 1e-12, simd: 1e-5, 'simd-fma': 1e-5 };

interface Job {
  readonly network: Network;
  /** The loss of the batch; leaves δ. */
  readonly forward: () => number;
  readonly backward: () => void;
}

/** Sample number n is row n; the batch has them in the order of the fixture. */
function jobOf(choice: KernelChoice, activation: string, denseInputs: boolean, panelWidth?: number): Job {
  const { layers, seed, epoch, thresholds, samples, inputs, targets } = torch;
  const rows = samples.map((_, n) => inputs[samples.indexOf(n)]!);
  const more: Partial<Plan> = { ...activationNeeds(activation), dropout: { seed, thresholds } };
  const parameters = Float32Array.from(torch.parameters);
  const network = createNetwork(choice, layers, rows, parameters, panelWidth, denseInputs, more);
  const { memory, kernel, plan } = network;
  const { order } = memory.epochs[0];
  order.set(samples);
  memory.rows.targets.set(samples.map((_, n) => targets[samples.indexOf(n)]!));
  const dropouts = new Dropouts({ seed, thresholds });
  const dropoutOf = (layer: number) => dropouts.of(layer, epoch, order, 0);
  const made = new BatchInputs(plan, memory, kernel, dropouts);
  // In two parts.
  const batch = { record: memory.epochs[0], epoch, step: 1, first: 0, count: COUNT };
  made.make(batch, { from: 0, to: 2 });
  made.make(batch, { from: 2, to: COUNT });
  made.place(batch, { from: 0, to: COUNT });
  const criterion = new SoftmaxCrossEntropy(memory, torch.smoothing);
  return {
    network,
    forward: () => {
      for (const l of memory.layers.keys()) forwardLayer(network, l, 0, COUNT, 0, dropoutOf);
      let loss = 0;
      for (const [slot, sample] of samples.entries()) {
        criterion.differentiate(slot, sample);
        loss += criterion.loss;
      }
      return loss;
    },
    backward: () => {
      for (let l = memory.layers.length - 1; l > 0; l--) kernel.backward(l, 0, COUNT);
      for (const l of memory.layers.keys()) kernel.accumulate(l, 0, COUNT);
    },
  };
}

const FORMS = Object.keys(torch.activations).flatMap((activation) =>
  allKernels().flatMap((choice) =>
    [false, true]
      .filter((denseInputs) => choice.module || !denseInputs)
      .map((denseInputs) => ({ ...choice, choice, activation, denseInputs })),
  ),
);

describe('a step with dropout and label smoothing', () => {
  it.each(FORMS)(
    "$activation, kernel $name ($vectorBits bits), dense inputs $denseInputs: PyTorch's loss and gradients",
    ({ choice, activation, denseInputs }) => {
      const expected = torch.activations[activation]!;
      for (const panelWidth of [32, 8]) {
        const { network, forward, backward } = jobOf(choice, activation, denseInputs, panelWidth);
        const tolerance = TOLERANCES[choice.name];
        expect(Math.abs(forward() - expected.loss)).toBeLessThanOrEqual(tolerance);
        backward();
        const gradients = gradientsOf(network);
        expect(gradients.length).toBe(expected.gradients.length);
        for (const [i, value] of gradients.entries())
          expect(Math.abs(value - expected.gradients[i]!)).toBeLessThanOrEqual(tolerance);
      }
    },
  );

  it.each(Object.keys(torch.activations))('%s: gradients equal finite differences within 1e-6', (activation) => {
    const { network, forward, backward } = jobOf(chooseKernel('reference'), activation, false);
    forward();
    backward();
    const gradients = gradientsOf(network);
    const H = 1e-6;
    let next = 0;
    for (const layer of network.memory.layers) {
      forEachParameter(layer, (panel, at) => {
        const gradient = gradients[next++]!;
        if (next % 7 !== 0) return;
        const value = panel[at]!;
        panel[at] = value + H;
        const above = forward();
        panel[at] = value - H;
        const below = forward();
        panel[at] = value;
        expect(Math.abs((above - below) / (2 * H) - gradient)).toBeLessThanOrEqual(1e-6);
      });
    }
  });
});

describe('masks', () => {
  const UNITS = 37;
  const factorsOf = (probability: number, seed: number, epoch: number, layer: number, sample: number) => {
    const threshold = thresholdOf(probability);
    const dropouts = new Dropouts({ seed, thresholds: Array.from({ length: 3 }, () => threshold) });
    const factors = new Float64Array(UNITS);
    writeFactors(dropouts.of(layer, epoch, Uint32Array.of(sample), 0) as Dropout, 0, factors, UNITS);
    return [...factors];
  };

  it('drop as often as the probability says, and leave the mean as it is', () => {
    for (const probability of [0.05, 0.2, 0.5, 0.9]) {
      const all = Array.from({ length: 500 }, (_, sample) => factorsOf(probability, 1, 1, 1, sample)).flat();
      const deviation = Math.sqrt((probability * (1 - probability)) / all.length);
      const dropped = all.filter((factor) => factor === 0).length / all.length;
      expect(Math.abs(dropped - probability)).toBeLessThan(4 * deviation);
      expect(factorOf(thresholdOf(probability)) * (1 - thresholdOf(probability) / 65_536)).toBeCloseTo(1, 14);
    }
  });

  it('differ by seed, epoch, layer and sample, each in about half of the units', () => {
    const masks = [
      ...[factorsOf(0.5, 1, 1, 1, 1), factorsOf(0.5, 2, 1, 1, 1), factorsOf(0.5, 1, 2, 1, 1)],
      ...[factorsOf(0.5, 1, 1, 2, 1), factorsOf(0.5, 1, 1, 0, 1), factorsOf(0.5, 1, 1, 1, 2)],
    ];
    for (const [i, a] of masks.entries()) {
      for (const b of masks.slice(i + 1)) {
        const different = a.filter((factor, unit) => factor !== b[unit]).length;
        // 37 fair coins: fewer than 6 heads have a probability of 1e-5.
        expect(Math.abs(different - UNITS / 2)).toBeLessThan(13);
      }
    }
  });
});
