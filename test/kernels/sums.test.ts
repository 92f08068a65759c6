/** Sums over large batches: block by block of 256 samples, in one order, whatever the form and the cuts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KernelChoice } from '../../src/kernels/builds.js';
import { readParameters } from '../../src/model/parameters.js';
import { allKernels, fastKernels } from '../support/kernels.js';
import { createNetwork, gradientsOf, type Network, setOutputs, stepLayer } from '../support/network.js';

const { fround } = Math;
const BLOCK = 256;
const RATE = 0.5;

interface Batch {
  readonly inputs: number;
  readonly outputs: number;
  readonly samples: readonly (readonly number[])[];
  readonly deltas: readonly (readonly number[])[];
}

/** Inputs that are powers of two, and no tiny δ, so that no product is rounded: a fused multiply-add gives the same sum. */
const anyInput = fc.constantFrom(0, 0, 0, 0.5, 1, -2);

const anyBatch: fc.Arbitrary<Batch> = fc
  .record({
    inputs: fc.integer({ min: 1, max: 7 }),
    outputs: fc.integer({ min: 1, max: 40 }),
    size: fc.constantFrom(1, 255, 256, 257, 300, 511, 512, 513, 700, 1025),
    // Of the samples, which light an input at all: whole blocks of a row's list may be empty.
    dark: fc.constantFrom<readonly [number, number]>([0, 0], [0, 256], [200, 600], [256, 1025]),
    seed: fc.infiniteStream(anyInput),
    numbers: fc.infiniteStream(fc.integer({ min: -(2 ** 24), max: 2 ** 24 }).map((n) => n / 2 ** 24)),
  })
  .map(({ inputs, outputs, size, dark, seed, numbers }) => {
    // (A stream is slow: a prime number of its values comes again and again.)
    const some = { inputs: [...seed.take(251)], deltas: [...numbers.take(509)] };
    const isDark = (s: number) => s >= dark[0] && s < dark[1];
    return {
      inputs,
      outputs,
      samples: Array.from({ length: size }, (_, s) =>
        Array.from({ length: inputs }, (_, i) => (isDark(s) ? 0 : some.inputs[(s * inputs + i) % 251]!)),
      ),
      deltas: Array.from({ length: size }, (_, s) =>
        Array.from({ length: outputs }, (_, j) => some.deltas[(s * outputs + j) % 509]!),
      ),
    };
  });

/** The order of summation as docs/design.md has it, in float32. */
function sumInBlocks(terms: readonly number[], first: number): number {
  let total = 0;
  let part = 0;
  for (const [i, term] of terms.entries()) {
    part = fround(part + term);
    const isLast = i + 1 === terms.length;
    if (!isLast && (first + i + 1) % BLOCK !== 0) continue;
    total = fround(total + part);
    part = 0;
  }
  return total;
}

/** The sums of the slots [from, to), in the order of the parameters. The bias is the weight of an input that is always 1. */
function expectedSums({ inputs, outputs, samples, deltas }: Batch, from: number, to: number): number[] {
  return Array.from({ length: (inputs + 1) * outputs }, (_, p) => {
    const [i, j] = [Math.floor(p / outputs), p % outputs];
    const terms = samples.slice(from, to).map((sample, s) => (i === inputs ? 1 : sample[i]!) * deltas[from + s]![j]!);
    return sumInBlocks(terms, from);
  });
}

function networkOf(choice: KernelChoice, batch: Batch, panelWidth: number, isDense: boolean): Network {
  const { inputs, outputs, samples, deltas } = batch;
  const parameters = new Float32Array((inputs + 1) * outputs);
  const network = createNetwork(choice, [inputs, outputs], samples, parameters, panelWidth, isDense);
  for (const [slot, delta] of deltas.entries()) setOutputs(network, 0, slot, delta);
  return network;
}

/** To the bit, but for the sign of zeros. */
function expectSame(actual: Iterable<number>, expected: readonly number[]): void {
  expect(Array.from(actual, (each) => each + 0)).toEqual(expected.map((each) => each + 0));
}

const forms = fc.record({
  panelWidth: fc.constantFrom(4, 8, 12, 16, 20, 24, 28, 32),
  isDense: fc.boolean(),
});

describe.each(fastKernels())(
  'kernel $name ($vectorBits bits): the blocks of 256 samples, each from 0 on, added in their order',
  (fast) => {
    it('step, wherever rows and panels are cut', () => {
      fc.assert(
        fc.property(anyBatch, forms, fc.nat(8), fc.nat(10), (batch, { panelWidth, isDense }, rowCut, panelCut) => {
          const network = networkOf(fast, batch, panelWidth, isDense);
          stepLayer(network, 0, RATE, { rowCut, panelCut });
          const sums = expectedSums(batch, 0, batch.samples.length);
          expectSame(
            readParameters(network.memory.layers),
            sums.map((sum) => -RATE * sum),
          );
        }),
        { numRuns: 25 },
      );
    });

    it.each([1, 2, 3, 4, 5, 6, 7, 8])('of every width of a panel: %i vectors', (vectors) => {
      const outputs = 4 * vectors;
      for (const size of [100, 600]) {
        const batch: Batch = {
          inputs: 5,
          outputs,
          samples: Array.from({ length: size }, (_, s) =>
            Array.from({ length: 5 }, (_, i) => [0, 0.5, 1, 2][(s * 7 + i * 3) % 4]!),
          ),
          deltas: Array.from({ length: size }, (_, s) =>
            Array.from({ length: outputs }, (_, j) => Math.fround(1 / (s + j + 1))),
          ),
        };
        const sums = expectedSums(batch, 0, size);
        for (const isDense of [false, true]) {
          const network = networkOf(fast, batch, outputs, isDense);
          network.kernel.accumulate(0, 0, size);
          expectSame(gradientsOf(network), sums);
          stepLayer(network, 0, RATE);
          const stepped = sums.map((sum) => -RATE * sum);
          expectSame(readParameters(network.memory.layers), stepped);
        }
      }
    });

    it('accumulate, over any share of the batch: blocks begin at the same places', () => {
      fc.assert(
        fc.property(anyBatch, forms, fc.nat(1025), fc.nat(1025), (batch, { panelWidth, isDense }, a, b) => {
          const size = batch.samples.length;
          const [from, to] = [Math.min(a, b, size), Math.min(Math.max(a, b), size)];
          const network = networkOf(fast, batch, panelWidth, isDense);
          // What stood there before.
          for (const gradients of network.memory.layers[0]!.gradients) gradients.fill(7);
          network.kernel.accumulate(0, from, to);
          expectSame(gradientsOf(network), expectedSums(batch, from, to));
        }),
        { numRuns: 25 },
      );
    });
  },
);

describe.each(allKernels())('kernel $name ($vectorBits bits): a sum over many samples', (choice) => {
  // A single float32 sum of so many equal numbers is 1e-4 off.
  it.each([{ isDense: false }, { isDense: true }])(
    'of 60,000 equal gradients is within 1e-5 of the exact one, in dense form: $isDense',
    ({ isDense }) => {
      const count = 60_000;
      const [x, delta] = [fround(0.3), fround(0.1)];
      const samples = new Array<number[]>(count).fill([x]);
      const batch = { inputs: 1, outputs: 1, samples, deltas: new Array<number[]>(count).fill([delta]) };
      const network = networkOf(choice, batch, 4, isDense && choice.module !== undefined);
      network.kernel.accumulate(0, 0, count);
      const [weight, bias] = gradientsOf(network);
      expect(Math.abs(weight! / (count * x * delta) - 1)).toBeLessThan(1e-5);
      expect(Math.abs(bias! / (count * delta) - 1)).toBeLessThan(1e-5);
    },
  );
});
