/** The metric functions of the library: what they accept, and that they leave the event loop free. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockstepError } from '../../src/errors.js';
import { Random } from '../../src/model/random.js';
import { classificationMetrics, regressionMetrics } from '../../src/tools/metrics.js';
import { refusalOf } from '../support/refusals.js';

const TWO = {
  probabilities: [
    [0.9, 0.1],
    [0.3, 0.7],
    [0.6, 0.4],
  ],
  labels: [0, 1, 1],
};

describe('classificationMetrics', () => {
  it('accepts arrays and typed arrays', async () => {
    const typed = {
      probabilities: TWO.probabilities.map((row) => Float64Array.from(row)),
      labels: Uint8Array.of(0, 1, 1),
    };
    const found = await classificationMetrics(TWO);
    expect(found).toEqual(await classificationMetrics(typed));
    expect(found).toMatchObject({ accuracy: 2 / 3, roc_auc: 1, top_k: 1, positive_class: 1 });
    expect(found.bootstrap).toEqual({ resamples: 1000, seed: 1, level: 0.95 });
  });

  it('names classes, and the positive one', async () => {
    const found = await classificationMetrics({ ...TWO, classNames: ['ham', 'spam'], positive: 0 });
    expect(found.positive_class).toBe('ham');
    expect(found.classes.map((each) => each.class)).toEqual(['ham', 'spam']);
    expect(found.average_precision).toBe(found.classes[0]!.average_precision);
    // The same probabilities, seen from the other class.
    const other = await classificationMetrics(TWO);
    expect(found.brier_score).toBeCloseTo(other.brier_score, 12);
    expect(found.roc_auc).toBe(other.roc_auc);
  });

  it.each([
    [{ labels: [0, 1] }, 'probabilities'],
    [{ labels: [] }, 'labels'],
    [{ labels: [0, 1, 2] }, 'labels'],
    [{ labels: [0, undefined, 1] }, 'labels'],
    [{ probabilities: [[1], [1], [1]] }, 'probabilities'],
    [{ probabilities: [[1, 0], [1, 0], [1]] }, 'probabilities'],
    [
      {
        probabilities: [
          [1, 0],
          [1, 0],
          [1, Number.NaN],
        ],
      },
      'probabilities',
    ],
    [{ classNames: ['a'] }, 'classNames'],
    [{ weights: [1, 1] }, 'weights'],
    [{ weights: [0, 0, 0] }, 'weights'],
    [{ weights: [1, -1, 1] }, 'weights'],
    [{ topK: 0 }, 'topK'],
    [{ positive: 2 }, 'positive'],
    [{ resamples: 1.5 }, 'resamples'],
    [{ seed: -1 }, 'seed'],
  ])('refuses %j', async (given, name) => {
    const { error, code } = await refusalOf(() => classificationMetrics({ ...TWO, ...given } as never));
    expect(code).toBe('invalid_option');
    expect(error.message).toMatch(new RegExp(`^\`${name}\`: expected `));
  });

  it('refuses anything else in our words', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.anything(),
        fc.constantFrom('probabilities', 'labels', 'weights', 'classNames'),
        async (value, name) => {
          try {
            await classificationMetrics({ ...TWO, resamples: 0, [name]: value } as never);
          } catch (error) {
            expect(error).toBeInstanceOf(LockstepError);
          }
        },
      ),
    );
  });

  it('pauses for other work', async () => {
    const random = new Random(1, 0);
    const labels = Uint8Array.from({ length: 20_000 }, () => random.below(2));
    const probabilities = Array.from(labels, () => {
      const p = random.fraction();
      return [1 - p, p];
    });
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    await classificationMetrics({ probabilities, labels, resamples: 200 });
    isDone = true;
    expect(turns).toBeGreaterThan(3);
  });
});

describe('regressionMetrics', () => {
  it('accepts one target, and several', async () => {
    const one = await regressionMetrics({ predicted: [1, 2, 3], targets: Float32Array.of(1, 2, 5) });
    expect(one).toMatchObject({ mae: 2 / 3, targets: [{ target: 'target' }] });
    expect(one.r2).toBeCloseTo(1 - 4 / (26 / 3), 12);
    const predicted = [
      [1, 0],
      [2, 0],
      [3, 0],
    ];
    const targets = [
      [1, 7],
      [2, 7],
      [5, 7],
    ];
    const two = await regressionMetrics({ predicted, targets, names: ['a', 'b'] });
    expect(two.targets).toMatchObject([
      { target: 'a', r2: one.r2, intervals: one.intervals },
      { target: 'b', rmse: 7, r2: null, intervals: { r2: null } },
    ]);
    expect(two).toMatchObject({ mae: (2 / 3 + 7) / 2, r2: one.r2 });
  });

  it.each([
    [{ predicted: [1, 2], targets: [1] }, 'predicted'],
    [{ predicted: [1], targets: [Number.NaN] }, 'targets'],
    [{ predicted: ['1'], targets: [1] }, 'predicted'],
    [{ predicted: [[1, 2]], targets: [1] }, 'predicted'],
    [
      {
        predicted: [[1, 2], [1]],
        targets: [
          [1, 2],
          [1, 2],
        ],
      },
      'predicted',
    ],
    [{ predicted: [1], targets: [] }, 'targets'],
    [{ predicted: [1], targets: [1], names: ['a', 'b'] }, 'names'],
  ])('refuses %j', async (given, name) => {
    const { error } = await refusalOf(() => regressionMetrics(given as never));
    expect(error.message).toMatch(new RegExp(`^\`${name}\`: expected `));
  });
});
