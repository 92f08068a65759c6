/**
 * The optimizers' arithmetic over the whole range of float32, against formulas written out here. The rules themselves are held
 * to PyTorch's by test/run/optimizers.test.ts.
 */
import { describe, expect, it } from 'vitest';
import type { KernelChoice } from '../../src/kernels/builds.js';
import type { Update } from '../../src/kernels/kernel.js';
import { type AdamNumbers, adamUpdate, adamWUpdate } from '../../src/optim/adam.js';
import { averageUpdate } from '../../src/optim/average.js';
import { lionUpdate } from '../../src/optim/lion.js';
import { gradientNorm, momentNames, needsOf, Optimizer, type OptimizerOptions } from '../../src/optim/optimizer.js';
import { rmspropMomentumUpdate, rmspropUpdate } from '../../src/optim/rmsprop.js';
import { momentumUpdate, sgdUpdate } from '../../src/optim/sgd.js';
import { allKernels } from '../support/kernels.js';
import { createNetwork } from '../support/network.js';

const { fround: f, abs, sqrt } = Math;
const SMALLEST_NORMAL = 2 ** -126;

/** What is computed in float64 by the reference kernel is rounded in the others. */
type Round = (x: number) => number;

/** Parameters that are stepped with gradients of their own, one a step. */
class Stepped {
  readonly #network;
  readonly #length: number;

  constructor(choice: KernelChoice, initial: readonly number[]) {
    this.#length = initial.length;
    const samples = [new Array<number>(initial.length).fill(1)];
    const parameters = new Float32Array(initial.length + 1);
    parameters.set(initial);
    this.#network = createNetwork(choice, [initial.length, 1], samples, parameters, undefined, false, {
      moments: 3,
      gradientBuffers: 1,
      needsNorm: true,
    });
  }

  step(gradients: readonly number[], update: Update): void {
    const panel = this.#layer.panels[0]!;
    for (const [i, gradient] of gradients.entries()) panel.gradients[0]![i * panel.width] = gradient;
    this.#network.kernel.update(0, { from: 0, to: this.#length }, { from: 0, to: 1 }, update);
  }

  get norm(): number {
    this.#network.kernel.squareRows(0, { from: 0, to: this.#length + 1 });
    return gradientNorm([this.#layer]);
  }

  get weights(): number[] {
    return this.#columnOf(this.#layer.panels[0]!.weights);
  }

  moment(m: 0 | 1 | 2): number[] {
    return this.#columnOf(this.#layer.panels[0]!.moments[m]!);
  }

  #columnOf(array: Float32Array | Float64Array): number[] {
    const { width } = this.#layer.panels[0]!;
    return Array.from({ length: this.#length }, (_, i) => array[i * width]!);
  }

  get #layer() {
    return this.#network.memory.layers[0]!;
  }
}

/** Adam of one parameter, as Kingma and Ba have it, operation by operation. */
class PlainAdam {
  weight = 0;
  m = 0;
  v = 0;

  step(G: number, update: AdamNumbers, r: Round): void {
    const [scale, decay, beta1, rest1, beta2, rest2, unbias, eps] = [
      ...[update.scale, update.weightDecay, update.beta1, 1 - update.beta1, update.beta2, 1 - update.beta2],
      ...[1 / update.rootOfBias2, update.eps],
    ].map(r) as [number, number, number, number, number, number, number, number];
    const g = r(r(decay * this.weight) + r(scale * G));
    this.m = r(r(beta1 * this.m) + r(rest1 * g));
    this.v = r(r(beta2 * this.v) + r(rest2 * r(g * g)));
    const divisor = r(r(r(sqrt(this.v)) * unbias) + eps);
    this.weight = r(this.weight + r(r(-update.rate) * r(this.m / divisor)));
  }
}

function adamAt(t: number, eps: number): AdamNumbers {
  const [beta1, beta2] = [0.9, 0.999];
  return {
    ...{ scale: 1, weightDecay: 0, rate: 0.01 / (1 - beta1 ** t), beta1, beta2, eps },
    rootOfBias2: sqrt(1 - beta2 ** t),
  };
}

/** 1e-38 to 1e30, by powers of ten. */
const MAGNITUDES = Array.from({ length: 69 }, (_, i) => f(Number(`1e${i - 38}`)));
const EPSILONS = [1e-45, 1e-38, 1e-30, 1e-20, 1e-8, 1];
/** What the gradients of one parameter do: stay, change sign, vanish, come back smaller and larger. */
const COURSE = [1, 0.5, -0.25, 1, 0, 0, -1, 0, 1e-3, 0.5, 2, 0, -1, 1e-6, 1];

/** The smallest gradient whose mean, 0.1 of it, stays normal for the course. */
const SMALLEST_KEPT = 1e-30;

describe.each(allKernels())('kernel $name ($vectorBits bits): Adam', (choice) => {
  const isReference = choice.name === 'reference';
  const round: Round = isReference ? (x) => x : f;

  function run(eps: number): { readonly found: Stepped; readonly plain: readonly PlainAdam[] } {
    const found = new Stepped(choice, new Array<number>(MAGNITUDES.length).fill(0));
    const plain = MAGNITUDES.map(() => new PlainAdam());
    for (const [i, factor] of COURSE.entries()) {
      const gradients = MAGNITUDES.map((magnitude) => f(magnitude * factor));
      found.step(gradients, adamUpdate(adamAt(i + 1, eps)));
      for (const [k, adam] of plain.entries()) adam.step(gradients[k]!, adamAt(i + 1, eps), round);
    }
    return { found, plain };
  }

  it.each(EPSILONS)('is the plain formula in its own precision, eps %s, for gradients from 1e-30 to 1e30', (eps) => {
    const { found, plain } = run(eps);
    const weights = found.weights;
    for (const [k, adam] of plain.entries()) {
      if (MAGNITUDES[k]! < f(SMALLEST_KEPT)) continue;
      // The reference's operations may be grouped otherwise. A fused multiply-add rounds once, and of a subnormal mean square
      // each rounding may be a third.
      const tolerance = { reference: 1e-12, simd: 0, 'simd-fma': adam.v < SMALLEST_NORMAL ? 0.5 : 1e-5 }[choice.name];
      expect(abs(weights[k]! - adam.weight)).toBeLessThanOrEqual(tolerance * abs(adam.weight));
    }
  });

  it('takes no step that float32 would not take, however small gradients and eps are', () => {
    for (const eps of EPSILONS) {
      const { found, plain } = run(eps);
      for (const [k, weight] of found.weights.entries()) {
        // (A mean that is flushed at the end of the course takes the last digits of a sum along.)
        expect(abs(weight)).toBeLessThanOrEqual(1.5 * abs(plain[k]!.weight) + 1e-30);
      }
    }
  });

  // (Only assembly replaces them. Float64's are 270 powers of ten away.)
  it.runIf(choice.module !== undefined)('keeps no subnormal number for long', () => {
    const found = new Stepped(
      choice,
      MAGNITUDES.map(() => 0),
    );
    found.step(MAGNITUDES, adamUpdate(adamAt(1, 1e-8)));
    const zeros = MAGNITUDES.map(() => 0);
    // Of 1e30, 0.9^1600 is 1e-43.
    for (let t = 2; t < 1600; t++) found.step(zeros, adamUpdate(adamAt(t, 1e-8)));
    for (const value of [...found.moment(0), ...found.moment(1)]) {
      expect(value === 0 || abs(value) >= SMALLEST_NORMAL).toBe(true);
    }
    expect(found.moment(0)).toEqual(zeros);
  });
});

const PLAIN = { scale: 1, weightDecay: 0, rate: 0.1 };

describe.each(allKernels())('kernel $name ($vectorBits bits): plain steps and momentum', (choice) => {
  const round: Round = choice.name === 'reference' ? (x) => x : f;
  const tolerance = { reference: 1e-12, simd: 0, 'simd-fma': 1e-5 }[choice.name];

  it.each([
    { momentum: 0, nesterov: false },
    { momentum: 0.9, nesterov: false },
    { momentum: 0.9, nesterov: true },
  ])('are the plain formula in their own precision, for gradients from 1e-30 to 1e30: %j', ({ momentum, nesterov }) => {
    const magnitudes = MAGNITUDES.filter((magnitude) => magnitude >= f(SMALLEST_KEPT));
    const common = { scale: 0.125, weightDecay: 0.01, rate: 0.25 };
    const update = momentum === 0 ? sgdUpdate(common) : momentumUpdate({ ...common, momentum, nesterov });
    const found = new Stepped(choice, magnitudes);
    const [weights, moments] = [[...magnitudes], magnitudes.map(() => 0)];
    const [mu, decay, r] = [round(momentum), round(common.weightDecay), round];
    for (const factor of COURSE) {
      const gradients = magnitudes.map((magnitude) => f(magnitude * factor));
      found.step(gradients, update);
      for (const [k, G] of gradients.entries()) {
        const g = r(r(decay * weights[k]!) + r(common.scale * G));
        const m = r(r(mu * moments[k]!) + g);
        moments[k] = m;
        weights[k] = r(weights[k]! + r(-common.rate * (nesterov ? r(r(mu * m) + g) : m)));
      }
    }
    for (const [k, weight] of found.weights.entries()) {
      expect(abs(weight - weights[k]!)).toBeLessThanOrEqual(tolerance * magnitudes[k]!);
    }
  });

  it('RMSprop and Lion are the plain formulas in their own precision, for gradients from 1e-15 to 1e15', () => {
    const magnitudes = MAGNITUDES.filter((magnitude) => magnitude >= 1e-15 && magnitude <= 1e15);
    const [r, zeros] = [round, magnitudes.map(() => 0)];
    const given = { scale: 0.125, rate: 0.25, beta1: 0.9, beta2: 0.99, keep: 0.5 };
    const [scale, rate, beta1, rest1, beta2, rest2] = [0.125, 0.25, r(0.9), r(1 - 0.9), r(0.99), r(1 - 0.99)];
    const [eps, decay] = [r(1e-8), r(0.01)];
    const rmsprop = new Stepped(choice, magnitudes);
    const lion = new Stepped(choice, magnitudes);
    const expected = { rmsprop: [...magnitudes], v: [...zeros], lion: [...magnitudes], m: [...zeros] };
    for (const factor of COURSE) {
      const gradients = magnitudes.map((magnitude) => f(magnitude * factor));
      rmsprop.step(gradients, rmspropUpdate({ ...given, weightDecay: 0.01, eps: 1e-8 }));
      lion.step(gradients, lionUpdate(given));
      for (const [k, G] of gradients.entries()) {
        const w = expected.rmsprop[k]!;
        const g = r(r(decay * w) + r(scale * G));
        const v = r(r(beta2 * expected.v[k]!) + r(rest2 * r(g * g)));
        expected.v[k] = v;
        expected.rmsprop[k] = r(w + r(-rate * r(g / r(r(sqrt(v)) + eps))));
        const h = r(scale * G);
        const direction = Math.sign(r(r(beta1 * expected.m[k]!) + r(rest1 * h)));
        expected.lion[k] = r(r(given.keep * expected.lion[k]!) - rate * direction);
        expected.m[k] = r(r(beta2 * expected.m[k]!) + r(rest2 * h));
      }
    }
    for (const k of magnitudes.keys()) {
      expect(abs(rmsprop.weights[k]! - expected.rmsprop[k]!)).toBeLessThanOrEqual(tolerance * (1 + magnitudes[k]!));
      expect(abs(lion.weights[k]! - expected.lion[k]!)).toBeLessThanOrEqual(tolerance * (1 + magnitudes[k]!));
    }
  });

  it.each([true, false])(
    'RMSprop with momentum is the plain formula in its own precision, centered: %s',
    (centered) => {
      const magnitudes = MAGNITUDES.filter((magnitude) => magnitude >= 1e-8 && magnitude <= 1e8);
      const r = round;
      const [scale, rate, beta2, rest2, momentum] = [0.125, 0.25, r(0.9), r(1 - 0.9), 0.5];
      const update = rmspropMomentumUpdate({
        ...{ scale, rate, weightDecay: 0.5, beta2: 0.9 },
        momentum,
        centered,
        eps: 1,
      });
      const found = new Stepped(choice, magnitudes);
      const zeros = () => magnitudes.map(() => 0);
      const [w, v, h, m] = [[...magnitudes], zeros(), zeros(), zeros()];
      for (const factor of COURSE) {
        const gradients = magnitudes.map((magnitude) => f(magnitude * factor));
        found.step(gradients, update);
        for (const [k, G] of gradients.entries()) {
          const g = r(r(0.5 * w[k]!) + r(scale * G));
          v[k] = r(r(beta2 * v[k]!) + r(rest2 * r(g * g)));
          h[k] = r(r(beta2 * h[k]!) + r(rest2 * g));
          const variance = centered ? Math.max(0, r(v[k]! - r(h[k]! * h[k]!))) : v[k]!;
          m[k] = r(r(momentum * m[k]!) + r(g / r(r(sqrt(variance)) + 1)));
          w[k] = r(w[k]! + r(-rate * m[k]!));
        }
      }
      for (const [k, magnitude] of magnitudes.entries())
        expect(abs(found.weights[k]! - w[k]!)).toBeLessThanOrEqual(tolerance * (1 + magnitude));
    },
  );

  it('the moving average begins as the weights, and follows them', () => {
    const magnitudes = MAGNITUDES.filter((magnitude) => magnitude >= 1e-15 && magnitude <= 1e15);
    const found = new Stepped(choice, magnitudes);
    let average: number[] = [];
    for (const [i, factor] of COURSE.entries()) {
      const update = { ...sgdUpdate({ ...PLAIN, rate: 1 }), next: averageUpdate(0.75, i) };
      found.step(
        magnitudes.map((magnitude) => f(magnitude * factor)),
        update,
      );
      const { weights } = found;
      average = i === 0 ? weights : average.map((a, k) => round(a + round(0.25 * round(weights[k]! - a))));
      for (const [k, value] of found.moment(2).entries())
        expect(abs(value - average[k]!)).toBeLessThanOrEqual(tolerance * magnitudes[k]!);
    }
  });

  it.each<[string, Update]>([
    ['sgd', sgdUpdate(PLAIN)],
    ['momentum', momentumUpdate({ ...PLAIN, momentum: 0.9, nesterov: false })],
    ['nesterov', momentumUpdate({ ...PLAIN, momentum: 0.9, nesterov: true })],
    ['adam', adamUpdate(adamAt(1, 1e-8))],
    ['adamw', adamWUpdate({ ...adamAt(1, 1e-8), keep: 1 })],
    ['rmsprop', rmspropUpdate({ ...PLAIN, beta2: 0.99, eps: 1e-8 })],
    ['rmsprop, centered', rmspropMomentumUpdate({ ...PLAIN, beta2: 0.99, eps: 1e-8, momentum: 0.5, centered: true })],
    ['lion', lionUpdate({ ...PLAIN, keep: 1, beta1: 0.9, beta2: 0.99 })],
  ])('%s: a gradient that is not a number makes the weight such, so that the run ends', (_, update) => {
    const found = new Stepped(choice, [1, 1]);
    found.step([Number.NaN, 0], update);
    expect(found.weights).toEqual([Number.NaN, 1]);
  });
});

const PLAIN_SGD: OptimizerOptions = {
  ...{ lr: 0.5, schedule: 'constant', warmupSteps: 0, lrStepSize: 1, lrGamma: 1, lrPatience: 10 },
  ...{ optimizer: 'sgd', reduction: 'sum', momentum: 0, nesterov: false, weightDecay: 0 },
  ...{ beta1: 0.9, beta2: 0.999, eps: 1e-8, l1: 0, maxNorm: undefined, clipNorm: undefined, centered: false, ema: 0 },
};
const FIRST = { stepsDone: 0, index: 0, batch: 4 };

describe.each(allKernels())('kernel $name ($vectorBits bits): clipping', (choice) => {
  const digits = choice.name === 'reference' ? 1e-12 : 1e-6;

  it.each([1e-38, 1e-25, 1e-20, 1e-10, 1, 1e10, 1e19, 1e25, 3e38])(
    'has the norm of gradients about %s, whose squares float32 does not hold',
    (magnitude) => {
      const gradients = [3, -4, 12, 0, 84].map((part) => f((magnitude * part) / 85));
      const found = new Stepped(
        choice,
        gradients.map(() => 0),
      );
      found.step(gradients, sgdUpdate({ ...PLAIN, rate: 1 }));
      // 3² + 4² + 12² + 84² = 85²
      expect(abs(found.norm / magnitude - 1)).toBeLessThan(1e-6);
    },
  );

  it.each([
    { magnitude: 1e-25, clipNorm: 1e-3, reduction: 'sum' as const, length: 1e-25 },
    { magnitude: 1, clipNorm: 2, reduction: 'sum' as const, length: 1 },
    { magnitude: 4, clipNorm: 2, reduction: 'sum' as const, length: 2 },
    { magnitude: 4, clipNorm: 2, reduction: 'mean' as const, length: 1 },
    { magnitude: 1e25, clipNorm: 1e-3, reduction: 'sum' as const, length: 1e-3 },
    { magnitude: 1e25, clipNorm: 1e20, reduction: 'mean' as const, length: 1e20 },
    { magnitude: 3e38, clipNorm: 1, reduction: 'sum' as const, length: 1 },
  ])('$reduction of length $magnitude, clipped at $clipNorm: a step of rate 0.5 and length $length', (given) => {
    const { magnitude, clipNorm, reduction, length } = given;
    const parts = [3, -4, 12, 0, 84];
    const gradients = parts.map((part) => f((magnitude * part) / 85));
    const found = new Stepped(
      choice,
      gradients.map(() => 0),
    );
    const optimizer = new Optimizer({ ...PLAIN_SGD, clipNorm, reduction }, 1, 1);
    // Puts the gradients there, and leaves the weights at 0.
    found.step(gradients, sgdUpdate({ scale: 0, weightDecay: 0, rate: 0 }));
    found.step(gradients, optimizer.update(FIRST, found.norm));
    for (const [i, weight] of found.weights.entries()) {
      const expected = (-0.5 * length * parts[i]!) / 85;
      // (PyTorch's 1e-6 beside the norm.)
      expect(abs(weight - expected)).toBeLessThanOrEqual((digits + 1e-6) * abs(length));
    }
  });
});

describe('the numbers of a step', () => {
  const adam = { ...PLAIN_SGD, optimizer: 'adam' } as const;

  it.each<[string, OptimizerOptions, ReturnType<typeof needsOf>, string[]]>([
    ['plain steps', PLAIN_SGD, { moments: 0, gradient: false, norm: false }, []],
    ['momentum', { ...PLAIN_SGD, momentum: 0.9 }, { moments: 1, gradient: true, norm: false }, ['momentum']],
    ['weight decay', { ...PLAIN_SGD, weightDecay: 0.1 }, { moments: 0, gradient: true, norm: false }, []],
    ['an L1 penalty', { ...PLAIN_SGD, l1: 0.1 }, { moments: 0, gradient: true, norm: false }, []],
    ['a maximum norm', { ...PLAIN_SGD, maxNorm: 1 }, { moments: 0, gradient: false, norm: false }, []],
    ['clipping', { ...PLAIN_SGD, clipNorm: 1 }, { moments: 0, gradient: true, norm: true }, []],
    ['adam', adam, { moments: 2, gradient: true, norm: false }, ['adam_m', 'adam_v']],
    ['adam and clipping', { ...adam, clipNorm: 1 }, { moments: 2, gradient: true, norm: true }, ['adam_m', 'adam_v']],
  ])('%s: what the memory must hold, and what files call it', (_, options, needs, names) => {
    expect(needsOf(options)).toEqual(needs);
    expect(momentNames(options)).toEqual(names);
  });

  it('plain steps: the rate, for the mean divided by the batch, whatever its size', () => {
    const plainRate = (reduction: 'sum' | 'mean') => {
      return new Optimizer({ ...PLAIN_SGD, reduction }, 1, 1).plainRate({ ...FIRST, batch: 8 });
    };
    expect([plainRate('sum'), plainRate('mean')]).toEqual([0.5, 0.5 / 8]);
  });

  it('the schedule counts the steps of all epochs', () => {
    const optimizer = new Optimizer({ ...PLAIN_SGD, schedule: 'cosine' }, 3, 4);
    expect(optimizer.rate(0)).toBe(0.5);
    expect(optimizer.rate(6)).toBeCloseTo(0.25, 15);
    expect(optimizer.rate(12)).toBe(0);
  });

  it('adam: the corrections of the step after those that are done', () => {
    const update = new Optimizer(adam, 1, 10).update({ stepsDone: 2, index: 2, batch: 4 }, 0);
    const [scale, weightDecay, minusRate, beta1, , beta2, , oneByRoot, eps] = update.assembly!.numbers;
    expect(-minusRate!).toBeCloseTo(0.5 / (1 - 0.9 ** 3), 14);
    expect(1 / oneByRoot!).toBeCloseTo(sqrt(1 - 0.999 ** 3), 14);
    expect([scale, weightDecay, beta1, beta2, eps]).toEqual([1, 0, 0.9, 0.999, 1e-8]);
  });
});
