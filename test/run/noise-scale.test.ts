/** --noise-scale in whole runs: against an independent implementation, and the same for any threads, resumed, with or without it. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/config/options.js';
import { shuffledOrder } from '../../src/data/order.js';
import type { EpochEvent, StepEvent } from '../../src/metrics/events.js';
import type { TrainInput } from '../../src/run/train.js';
import { collect } from '../support/events.js';
import { kernelNames } from '../support/kernels.js';
import { REFERENCE_DEFAULTS } from '../support/reference-defaults.js';
import { resultsAfter, resultsOf } from '../support/results.js';
import { scratchWith } from '../support/scratch.js';
import { readTensorFile } from '../support/tensor-file.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

const scratch = scratchWith(45, 20);

/** W [inputs + 1, outputs], whose last row is the bias. */
type Layer = number[][];

/** The gradient of each layer for one sample, written out; mathematics.md in arrays of arrays. */
function gradientOf(layers: readonly Layer[], x: readonly number[], label: number, weight: number): Layer[] {
  const inputs: number[][] = [[...x, 1]];
  let z: number[] = [];
  for (const [l, W] of layers.entries()) {
    z = W[0]!.map((_, j) => inputs[l]!.reduce((sum, h, i) => sum + h * W[i]![j]!, 0));
    if (l + 1 < layers.length) inputs.push([...z.map((each) => Math.max(0, each)), 1]);
  }
  const exps = z.map((each) => Math.exp(each - Math.max(...z)));
  const total = exps.reduce((sum, e) => sum + e, 0);
  let delta = exps.map((e, j) => weight * (e / total - (j === label ? 1 : 0)));
  const gradients: Layer[] = [];
  for (let l = layers.length - 1; l >= 0; l--) {
    const h = inputs[l]!;
    gradients.unshift(h.map((each) => delta.map((d) => each * d)));
    if (l > 0) {
      const above = delta;
      const W = layers[l]!;
      delta = h.slice(0, -1).map((each, i) => (each > 0 ? above.reduce((sum, d, j) => sum + d * W[i]![j]!, 0) : 0));
    }
  }
  return gradients;
}

const add = (a: readonly Layer[], b: readonly Layer[], factor = 1) =>
  a.map((layer, l) => layer.map((row, i) => row.map((each, j) => each + factor * b[l]![i]![j]!)));
const square = (layer: Layer) => layer.flat().reduce((sum, each) => sum + each * each, 0);
/** Of the whole gradient, then of each layer's. */
const squaresOf = (gradient: readonly Layer[]) => {
  const squares = gradient.map(square);
  return [squares.reduce((sum, each) => sum + each, 0), ...squares];
};
const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;

const ROWS = Array.from({ length: 23 }, (_, r) => {
  return {
    a: ((r * 7) % 11) / 8,
    b: r % 4 === 0 ? 0 : ((r * 5) % 9) / -4,
    c: ((r * r) % 13) / 16,
    w: ((r % 3) + 1) / 2,
    y: r % 3,
  };
});

describe('against an independent implementation', () => {
  it.each([
    { batchSize: 5, hidden: [6, 4], isWeighted: false },
    { batchSize: 23, hidden: [5], isWeighted: true },
    { batchSize: 11, hidden: [], isWeighted: false },
  ])('each figure of each epoch, batches of $batchSize, hidden $hidden, weights: $isWeighted', async (c) => {
    const { batchSize, hidden, isWeighted } = c;
    const data = { rows: ROWS, label: 'y', ...(isWeighted && { weight: 'w' }) };
    const columns = isWeighted ? {} : { drop: ['w'] };
    const options: TrainInput = {
      ...{ ...REFERENCE_DEFAULTS, data, ...columns, scale: 'none', testSplit: 0, kernel: 'reference' },
      ...{ hidden, batchSize, lr: 0.05, reduction: 'sum', threads: 1, epochs: 3, noiseScale: true },
    };
    const save = scratch.newPath('first.safetensors');
    await collect({ ...options, epochs: 0, save });
    const { epochs } = await collect(options);

    const { tensors } = readTensorFile(save);
    const widths = [3, ...hidden, 3];
    const flat = [...tensors.values()].map(({ values }) => values);
    let layers: Layer[] = widths.slice(1).map((outputs, l) => {
      const rows = [...flat[2 * l]!, ...flat[2 * l + 1]!];
      return Array.from({ length: widths[l]! + 1 }, (_, i) => rows.slice(i * outputs, (i + 1) * outputs));
    });
    const N = ROWS.length;
    for (const [e, event] of epochs.entries()) {
      const order = new Uint32Array(N);
      shuffledOrder(order, 1, e + 1);
      const batchNorms: number[][] = [];
      const steps: { variance: number[]; signal: number[] }[] = [];
      const sampleNorms: number[][] = [];
      for (let first = 0; first < N; first += batchSize) {
        const batch = [...order.slice(first, first + batchSize)].map((r) => {
          const { a, b, c, w, y } = ROWS[r]!;
          return gradientOf(layers, [a, b, c].map(Math.fround), y, isWeighted ? w : 1);
        });
        const B = batch.length;
        const sum = batch.reduce((total, each) => add(total, each));
        const average = sum.map((layer) => layer.map((row) => row.map((each) => each / B)));
        const deviations = batch.map((each) => squaresOf(add(each, average, -1)));
        sampleNorms.push(...batch.map((each) => squaresOf(each).map(Math.sqrt)));
        const norms = squaresOf(average);
        batchNorms.push(norms.map(Math.sqrt));
        layers = add(layers, sum, -0.05);
        // The last batch has one sample, if there are batches of 11.
        if (B === 1) continue;
        // The covariance of a sample of B, and what it says of all N.
        const sampled = norms.map((_, p) => deviations.reduce((total, each) => total + each[p]!, 0) / (B - 1));
        steps.push({
          variance: sampled.map((each) => (each * (N - 1)) / N),
          signal: norms.map((norm, p) => norm - sampled[p]! * (1 / B - 1 / N)),
        });
      }
      const parts = [event, ...event.layer_gradients!];
      expect(parts.length).toBe(widths.length);
      for (const [p, found] of parts.entries()) {
        const variance = mean(steps.map((step) => step.variance[p]!));
        const signal = mean(steps.map((step) => step.signal[p]!));
        expect(found.grad_norm! / mean(batchNorms.map((each) => each[p]!))).toBeCloseTo(1, 9);
        expect(found.grad_norm_mean! / mean(sampleNorms.map((each) => each[p]!))).toBeCloseTo(1, 9);
        if (signal > 0) expect(found.noise_scale! / (variance / signal)).toBeCloseTo(1, 7);
        else expect(found.noise_scale).toBe(null);
      }
    }
  });
});

/** What an event says of gradients. */
function gradientsOf({ grad_norm, grad_norm_mean, noise_scale, layer_gradients }: EpochEvent | StepEvent) {
  return { grad_norm, grad_norm_mean, noise_scale, layer_gradients };
}

const SMALL: TrainOptions = {
  limit: 25,
  batchSize: 10,
  epochs: 4,
  hidden: [20],
  logEvery: 5,
  lr: 0.1,
  reduction: 'mean',
};

/** All ways to a step. */
const WAYS: Readonly<Record<string, TrainOptions>> = {
  'plain SGD': {},
  'the sum': { reduction: 'sum', lr: 0.01 },
  'two hidden layers': { hidden: [40, 12] },
  'no hidden layer': { hidden: [] },
  momentum: { momentum: 0.9 },
  'Adam with weight decay, clipped': { optimizer: 'adam', lr: 0.01, weightDecay: 0.1, clipNorm: 0.5 },
  'strategy dense': { strategy: 'dense' },
  'strategy dense, clipped': { strategy: 'dense', clipNorm: 0.5 },
  'class weights': { classWeights: ['0=3', '1=0.5'] },
};

const OF_EACH_KERNEL = ['two hidden layers'];
const OF_ONE = [
  'the sum',
  'no hidden layer',
  'Adam with weight decay, clipped',
  'strategy dense, clipped',
  'class weights',
];

describe.each(casesOf(kernelNames(), (name) => name !== 'reference'))('kernel %s', (kernel) => {
  it.each(
    casesOf(
      Object.entries(WAYS),
      ([name]) => OF_EACH_KERNEL.includes(name) || (kernel === kernelNames().at(-2) && OF_ONE.includes(name)),
    ),
  )('%s: changes no weight, and says the same for any number of threads', async (name, way) => {
    const options: TrainOptions = { ...SMALL, ...way, kernel, data: scratch.data, threads: 1 };
    // (With strategy dense, the number of threads decides about the sums.)
    const isDense = name.startsWith('strategy dense');
    const threads = isDense ? 2 : valuesOf(2, 1);
    const without = await collect({ ...options, threads });
    expect(without.epochs.concat(without.steps as never[]).flatMap(Object.keys)).not.toContain('noise_scale');
    const first = await collect({ ...options, threads, noiseScale: true });
    expect(first.end.weights_sha256).toBe(without.end.weights_sha256);
    const strip = (events: readonly object[]) =>
      JSON.parse(
        JSON.stringify(events, (key, value: unknown) => (/grad|noise/.test(key) ? undefined : value)),
      ) as object[];
    expect(strip(resultsOf(first.all))).toEqual(strip(resultsOf(without.all)));
    for (const threads of isDense ? [] : valuesOf([1, 3, 8], [3])) {
      const other = await collect({ ...options, threads, noiseScale: true });
      expect(resultsOf(other.all)).toEqual(resultsOf(first.all));
    }
    for (const event of [...first.epochs, ...first.steps]) {
      const { grad_norm, grad_norm_mean, layer_gradients } = gradientsOf(event);
      expect(grad_norm).toBeGreaterThan(0);
      // The norm is convex.
      expect(grad_norm_mean).toBeGreaterThan(grad_norm! - 1e-6);
      expect(layer_gradients!.length).toBe((options.hidden as number[]).length + 1);
    }
  });
});

it('the gradient is measured before it is clipped, and without the L2 penalty', async () => {
  const options: TrainOptions = {
    ...SMALL,
    data: scratch.data,
    threads: 1,
    noiseScale: true,
    epochs: 1,
    batchSize: 25,
  };
  const plain = await collect(options);
  const other = await collect({ ...options, weightDecay: 1, clipNorm: 1e-3 });
  expect(gradientsOf(other.epochs[0]!)).toEqual(gradientsOf(plain.epochs[0]!));
});

it('a step event after each epoch has the norms of that epoch', async () => {
  const { steps, epochs } = await collect({ ...SMALL, logEvery: 3, data: scratch.data, threads: 2, noiseScale: true });
  expect(steps.length).toBe(4);
  for (const [i, epoch] of epochs.entries()) {
    const { noise_scale: _, layer_gradients: __, ...norms } = gradientsOf(steps[i]!);
    expect(gradientsOf(epoch)).toMatchObject(norms);
  }
  // No average has forgotten anything yet.
  expect(steps[0]!.noise_scale! / epochs[0]!.noise_scale!).toBeCloseTo(1, 1);
});

it('batches of one sample have norms, and no noise scale', async () => {
  const { epochs } = await collect({ ...SMALL, batchSize: 1, data: scratch.data, threads: 2, noiseScale: true });
  for (const { grad_norm, grad_norm_mean, noise_scale } of epochs) {
    expect(grad_norm).toBeCloseTo(grad_norm_mean!, 6);
    expect(noise_scale).toBe(null);
  }
});

describe('resumed', () => {
  it('from every checkpoint, the figures are those of the undisturbed run', async () => {
    const checkpointDir = scratch.newPath();
    const options: TrainOptions = { ...SMALL, data: scratch.data, noiseScale: true, threads: 2 };
    const often = { checkpointDir, checkpointEvery: 2, checkpointEverySteps: 1, keep: 100 };
    const undisturbed = await collect({ ...options, ...often });
    for (const [i, name] of readdirSync(checkpointDir).entries()) {
      if (i % valuesOf(1, 3) > 0) continue;
      const resume = path.join(checkpointDir, name);
      const { metadata } = readTensorFile(resume);
      const at = { epochs: Number(metadata.epochs), step: Number(metadata.step) };
      const resumed = await collect({ resume, threads: 1, checkpointDir: scratch.newPath() });
      expect(resultsOf(resumed.all), name).toEqual(resultsAfter(undisturbed.all, at));
    }
  });

  it('measuring may begin and end there', async () => {
    const checkpointDir = scratch.newPath();
    const options: TrainOptions = { ...SMALL, data: scratch.data, threads: 1, epochs: 2 };
    const all = await collect({ ...options, noiseScale: true });
    await collect({ ...options, checkpointDir, checkpointEverySteps: 1, keep: 100 });
    const resume = path.join(checkpointDir, 'step-0000004.safetensors');
    const folder = scratch.newPath();
    const begun = await collect({
      resume,
      noiseScale: true,
      checkpointDir: folder,
      checkpointEverySteps: 1,
      keep: 100,
    });
    expect(begun.end.weights_sha256).toBe(all.end.weights_sha256);
    expect(begun.epochs[0]!.grad_norm).not.toBe(all.epochs[1]!.grad_norm);
    expect(begun.epochs[0]!.grad_norm! / all.epochs[1]!.grad_norm!).toBeCloseTo(1, 0);
    const ended = await collect({
      ...{ resume: path.join(folder, 'step-0000005.safetensors'), noiseScale: false },
      checkpointDir: scratch.newPath(),
    });
    expect(ended.end.weights_sha256).toBe(all.end.weights_sha256);
    expect(Object.keys(ended.epochs[0]!)).not.toContain('noise_scale');
  });
});
