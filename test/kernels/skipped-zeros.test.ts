/** Going back past the zeros of δ in the wide form: the same bits as the narrow form, which multiplies them. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { type ActivationName, activationNeeds } from '../../src/kernels/activations.js';
import { chooseKernel, type KernelChoice } from '../../src/kernels/builds.js';
import type { Dropout } from '../../src/kernels/dropout.js';
import { GRADIENT_BLOCK } from '../../src/memory/layout.js';
import { LANES } from '../../src/memory/tiling.js';
import { collect, collectFailed } from '../support/events.js';
import { allKernels } from '../support/kernels.js';
import { type Folder, mnistPart } from '../support/mnist-part.js';
import { createNetwork, type Network, outputsOf, setOutputs } from '../support/network.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

const wideForms = allKernels().filter(({ module, needs }) => module && needs.mirrors);

interface Case {
  readonly activation: ActivationName;
  readonly dropped: number;
  readonly below: number;
  readonly outputs: number;
  readonly samples: number;
  readonly panelWidth: number;
  /** Rows of a block of the mirror. */
  readonly blockRows: number;
  readonly density: number;
  readonly seed: number;
  /** A weight of the layer. */
  readonly strange: number | undefined;
}

const INPUTS = 5;

function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The layer is the second of three. */
function networkOf(choice: KernelChoice, c: Case, from: number): Network {
  const random = numbers(c.seed);
  const layers = [INPUTS, c.below, c.outputs, 3];
  const count = layers.slice(1).reduce((sum, outputs, l) => sum + (layers[l]! + 1) * outputs, 0);
  const parameters = Float32Array.from({ length: count }, () => (random() < 0.05 ? -0 : random() - 0.5));
  const ofLayer = (INPUTS + 1) * c.below;
  if (c.strange !== undefined) parameters[ofLayer + Math.floor(random() * c.below * c.outputs)] = c.strange;
  const samples = Array.from({ length: c.samples }, () => Array.from({ length: INPUTS }, () => random() - 0.3));
  const threshold = Math.round(c.dropped * 65_536);
  return createNetwork(choice, layers, samples, parameters, c.panelWidth, false, {
    ...activationNeeds(c.activation),
    dropout: { seed: 1, thresholds: [0, threshold, threshold] },
    skipsZeros: { from, rows: c.blockRows },
    threads: 1,
  });
}

/** Forward with dropout, then back from a δ with zeros: δ of the layer below. */
function deltaBelow({ kernel, memory }: Network, c: Case): number[] {
  const random = numbers(c.seed + 1);
  const drop = (layer: number): Dropout | undefined => {
    if (c.dropped === 0) return undefined;
    const samples = Uint32Array.from({ length: c.samples }, (_, s) => s);
    const [threshold, factor] = [Math.round(c.dropped * 65_536), 1 / (1 - c.dropped)];
    return { key: { low: 7, high: layer }, threshold, factor, samples, first: 0 };
  };
  for (const l of [0, 1]) {
    if (l > 0) kernel.findBlocks(l, 0, c.samples);
    kernel.forward(l, { from: 0, to: memory.layers[l]!.panels.length }, 0, c.samples);
    kernel.activate(l, 0, c.samples, drop(l + 1));
  }
  for (let slot = 0; slot < c.samples; slot++) {
    const delta = Array.from({ length: c.outputs }, () => {
      const isNonzero = random() < c.density;
      const x = random() - 0.5;
      return isNonzero ? x : 0 * x;
    });
    setOutputs({ memory, kernel } as Network, 1, slot, delta);
  }
  kernel.backward(1, 0, c.samples);
  return Array.from({ length: c.samples }, (_, slot) => outputsOf({ memory, kernel } as Network, 0, slot)).flat();
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  activation: fc.constantFrom<ActivationName[]>('relu', 'relu', 'tanh', 'gelu'),
  dropped: fc.constantFrom(0, 0.35, 0.5),
  below: fc.integer({ min: 1, max: 90 }),
  outputs: fc.integer({ min: 1, max: 150 }),
  samples: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(GRADIENT_BLOCK, GRADIENT_BLOCK + 1, 250)),
  panelWidth: fc.constantFrom(4, 8, 20, 32),
  blockRows: fc.constantFrom(1, 4, 7, 112),
  density: fc.constantFrom(0, 0.1, 0.5, 0.9, 1),
  seed: fc.integer(),
  strange: fc.constantFrom(undefined, undefined, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
});

/** NaN is NaN. */
function expectSame(actual: readonly number[], expected: readonly number[], c: Case): void {
  expect(actual.length).toBe(expected.length);
  const other = actual.findIndex((each, i) => !Object.is(each, expected[i]));
  if (other >= 0) expect.fail(`${JSON.stringify(c)}: number ${other}: ${actual[other]}, not ${expected[other]}`);
}

describe.each(wideForms)('kernel $name, 256 bits', (wide) => {
  it('δ of the layer below has the bits of the narrow form, also with weights that are not finite', () => {
    const narrow = chooseKernel(wide.name);
    fc.assert(
      fc.property(anyCase, (c) => {
        const skipping = networkOf(wide, c, 0);
        const { mirrorBlocks } = skipping.memory.layers[1]!;
        expect(mirrorBlocks > 0).toBe(c.activation === 'relu' || c.dropped > 0.3);
        expectSame(deltaBelow(skipping, c), deltaBelow(networkOf(narrow, c, 0), c), c);
      }),
      { numRuns: valuesOf(300, 30) },
    );
  });

  it.each(casesOf([1, 3, 15, 16, 17, 255, 256, 257, 1000], (_, i) => i > 5))('%d outputs, some blocks', (outputs) => {
    const c: Case = {
      ...{ activation: 'relu', dropped: 0.35, below: 70, outputs, samples: 9, panelWidth: 8 * LANES },
      ...{ blockRows: 112, density: 0.4, seed: 3, strange: undefined },
    };
    const [skipping, dense] = [0, Number.POSITIVE_INFINITY].map((from) => networkOf(wide, c, from));
    const delta = deltaBelow(skipping!, c);
    expect(delta.filter((each) => each !== 0).length).toBeGreaterThan(50);
    expectSame(delta, deltaBelow(dense!, c), c);
  });
});

describe('a run whose second layer skips zeros', () => {
  let data: Folder;
  beforeAll(async () => {
    data = await mnistPart(150, 20);
  });
  afterAll(() => data.remove());

  const job = { hidden: [64, 270, 20], batchSize: 60, epochs: 2 } satisfies TrainOptions;
  const jobs: readonly TrainOptions[] = [
    { dropout: 0.5, lr: 0.02, threads: 2 },
    { dropout: 0.5, lr: 0.02, threads: 3, activation: 'tanh', optimizer: 'adam' },
  ];
  it.each(casesOf(jobs, (_, i) => i === 0))('ends with the weights of the narrow form: %j', async (given) => {
    const runs = [];
    for (const vectorBits of ['128', '256'] as const) {
      runs.push(await collect({ data: data.path, kernel: 'simd', ...job, ...given, vectorBits }));
    }
    const [narrow, wide] = runs.map(({ end }) => end.weights_sha256);
    expect(wide).toBe(narrow);
    expect(narrow).toMatch(/^[0-9a-f]{64}$/);
  });

  it('that diverges ends where the narrow form ends', async () => {
    const ends = [];
    for (const vectorBits of ['128', '256'] as const) {
      const given = { data: data.path, kernel: 'simd', ...job, lr: 1e30, threads: 1, vectorBits } as const;
      const { end } = await collectFailed(given);
      ends.push([end.message, end.weights_sha256]);
    }
    expect(ends[0]![0]).toMatch(/is not finite/);
    expect(ends[1]).toEqual(ends[0]);
  });
});
