/**
 * Activations in float32 against float64, and these against Math's functions: over a sweep of all
 * exponents, and of the arguments where the functions bend.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Activation, activationNamed, activationNames } from '../../src/kernels/activations.js';
import type { KernelChoice } from '../../src/kernels/builds.js';
import { mishGate, normalDensity, normalDistribution, sigmoid, tanh } from '../../src/kernels/exact-curves.js';
import { expMinusOneOfNonPositive } from '../../src/kernels/exact-math.js';
import { instantiate } from '../../src/kernels/wasm-module.js';
import { allKernels, fastKernels } from '../support/kernels.js';
import { valuesOf } from '../support/thoroughness.js';

const CURVES = activationNames()
  .map(activationNamed)
  .filter(({ assembly }) => assembly !== undefined);

const COUNT = valuesOf(1_000_000, 20_000);
const EXTREMES = [
  0,
  -0,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  -(2 ** -126),
  3.4028234e38,
  -3.4028234e38,
  -87.33655,
  88.8,
];

/** A third over all finite numbers by their bits, the others where functions bend. */
function sweepOf(count: number): Float32Array {
  const sweep = Float32Array.from({ length: count }, (_, i) => (i / count - 0.5) * (i % 3 === 0 ? 8 : 200));
  const bits = new Uint32Array(sweep.buffer);
  for (let i = 1; i < count; i += 3) {
    bits[i] = Math.floor((i * 2 ** 32) / count);
    if (!Number.isFinite(sweep[i])) sweep[i] = 0;
  }
  sweep.set(EXTREMES);
  return sweep;
}

const ARGUMENTS = sweepOf(COUNT);
const GOLDEN_ARGUMENTS = sweepOf(4096);

/** h and f′ of the arguments. */
function evaluated({ module, needs }: KernelChoice, { assembly }: Activation, z: Float32Array) {
  const { length } = z;
  // Whole vectors of the wide form.
  const width = Math.ceil(length / 8) * 8;
  const starts = Math.ceil(needs.reservedBytes / 64) * 64;
  const at = { z: starts + 64, value: starts + 64 + 4 * width };
  const pages = Math.ceil((at.value + 4 * width) / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const slopes = new Float32Array(memory.buffer, at.z, length);
  const values = new Float32Array(memory.buffer, at.value, length);
  slopes.set(z);
  instantiate(module!, memory)[assembly!](at.z, 0, width, length, starts, at.value, 0, 1);
  return { values, slopes };
}

/** The first argument whose error is beyond the bound. */
function firstBeyond(
  z: Float32Array,
  actual: Float32Array,
  expected: (i: number) => number,
  bound: (expected: number) => number,
) {
  for (let i = 0; i < actual.length; i++) {
    const [a, e] = [actual[i]!, expected(i)];
    if (!(Math.abs(a - e) <= bound(e))) return { argument: z[i], actual: a, expected: e };
  }
  return undefined;
}

/** Whose relative error is small, too, down to the smallest normal number. */
const RELATIVE = ['leaky-relu', 'elu', 'tanh', 'sigmoid'];
const SMALLEST = 1.2e-38;

describe.each(fastKernels())('kernel $name ($vectorBits bits)', (choice) => {
  // (SELU's output can be larger than the largest number.)
  const z = ARGUMENTS.filter((x) => Math.abs(x) < 3.2e38);

  it.each(CURVES)('$name: h is within 2e-7·max(1, |h|), and f′ within 3.5e-7', (curve) => {
    const { values, slopes } = evaluated(choice, curve, z);
    const value = (i: number) => curve.value(z[i]!);
    expect(firstBeyond(z, values, value, (h) => 2e-7 * Math.max(1, Math.abs(h)))).toBeUndefined();
    expect(
      firstBeyond(
        z,
        slopes,
        (i) => curve.slope(z[i]!, value(i)),
        () => 3.5e-7,
      ),
    ).toBeUndefined();
    if (!RELATIVE.includes(curve.name)) return;
    expect(firstBeyond(z, values, value, (h) => SMALLEST + 4e-7 * Math.abs(h))).toBeUndefined();
  });

  it.each(CURVES)('$name: finite numbers stay finite, and NaN stays NaN', (curve) => {
    const { values, slopes } = evaluated(choice, curve, z);
    expect(z.findIndex((_, i) => !(Number.isFinite(values[i]) && Number.isFinite(slopes[i])))).toBe(-1);
    const { values: some } = evaluated(choice, curve, Float32Array.of(Number.NaN, 1, Number.NaN, -1, 0, 0, 0, 0));
    expect(Array.from(some, Number.isNaN)).toEqual([true, false, true, false, false, false, false, false]);
  });
});

/** Of values and derivatives. They are the same on every machine, processor and Node. */
const GOLDEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  reference: {
    'leaky-relu': 'ba8c507e75a829da',
    elu: '2d37cad52d6aa932',
    selu: '5e3044397d9ead62',
    gelu: '9668bbd3b4120671',
    silu: '122be341b5988df9',
    mish: 'c2fe70ca003e4fd3',
    tanh: '62d3d412ee232031',
    sigmoid: 'e57980050864c860',
  },
  simd: {
    'leaky-relu': '3d1ff80b1ba8dfc1',
    elu: '05a091dd555b5852',
    selu: '141ed270c3924115',
    gelu: '207f99fb3a4dbf17',
    silu: '072f31e4c6ff08f0',
    mish: 'f919b117efa1a2fb',
    tanh: '4c213ad7dffb0a53',
    sigmoid: '945574881ecae754',
  },
  'simd-fma': {
    'leaky-relu': '3d1ff80b1ba8dfc1',
    elu: 'f90c8e20ce9b8f37',
    selu: '73d347191ebd00cb',
    gelu: '3faea0b20217c6e5',
    silu: '0cbd41aed63a30a1',
    mish: '74d2a09670cc0f01',
    tanh: '202ee6dc19d53bee',
    sigmoid: '5ada2ed2ed6e062c',
  },
};

describe.each(allKernels())('kernel $name ($vectorBits bits): recorded bits', (choice) => {
  it.each(CURVES)('$name', (curve) => {
    const z = GOLDEN_ARGUMENTS;
    const hash = createHash('sha256');
    if (choice.module) {
      const { values, slopes } = evaluated(choice, curve, z);
      // (A view of shared memory is refused.)
      hash.update(Float32Array.from(values)).update(Float32Array.from(slopes));
    } else {
      const values = Float64Array.from(z, curve.value);
      hash.update(values).update(Float64Array.from(z, (x, i) => curve.slope(x, values[i]!)));
    }
    expect(hash.digest('hex').slice(0, 16)).toBe(GOLDEN[choice.name]![curve.name]);
  });
});

describe('in float64', () => {
  const xs = Float64Array.from({ length: 20_000 }, (_, i) => {
    const near = ((i + 0.5) / 20_000 - 0.5) * 80;
    return i % 2 === 0 ? near : Math.sign(near) * 2 ** ((i % 60) - 56);
  });
  const worst = (f: (x: number) => number, g: (x: number) => number, used = xs) =>
    used.reduce((most, x) => Math.max(most, Math.abs(f(x) / g(x) - 1)), 0);

  it('tanh, e^x − 1 and σ(x) have the relative error of Math.tanh and Math.expm1, 1e-15', () => {
    expect(worst(tanh, Math.tanh)).toBeLessThan(1e-15);
    const below = xs.filter((x) => x < 0);
    expect(worst(expMinusOneOfNonPositive, Math.expm1, below)).toBeLessThan(1e-15);
    expect(worst(sigmoid, (x) => 1 / (1 + Math.exp(-x)))).toBeLessThan(1e-15);
  });

  it('the gate of mish is tanh(ln(1 + e^x)), and what is left', () => {
    const near = xs.filter((x) => Math.abs(x) < 15);
    expect(
      worst(
        (x) => mishGate(x)[0],
        (x) => Math.tanh(Math.log1p(Math.exp(x))),
        near,
      ),
    ).toBeLessThan(2e-15);
    expect(
      worst(
        (x) => mishGate(x)[1],
        (x) => 2 / (1 + (1 + Math.exp(x)) ** 2),
        near,
      ),
    ).toBeLessThan(2e-15);
  });

  it('Φ is the integral of its density, and Φ(x) + Φ(−x) = 1', () => {
    for (const x of [-8, -6, -3, -1, -0.7, -0.66, -0.1, 0, 0.3, 0.7, 2, 5, 9]) {
      expect(normalDistribution(x) + normalDistribution(-x)).toBeCloseTo(1, 15);
      // Simpson's rule.
      const [n, h] = [2000, 0.5 / 2000];
      let sum = normalDensity(x) + normalDensity(x + 0.5);
      for (let i = 1; i < n; i++) sum += (i % 2 === 0 ? 2 : 4) * normalDensity(x + i * h);
      const difference = normalDistribution(x + 0.5) - normalDistribution(x);
      expect(Math.abs(difference - (sum * h) / 3)).toBeLessThanOrEqual(1e-12 * normalDistribution(x + 0.5));
    }
  });
});
