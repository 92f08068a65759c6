/** Which labels are wrong, from scores of known distributions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelScores } from '../../src/metrics/audit/classes.js';
import { wrongNumbers } from '../../src/metrics/audit/numbers.js';
import { groupsOf } from '../../src/metrics/audit/pairs.js';
import { logOddsOf } from '../../src/metrics/audit/tail-mixture.js';
import { Random } from '../../src/model/random.js';

function normalFrom(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
}

/** Scores of right labels with exponential tails, and of wrong ones at 0.6 of the mirrored scores; by pair of classes. */
function drawScores(
  classes: number,
  perPair: number,
  wrongOf: (pair: number) => number,
  rateOf: (pair: number) => number,
) {
  const random = new Random(5, 77);
  const pairs = classes * (classes - 1);
  const scores: number[] = [];
  const groups: number[] = [];
  const isWrong: boolean[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    for (let i = 0; i < perPair; i++) {
      const wrong = i < wrongOf(pair);
      scores.push(wrong ? 3 + 1.2 * normalFrom(random) : -6 - Math.log(1 - random.fraction()) / rateOf(pair));
      groups.push(pair);
      isWrong.push(wrong);
    }
  }
  const expected = new Float64Array(pairs).fill(1 / pairs);
  const mirrored = { means: new Float64Array(pairs).fill(5), deviations: new Float64Array(pairs).fill(1) };
  const logOdds = logOddsOf({
    scores: Float64Array.from(scores),
    groups: Uint32Array.from(groups),
    expected,
    mirrored,
  });
  const probabilities = [...logOdds].map((odds) => 1 / (1 + Math.exp(-odds)));
  const suspects = probabilities.map((p) => p > 0.5);
  const found = suspects.filter((is, i) => is && isWrong[i]).length;
  return {
    wrong: isWrong.filter(Boolean).length,
    expected: probabilities.reduce((sum, p) => sum + p, 0),
    precision: found / Math.max(1, suspects.filter(Boolean).length),
    recall: found / isWrong.filter(Boolean).length,
    ...{ logOdds, scores, groups },
  };
}

describe('scores of known distributions', () => {
  it.each([
    ['the same share in each pair', () => 12, () => 1.3],
    ['pairs that look alike', () => 12, (pair: number) => (pair % 7 === 0 ? 0.7 : 1.3)],
    ['one pair only', (pair: number) => (pair === 4 ? 200 : 0), () => 1.3],
    ['a tenth of all labels', () => 60, () => 1.3],
  ] as const)('%s: precision, recall and the number of wrong labels', (_, wrongOf, rateOf) => {
    const { wrong, expected, precision, recall } = drawScores(6, 600, wrongOf, rateOf);
    expect(precision).toBeGreaterThan(0.88);
    expect(recall).toBeGreaterThan(0.9);
    expect(expected / wrong).toBeGreaterThan(0.85);
    expect(expected / wrong).toBeLessThan(1.15);
  });

  it('no wrong labels: few suspects', () => {
    expect(
      drawScores(
        6,
        600,
        () => 0,
        () => 1.3,
      ).expected,
    ).toBeLessThan(0.005 * 30 * 600);
  });

  it('in a group, a higher score is never less doubtful', () => {
    const { logOdds, scores, groups } = drawScores(
      3,
      300,
      () => 20,
      (pair) => 1 + pair / 5,
    );
    for (let g = 0; g < 6; g++) {
      const own = scores.map((_, i) => i).filter((i) => groups[i] === g);
      own.sort((a, b) => scores[a]! - scores[b]!);
      for (let k = 1; k < own.length; k++) {
        // (Far below all doubt, the order does not matter.)
        if (scores[own[k - 1]!]! > -3) expect(logOdds[own[k]!]).toBeGreaterThanOrEqual(logOdds[own[k - 1]!]!);
      }
    }
  });

  it('any probabilities give finite odds, and suggest another class', () => {
    const any = fc.integer({ min: 2, max: 4 }).chain((classes) =>
      fc.array(
        fc.record({
          label: fc.nat({ max: classes - 1 }),
          p: fc.array(fc.constantFrom(0, 1e-40, 0.1, 0.5, 1), { minLength: classes, maxLength: classes }),
        }),
        { minLength: 1, maxLength: 30 },
      ),
    );
    fc.assert(
      fc.property(any, (samples) => {
        const classes = samples[0]!.p.length;
        const labels = samples.map(({ label }) => label);
        const means = Float64Array.from(samples.flatMap(({ p }) => p));
        const { logOdds, probabilities, suggested } = labelScores(means, labels, classes);
        expect([...logOdds].every(Number.isFinite)).toBe(true);
        const least = 0.5 / (samples.length + 1);
        expect(probabilities.every((p) => p >= least && p <= 1 - least)).toBe(true);
        expect([...suggested].every((c, i) => c !== labels[i] && c < classes)).toBe(true);
      }),
    );
  });
});

/** Mean probabilities of a network that has learned some pairs of classes worse than others, and wrong labels in part. */
function drawMeans(n: number, classes: number, share: number, seed: number) {
  const random = new Random(seed, 79);
  const means = new Float64Array(n * classes);
  const labels = new Uint32Array(n);
  const isWrong: boolean[] = [];
  for (let i = 0; i < n; i++) {
    const truth = random.below(classes);
    const wrong = random.fraction() < share;
    labels[i] = wrong ? (truth + 1 + random.below(classes - 1)) % classes : truth;
    isWrong.push(wrong);
    // Classes 0 and 1 look alike.
    const gap = (j: number) => (truth < 2 && j < 2 ? 2.5 : 5) + normalFrom(random);
    const logits = Array.from({ length: classes }, (_, j) => (j === truth ? 0 : -gap(j)));
    if (wrong) logits[labels[i]!]! += 0.8 + 0.3 * normalFrom(random);
    const sum = logits.reduce((all, z) => all + Math.exp(z), 0);
    for (const [j, z] of logits.entries()) means[i * classes + j] = Math.exp(z) / sum;
  }
  return { means, labels, isWrong };
}

describe('mean probabilities', () => {
  it.each([0.01, 0.03, 0.1])(
    'a share of %d of the labels is wrong: the probabilities are those of wrong labels',
    (share) => {
      const { means, labels, isWrong } = drawMeans(6000, 5, share, 1);
      const { probabilities } = labelScores(means, labels, 5);
      const wrong = isWrong.filter(Boolean).length;
      const sum = probabilities.reduce((all, p) => all + p, 0);
      expect(Math.abs(sum / wrong - 1)).toBeLessThan(0.15);
      // A proper score: half of what it would be if only the share were known.
      const lossOf = (p: (i: number) => number) =>
        isWrong.reduce((all, is, i) => all - Math.log(is ? p(i) : 1 - p(i)), 0);
      expect(lossOf((i) => probabilities[i]!)).toBeLessThan(lossOf(() => wrong / 6000) / 2);
    },
  );

  it('a tenth of the labels are of the next class, and the network has learned that in part', () => {
    const random = new Random(4, 79);
    const [n, classes] = [1800, 10];
    const means = new Float64Array(n * classes);
    const truths = Uint32Array.from({ length: n }, () => random.below(classes));
    const labels = truths.map((truth) => (random.fraction() < 0.1 ? (truth + 1) % classes : truth));
    for (const [i, truth] of truths.entries()) {
      const logits = Array.from({ length: classes }, (_, j) => (j === truth ? 0 : -5 + normalFrom(random)));
      if (labels[i] !== truth) logits[labels[i]!]! += 3.5 + 0.3 * normalFrom(random);
      const sum = logits.reduce((all, z) => all + Math.exp(z), 0);
      for (const [j, z] of logits.entries()) means[i * classes + j] = Math.exp(z) / sum;
    }
    const { probabilities } = labelScores(means, labels, classes);
    const suspects = [...probabilities.keys()].filter((i) => probabilities[i]! > 0.5);
    const wrong = labels.filter((label, i) => label !== truths[i]).length;
    expect(suspects.filter((i) => labels[i] !== truths[i]).length / wrong).toBeGreaterThan(0.9);
    expect(suspects.length / wrong).toBeLessThan(1.1);
  });

  it.each([60, 600, 6000])('no label of %d is wrong: the probabilities neither deny nor assert that one is', (n) => {
    const { means, labels } = drawMeans(n, 3, 0, 2);
    const { probabilities } = labelScores(means, labels, 3);
    const sum = probabilities.reduce((all, p) => all + p, 0);
    expect(sum).toBeGreaterThan(0.45);
    expect(sum).toBeLessThan(2 + 0.002 * n);
    expect(Math.max(...probabilities)).toBeLessThan(0.9);
    expect(Math.max(...probabilities)).toBeGreaterThan(0.5 / (n + 1));
  });

  it('mirrored scores are those that the samples of the suggested class would have with the label', () => {
    const classes = 4;
    const { means, labels } = drawMeans(500, classes, 0.05, 3);
    const logs = means.map(Math.log);
    const best = (i: number, without: number) => {
      const own = [...means.subarray(i * classes, (i + 1) * classes)].map((p, j) => (j === without ? -1 : p));
      return own.indexOf(Math.max(...own));
    };
    const suggested = Uint32Array.from(labels, (y, i) => best(i, y));
    const scoreOf = (i: number, y: number, j: number) => logs[i * classes + j]! - logs[i * classes + y]!;
    const scores = Float64Array.from(labels, (y, i) => scoreOf(i, y, suggested[i]!));
    const { groups, expected, mirrored } = groupsOf(logs, labels, suggested, scores);
    expect(new Set(groups).size).toBe(expected.length);
    for (let g = 0; g < expected.length; g++) {
      const i = groups.indexOf(g);
      const [y, j] = [labels[i]!, suggested[i]!];
      for (const k of groups.keys()) expect(groups[k] === g).toBe(labels[k] === y && suggested[k] === j);
      const right = [...labels.keys()].filter((k) => labels[k] === j && best(k, -1) === j);
      const values = right.map((k) => scoreOf(k, y, j));
      const mean = values.reduce((all, v) => all + v, 0) / values.length;
      const variance = values.reduce((all, v) => all + (v - mean) ** 2, 0) / values.length;
      expect(expected[g]).toBeCloseTo(labels.filter((label) => label === y).length / 500 / (classes - 1), 12);
      // (Ten scores of the mean group are added.)
      expect(Math.abs(mirrored.means[g]! / mean - 1)).toBeLessThan(0.15);
      expect(Math.abs(mirrored.deviations[g]! / Math.sqrt(variance) - 1)).toBeLessThan(0.35);
    }
  });
});

describe('numbers', () => {
  it.each([
    ['normal errors', 0.8, 0.6, (random: Random) => normalFrom(random)],
    [
      'errors with heavy tails',
      0.7,
      0.4,
      (random: Random) => normalFrom(random) / Math.sqrt(-Math.log(1 - random.fraction())),
    ],
  ] as const)('that were replaced by numbers of other rows: %s', (_, precision, recall, errorFrom) => {
    const random = new Random(3, 78);
    const n = 3000;
    const estimates = Float64Array.from({ length: n }, () => normalFrom(random));
    const isWrong = (i: number) => i % 20 === 0;
    const targets = estimates.map((z, i) => (isWrong(i) ? normalFrom(random) : z + 0.08 * errorFrom(random)));
    const wrong = wrongNumbers(
      targets,
      targets.map((t, i) => t - estimates[i]!),
    );
    const suspects = [...wrong.keys()].filter((i) => wrong[i]! > 0.5);
    expect(suspects.filter(isWrong).length / suspects.length).toBeGreaterThan(precision);
    expect(suspects.filter(isWrong).length / (n / 20)).toBeGreaterThan(recall);
    const sum = wrong.reduce((all, p) => all + p, 0);
    expect(Math.abs(sum / (n / 20) - 1)).toBeLessThan(0.35);
  });

  it('equal residuals are no reason for doubt', () => {
    const wrong = wrongNumbers(new Float64Array(20).fill(0.5), new Float64Array(20));
    expect(Math.max(...wrong)).toBeLessThan(0.01);
  });
});
