/** The accountant by privacy-loss distributions: compared with dp-accounting, and where a formula is known. */
import { describe, expect, it } from 'vitest';
import { Accountant } from '../../src/privacy/accountant.js';
import { Fourier } from '../../src/privacy/fourier.js';
import { LEAST_DELTA, LEAST_NOISE, LossAccountant, lossEpsilon } from '../../src/privacy/loss-distribution.js';
import { upperTail } from '../../src/privacy/normal.js';
import { renyiEpsilon } from '../../src/privacy/renyi.js';
import { recordedSettings } from '../support/privacy-settings.js';
import { casesOf, valuesOf } from '../support/thoroughness.js';

const { settings } = recordedSettings();

describe.each(settings)('$samplingRate, $noiseMultiplier, $steps', (setting) => {
  const { delta, limit } = setting;
  const epsilon = lossEpsilon(setting, delta);

  it('is not below the true value, and within 1e-3', () => {
    // (The limit itself is known to about 1e-6.)
    expect(epsilon).toBeGreaterThan(limit - 1e-6);
    expect(epsilon).toBeLessThan(limit + 1e-3);
  });

  it('is below the Rényi accountant', () => {
    expect(epsilon).toBeLessThan(renyiEpsilon(setting, delta));
  });
});

/** δ of the Gaussian mechanism whose sensitivity is `ratio` deviations (Balle and Wang 2018, Theorem 8). */
function deltaOfGaussian(ratio: number, epsilon: number): number {
  return upperTail(epsilon / ratio - ratio / 2) - Math.exp(epsilon) * upperTail(epsilon / ratio + ratio / 2);
}

it.each([
  { noiseMultiplier: 8, steps: 10 },
  { noiseMultiplier: 1, steps: 1 },
  { noiseMultiplier: 0.7, steps: 3 },
  { noiseMultiplier: 60, steps: 1000 },
  { noiseMultiplier: LEAST_NOISE, steps: 3 },
])('of all samples is the Gaussian mechanism, whose ε is known: %o', ({ noiseMultiplier, steps }) => {
  for (const delta of valuesOf([1e-3, 1e-5, 1e-8, LEAST_DELTA], [1e-5, LEAST_DELTA])) {
    const epsilon = lossEpsilon({ samplingRate: 1, noiseMultiplier, steps }, delta);
    const ratio = Math.sqrt(steps) / noiseMultiplier;
    expect(deltaOfGaussian(ratio, epsilon)).toBeLessThanOrEqual(delta);
    expect(deltaOfGaussian(ratio, epsilon - 1e-3)).toBeGreaterThan(delta);
  }
});

it.each(casesOf([1e4, 1e5, 1e6], (steps) => steps < 1e5))(
  'of all samples is not below the true value for %d steps',
  (steps) => {
    for (const delta of [LEAST_DELTA, 1e-6]) {
      for (const ratio of steps < 1e6 ? valuesOf([0.3, 1], [1]) : [1]) {
        const noiseMultiplier = Math.sqrt(steps) / ratio;
        const setting = { samplingRate: 1, noiseMultiplier, steps };
        const epsilon = lossEpsilon(setting, delta);
        const isKnown = delta > LEAST_DELTA || steps < 1e6;
        expect(Number.isFinite(epsilon)).toBe(isKnown);
        const least = isKnown ? epsilon : new Accountant(1, noiseMultiplier, steps, delta).epsilon(steps);
        expect(deltaOfGaussian(ratio, least)).toBeLessThanOrEqual(delta);
      }
    }
  },
);

it('of a single step is the hockey-stick divergence of the two distributions', () => {
  const [q, sigma, delta] = [0.3, 0.9, 1e-4];
  const epsilon = lossEpsilon({ samplingRate: q, noiseMultiplier: sigma, steps: 1 }, delta);
  const deltaAt = (e: number) => {
    // ∫ max(0, P − e^ε Q), and the same with P and Q exchanged, by Simpson's rule.
    const [from, to, n] = [-12 * sigma, 1 + 12 * sigma, 200_000];
    const h = (to - from) / n;
    const sums = [0, 0];
    for (let i = 0; i <= n; i++) {
      const x = from + i * h;
      const density = (mean: number) => Math.exp(-((x - mean) ** 2) / (2 * sigma * sigma));
      const [Q, P] = [density(0), (1 - q) * density(0) + q * density(1)];
      const weight = i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2;
      sums[0]! += weight * Math.max(0, P - Math.exp(e) * Q);
      sums[1]! += weight * Math.max(0, Q - Math.exp(e) * P);
    }
    return (Math.max(...sums) * h) / 3 / (sigma * Math.sqrt(2 * Math.PI));
  };
  expect(deltaAt(epsilon)).toBeLessThan(delta * (1 + 1e-6));
  expect(deltaAt(epsilon - 1e-3)).toBeGreaterThan(delta);
});

it('grows with the steps, whatever the number that it was made for', () => {
  const accountant = new LossAccountant(0.01, 1, 1000, 1e-5);
  const each = [0, 1, 10, 100, 500, 1000].map((steps) => accountant.epsilon(steps));
  for (let i = 1; i < each.length; i++) expect(each[i]!).toBeGreaterThan(each[i - 1]!);
  expect(each[0]).toBe(0);
  for (const [i, steps] of [1, 10, 100, 500].entries()) {
    const own = lossEpsilon({ samplingRate: 0.01, noiseMultiplier: 1, steps }, 1e-5);
    expect(Math.abs(each[i + 1]! - own)).toBeLessThan(5e-4);
  }
});

it('the transform is that of the definition', () => {
  const n = 16;
  const [re, im] = [0, 1].map((part) => Float64Array.from({ length: n }, (_, i) => Math.sin(i * i + part)));
  const expected = Array.from({ length: n }, (_, k) => {
    let [x, y] = [0, 0];
    for (let i = 0; i < n; i++) {
      const angle = (-2 * Math.PI * i * k) / n;
      x += re![i]! * Math.cos(angle) - im![i]! * Math.sin(angle);
      y += re![i]! * Math.sin(angle) + im![i]! * Math.cos(angle);
    }
    return [x, y];
  });
  const fourier = new Fourier(n);
  const originals = [re!.slice(), im!.slice()];
  fourier.transform(re!, im!);
  for (const [k, [x, y]] of expected.entries()) {
    expect(re![k]).toBeCloseTo(x!, 12);
    expect(im![k]).toBeCloseTo(y!, 12);
  }
  fourier.inverse(re!, im!);
  for (const [i, x] of originals[0]!.entries()) expect(re![i]).toBeCloseTo(x, 12);
  for (const [i, y] of originals[1]!.entries()) expect(im![i]).toBeCloseTo(y, 12);
});
