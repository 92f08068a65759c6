/** Rankings of many samples, and curves. */
import { expect, it } from 'vitest';
import { Pacer } from '../../../src/metrics/quality/pacer.js';
import { Ranking } from '../../../src/metrics/quality/ranking.js';
import { Random } from '../../../src/model/random.js';

/** As defined: the probability that a sample of the class scores higher than one of the rest; ties count half. */
function aucOfPairs(scores: Float64Array, positive: readonly boolean[], weights: Uint16Array): number {
  let [wins, pairs] = [0, 0];
  for (const [i, a] of scores.entries()) {
    if (!positive[i]) continue;
    for (const [j, b] of scores.entries()) {
      if (positive[j]) continue;
      const weight = weights[i]! * weights[j]!;
      pairs += weight;
      wins += weight * (a > b ? 1 : a === b ? 0.5 : 0);
    }
  }
  return wins / pairs;
}

it.each([50, 4095, 4096, 6000])('the AUC of %i weighted samples with ties is a count of pairs', async (count) => {
  const random = new Random(count, 0);
  // Few values, tiny ones, 0 and 1 among them.
  const values = [0, -0, 1, 5e-324, 1e-300, 1 - 2 ** -53, ...Array.from({ length: 500 }, () => random.fraction())];
  const scores = Float64Array.from({ length: count }, () => values[random.below(values.length)]!);
  const positive = Array.from(scores, (score) => random.fraction() < 0.2 + 0.3 * score);
  const weights = Uint16Array.from(scores, () => random.below(4));
  const ranking = await Ranking.of(scores, (s) => positive[s]!, new Pacer());
  ranking.measure(weights);
  expect(ranking.auc).toBeCloseTo(aucOfPairs(scores, positive, weights), 12);

  // The curve has the same area, by the trapezoidal rule, and ends at (1, 1).
  let [area, x, y] = [0, 0, 0];
  for (const { falsePositiveRate, truePositiveRate } of ranking.curve(weights)) {
    area += (falsePositiveRate - x) * ((truePositiveRate + y) / 2);
    [x, y] = [falsePositiveRate, truePositiveRate];
  }
  expect([x, y]).toEqual([1, 1]);
  expect(ranking.auc).toBeCloseTo(area, 12);
});
