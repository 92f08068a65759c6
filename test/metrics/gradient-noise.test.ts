/** The gradient noise scale against its definition: for all batches that can be drawn, and by PyTorch's per-sample gradients. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_FACTS } from '../../src/memory/plan.js';
import {
  addGradients,
  averagesAfter,
  freshGradients,
  type GradientSums,
  gradientMetrics,
  gradientStateOf,
  gradientsOfStep,
  noGradients,
} from '../../src/metrics/gradient-noise.js';
import { objectiveNamed } from '../../src/model/objectives/index.js';
import { squaredNorm } from '../../src/model/sample-norms.js';
import { squaredGradientNorm } from '../../src/optim/optimizer.js';
import { allKernels } from '../support/kernels.js';
import { createNetwork, forwardLayer } from '../support/network.js';
import { fixtures } from '../support/paths.js';

type Vector = readonly number[];

const square = (vector: Vector) => vector.reduce((sum, x) => sum + x * x, 0);
const sumOf = (vectors: readonly Vector[]) =>
  vectors[0]!.map((_, k) => vectors.reduce((sum, each) => sum + each[k]!, 0));
const meanOf = (vectors: readonly Vector[]) => sumOf(vectors).map((x) => x / vectors.length);

/** tr Σ and ‖G‖² of all samples, by their definition. */
function truthOf(samples: readonly Vector[]) {
  const mean = meanOf(samples);
  const deviations = samples.map((sample) => square(sample.map((x, k) => x - mean[k]!)));
  return { variance: deviations.reduce((sum, each) => sum + each, 0) / samples.length, signal: square(mean) };
}

/** An epoch in that order: its sums, as the run has them, of a network of one layer. */
function epochOf(order: readonly Vector[], batchSize: number): GradientSums {
  const plan = { layers: [1, 1], trainSamples: order.length, batchSize };
  const steps = Math.ceil(order.length / batchSize);
  const batches = Array.from({ length: steps }, (_, t) => order.slice(t * batchSize, (t + 1) * batchSize));
  const gradients = {
    ofSamples: [Float64Array.from(order, square)],
    ofBatches: Float64Array.from(batches, (batch) => square(sumOf(batch))),
  };
  let sums = noGradients(plan);
  for (let step = 0; step < steps; step++) sums = addGradients(sums, gradientsOfStep(plan, { gradients }, step));
  return sums;
}

function permutationsOf<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutationsOf(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

const vectors = (count: number) =>
  fc.integer({ min: 1, max: 3 }).chain((size) =>
    fc.array(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: size, maxLength: size }), {
      minLength: count,
      maxLength: count,
    }),
  );

describe('over all orders of a small data set', () => {
  it.each([
    { samples: 5, batchSize: 2, steps: 2 },
    { samples: 6, batchSize: 4, steps: 2 },
    { samples: 6, batchSize: 3, steps: 2 },
    { samples: 4, batchSize: 4, steps: 1 },
  ])(
    'the averages are tr Σ and ‖G‖² of all samples: $samples samples, batches of $batchSize',
    ({ samples, batchSize, steps }) => {
      fc.assert(
        fc.property(vectors(samples), (given) => {
          const { variance, signal } = truthOf(given);
          const orders = permutationsOf(given);
          let [variances, signals] = [0, 0];
          for (const order of orders) {
            const [whole, layer] = epochOf(order, batchSize).parts;
            expect(layer).toEqual(whole);
            variances += whole!.variance;
            signals += whole!.signal;
          }
          // (A last batch of one sample is skipped.)
          const count = orders.length * steps;
          const scale = Math.max(1e-300, ...given.map(square));
          expect(Math.abs(variances / count - variance) / scale).toBeLessThan(1e-12);
          expect(Math.abs(signals / count - signal) / scale).toBeLessThan(1e-12);
        }),
        { numRuns: 20 },
      );
    },
  );

  it('a batch of all samples gives both exactly', () => {
    fc.assert(
      fc.property(vectors(7), (given) => {
        const { variance, signal } = truthOf(given);
        const { steps, samples, parts } = epochOf(given, 7);
        expect({ steps, samples }).toEqual({ steps: 1, samples: 7 });
        const scale = Math.max(1e-300, ...given.map(square));
        expect(Math.abs(parts[0]!.variance - variance) / scale).toBeLessThan(1e-13);
        expect(Math.abs(parts[0]!.signal - signal) / scale).toBeLessThan(1e-13);
      }),
    );
  });
});

describe('metrics', () => {
  it('are means over steps and samples, and a quotient of averages', () => {
    const sums = epochOf([[3], [5], [1], [-1], [7]], 2);
    const { layer_gradients, ...whole } = gradientMetrics(sums);
    expect(layer_gradients).toEqual([whole]);
    expect(whole.grad_norm).toBeCloseTo((4 + 0 + 7) / 3, 12);
    expect(whole.grad_norm_mean).toBeCloseTo((3 + 5 + 1 + 1 + 7) / 5, 12);
    const { variance, signal } = sums.parts[0]!;
    expect(whole.noise_scale).toBeCloseTo(variance / signal, 12);
  });

  it.each<[string, readonly Vector[], number]>([
    ['the gradients cancel', [[1], [-1]], 2],
    ['all gradients are 0', [[0], [0]], 2],
    ['all batches have one sample', [[1], [2], [4]], 1],
  ])('the noise scale is null if %s', (_, samples, batchSize) => {
    const metrics = gradientMetrics(epochOf(samples, batchSize));
    expect(metrics.noise_scale).toBe(null);
    expect(metrics.grad_norm).not.toBe(null);
    expect(metrics.layer_gradients.map(({ noise_scale }) => noise_scale)).toEqual([null]);
  });

  it('are null before the first step, and where a norm is not finite', () => {
    const NOTHING = { grad_norm: null, grad_norm_mean: null, noise_scale: null };
    expect(gradientMetrics(noGradients({ layers: [1, 1] }))).toEqual({ ...NOTHING, layer_gradients: [NOTHING] });
    const { grad_norm, grad_norm_mean } = gradientMetrics(epochOf([[Number.POSITIVE_INFINITY], [1]], 2));
    expect({ grad_norm, grad_norm_mean }).toEqual({ grad_norm: null, grad_norm_mean: null });
  });

  it('the noise scale of equal gradients is 0', () => {
    expect(
      gradientMetrics(
        epochOf(
          [
            [2, 1],
            [2, 1],
            [2, 1],
            [2, 1],
          ],
          2,
        ),
      ).noise_scale,
    ).toBeCloseTo(0, 12);
  });
});

describe('moving averages', () => {
  it('weight a step 0.99 times as much with each further step, and leave out batches of one sample', () => {
    const steps = [epochOf([[1], [2]], 2), epochOf([[5]], 1), epochOf([[0], [4]], 2)];
    let { averages } = freshGradients({ layers: [1, 1] });
    for (const step of steps) averages = averagesAfter(averages, step);
    const [first, , last] = steps.map(({ parts }) => parts[0]!);
    expect(averages[0]!.variance).toBeCloseTo(0.99 * first!.variance + last!.variance, 12);
    expect(averages[0]!.signal).toBeCloseTo(0.99 * first!.signal + last!.signal, 12);
  });

  it('of the same steps are their quotient', () => {
    const step = epochOf([[1], [2], [4]], 3);
    let { averages } = freshGradients({ layers: [1, 1] });
    for (let i = 0; i < 300; i++) averages = averagesAfter(averages, step);
    expect(gradientMetrics(step, averages).noise_scale).toBeCloseTo(gradientMetrics(step).noise_scale!, 12);
  });
});

describe('in a checkpoint', () => {
  const state = { ...freshGradients({ layers: [2, 3, 1] }), epoch: { ...epochOf([[1], [2]], 2) } };

  it('comes back', () => {
    expect(gradientStateOf(JSON.parse(JSON.stringify(state)))).toEqual(state);
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a part without sums', { ...state, log: { ...state.log, parts: [{}] } }],
    ['a sum that is not finite', { ...state, averages: [{ variance: null, signal: 1 }] }],
    ['a sum beyond bounds', { ...state, averages: [{ variance: 1e300, signal: 1 }] }],
    ['fewer samples than steps', { ...state, log: { ...state.log, steps: 2, samples: 1 } }],
    ['a count that is not whole', { ...state, log: { ...state.log, steps: 0.5 } }],
    ['no averages', { ...state, averages: undefined }],
  ])('%s is not a state', (_, value) => {
    expect(gradientStateOf(value)).toBe(undefined);
  });
});

interface TorchCase {
  readonly inputs: number[][];
  readonly targets: number[];
  readonly weights: number[];
  readonly parameters: number[];
  /** All parts: the whole gradient, then each layer's. */
  readonly sample_norms: number[][];
  readonly batch_norms: number[][];
  readonly batch_variances: number[][];
  readonly variance: number[];
  readonly signal: number[];
}

interface Fixture {
  readonly layers: number[];
  readonly sizes: number[];
  readonly cases: Readonly<Record<string, TorchCase>>;
}

const torch = JSON.parse(readFileSync(path.join(fixtures, 'noise-scale.json'), 'utf8')) as Fixture;

describe.each(allKernels())('kernel $name ($vectorBits bits) against torch.func', (choice) => {
  const digits = choice.name === 'reference' ? 12 : 5;
  const expectClose = (found: number, expected: number) => expect(found / expected).toBeCloseTo(1, digits);

  it.each(Object.keys(torch.cases))('%s, with weights of samples: each norm, and the estimates', (name) => {
    const { layers, sizes } = torch;
    const c = torch.cases[name]!;
    const N = c.inputs.length;
    const targets = name === 'softmax-cross-entropy' ? [] : layers.slice(-1).flatMap((n) => Array.from({ length: n }));
    const facts = {
      ...NO_FACTS,
      isWeighted: true,
      targets: targets.map((_, k) => ({ name: `${k}`, mean: 0, deviation: 1 })),
    };
    const objective = objectiveNamed(name, facts);
    const run = (batchSize: number) => {
      const network = createNetwork(choice, layers, c.inputs, Float32Array.from(c.parameters), undefined, false, {
        targets: objective.targets,
        facts,
        needsSampleNorms: true,
        needsNorm: true,
        keepsGradientNorms: true,
      });
      const { memory, kernel } = network;
      memory.rows.targets.set(c.targets);
      memory.rows.weights.set(c.weights);
      for (const l of memory.layers.keys()) forwardLayer(network, l, 0, N);
      const criterion = objective.criterion(memory);
      for (let slot = 0; slot < N; slot++) criterion.differentiate(slot, slot);
      for (let l = memory.layers.length - 1; l > 0; l--) kernel.backward(l, 0, N);
      for (const l of memory.layers.keys()) kernel.squareSamples(l, 0, N);
      const steps = Math.ceil(N / batchSize);
      const ofBatches: number[] = [];
      for (let t = 0; t < steps; t++) {
        for (const [l, layer] of memory.layers.entries()) {
          kernel.accumulate(l, t * batchSize, Math.min(N, (t + 1) * batchSize));
          kernel.squareRows(l, { from: 0, to: layer.inputs + 1 });
          ofBatches.push(squaredGradientNorm(layer));
        }
      }
      const gradients = {
        ofSamples: memory.layers.map((layer) => Float64Array.from(c.inputs.keys(), (s) => squaredNorm(layer, s))),
        ofBatches: Float64Array.from(ofBatches),
      };
      const plan = { layers, trainSamples: N, batchSize };
      return {
        gradients,
        steps: Array.from({ length: steps }, (_, t) => gradientsOfStep(plan, { gradients }, t)),
      };
    };

    const { gradients, steps } = run(sizes[0]!);
    expect(steps.map(({ samples }) => samples)).toEqual(sizes);
    for (let slot = 0; slot < N; slot++) {
      const squares = gradients.ofSamples.map((ofLayer) => ofLayer[slot]!);
      const norms = [squares.reduce((sum, each) => sum + each), ...squares].map(Math.sqrt);
      for (const [part, norm] of norms.entries()) expectClose(norm, c.sample_norms[part]![slot]!);
    }
    for (const [t, { samples: B, parts }] of steps.entries()) {
      for (const [p, part] of parts.entries()) {
        const [norm, variance] = [c.batch_norms[p]![t]!, c.batch_variances[p]![t]!];
        expectClose(part.batchNorms, norm);
        expectClose(part.variance, (variance * (N - 1)) / N);
        const signal = norm ** 2 - (1 - B / N) * (variance / B);
        expect(Math.abs(part.signal - signal)).toBeLessThan(10 ** -digits * norm ** 2);
      }
    }
    const [whole] = run(N).steps;
    for (const [p, part] of whole!.parts.entries()) {
      expectClose(part.variance, c.variance[p]!);
      expectClose(part.signal, c.signal[p]!);
    }
  });
});
