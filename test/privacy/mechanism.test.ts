/** Rounding is on the safe side: the integers that noise is added to change by no more than the noise is for. */
import { describe, expect, it } from 'vitest';
import { DEVIATION, withNoise } from '../../src/kernels/lattice-noise.js';
import { mechanismFor, summationError } from '../../src/privacy/mechanism.js';

/** Uniform in [−1, 1), always the same. */
function* randomNumbers(): Generator<number> {
  for (let state = 1; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 31 - 1;
  }
}

/** The sum of float32 rows as the kernels compute it: in blocks of 256, each from 0, products rounded or not. */
function sumOf(rows: readonly Float32Array[]): Float32Array {
  const total = new Float32Array(rows[0]!.length);
  for (let first = 0; first < rows.length; first += 256) {
    const block = new Float32Array(total.length);
    for (const row of rows.slice(first, first + 256)) for (let i = 0; i < row.length; i++) block[i]! += row[i]!;
    for (let i = 0; i < total.length; i++) total[i]! += block[i]!;
  }
  return total;
}

function normOf(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
}

describe('adding a sample', () => {
  it.each([
    { samples: 40, parameters: 300, sigma: 0.8, clip: 1, isAligned: false },
    { samples: 40, parameters: 300, sigma: 0.8, clip: 1, isAligned: true },
    { samples: 700, parameters: 30, sigma: 3, clip: 0.01, isAligned: true },
    { samples: 300, parameters: 5000, sigma: 20, clip: 100, isAligned: false },
  ])('changes the integers by at most C: %o', ({ samples, parameters, sigma, clip, isAligned }) => {
    const { threshold, scale } = mechanismFor(sigma, clip, samples + 1, parameters)!;
    const random = randomNumbers();
    const direction = Float64Array.from({ length: parameters }, () => random.next().value as number);
    const gradient = () => {
      const values = isAligned ? direction : direction.map(() => random.next().value as number);
      const norm = normOf(values);
      // As long as clipping lets it be.
      return Float32Array.from(values, (value) => (value * threshold) / norm);
    };
    const rows = Array.from({ length: samples }, gradient);
    const integers = (each: readonly Float32Array[]) =>
      Float64Array.from(sumOf(each), (sum) => withNoise(sum, 0, { perUnit: scale.perUnit, unit: 1 }));
    const added = gradient();
    const [before, after] = [integers(rows), integers([added, ...rows])];
    const change = normOf(after.map((value, i) => value - before[i]!));
    const promised = DEVIATION / sigma;
    expect(change).toBeLessThanOrEqual(promised);
    // And the margin is no larger than it needs to be by orders of magnitude.
    expect(change).toBeGreaterThan(0.9 * promised);
  });

  it('leaves the noise at σ·C at least', () => {
    for (const sigma of [0.5, 1, 3.7, 50]) {
      for (const clip of [1e-3, 0.3, 1, 77]) {
        const { threshold, scale } = mechanismFor(sigma, clip, 200, 10_000)!;
        expect(DEVIATION / scale.perUnit).toBeGreaterThanOrEqual(sigma * clip);
        expect(DEVIATION / scale.perUnit).toBeLessThan(sigma * clip * (1 + 1e-6));
        expect(threshold).toBeLessThan(clip);
        expect(threshold).toBeGreaterThan(0.9 * clip);
      }
    }
  });

  it('is refused where rounding would take more than half', () => {
    expect(mechanismFor(3000, 1, 100, 795_010)).toBeUndefined();
    expect(mechanismFor(100, 1, 100, 795_010)).toBeDefined();
    expect(mechanismFor(1, 1e-44, 100, 1000)).toBeUndefined();
  });
});

it('the error of a sum is below its bound, for sums that grow steadily', () => {
  for (const samples of [10, 256, 257, 2000]) {
    const rows = Array.from({ length: samples }, () => Float32Array.of(0.1, 1 / 3));
    const error = normOf(sumOf(rows).map((sum, i) => sum - samples * rows[0]![i]!));
    expect(error).toBeLessThan(summationError(samples) * normOf(rows[0]!));
  }
});
