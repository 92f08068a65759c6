import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseKernel } from '../../../src/kernels/builds.js';
import { ClassWord, SoftmaxCrossEntropy } from '../../../src/model/objectives/softmax-cross-entropy.js';
import { createNetwork, outputsOf, setOutputs } from '../../support/network.js';

/** A last layer whose logits can be set, with panels of 4 columns so that 10 classes need three. */
function lossOver(logits: readonly number[]) {
  const layers = [1, logits.length];
  const network = createNetwork(chooseKernel('simd'), layers, [[1]], new Float32Array(2 * logits.length), 4);
  setOutputs(network, 0, 0, logits);
  const loss = new SoftmaxCrossEntropy(network.memory);
  const setTarget = (target: number) => {
    network.memory.rows.targets[0] = target;
  };
  return { network, loss, setTarget };
}

const anyLogits = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 12 });

describe('softmax cross-entropy', () => {
  it('has the loss and the probabilities of the textbook formulas within 1e-12, and δ is P − T, rounded to float32', () => {
    fc.assert(
      fc.property(anyLogits, fc.nat(), (logits, pick) => {
        const target = pick % logits.length;
        const { network, loss, setTarget } = lossOver(logits);
        setTarget(target);
        loss.evaluate(0, 0);
        const probabilities = loss.probabilities.slice();
        loss.differentiate(0, 0);
        const sum = logits.reduce((total, z) => total + Math.exp(z), 0);
        expect(Math.abs(loss.loss - (Math.log(sum) - logits[target]!))).toBeLessThanOrEqual(1e-12);
        expect(loss.predicted).toBe(logits.indexOf(Math.max(...logits)));
        const deltas = outputsOf(network, 0, 0);
        for (const [j, probability] of probabilities.entries()) {
          expect(Math.abs(probability - Math.exp(logits[j]!) / sum)).toBeLessThanOrEqual(1e-12);
          expect(deltas[j]).toBe(Math.fround(probability - (j === target ? 1 : 0)));
        }
      }),
    );
  });

  it('adds up what an audit keeps, visit by visit', () => {
    const visits = fc.integer({ min: 2, max: 5 }).chain((classes) => {
      const logits = fc.array(fc.float({ min: -40, max: 40, noNaN: true }), { minLength: classes, maxLength: classes });
      return fc.tuple(fc.nat({ max: classes - 1 }), fc.array(logits, { minLength: 1, maxLength: 8 }));
    });
    fc.assert(
      fc.property(visits, ([target, all]) => {
        const audit = new Float32Array(2 + ClassWord.PROBABILITIES + all[0]!.length);
        for (const logits of all) {
          const { loss, setTarget } = lossOver(logits);
          setTarget(target);
          loss.differentiate(0, 0);
          loss.addTo(audit, 2);
        }
        const probabilities = all.map((logits) => {
          const exps = logits.map((z) => Math.exp(z - Math.max(...logits)));
          return exps.map((e) => e / exps.reduce((sum, each) => sum + each, 0));
        });
        const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);
        const margins = all.map((z) => z[target]! - Math.max(...z.filter((_, j) => j !== target)));
        const isClose = (found: number, expected: number) =>
          expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-5 * Math.max(1, ...margins.map(Math.abs)));
        isClose(audit[2 + ClassWord.MARGIN]!, sum(margins));
        const distances = probabilities.map((p) => Math.hypot(...p.map((each, j) => each - (j === target ? 1 : 0))));
        isClose(audit[2 + ClassWord.EL2N]!, sum(distances));
        for (const j of all[0]!.keys()) {
          isClose(audit[2 + ClassWord.PROBABILITIES + j]!, sum(probabilities.map((p) => p[j]!)));
        }
        const right = all.map((z) => z.indexOf(Math.max(...z)) === target);
        const forgotten = right.filter((is, v) => !is && v > 0 && right[v - 1]).length;
        expect(audit[2 + ClassWord.FORGOTTEN]).toBe(2 * forgotten + Number(right.at(-1)));
      }),
    );
  });

  it('does not overflow where e^z would', () => {
    const { loss, setTarget } = lossOver([1e5, -1e5, 0]);
    loss.evaluate(0, 0);
    expect(loss.loss).toBe(0);
    setTarget(1);
    loss.evaluate(0, 0);
    expect(loss.loss).toBe(2e5);
  });

  it('leaves the logits alone when it only evaluates', () => {
    const { network, loss } = lossOver([1, 2, 3]);
    loss.evaluate(0, 0);
    expect(outputsOf(network, 0, 0)).toEqual([1, 2, 3]);
  });

  it('takes the first of equal logits for its prediction', () => {
    const { loss } = lossOver([0, 7, 7, 1]);
    loss.evaluate(0, 0);
    expect(loss.predicted).toBe(1);
  });

  it.each([[[Number.NaN, 0, 0]], [[0, Number.NaN, 0]], [[Number.POSITIVE_INFINITY, 0, 0]]])(
    'is not finite for logits %s, wherever the target',
    (logits) => {
      const { loss, setTarget } = lossOver(logits);
      for (const target of [0, 1, 2]) {
        setTarget(target);
        loss.evaluate(0, 0);
        expect(Number.isFinite(loss.loss)).toBe(false);
      }
    },
  );
});
