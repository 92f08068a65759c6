/** Robust and quantile scaling and the piecewise-linear encoding, compared with the libraries that define them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitEncoding, inputsOf, type NumberEncoding } from '../../../src/data/table/encoding.js';
import { countLit, numberInputs, writeLit } from '../../../src/data/table/number-inputs.js';
import { normalScore } from '../../../src/data/table/quantile-scaling.js';
import { sortedNumbers } from '../../../src/data/table/quantiles.js';
import { fitScaling, type Scale } from '../../../src/data/table/scaling.js';
import { atOnce } from '../../../src/data/table/steps.js';
import { fixtures } from '../../support/paths.js';

/** Made by test/fixtures/scaling.py: scikit-learn 1.9.1, pytabkit 1.7.3, rtdl_num_embeddings 0.0.12. */
interface Case {
  readonly name: string;
  readonly column?: readonly number[];
  readonly points: readonly number[];
  readonly robust: readonly number[];
  readonly 'quantile-uniform': readonly number[];
  readonly 'quantile-normal': readonly number[];
  readonly 'piecewise-linear': { readonly edges: readonly number[]; readonly encoded: readonly (readonly number[])[] };
}
const CASES = JSON.parse(readFileSync(path.join(fixtures, 'scaling.json'), 'utf8')) as readonly Case[];
const MANY = Array.from({ length: 1500 }, (_, i) => ((i * 7919) % 1511) / 7);

/** Fits one column, and encodes points. */
function encoder(numbers: readonly number[], scale: Scale) {
  const column = { kind: 'number' as const, numbers: Float64Array.from(numbers) };
  const rows = Uint32Array.from(numbers.keys());
  const encoding = atOnce(fitEncoding(column, rows, scale === 'piecewise-linear')) as NumberEncoding;
  const scaling = atOnce(fitScaling([column], [encoding], rows, scale));
  const inputs = numberInputs(0, 0, encoding.edges, { scale, scaling, isSingle: false });
  const encode = (x: number): number[] => {
    const row = new Array<number>(inputsOf(encoding)).fill(0);
    const [index, value] = [new Uint32Array(2), new Float32Array(2)];
    const length = writeLit(inputs, x, 0, index, value);
    expect(length).toBe(countLit(inputs, x));
    for (let k = 0; k < length; k++) row[index[k]!] = value[k]!;
    return row;
  };
  return { edges: encoding.edges, encode };
}

describe.each(CASES)('column $name', ({ column = MANY, points, ...expected }) => {
  it.each(['robust', 'quantile-uniform', 'quantile-normal'] as const)('%s, within 1e-6 of float32', (scale) => {
    const { encode } = encoder(column, scale);
    for (const [i, x] of points.entries()) {
      const wanted = expected[scale][i]!;
      expect(Math.abs(encode(x)[0]! - wanted), `${x}`).toBeLessThan(1e-6 * Math.max(1, Math.abs(wanted)));
    }
  });

  it('piecewise-linear: sums from the right are the encoding of the paper', () => {
    const { edges, encode } = encoder(column, 'piecewise-linear');
    const wanted = expected['piecewise-linear'];
    expect(edges).toHaveLength(wanted.edges.length);
    for (const [i, edge] of wanted.edges.entries()) expect(edges![i]).toBeCloseTo(edge, 10);
    for (const [i, x] of points.entries()) {
      let sum = 0;
      const sums = encode(x)
        .reverse()
        .map((input) => (sum += input))
        .reverse();
      for (const [t, input] of sums.entries()) {
        expect(Math.abs(input - wanted.encoded[i]![t]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(input)));
      }
    }
  });
});

describe('scales', () => {
  const some = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 60 });

  it.each(['robust', 'quantile-uniform', 'quantile-normal'] as const)('%s keeps the order of any numbers', (scale) => {
    fc.assert(
      fc.property(some, fc.array(fc.double({ min: -60, max: 60, noNaN: true })), (column, points) => {
        const { encode } = encoder(column, scale);
        const encoded = points.sort((a, b) => a - b).map((x) => encode(x)[0]!);
        for (let i = 1; i < encoded.length; i++) expect(encoded[i]).toBeGreaterThanOrEqual(encoded[i - 1]!);
      }),
      { numRuns: 100 },
    );
  });

  it('piecewise-linear: at most two inputs are not 0, and any line is a weighted sum of them', () => {
    fc.assert(
      fc.property(some, fc.double({ min: -60, max: 60, noNaN: true }), (column, x) => {
        const { edges, encode } = encoder(column, 'piecewise-linear');
        const row = encode(x);
        expect(row.filter((input) => input !== 0).length).toBeLessThanOrEqual(2);
        if (edges![0] === edges!.at(-1)) {
          expect(row).toEqual([0]);
          return;
        }
        const line = row.reduce((sum, input, bin) => sum + input * (edges![bin + 1]! - edges![0]!), edges![0]!);
        expect(Math.abs(line - x)).toBeLessThan(1e-3);
      }),
      { numRuns: 200 },
    );
  });

  it('a constant column becomes 0, or the middle rank', () => {
    expect(encoder([7, 7, 7], 'robust').encode(7)).toEqual([0]);
    expect(encoder([7, 7, 7], 'quantile-normal').encode(7)).toEqual([0]);
    expect(encoder([7, 7, 7], 'quantile-uniform').encode(8)).toEqual([0.5]);
    expect(encoder([7, 7, 7], 'piecewise-linear').encode(1e9)).toEqual([0]);
  });

  it('normal quantiles are the inverse of the distribution function', () => {
    // Of scipy.stats.norm.ppf.
    for (const [rank, score] of [
      [0.5, 0],
      [0.975, 1.959963984540054],
      [0.001, -3.090232306167813],
      [0.0749, -1.4402382675279635],
      [1e-12, -5.1993375821928165],
      [1, 5.199337582290661],
    ] as const) {
      expect(normalScore(rank)).toBeCloseTo(score, 9);
    }
  });

  it('sorts more rows than one part', () => {
    const numbers = Float64Array.from({ length: 100_003 }, (_, i) => (i * 7919) % 50_021);
    numbers[77] = Number.NaN;
    const sorted = atOnce(sortedNumbers(numbers, 3, Uint32Array.from(numbers.keys())));
    const wanted = numbers.map((x) => (Number.isNaN(x) ? 3 : x)).sort();
    expect(sorted.every((x, i) => x === wanted[i])).toBe(true);
  });
});
