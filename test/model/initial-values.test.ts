/** The distributions of initial values, by their bounds, moments and products, and recorded bits. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { chooseKernel } from '../../src/kernels/builds.js';
import { drawInitialValues, INITIALIZATIONS, type Initialization } from '../../src/model/initial-values.js';
import { readParameters } from '../../src/model/parameters.js';
import { kernelNames } from '../support/kernels.js';
import { createNetwork } from '../support/network.js';

const LAYERS = [30, 70, 50];

function drawn(initialization: Initialization, seed = 1, kernel = 'simd' as ReturnType<typeof kernelNames>[number]) {
  const count = LAYERS.slice(1).reduce((sum, outputs, l) => sum + (LAYERS[l]! + 1) * outputs, 0);
  const network = createNetwork(
    chooseKernel(kernel),
    LAYERS,
    [[...new Array<number>(30).fill(1)]],
    new Float32Array(count),
  );
  drawInitialValues(network.memory.layers, seed, initialization);
  return readParameters(network.memory.layers);
}

/** Weights [inputs, outputs] and biases of each layer. */
function layersOf(parameters: Float32Array) {
  let next = 0;
  return LAYERS.slice(1).map((outputs, l) => {
    const inputs = LAYERS[l]!;
    const weights = parameters.subarray(next, next + inputs * outputs);
    next += (inputs + 1) * outputs;
    return { inputs, outputs, weights, biases: parameters.subarray(next - outputs, next) };
  });
}

const VARIANCE: Readonly<Record<Initialization, (inputs: number, outputs: number) => number>> = {
  uniform: (inputs) => 1 / (3 * inputs),
  he: (inputs) => 2 / inputs,
  glorot: (inputs, outputs) => 2 / (inputs + outputs),
  lecun: (inputs) => 1 / inputs,
  orthogonal: (inputs, outputs) => 1 / Math.max(inputs, outputs),
};

/** They are the same on every machine, processor and Node. The first 16 digits. */
const GOLDEN: Readonly<Record<Initialization, string>> = {
  uniform: 'e3c1d6b1b5b569d7',
  he: 'be4664099e88d2d2',
  glorot: '02c3e166f009f589',
  lecun: '148a284d3d0e0127',
  orthogonal: '47e58d2f0132d84a',
};

describe.each(INITIALIZATIONS)('%s', (initialization) => {
  it('has mean 0 and its variance, and biases of 0 but for uniform', () => {
    for (const { inputs, outputs, weights, biases } of layersOf(drawn(initialization))) {
      const mean = weights.reduce((sum, w) => sum + w, 0) / weights.length;
      const square = weights.reduce((sum, w) => sum + w * w, 0) / weights.length;
      const variance = VARIANCE[initialization](inputs, outputs);
      // Five standard errors.
      expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / weights.length));
      expect(Math.abs(square / variance - 1)).toBeLessThan(5 / Math.sqrt(weights.length));
      expect(biases.every((b) => b === 0)).toBe(initialization !== 'uniform');
      const bound = initialization === 'orthogonal' ? 1 : Math.sqrt(3 * variance);
      expect(weights.every((w) => Math.abs(w) <= Math.fround(bound))).toBe(true);
    }
  });

  it('is the same for every kernel, and another for another seed', () => {
    const one = drawn(initialization);
    for (const kernel of kernelNames()) expect(drawn(initialization, 1, kernel)).toEqual(one);
    expect(drawn(initialization, 2)).not.toEqual(one);
    const hash = createHash('sha256').update(one).digest('hex').slice(0, 16);
    expect(hash).toBe(GOLDEN[initialization]);
  });
});

it('orthogonal: the rows of a wide matrix and the columns of a tall one are orthonormal', () => {
  for (const { inputs, outputs, weights } of layersOf(drawn('orthogonal'))) {
    const isWide = inputs < outputs;
    const [count, length] = isWide ? [inputs, outputs] : [outputs, inputs];
    const at = (i: number, k: number) => weights[isWide ? i * outputs + k : k * outputs + i]!;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = 0; k < length; k++) sum += at(i, k) * at(j, k);
        expect(Math.abs(sum - Number(i === j))).toBeLessThan(1e-6);
      }
    }
  }
});
