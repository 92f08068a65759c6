/** Intervals of metrics: what they are made of, and how often they contain the truth. */
import { describe, expect, it } from 'vitest';
import { intervalOf, resamplesFor } from '../../../src/metrics/quality/bootstrap.js';
import { BY_CLASS, measureClasses, OVERALL } from '../../../src/metrics/quality/classification.js';
import { measureNumbers } from '../../../src/metrics/quality/regression.js';
import { wilsonInterval } from '../../../src/metrics/quality/wilson.js';
import { BOOTSTRAP_STREAM, Random } from '../../../src/model/random.js';
import { scoresOf } from '../../support/class-scores.js';

const RESAMPLES = 40;

/** Rows of probabilities with many ties, and their classes. */
function randomCase(seed: number, samples: number, classes: number) {
  const random = new Random(seed, 0);
  const probabilities = Array.from({ length: samples }, () => {
    const counts = Array.from({ length: classes }, () => 1 + random.below(4));
    const sum = counts.reduce((total, each) => total + each, 0);
    return counts.map((each) => each / sum);
  });
  return { probabilities, targets: Array.from({ length: samples }, () => random.below(classes)) };
}

describe('an interval', () => {
  it.each([
    [1, 30, 2],
    [2, 40, 3],
    [3, 12, 6],
  ])('equals that of copied samples (case %i: %i samples, %i classes)', async (seed, samples, classes) => {
    const { probabilities, targets } = randomCase(seed, samples, classes);
    const names = [...new Array(classes).keys()];
    const { metrics } = await measureClasses(scoresOf(probabilities, targets), names, { resamples: RESAMPLES, seed });

    const values: Record<string, (number | null)[]> = {};
    for (let r = 0; r < RESAMPLES; r++) {
      const random = new Random(seed, BOOTSTRAP_STREAM + r);
      const drawn = Array.from({ length: samples }, () => Math.floor((random.next() / 2 ** 32) * samples));
      const copies = scoresOf(
        drawn.map((s) => probabilities[s]!),
        drawn.map((s) => targets[s]!),
      );
      const { metrics: own } = await measureClasses(copies, names, { resamples: 0 });
      for (const name of OVERALL) values[name] = [...(values[name] ?? []), own[name]];
      for (const [c, each] of own.classes.entries()) {
        for (const name of BY_CLASS) values[`${c} ${name}`] = [...(values[`${c} ${name}`] ?? []), each[name]];
      }
    }
    const expected = (key: string) => intervalOf(Float64Array.from(values[key]!, (value) => value ?? Number.NaN));
    const expectClose = (found: readonly number[] | null, wanted: readonly number[] | null, name: string) => {
      expect(found?.map((bound) => bound.toFixed(12)) ?? null, name).toEqual(
        wanted?.map((bound) => bound.toFixed(12)) ?? null,
      );
    };
    for (const name of OVERALL) {
      if (metrics[name] !== null) expectClose(metrics.intervals[name], expected(name), name);
    }
    for (const [c, each] of metrics.classes.entries()) {
      for (const name of BY_CLASS) {
        if (each[name] !== null) expectClose(each.intervals[name], expected(`${c} ${name}`), `${c} ${name}`);
      }
    }
  });

  it('is the same for the same seed, and another for another', async () => {
    const { probabilities, targets } = randomCase(5, 50, 3);
    const of = async (seed?: number) =>
      (await measureClasses(scoresOf(probabilities, targets), [0, 1, 2], { resamples: 50, seed })).metrics.intervals;
    expect(await of()).toEqual(await of(1));
    expect(await of(2)).not.toEqual(await of(1));
  });

  it('is linear between the values, as numpy.percentile([3, 1, 2, 10], [2.5, 97.5])', () => {
    const [low, high] = intervalOf(Float64Array.of(3, 1, 2, 10))!;
    expect(low).toBeCloseTo(1.075, 12);
    expect(high).toBeCloseTo(9.475, 12);
  });

  it('leaves out resamples without the metric, and is null if they are more than half', () => {
    const { NaN: none } = Number;
    expect(intervalOf(Float64Array.of(none, 1, none, 1))).toEqual([1, 1]);
    expect(intervalOf(Float64Array.of(none, 1, none))).toBeNull();
    expect(intervalOf(Float64Array.of())).toBeNull();
  });

  it('of samples of one class has no AUC', async () => {
    const { metrics } = await measureClasses(
      scoresOf(
        [
          [0.5, 0.5],
          [0.1, 0.9],
        ],
        [1, 1],
      ),
      ['no', 'yes'],
      { resamples: 20 },
    );
    expect(metrics.roc_auc).toBeNull();
    expect(metrics.intervals.roc_auc).toBeNull();
    expect(metrics.classes[0]).toMatchObject({ recall: null, average_precision: null, samples: 0 });
  });

  it('contains the true accuracy, AUC and RMSE about as often as it says', async () => {
    const RUNS = 150;
    const SAMPLES = 150;
    const random = new Random(8, 0);
    const normal = () => {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += random.fraction();
      return sum;
    };
    const contained = { accuracy: 0, roc_auc: 0, rmse: 0 };
    // Scores of the classes are normal, with means 0 and 1 and variance 1; the threshold is 0.5.
    const truth = { accuracy: 0.691_462_461, roc_auc: 0.760_249_938, rmse: 1 };
    const has = ([low, high]: readonly [number, number], value: number) => (low <= value && value <= high ? 1 : 0);
    for (let run = 0; run < RUNS; run++) {
      const targets = Array.from({ length: SAMPLES }, () => random.below(2));
      const probabilities = targets.map((target) => {
        const p = 1 / (1 + Math.exp(0.5 - target - normal()));
        return [1 - p, p];
      });
      const options = { resamples: 200, seed: run };
      const { intervals } = (await measureClasses(scoresOf(probabilities, targets), ['a', 'b'], options)).metrics;
      contained.accuracy += has(intervals.accuracy!, truth.accuracy);
      contained.roc_auc += has(intervals.roc_auc!, truth.roc_auc);
      const y = Float64Array.from({ length: SAMPLES }, normal);
      const zeros = new Float64Array(SAMPLES);
      const numbers = await measureNumbers([zeros], [y], ['y'], options);
      contained.rmse += has(numbers.intervals.rmse!, truth.rmse);
    }
    for (const [name, count] of Object.entries(contained)) {
      expect(count / RUNS, name).toBeGreaterThan(0.9);
      expect(count / RUNS, name).toBeLessThan(0.99);
    }
  });
});

it.each([
  [0, 10, 0, 0.277_533],
  [5, 10, 0.236_593, 0.763_407],
  [1, 1, 0.206_549, 1],
])('the Wilson interval of %i of %i is %f to %f, as in R', (hits, count, low, high) => {
  const found = wilsonInterval(hits / count, count);
  expect(found[0]).toBeCloseTo(low, 6);
  expect(found[1]).toBeCloseTo(high, 6);
});

it('large sets have fewer resamples, which depend on their size alone', () => {
  expect(resamplesFor(150, 5)).toBe(1000);
  expect(resamplesFor(10_000, 12)).toBe(1000);
  expect(resamplesFor(200_000, 4)).toBe(250);
  expect(resamplesFor(10_000_000, 4)).toBe(100);
});
