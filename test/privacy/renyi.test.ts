import { describe, expect, it } from 'vitest';
import { erfc, logErfc } from '../../src/privacy/normal.js';
import { ORDERS, renyiDivergence, renyiEpsilon } from '../../src/privacy/renyi.js';
import { recordedSettings } from '../support/privacy-settings.js';

describe('the Rényi accountant', () => {
  const { settings, dpAccountingOrders, opacusOrders } = recordedSettings();

  it.each(settings)('agrees with Opacus to 1e-6: $samplingRate, $noiseMultiplier, $steps', (setting) => {
    const { delta, opacus } = setting;
    expect(Math.abs(renyiEpsilon(setting, delta, opacusOrders) - opacus)).toBeLessThan(1e-6);
  });

  it.each(settings)('agrees with dp-accounting to 1e-6: $samplingRate, $noiseMultiplier, $steps', (setting) => {
    const { delta, dpAccounting, dpAccountingWhole } = setting;
    const wholeOrders = dpAccountingOrders.filter(Number.isInteger);
    expect(Math.abs(renyiEpsilon(setting, delta, wholeOrders) - dpAccountingWhole)).toBeLessThan(1e-6);
    // With fractional orders, dp-accounting ignores the signs of the series, and gets up to 0.0011 more than the true value.
    const own = renyiEpsilon(setting, delta, dpAccountingOrders);
    expect(own).toBeLessThan(dpAccounting + 1e-6);
    expect(own).toBeGreaterThan(dpAccounting - 0.0012);
  });

  it.each(settings)('is not worse with its own orders: $samplingRate, $noiseMultiplier, $steps', (setting) => {
    const { delta, opacus } = setting;
    expect(renyiEpsilon(setting, delta, ORDERS)).toBeLessThan(opacus + 1e-6);
  });

  it('integrates numerically to the same divergence, for whole and fractional orders', () => {
    for (const [q, sigma] of [
      [0.01, 1],
      [0.2, 0.8],
      [0.5, 3],
      [0.9, 1.5],
    ] as const) {
      for (const order of [1.05, 1.5, 2, 2.7, 5, 9.3, 17]) {
        const expected = Math.log(momentByIntegration(q, sigma, order)) / (order - 1);
        expect(Math.abs(renyiDivergence(q, sigma, order) / expected - 1)).toBeLessThan(1e-6);
      }
    }
  });

  it('grows with the steps and the rate, and shrinks with the noise', () => {
    const at = (samplingRate: number, noiseMultiplier: number, steps: number) =>
      renyiEpsilon({ samplingRate, noiseMultiplier, steps }, 1e-5);
    const base = at(0.01, 1, 1000);
    expect(at(0.01, 1, 1001)).toBeGreaterThan(base);
    expect(at(0.0101, 1, 1000)).toBeGreaterThan(base);
    expect(at(0.01, 0.99, 1000)).toBeGreaterThan(base);
    expect(at(0.01, 1, 0)).toBe(0);
  });
});

/** E_{x ~ N(0, σ²)} ((1 − q) + q · e^((2x − 1) / 2σ²))^α, by Simpson's rule. */
function momentByIntegration(q: number, sigma: number, order: number): number {
  const [from, to, n] = [-12 * sigma, 12 * sigma + 2 * order, 40_000];
  const h = (to - from) / n;
  let sum = 0;
  for (let i = 0; i <= n; i++) {
    const x = from + i * h;
    const ratio = 1 - q + q * Math.exp((2 * x - 1) / (2 * sigma * sigma));
    const log = order * Math.log(ratio) - (x * x) / (2 * sigma * sigma);
    sum += (i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp(log);
  }
  return (sum * h) / 3 / (sigma * Math.sqrt(2 * Math.PI));
}

describe('tails of the normal distribution', () => {
  it('match known values', () => {
    // From tables of erfc with 20 digits.
    for (const [x, expected] of [
      [0, 1],
      [0.25, 0.7236736098317631],
      [0.5, 0.4795001221869535],
      [1, 0.15729920705028513],
      [2, 0.004677734981047266],
      [4, 1.541725790028002e-8],
      [5, 1.5374597944280349e-12],
      [-1, 1.8427007929497148],
    ] as const) {
      expect(Math.abs(erfc(x) / expected - 1)).toBeLessThan(1e-14);
      expect(Math.abs(Math.exp(logErfc(x)) / expected - 1)).toBeLessThan(1e-13);
    }
    // ln erfc(x) → −x² − ln(x √π) + ln(1 − 1 / 2x² + 3 / 4x⁴ − …)
    const x = 100;
    const far = -x * x - Math.log(x * Math.sqrt(Math.PI)) + Math.log1p(-1 / (2 * x * x) + 3 / (4 * x ** 4));
    expect(Math.abs(logErfc(x) - far)).toBeLessThan(1e-10);
  });
});
