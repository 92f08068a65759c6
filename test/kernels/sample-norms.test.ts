/** Norms of the samples' gradients against gradients that are written out, element by element. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activationNames, activationNeeds } from '../../src/kernels/activations.js';
import { chooseKernel, type KernelChoice } from '../../src/kernels/builds.js';
import { NO_FACTS, type ObjectiveFacts, targetWidth } from '../../src/memory/plan.js';
import { OBJECTIVES, objectiveNamed } from '../../src/model/objectives/index.js';
import { squaredNorm, squaredSampleNorm } from '../../src/model/sample-norms.js';
import '../support/activations.js';
import { allKernels } from '../support/kernels.js';
import { createNetwork, forwardLayer, gradientsOf, type Network, outputsOf } from '../support/network.js';
import { valuesOf } from '../support/thoroughness.js';

const uniform = fc.double({ min: -1, max: 1, noNaN: true }).map(Math.fround);
const row = (length: number, of: fc.Arbitrary<number>) => fc.array(of, { minLength: length, maxLength: length });

/** Random cases of each property. */
const RUNS = valuesOf(60, 40);

interface Case {
  readonly layers: readonly number[];
  readonly samples: readonly (readonly number[])[];
  readonly parameters: Float32Array;
  readonly objective: string;
  readonly activation: string;
  readonly denseInputs: boolean;
  readonly panelWidth: number;
  /** Of the samples; empty for none. */
  readonly weights: readonly number[];
  readonly targets: readonly number[];
}

/** Stacks of up to three hidden layers, sparse and dense samples, of which some are all zero. */
const anyCase: fc.Arbitrary<Case> = fc
  .record({
    layers: fc.array(fc.integer({ min: 1, max: 37 }), { minLength: 2, maxLength: 5 }),
    batch: fc.integer({ min: 1, max: 9 }),
    density: fc.constantFrom(0, 0.3, 1),
    objective: fc.constantFrom(...Object.keys(OBJECTIVES)),
    isWeighted: fc.boolean(),
  })
  .chain(({ layers, batch, density, objective, isWeighted }) => {
    const count = layers.slice(1).reduce((sum, outputs, l) => sum + (layers[l]! + 1) * outputs, 0);
    const input = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), uniform).map(([u, x]) => (u < density ? x : 0));
    const outputs = layers.at(-1)!;
    const areClasses = objective === 'softmax-cross-entropy';
    return fc.record({
      layers: fc.constant(layers),
      samples: fc.array(row(layers[0]!, input), { minLength: batch, maxLength: batch }),
      parameters: row(count, uniform).map((values) => Float32Array.from(values)),
      objective: fc.constant(objective),
      activation: fc.constantFrom(...activationNames()),
      denseInputs: fc.boolean(),
      panelWidth: fc.constantFrom(4, 8, 16, 32),
      weights: isWeighted ? row(batch, fc.constantFrom(0, 0.5, 1, 3)) : fc.constant([]),
      targets: areClasses ? row(batch, fc.integer({ min: 0, max: outputs - 1 })) : row(batch * outputs, uniform),
    });
  });

/** The network after back-propagation, with the squared norms of all slots. */
function backPropagated(choice: KernelChoice, c: Case): Network {
  const objectiveFacts: ObjectiveFacts = {
    ...NO_FACTS,
    isWeighted: c.weights.length > 0,
    targets:
      c.objective === 'softmax-cross-entropy'
        ? []
        : Array.from({ length: c.layers.at(-1)! }, (_, k) => ({ name: `${k}`, mean: 0, deviation: 1 })),
  };
  const objective = objectiveNamed(c.objective, objectiveFacts);
  const dense = c.denseInputs && choice.module !== undefined;
  const network = createNetwork(choice, c.layers, c.samples, c.parameters, c.panelWidth, dense, {
    targets: objective.targets,
    facts: objectiveFacts,
    needsSampleNorms: true,
    scalesSamples: true,
    ...activationNeeds(c.activation),
  });
  const { memory, kernel } = network;
  expect(memory.rows.targets.length).toBe(c.samples.length * targetWidth(network.plan));
  memory.rows.targets.set(c.targets);
  memory.rows.weights.set(c.weights);
  const batch = c.samples.length;
  for (const l of memory.layers.keys()) forwardLayer(network, l, 0, batch);
  const criterion = objective.criterion(memory);
  for (const slot of c.samples.keys()) criterion.differentiate(slot, slot);
  for (let l = memory.layers.length - 1; l > 0; l--) kernel.backward(l, 0, batch);
  for (const l of memory.layers.keys()) kernel.squareSamples(l, 0, batch);
  return network;
}

/** Squared norm of the gradient of each layer, for the sample in a slot: all of its elements, one by one. */
function writtenOut(network: Network, slot: number): number[] {
  const { memory, kernel } = network;
  for (const l of memory.layers.keys()) kernel.accumulate(l, slot, slot + 1);
  let next = 0;
  const elements = gradientsOf(network);
  return memory.layers.map(({ inputs, outputs }) => {
    let sum = 0;
    for (const end = next + (inputs + 1) * outputs; next < end; next++) sum += elements[next]! ** 2;
    return sum;
  });
}

/** The bits of all that `squareSamples` leaves. */
function squaresOf({ memory }: Network) {
  return memory.layers.map(({ inputSquares, deltaSquares }) => [[...inputSquares], [...deltaSquares]]);
}

describe.each(allKernels())('kernel $name ($vectorBits bits)', (choice) => {
  const tolerance = choice.name === 'reference' ? 1e-12 : 1e-5;

  it(`gives each layer's and sample's norm within ${tolerance} of the gradient's, written out`, () => {
    fc.assert(
      fc.property(anyCase, (c) => {
        const network = backPropagated(choice, c);
        const { layers } = network.memory;
        for (const slot of c.samples.keys()) {
          const expected = writtenOut(network, slot);
          const found = layers.map((layer) => squaredNorm(layer, slot));
          for (const [l, square] of found.entries()) {
            // (Products of float32 numbers may be subnormal.)
            expect(Math.abs(Math.sqrt(square) - Math.sqrt(expected[l]!))).toBeLessThanOrEqual(
              tolerance * Math.sqrt(expected[l]!) + 1e-30,
            );
          }
          expect(squaredSampleNorm(layers, slot)).toBe(found.reduce((sum, square) => sum + square, 0));
          if (c.weights[slot] === 0) expect(found.every((square) => square === 0)).toBe(true);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('gives the same bits slot by slot, and whatever the panels and the form of the inputs', () => {
    fc.assert(
      fc.property(anyCase, (c) => {
        const whole = backPropagated(choice, c);
        const expected = squaresOf(whole);
        const { memory, kernel } = whole;
        for (const { inputSquares, deltaSquares } of memory.layers) {
          inputSquares.fill(7);
          deltaSquares.fill(7);
        }
        for (const l of memory.layers.keys())
          for (const slot of c.samples.keys()) kernel.squareSamples(l, slot, slot + 1);
        const batch = c.samples.length;
        for (const [l, { inputSquares, deltaSquares }] of memory.layers.entries()) {
          expect([...inputSquares.subarray(0, batch)]).toEqual(expected[l]![0]!.slice(0, batch));
          const written = choice.name === 'reference' ? 1 : 4;
          for (let at = 0; at < 4 * batch; at++)
            expect(deltaSquares[at]).toBe(at % 4 < written ? expected[l]![1]![at] : 7);
        }
        if (!choice.module) return;
        const other = { ...c, denseInputs: !c.denseInputs, panelWidth: c.panelWidth === 32 ? 8 : 32 };
        expect(squaresOf(backPropagated(choice, other))).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });

  it('scales the gradient of a sample by its factor, and no other', () => {
    fc.assert(
      fc.property(anyCase, fc.infiniteStream(fc.constantFrom(0, 0.25, 0.7, 1)), (c, factors) => {
        const network = backPropagated(choice, c);
        const { memory, kernel } = network;
        const batch = c.samples.length;
        memory.sampleFactors.set([...factors.take(batch)].map(Math.fround));
        const rounded = choice.module ? Math.fround : (x: number) => x;
        const deltas = (l: number) => [...c.samples.keys()].map((slot) => outputsOf(network, l, slot));
        const before = [...memory.layers.keys()].map(deltas);
        const from = Math.min(1, batch - 1);
        for (const l of memory.layers.keys()) kernel.scaleSamples(l, from, batch);
        for (const [l, ofLayer] of before.entries()) {
          const expected = ofLayer.map((delta, slot) =>
            slot < from ? delta : delta.map((value) => rounded(value * memory.sampleFactors[slot]!)),
          );
          expect(deltas(l)).toEqual(expected);
        }
      }),
      { numRuns: RUNS },
    );
  });
});

describe('all kernels', () => {
  it('agree on the norms within 1e-4, if all units are on the same side', () => {
    const [reference] = [chooseKernel('reference')];
    const c: Case = {
      layers: [5, 6, 3],
      samples: [
        [1, 0, 0.5, -0.25, 0],
        [0.3, -1, 0, 0, 0.2],
        [0, 0, 0, 0, 0],
      ],
      parameters: Float32Array.from({ length: 57 }, (_, i) => Math.sin(3 * i + 1)),
      objective: 'softmax-cross-entropy',
      activation: 'relu',
      denseInputs: false,
      panelWidth: 8,
      weights: [],
      targets: [0, 2, 1],
    };
    const normsOf = (network: Network) => [0, 1, 2].map((slot) => squaredSampleNorm(network.memory.layers, slot));
    const expected = normsOf(backPropagated(reference, c));
    for (const choice of allKernels()) {
      for (const [slot, norm] of normsOf(backPropagated(choice, c)).entries()) {
        expect(norm / expected[slot]!).toBeCloseTo(1, 4);
      }
    }
  });
});
