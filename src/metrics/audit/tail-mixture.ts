/**
 * The log odds that labels are wrong, from scores that are high for wrong labels.
 *
 * Right labels: the scores s fall off above some point a, faster than exponentially. Classes that look alike have a longer tail, so
 * the rate λ differs by group. Wrong labels: the scores are distributed as the mirrored scores of the group (pairs.ts), which have
 * mean m and standard deviation d, but for two factors that are the same in all groups. With x = ((1 + s − a)^γ − 1) / γ, the scores
 * above a in group g have the density
 *
 *   (G_g λ_g e^(−λ_g x) x′(s) + B_g N(s; α m_g, (β d_g)²)) / (G_g + B_g)
 *
 * with G_g right and B_g wrong labels. α is below 1 because the network also learns wrong labels, in time. Expectation maximization
 * fits B, λ, α and β. Their priors decide where there are few wrong labels. docs/per-sample.md
 *
 * The constants were chosen on other data sets and other seeds than those in docs/per-sample.md: nine tables of KEEL, and MNIST
 * with the seed 11. (All but the prior of α and the second start, which digits needed.) There, γ of 1.2 and 1.6, and RATE_PRIOR of
 * 10 and 200, changed little.
 */
import type { Groups } from './pairs.js';

export interface GroupedScores extends Groups {
  /** (samples) */
  readonly scores: Float64Array;
}

/** Share of the samples above a, and of those whose label is not the most likely class. Right labels must remain the most. */
const TAIL = 0.2;
const DOUBTFUL = 0.5;
/** γ */
const POWER = 1.4;
/** λ_g counts as many samples of the mean tail as this. */
const RATE_PRIOR = 50;
/** α has a normal prior: its mean and its standard deviation over data sets. */
const ALPHA = 0.8;
const ALPHA_DEVIATION = 0.2;
/** β: the value on most data sets, and as how many wrong labels this value counts. */
const BETA = 1.1;
const BETA_PRIOR = 10;
/** With a small α, wrong scores would be those of right labels. */
const LEAST_ALPHA = 0.2;
/** B_g has a gamma prior of this shape, around what labels drawn at random would give. */
const WRONG_PRIOR = 0.5;
/** Jeffreys' prior of a count: data without any wrong label are no proof that none is wrong. */
const MORE_WRONG = 0.5;
/** Share of the labels that are first taken for wrong, in all groups alike. */
const START = 0.02;
/** What a mixture with wrong labels has more than one without: their number, α and β (Bayesian information criterion). */
const MORE_PARAMETERS = 3;
/** With 200, precision and recall on these data sets are the same within 0.004. */
const ITERATIONS = 60;
/** Where all scores are the same, for example. */
const LEAST = 1e-9;
/** By which wrong labels beyond the highest useful score are still ordered. */
const ORDERING = 0.1;
/** Steps in which the highest useful score is looked for, and how many. */
const STEP = 0.1;
const STEPS = 400;

/** The scores above a. */
interface Tail {
  /** All, also those below a. */
  readonly samples: number;
  readonly a: number;
  /** Ascending. */
  readonly scores: Float64Array;
  /** Group of each. */
  readonly groups: Uint32Array;
  /** (groups) */
  readonly sizes: Float64Array;
  /** (groups) How many labels are not the most likely class. */
  readonly doubtful: Float64Array;
  readonly expected: Float64Array;
  readonly mirrored: Groups['mirrored'];
}

interface Mixture {
  /** (groups) B */
  readonly wrong: Float64Array;
  /** (groups) λ */
  readonly rates: Float64Array;
  readonly alpha: number;
  readonly beta: number;
}

interface Fit {
  readonly mixture: Mixture;
  /** ln, of the mixture before. */
  readonly likelihood: number;
  /** Estimated number of wrong labels. */
  readonly total: number;
}

/** (samples) ln of P(wrong) / P(right). */
export function logOddsOf(given: GroupedScores): Float64Array {
  const { scores, groups } = given;
  const tail = tailOf(given);
  const mixture = fitted(tail);
  const highest = Float64Array.from(tail.expected, (_, g) => highestUseful(tail, mixture, g));
  return scores.map((score, i) => {
    const g = groups[i]!;
    const beyond = Math.max(0, score - highest[g]!);
    const at = score - beyond;
    return logWrong(tail, mixture, at, g) - logRight(tail, mixture, at, g) + ORDERING * beyond;
  });
}

function tailOf({ scores, groups, expected, mirrored }: GroupedScores): Tail {
  const n = scores.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) => scores[i]! - scores[j]! || i - j);
  const doubtful = new Float64Array(expected.length);
  let count = 0;
  for (const [i, score] of scores.entries()) {
    if (score <= 0) continue;
    doubtful[groups[i]!]!++;
    count++;
  }
  const first = Math.min(n - 1, Math.ceil(n - Math.min(n / 2, TAIL * n + DOUBTFUL * count)));
  const above = order.subarray(first);
  const sizes = new Float64Array(expected.length);
  for (const i of above) sizes[groups[i]!]!++;
  return {
    samples: n,
    a: scores[order[first]!]!,
    scores: Float64Array.from(above, (i) => scores[i]!),
    groups: Uint32Array.from(above, (i) => groups[i]!),
    ...{ sizes, doubtful, expected, mirrored },
  };
}

/** ln of B_g N(s; α m_g, (β d_g)²) */
function logWrong({ mirrored }: Tail, { wrong, alpha, beta }: Mixture, s: number, g: number): number {
  const deviation = beta * mirrored.deviations[g]!;
  const z = (s - alpha * mirrored.means[g]!) / deviation;
  return Math.log(wrong[g]!) - z ** 2 / 2 - Math.log(deviation * Math.sqrt(2 * Math.PI));
}

/** ln of G_g λ_g e^(−λ_g x) x′(s) */
function logRight({ a, sizes }: Tail, { wrong, rates }: Mixture, s: number, g: number): number {
  const slope = (POWER - 1) * Math.log1p(Math.max(0, s - a));
  return Math.log(Math.max(sizes[g]! - wrong[g]!, 0.5) * rates[g]!) - rates[g]! * bent(s - a) + slope;
}

/** The score above which the ratio of the densities would fall again. */
function highestUseful({ a, mirrored }: Tail, { rates, alpha, beta }: Mixture, g: number): number {
  const mean = alpha * mirrored.means[g]!;
  const variance = (beta * mirrored.deviations[g]!) ** 2;
  let s = Math.max(mean, a);
  for (let step = 0; step < STEPS; step++, s += STEP) {
    const above = 1 + s - a;
    if ((mean - s) / variance + rates[g]! * above ** (POWER - 1) - (POWER - 1) / above < 0) break;
  }
  return s;
}

/** From two starts, because the first may lead to no wrong labels at all, where they are many or all in a few groups. */
function fitted(tail: Tail): Mixture {
  const { samples, doubtful, expected } = tail;
  const starts = [
    expected.map((share) => Math.max(LEAST, START * samples * share)),
    doubtful.map((own) => own + LEAST),
  ];
  const fits = starts.map((wrong) => {
    let fit: Fit = { mixture: startingAt(tail, wrong), likelihood: 0, total: 0 };
    for (let iteration = 0; iteration < ITERATIONS; iteration++) fit = improved(tail, fit.mixture);
    return fit;
  });
  return fits.reduce((best, each) => (evidence(tail, each) > evidence(tail, best) ? each : best)).mixture;
}

/** A mixture with wrong labels must be so much more likely than one without any. */
function evidence({ scores }: Tail, { likelihood, total }: Fit): number {
  return likelihood - (total < 1 ? 0 : (MORE_PARAMETERS / 2) * Math.log(scores.length));
}

function startingAt({ a, scores }: Tail, wrong: Float64Array): Mixture {
  const total = wrong.reduce((sum, own) => sum + own, 0);
  const right = scores.subarray(0, Math.max(1, Math.floor(scores.length - total)));
  const sum = right.reduce((all, s) => all + bent(s - a), 0);
  const rates = new Float64Array(wrong.length).fill(right.length / Math.max(LEAST, sum));
  return { wrong, rates, alpha: ALPHA, beta: BETA };
}

/** An iteration of expectation maximization. */
function improved(tail: Tail, mixture: Mixture): Fit {
  const { a, scores, groups, sizes, expected, mirrored } = tail;
  const { means, deviations } = mirrored;
  const m = scores.length;
  const weights = new Float64Array(m);
  /** (groups) Wrong labels, and the sum of x of the right ones. */
  const counts = new Float64Array(expected.length);
  const sums = new Float64Array(expected.length);
  let [total, sumOfRight, products, squares, likelihood] = [0, LEAST, 0, 0, 0];
  for (let k = 0; k < m; k++) {
    const [s, g] = [scores[k]!, groups[k]!];
    const asRight = logRight(tail, mixture, s, g);
    const odds = logWrong(tail, mixture, s, g) - asRight;
    const weight = 1 / (1 + Math.exp(-odds));
    likelihood += asRight + Math.max(0, odds) + Math.log1p(Math.exp(-Math.abs(odds))) - Math.log(sizes[g]!);
    const x = (1 - weight) * bent(s - a);
    weights[k] = weight;
    counts[g]! += weight;
    sums[g]! += x;
    total += weight;
    sumOfRight += x;
    products += (weight * s * means[g]!) / deviations[g]! ** 2;
    squares += weight * (means[g]! / deviations[g]!) ** 2;
  }
  // In units of β² / d²
  const prior = (mixture.beta / ALPHA_DEVIATION) ** 2;
  const alpha = Math.max(LEAST_ALPHA, (products + prior * ALPHA) / (squares + prior));
  let spread = 0;
  for (let k = 0; k < m; k++) {
    const g = groups[k]!;
    spread += weights[k]! * ((scores[k]! - alpha * means[g]!) / deviations[g]!) ** 2;
  }
  const rate = Math.max(LEAST, m - total) / sumOfRight;
  const improvedMixture = {
    wrong: wrongOf(counts, total + MORE_WRONG, expected),
    rates: counts.map((own, g) => (sizes[g]! - own + RATE_PRIOR) / (sums[g]! + RATE_PRIOR / rate)),
    alpha,
    beta: Math.sqrt((spread + BETA_PRIOR * BETA ** 2) / (total + BETA_PRIOR)),
  };
  return { mixture: improvedMixture, likelihood, total };
}

/** B, from the number of wrong labels in each group and in all. */
function wrongOf(counts: Float64Array, total: number, expected: Float64Array): Float64Array {
  return counts.map((own, g) => (own + WRONG_PRIOR) / (1 + WRONG_PRIOR / Math.max(LEAST, total * expected[g]!)));
}

/** x, from s − a. Below a, it changes nothing. */
function bent(above: number): number {
  return above > 0 ? ((1 + above) ** POWER - 1) / POWER : above;
}
