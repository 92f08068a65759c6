/** What the page is answered: all numbers of a sample, against the formulas written out again, and gradients by differences. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ask } from '../../../src/tools/explain/asks.js';
import { Explainer } from '../../../src/tools/explain/explainer.js';
import { NAIVE_CURVES } from '../../support/naive-curves.js';
import { type Case, naivePass, RandomSubject } from '../../support/naive-network.js';

const SAMPLES = 7;

const cases = fc.record<Case>({
  hidden: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 }),
  inputs: fc.integer({ min: 1, max: 9 }),
  outputs: fc.integer({ min: 2, max: 4 }),
  objective: fc.constantFrom('softmax-cross-entropy', 'squared-error', 'absolute-error', 'huber'),
  seed: fc.nat({ max: 1000 }),
  activation: fc.constantFrom(...Object.keys(NAIVE_CURVES)),
});

const test = (index: number) => ({ sample: { split: 'test', index } as const });
const apart = (a: readonly number[], b: readonly number[]) =>
  Math.max(0, ...a.map((each, i) => Math.abs(each - b[i]!)), Math.abs(a.length - b.length));

describe('an explainer', () => {
  it('answers with what the formulas give, layer by layer, for any network, classes and numbers', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const subject = new RandomSubject(given, SAMPLES);
        const explainer = new Explainer(subject);
        for (let index = 0; index < SAMPLES; index++) {
          const passes = await explainer.answer({ ask: 'passes', ...test(index) });
          const naive = naivePass(subject.shape, subject.values, subject.sample('test', index));
          expect(passes.loss).toBeCloseTo(naive.loss, 10);
          expect(apart(passes.probabilities ?? [], naive.outputs)).toBeLessThan(1e-12);
          for (const [l, { z, h, slope, delta }] of passes.layers.entries()) {
            expect(apart(z, naive.z[l]!)).toBeLessThan(1e-12);
            expect(apart(delta, naive.delta[l]!)).toBeLessThan(1e-12);
            if (h) expect(apart(h, naive.h[l + 1]!)).toBeLessThan(1e-12);
            expect(apart(slope ?? [], naive.slope[l] ?? [])).toBeLessThan(1e-12);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('gives each weight its gradient: that of the factors, and that of differences', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(), fc.nat(), fc.nat(), async (given, a, b, c) => {
        const subject = new RandomSubject(given, SAMPLES);
        const { layers } = subject.shape;
        const layer = a % (layers.length - 1);
        const [input, unit] = [b % (layers[layer]! + 1), c % layers[layer + 1]!];
        const explainer = new Explainer(subject);
        const check = await explainer.answer({ ask: 'weight', layer, input, unit, ...test(0) });
        const { h, delta } = naivePass(subject.shape, subject.values, subject.sample('test', 0));
        expect(check.gradient).toBeCloseTo((h[layer]![input] ?? 1) * delta[layer]![unit]!, 12);
        if (check.kinks === 0) expect(check.difference).toBeCloseTo(check.gradient, 6);
        const { weights, bias } = await explainer.answer({ ask: 'unit', layer, unit, ...test(0) });
        expect([...weights, bias][input]).toBe(check.weight);
        // All weights are as before.
        const { loss } = await explainer.answer({ ask: 'passes', ...test(0) });
        expect(loss).toBeCloseTo(naiveLoss(subject, 0, 1, subject.values), 12);
      }),
      { numRuns: 60 },
    );
  });

  it('moves along −gradient: the curve is the loss of moved weights, and begins along the first-order line', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const subject = new RandomSubject(given, SAMPLES);
        const step = await new Explainer(subject).answer({ ask: 'step', first: 1, count: 5 });
        const gradient = naiveGradient(subject, 1, 5);
        const at = (rate: number) =>
          naiveLoss(
            subject,
            1,
            5,
            gradient.map((g, p) => subject.values[p]! - rate * g),
          );
        const squared = gradient.reduce((sum, each) => sum + each * each, 0);
        expect(step.squaredNorm).toBeCloseTo(squared, 8);
        expect(step.loss).toBeCloseTo(at(0), 10);
        expect(step.atRate!.rate).toBe(0.05);
        expect(step.rates).toContain(0.05);
        for (const [i, rate] of step.rates.entries()) {
          const expected = at(rate);
          expect(Math.abs(step.losses[i]! - expected)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(expected)));
        }
      }),
      { numRuns: 10 },
    );
  });

  it('sends a batch whose sum of outer products is the gradient of the unit', async () => {
    const subject = new RandomSubject(
      { hidden: [5], inputs: 8, outputs: 3, objective: 'softmax-cross-entropy', seed: 3 },
      SAMPLES,
    );
    const explainer = new Explainer(subject);
    for (let unit = 0; unit < 5; unit++) {
      const { inputs, deltas, factors } = await explainer.answer({ ask: 'batch', first: 0, count: SAMPLES, unit });
      const x = new Float32Array(Uint8Array.from(Buffer.from(inputs, 'base64')).buffer);
      const gradient = naiveGradient(subject, 0, SAMPLES);
      for (let i = 0; i < 8; i++) {
        const sum = deltas.reduce((total, delta, s) => total + delta * x[s * 8 + i]!, 0);
        expect(sum).toBeCloseTo(gradient[i * 5 + unit]!, 12);
      }
      expect(factors).toBe(SAMPLES * (8 + 5 + 5 + 3));
    }
  });

  it('finds the training samples that pull most: products of whole gradients', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const subject = new RandomSubject(given, 40);
        const { done, of, helpers, opponents } = await new Explainer(subject).answer({ ask: 'taught', ...test(2) });
        expect([done, of]).toEqual([40, 40]);
        const own = naiveGradient(subject, 2, 1);
        const influences = Array.from({ length: 40 }, (_, s) =>
          naiveGradient(subject, s, 1).reduce((sum, each, p) => sum + 0.05 * each * own[p]!, 0),
        );
        const sorted = [...influences].sort((a, b) => b - a);
        const shown = (some: typeof helpers) => some.map(({ influence }) => influence);
        expect(apart(shown(helpers), sorted.filter((each) => each > 0).slice(0, 12))).toBeLessThan(1e-10);
        expect(
          apart(
            shown(opponents),
            sorted
              .filter((each) => each < 0)
              .reverse()
              .slice(0, 12),
          ),
        ).toBeLessThan(1e-10);
        for (const { index, influence, byLayer } of [...helpers, ...opponents]) {
          expect(influence).toBeCloseTo(influences[index]!, 10);
          expect(byLayer.reduce((sum, each) => sum + each, 0)).toBeCloseTo(influence, 12);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('refuses what is no question, in one short line', async () => {
    const subject = new RandomSubject(
      { hidden: [3], inputs: 4, outputs: 2, objective: 'softmax-cross-entropy', seed: 1 },
      3,
    );
    const explainer = new Explainer(subject);
    const [sample, batch] = [
      { split: 'test', index: 0 },
      { first: 0, count: 1 },
    ];
    const bad: unknown[] = [
      ...[null, 1, 'facts', [], {}, { ask: '__proto__' }, { ask: 'passes' }, { ask: 'passes', sample: null }],
      ...[-1, 3, 0.5, Number.NaN, '0', null, 1e300].map((index) => ({
        ask: 'passes',
        sample: { split: 'test', index },
      })),
      ...['all', 'constructor', 7].map((split) => ({ ask: 'passes', sample: { split, index: 0 } })),
      ...[2, -1, '1', {}].map((target) => ({ ask: 'passes', sample, target })),
      ...['AAAA', 7, '%'].map((pixels) => ({ ask: 'passes', sample: { pixels }, target: 0 })),
      ...[2, -1].map((layer) => ({ ask: 'unit', sample, layer, unit: 0 })),
      ...[3, '0'].map((unit) => ({ ask: 'unit', sample, layer: 0, unit })),
      { ask: 'weight', sample, layer: 0, input: 5, unit: 0 },
      ...[0, 4, -1, 1e9].map((count) => ({ ask: 'batch', first: 0, unit: 0, count })),
      { ask: 'step', ...batch, first: 3 },
    ];
    for (const ask of bad) {
      const message = await explainer.answer(ask).then(
        () => `${JSON.stringify(ask)} is answered`,
        (error: Error) => error.message,
      );
      expect(message).toMatch(/^[a-z][^\n]{0,80}$/);
      expect(message).not.toContain('answered');
    }
    expect(await explainer.answer({ ask: 'passes', sample: { split: 'test', index: 2 } } satisfies Ask)).toBeDefined();
  });
});

function naiveLoss(subject: RandomSubject, first: number, count: number, values: ArrayLike<number>): number {
  let sum = 0;
  for (let s = first; s < first + count; s++) sum += naivePass(subject.shape, values, subject.sample('train', s)).loss;
  return sum;
}

/** (parameters) */
function naiveGradient(subject: RandomSubject, first: number, count: number): number[] {
  const { layers } = subject.shape;
  const gradient = new Array<number>(subject.values.length).fill(0);
  for (let s = first; s < first + count; s++) {
    const { h, delta } = naivePass(subject.shape, subject.values, subject.sample('train', s));
    let at = 0;
    for (const [l, outputs] of layers.slice(1).entries()) {
      for (let i = 0; i <= layers[l]!; i++) {
        for (let j = 0; j < outputs; j++) gradient[at++]! += (h[l]![i] ?? 1) * delta[l]![j]!;
      }
    }
  }
  return gradient;
}
