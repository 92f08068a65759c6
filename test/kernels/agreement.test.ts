/** Each kernel against the reference, operation by operation, on any shapes and inputs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseKernel, type KernelChoice } from '../../src/kernels/builds.js';
import { readParameters } from '../../src/model/parameters.js';
import { allKernels, fastKernels } from '../support/kernels.js';
import {
  createNetwork,
  forwardLayer,
  gradientsOf,
  inputsOf,
  type Network,
  outputsOf,
  setInputs,
  setOutputs,
  stepLayer,
} from '../support/network.js';
import { valuesOf } from '../support/thoroughness.js';

/**
 * Float32's unit roundoff is 6e-8; a sum of n products errs by at most n of those, relative to Σ|terms|. Here, where no term is
 * above 1, by so much for each term.
 */
const TOLERANCE_A_TERM = 1e-6;

const float = fc.float({ min: -1, max: 1, noNaN: true });
/** Any density: empty rows and full ones too. */
const value = fc
  .constantFrom(0, 0.25, 0.5, 1)
  .chain((density) =>
    density === 0
      ? fc.constant(0)
      : fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), float).map(([u, x]) => (u < density ? x : 0)),
  );

/** Random cases of each property. */
const RUNS = valuesOf(60, 40);

interface Case {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
  readonly panelWidth: number;
  /** Whether the fast kernel has the samples in dense form. */
  readonly denseInputs: boolean;
  readonly samples: readonly (readonly number[])[];
  /** Inputs of the second layer. */
  readonly activations: readonly (readonly number[])[];
  /** δ of both layers. */
  readonly deltas: readonly (readonly (readonly number[])[])[];
  readonly parameters: Float32Array;
}

const rows = (count: number, width: number, of: fc.Arbitrary<number>) =>
  fc.array(fc.array(of, { minLength: width, maxLength: width }), { minLength: count, maxLength: count });

/** So wide that the forward pass goes by several blocks of inputs. */
const wideCase = caseOf({ inputs: [400, 700], hidden: [330, 400] });

const anyCase = caseOf({ inputs: [1, 40], hidden: [1, 70] });

type Bounds = readonly [min: number, max: number];

function caseOf(bounds: { readonly inputs: Bounds; readonly hidden: Bounds }): fc.Arbitrary<Case> {
  return fc
    .constantFrom(4, 8, 12, 16, 20, 24, 28, 32)
    .chain((panelWidth) => {
      // Half of the widths fill panels of that width, of which there would else be few.
      const width = ([min, max]: Bounds) =>
        fc.oneof(
          fc.integer({ min, max }),
          fc
            .integer({ min: Math.ceil(min / panelWidth), max: Math.floor(max / panelWidth) })
            .map((n) => n * panelWidth),
        );
      return fc.record({
        inputs: fc.integer({ min: bounds.inputs[0], max: bounds.inputs[1] }),
        hidden: width(bounds.hidden),
        outputs: width([1, 40]),
        batch: fc.integer({ min: 1, max: 9 }),
        panelWidth: fc.constant(panelWidth),
      });
    })
    .chain(({ batch, inputs, hidden, outputs, panelWidth }) =>
      fc.record({
        inputs: fc.constant(inputs),
        hidden: fc.constant(hidden),
        outputs: fc.constant(outputs),
        panelWidth: fc.constant(panelWidth),
        denseInputs: fc.boolean(),
        samples: rows(batch, inputs, value),
        activations: rows(batch, hidden, value.map(Math.abs)),
        deltas: fc.tuple(rows(batch, hidden, float), rows(batch, outputs, float)),
        parameters: fc
          .infiniteStream(float)
          .map((stream) => Float32Array.from(stream.take((inputs + 1) * hidden + (hidden + 1) * outputs))),
      }),
    );
}

function networkOf(choice: KernelChoice, c: Case): Network {
  const denseInputs = c.denseInputs && choice.module !== undefined;
  return createNetwork(choice, [c.inputs, c.hidden, c.outputs], c.samples, c.parameters, c.panelWidth, denseInputs);
}

/** As if the forward pass had left these activations, and back-propagation these deltas: of both layers, or of the last. */
function prepare(network: Network, c: Case, deltas: readonly number[] = [0, 1]): void {
  for (const slot of c.samples.keys()) {
    setInputs(network, 1, slot, c.activations[slot]!);
    for (const l of deltas) setOutputs(network, l, slot, c.deltas[l]![slot]!);
  }
}

/** The same operation in both kernels, and what it left. */
function both(fast: KernelChoice, c: Case, act: (network: Network) => number[]): [number[], number[]] {
  return [act(networkOf(fast, c)), act(networkOf(chooseKernel('reference'), c))];
}

function expectClose([actual, expected]: [number[], number[]], terms: number): void {
  expect(actual.length).toBe(expected.length);
  const bound = TOLERANCE_A_TERM * (terms + 1);
  // (NaN is not close. One assertion for each of a million numbers would take longer than all else.)
  const far = actual.findIndex((each, i) => !(Math.abs(each - expected[i]!) <= bound));
  if (far >= 0) expect.fail(`number ${far}: ${actual[far]}, and the reference has ${expected[far]}`);
}

/** To the bit; NaN is NaN. */
function expectSame(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  const other = actual.findIndex((each, i) => !Object.is(each, expected[i]));
  if (other >= 0) expect.fail(`number ${other}: ${actual[other]}, and not ${expected[other]}`);
}

describe.each(allKernels().slice(0, -1))(
  `kernel $name ($vectorBits bits) agrees with reference within ${TOLERANCE_A_TERM} for each term of a sum (float32, up to 71 terms of at most 1)`,
  (fast) => {
    it('forward, hidden layer: h = ReLU(x·W + b), as a row or a list in ascending order', () => {
      fc.assert(
        fc.property(anyCase, (c) => {
          const act = (network: Network) => {
            forwardLayer(network, 0, 0, c.samples.length);
            const { form, starts, lengths, index } = network.memory.layers[1]!.inputRows;
            for (const slot of form === 'dense' ? [] : c.samples.keys()) {
              const list = [...index.subarray(starts[slot]!, starts[slot]! + lengths[slot]!)];
              expect(list).toEqual([...list].sort((a, b) => a - b));
              if (network.plan.mirrors) continue;
              // (The reference kernel stores f′ of the others.)
              const isFree = (j: number) => network.plan.reals === 'float64' && list.includes(j);
              expect(outputsOf(network, 0, slot).every((z, j) => z === 0 || isFree(j))).toBe(true);
            }
            return c.samples.flatMap((_, slot) => inputsOf(network, 1, slot));
          };
          expectClose(both(fast, c, act), c.inputs);
        }),
        { numRuns: RUNS },
      );
    });

    it('forward, last layer: z = h·W + b', () => {
      fc.assert(
        fc.property(anyCase, (c) => {
          const act = (network: Network) => {
            prepare(network, c);
            forwardLayer(network, 1, 0, c.samples.length);
            return c.samples.flatMap((_, slot) => outputsOf(network, 1, slot));
          };
          expectClose(both(fast, c, act), c.hidden);
        }),
        { numRuns: RUNS },
      );
    });

    it('backward: δ·Wᵀ where the unit was active, and 0 elsewhere', () => {
      fc.assert(
        fc.property(anyCase, (c) => {
          const act = (network: Network) => {
            prepare(network, c, [1]);
            network.kernel.backward(1, 0, c.samples.length);
            return c.samples.flatMap((_, slot) => outputsOf(network, 0, slot));
          };
          expectClose(both(fast, c, act), c.outputs);
        }),
        { numRuns: RUNS },
      );
    });

    it('step: W − rate · Σ xᵀδ', () => {
      fc.assert(
        fc.property(anyCase, (c) => {
          const act = (network: Network) => {
            prepare(network, c);
            for (const l of network.memory.layers.keys()) stepLayer(network, l, 0.5);
            return [...readParameters(network.memory.layers)];
          };
          expectClose(both(fast, c, act), c.samples.length);
        }),
        { numRuns: RUNS },
      );
    });

    it('accumulate and applyGradients: Σ xᵀδ into a buffer, and the step from it', () => {
      fc.assert(
        fc.property(anyCase, (c) => {
          const act = (network: Network) => {
            prepare(network, c);
            for (const l of [0, 1]) network.kernel.accumulate(l, 0, c.samples.length);
            const gradients = gradientsOf(network);
            for (const l of [0, 1]) network.kernel.applyGradients(l, 0.5);
            return [...gradients, ...readParameters(network.memory.layers)];
          };
          expectClose(both(fast, c, act), c.samples.length);
        }),
        { numRuns: RUNS },
      );
    });
  },
);

describe.each(fastKernels())('kernel $name ($vectorBits bits) gives the same bits', (fast) => {
  /** A whole step, its parts cut as told; all that it leaves. */
  function wholeStep(c: Case, panelWidth: number, slotCut: number, rowCut: number, panelCut: number): number[] {
    const network = networkOf(fast, { ...c, panelWidth });
    const { kernel, memory } = network;
    const batch = c.samples.length;
    const slots = [
      [0, slotCut],
      [slotCut, batch],
    ] as const;
    for (const [from, to] of slots) for (const l of [0, 1]) forwardLayer(network, l, from, to, panelCut);
    for (const slot of c.samples.keys()) setOutputs(network, 1, slot, c.deltas[1]![slot]!);
    for (const [from, to] of slots) kernel.backward(1, from, to);
    for (const l of memory.layers.keys()) stepLayer(network, l, 0.5, { rowCut, panelCut });
    // Without the sign of zeros: a fused product that underflows leaves −0, and a zero that is added makes it 0.
    return Array.from(readParameters(memory.layers), (parameter) => parameter + 0);
  }

  it('whatever the blocks of inputs: wide layers, of samples alone or together', () => {
    fc.assert(
      fc.property(wideCase, fc.nat(9), (c, slots) => {
        const slotCut = Math.min(slots, c.samples.length);
        const network = networkOf(fast, { ...c, denseInputs: false });
        fc.pre(network.memory.layers.some(({ inputBlocks }) => inputBlocks > 1));
        expectSame(wholeStep(c, c.panelWidth, slotCut, 0, 0), wholeStep({ ...c, denseInputs: true }, 32, 0, 0, 0));
      }),
      // (To shrink a case of this size would take minutes.)
      { numRuns: valuesOf(5, 2), endOnFailure: true },
    );
  });

  it('whatever the panels and the form of the inputs, and wherever samples, rows and panels are cut', () => {
    fc.assert(
      fc.property(anyCase, fc.nat(9), fc.nat(70), fc.nat(18), (c, slots, rowCut, panelCut) => {
        const slotCut = Math.min(slots, c.samples.length);
        const plain = wholeStep({ ...c, denseInputs: false }, 32, 0, 0, 0);
        expectSame(wholeStep(c, c.panelWidth, slotCut, rowCut, panelCut), plain);
      }),
      { numRuns: RUNS },
    );
  });
});

describe.each(fastKernels())('kernel $name ($vectorBits bits), its weights no longer finite', (fast) => {
  it('passes on real units only, each as NaN: padding, which is NaN too, is none', () => {
    fc.assert(
      fc.property(anyCase, (c) => {
        const network = networkOf(fast, c);
        // A NaN in padding comes from 0 · ∞ in a step; here it is put there.
        for (const { parameters } of network.memory.layers) parameters.fill(Number.NaN);
        forwardLayer(network, 0, 0, c.samples.length);
        const { form, lengths } = network.memory.layers[1]!.inputRows;
        for (const slot of c.samples.keys()) {
          expect(inputsOf(network, 1, slot).every(Number.isNaN)).toBe(true);
          if (form === 'sparse') expect(lengths[slot]).toBe(c.hidden);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
