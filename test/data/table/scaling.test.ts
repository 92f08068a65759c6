/** Scaling: what it makes of columns, in float64, and that it looks at the rows it is fitted on alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Encoding, fitEncoding } from '../../../src/data/table/encoding.js';
import { fitScaling, type LinearScaling, type Scale, scaledInput } from '../../../src/data/table/scaling.js';
import { atOnce } from '../../../src/data/table/steps.js';
import type { TypedColumn } from '../../../src/data/table/typed-table.js';

const columnOf = (numbers: readonly number[]): TypedColumn => ({ kind: 'number', numbers: Float64Array.from(numbers) });
const allOf = (numbers: readonly number[]) => Uint32Array.from(numbers, (_, row) => row);

/** The scaled column, if these rows are fitted on. */
function scaled(numbers: readonly number[], scale: Exclude<Scale, 'none'>, rows = allOf(numbers)): number[] {
  const column = columnOf(numbers);
  const encodings: Encoding[] = [atOnce(fitEncoding(column, rows))];
  const { subtract, divideBy } = atOnce(fitScaling([column], encodings, rows, scale)) as LinearScaling;
  return numbers.map((x) => scaledInput(x, subtract[0]!, divideBy[0]!));
}

const someNumbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 30 });

describe('scaling', () => {
  it('standard: mean 0 and deviation 1, and a column of one value becomes 0', () => {
    fc.assert(
      fc.property(someNumbers, fc.constantFrom(0, 1.7e9, -1e12), (given, offset) => {
        const column = scaled(
          given.map((x) => x + offset),
          'standard',
        );
        const isConstant = new Set(given).size === 1;
        const mean = column.reduce((sum, x) => sum + x, 0) / column.length;
        const deviation = Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / column.length);
        expect(Math.abs(mean)).toBeLessThan(1e-4);
        expect(Math.abs(deviation - Number(!isConstant))).toBeLessThan(1e-4);
        // Float32 would merge the large ones.
        expect(new Set(column).size).toBe(new Set(given).size);
      }),
      { numRuns: 200 },
    );
    expect(scaled([7.1, 7.1, 7.1], 'standard')).toEqual([0, 0, 0]);
  });

  it('minmax: from 0 to 1, both reached', () => {
    fc.assert(
      fc.property(someNumbers, (given) => {
        const column = scaled(given, 'minmax');
        expect(Math.min(...column)).toBe(0);
        expect(Math.max(...column)).toBe(new Set(given).size === 1 ? 0 : 1);
      }),
      { numRuns: 100 },
    );
  });

  it.each(['minmax', 'standard'] as const)('%s is fitted on the given rows alone', (scale) => {
    expect(scaled([1, 3, 1e30], scale, Uint32Array.of(0, 1)).slice(0, 2)).toEqual(scaled([1, 3], scale));
  });

  it('missing numbers are filled before the scaling is fitted, as in a pipeline of scikit-learn', () => {
    const column = columnOf([1, Number.NaN, 4, 10]);
    const rows = Uint32Array.of(0, 1, 2, 3);
    const scaling = atOnce(fitScaling([column], [atOnce(fitEncoding(column, rows))], rows, 'standard'));
    const { subtract, divideBy } = scaling as LinearScaling;
    // 1, 4, 4, 10; then the indicator, which is not scaled.
    expect([...subtract]).toEqual([4.75, 0]);
    expect([...divideBy]).toEqual([Math.sqrt((3.75 ** 2 + 2 * 0.75 ** 2 + 5.25 ** 2) / 4), 1]);
  });

  it('numbers at the end of float32 are scaled', () => {
    expect(scaled([3e38, -3e38, 1e-45], 'standard').every(Number.isFinite)).toBe(true);
    expect(scaled([3e38, -3e38, 1e-45], 'minmax')).toEqual([1, 0, 0.5]);
  });
});
