/** The made-up batches that benchmarks run on: the same for a seed, as dense as asked, the same for every kernel. */
import { describe, expect, it } from 'vitest';
import { firstLayer, outputLayer } from '../../bench/kernels/cases.js';
import { syntheticRows } from '../../bench/support/synthetic-batch.js';
import { chooseKernel } from '../../src/kernels/builds.js';
import { fastKernels } from '../support/kernels.js';

/** Sums of magnitudes over a layer, in float32 against float64. */
const TOLERANCE = 1e-4;

describe('synthetic rows', () => {
  it('are those of their seed', () => {
    expect(syntheticRows(5, 50, 0.3, 1)).toEqual(syntheticRows(5, 50, 0.3, 1));
    expect(syntheticRows(5, 50, 0.3, 1)).not.toEqual(syntheticRows(5, 50, 0.3, 2));
  });

  it('have every input at density 1, in order, and none that is zero', () => {
    const { starts, index, value } = syntheticRows(3, 40, 1, 1);
    expect([...starts]).toEqual([0, 40, 80, 120]);
    expect([...index.subarray(40, 80)]).toEqual([...Array(40).keys()]);
    expect(value.every((x) => x > 0 && x <= 1)).toBe(true);
  });

  it('have about as many nonzeros as asked', () => {
    const { index } = syntheticRows(100, 784, 0.2, 1);
    // Five standard deviations of a binomial count.
    expect(Math.abs(index.length - 15_680)).toBeLessThan(5 * Math.sqrt(78_400 * 0.2 * 0.8));
  });
});

describe.each(fastKernels())('the cases of bench/kernels, $name', (choice) => {
  it.each([
    ['first layer', firstLayer.bind(undefined, choice, 0.1, 1), firstLayer(chooseKernel('reference'), 0.1, 1)],
    [
      'first layer in dense form',
      firstLayer.bind(undefined, choice, 0.6, 1, 'dense'),
      firstLayer(chooseKernel('reference'), 0.6, 1),
    ],
    ['output layer', outputLayer.bind(undefined, choice, 1), outputLayer(chooseKernel('reference'), 1)],
  ] as const)('%s: sums over forward and step are the reference’s', (_name, create, reference) => {
    const { nonzeros, sums } = create();
    expect(nonzeros).toBe(reference.nonzeros);
    expect(Math.abs(sums.z / reference.sums.z - 1)).toBeLessThan(TOLERANCE);
    expect(Math.abs(sums.moved / reference.sums.moved - 1)).toBeLessThan(TOLERANCE);
  });
});
