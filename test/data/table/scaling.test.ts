/** Scaling: what it makes of columns, and that it looks at the samples it is fitted on alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Samples } from '../../../src/data/samples.js';
import { fitScaling, type Scaling, scaleSamples } from '../../../src/data/table/scaling.js';

const samplesOf = (rows: readonly (readonly number[])[]): Samples => ({
  count: rows.length,
  values: Float32Array.from(rows.flat()),
  targets: new Uint32Array(rows.length),
  sha256: '',
});

const columnOf = ({ values }: Samples, i: number, inputs: number) => [...values].filter((_, at) => at % inputs === i);

const rows = fc.array(fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.constant(7.1), fc.integer()), {
  minLength: 2,
  maxLength: 30,
});

describe('scaling', () => {
  it('standard: mean 0 and deviation 1, and a column of one value becomes 0', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const samples = samplesOf(given);
        const scaled = scaleSamples(samples, 3, fitScaling(samples, 3, 'standard'));
        const isConstant = new Set(given.map(([x]) => x)).size === 1;
        const column = columnOf(scaled, 0, 3);
        const mean = column.reduce((sum, x) => sum + x, 0) / column.length;
        const deviation = Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / column.length);
        expect(Math.abs(mean)).toBeLessThan(1e-4);
        expect(Math.abs(deviation - Number(!isConstant))).toBeLessThan(1e-4);
        expect(columnOf(scaled, 1, 3).every((x) => x === 0)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('minmax: from 0 to 1, both reached', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const samples = samplesOf(given);
        const column = columnOf(scaleSamples(samples, 3, fitScaling(samples, 3, 'minmax')), 2, 3);
        // (Of float32, in which neighboring integers can be one number.)
        const isConstant = new Set(columnOf(samples, 2, 3)).size === 1;
        expect(Math.min(...column)).toBe(0);
        expect(Math.max(...column)).toBe(isConstant ? 0 : 1);
      }),
      { numRuns: 100 },
    );
  });

  it.each(['minmax', 'standard'] as const)('%s is fitted on the first samples that it is told of alone', (scale) => {
    const own: Scaling = fitScaling(samplesOf([[1], [3]]), 1, scale);
    const samples = { ...samplesOf([[1], [3], [1e30]]), count: 2 };
    expect(fitScaling(samples, 1, scale)).toEqual(own);
  });

  it('numbers at the end of float32 are scaled, or become infinite for all to see', () => {
    const samples = samplesOf([[3e38], [-3e38], [1e-45]]);
    const standard = scaleSamples(samples, 1, fitScaling(samples, 1, 'standard'));
    expect(standard.values.every(Number.isFinite)).toBe(true);
    const minmax = scaleSamples(samples, 1, fitScaling(samples, 1, 'minmax'));
    expect(minmax.values[0]).toBe(Number.POSITIVE_INFINITY);
  });
});
