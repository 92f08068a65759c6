/**
 * The log odds that labels are wrong, from scores that are high for wrong labels.
 *
 * The scores s of right labels fall off above some point a, and the scores of wrong labels lie around a mean. Both differ by group:
 * samples with the same label and the same most likely other class. Classes that look alike have a longer tail, and some
 * confusions are more frequent than others. With x = ((1 + s − a)^γ − 1) / γ, the scores above a in group g have the density
 *
 *   (G_g λ_g e^(−λ_g x) + B_g N(x; μ, σ²)) / (G_g + B_g)
 *
 * with G_g right and B_g wrong labels. γ is above 1 because the tail falls faster than exponentially, the faster the higher s. Expectation maximization fits all of them. Groups with few samples borrow from the others:
 * B_g has a gamma prior of shape `WRONG_PRIOR` around what labels drawn at random would give, and λ_g counts as many samples of the
 * mean tail as `RATE_PRIOR`.
 */

export interface GroupedScores {
  /** (samples) */
  readonly scores: Float64Array;
  /** (samples) Group of each. */
  readonly groups: Uint32Array;
  /** (groups) Share of all wrong labels that would be in each if they were drawn at random. Sums to 1 at most. */
  readonly expected: Float64Array;
}

/** Share of the samples above a, and of those whose label is not the most likely class. Right labels must remain the most. */
const TAIL = 0.2;
const DOUBTFUL = 0.5;
/** Shares of the samples, those with the highest scores, that are first taken for wrong. The most likely result counts. */
const STARTS = [0.005, 0.02, 0.05, 0.1];
const FIRST_DEVIATION = 3;
const WRONG_PRIOR = 0.5;
const RATE_PRIOR = 50;
/** γ: of 1, 1.2, 1.3, 1.5 and 2, a value between the two whose probabilities were closest to the true shares of wrong labels (docs/per-sample.md). */
const POWER = 1.4;
/** Further iterations change no probability by more than 0.01. */
const ITERATIONS = 150;
/** Without a limit, a few equal scores would make a group of their own. */
const LEAST_DEVIATION = 1;
/** Where all scores are the same, for example. */
const LEAST = 1e-9;
/** By which wrong labels beyond the highest useful score are still ordered. */
const ORDERING = 0.1;

/** The scores above a. */
interface Tail {
  /** Ascending. */
  readonly x: Float64Array;
  /** Group of each. */
  readonly groups: Uint32Array;
  /** (groups) */
  readonly sizes: Float64Array;
  readonly expected: Float64Array;
}

interface Mixture {
  /** (groups) B */
  readonly wrong: Float64Array;
  /** (groups) λ */
  readonly rates: Float64Array;
  /** μ, σ */
  readonly mean: number;
  readonly deviation: number;
}

/** (samples) ln of P(wrong) / P(right). */
export function logOddsOf({ scores, groups, expected }: GroupedScores): Float64Array {
  const n = scores.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) => scores[i]! - scores[j]! || i - j);
  const doubtful = scores.reduce((count, score) => count + (score > 0 ? 1 : 0), 0);
  const first = Math.min(n - 1, Math.ceil(n - Math.min(n / 2, TAIL * n + DOUBTFUL * doubtful)));
  const a = scores[order[first]!]!;
  const above = order.subarray(first);
  const tail: Tail = {
    x: Float64Array.from(above, (i) => bent(scores[i]! - a)),
    groups: Uint32Array.from(above, (i) => groups[i]!),
    sizes: new Float64Array(expected.length),
    expected,
  };
  for (const g of tail.groups) tail.sizes[g]!++;
  const fits = STARTS.map((share) => fitted(tail, Math.max(1, share * n)));
  const mixture = fits.reduce((best, each) => (each.likelihood > best.likelihood ? each : best));
  return scores.map((score, i) => {
    const g = groups[i]!;
    // Above this, the ratio of the densities would fall again.
    const top = mixture.mean + mixture.rates[g]! * mixture.deviation ** 2;
    const at = bent(score - a);
    const beyond = Math.max(0, at - top);
    return logWrong(mixture, at - beyond, g) - logRight(mixture, tail, at - beyond, g) + ORDERING * beyond;
  });
}

/** ln of B_g N(x; μ, σ²) */
function logWrong({ wrong, mean, deviation }: Mixture, x: number, g: number): number {
  return Math.log(wrong[g]!) - ((x - mean) / deviation) ** 2 / 2 - Math.log(deviation * Math.sqrt(2 * Math.PI));
}

/** ln of G_g λ_g e^(−λ_g x) */
function logRight({ wrong, rates }: Mixture, { sizes }: Tail, x: number, g: number): number {
  return Math.log(Math.max(sizes[g]! - wrong[g]!, 0.5) * rates[g]!) - rates[g]! * x;
}

/** @param start  how many of the highest scores are taken for wrong at first */
function fitted(tail: Tail, start: number): Mixture & { readonly likelihood: number } {
  const { x, groups, sizes, expected } = tail;
  const m = x.length;
  const count = expected.length;
  const right = Math.max(1, Math.floor(m - start));
  const starting = new Float64Array(count);
  for (const g of groups.subarray(right)) starting[g]!++;
  let mixture: Mixture = {
    wrong: wrongOf(starting, m - right, expected),
    rates: new Float64Array(count).fill(right / Math.max(LEAST, sumOf(x.subarray(0, right)))),
    mean: right < m ? sumOf(x.subarray(right)) / (m - right) : x.at(-1)!,
    deviation: FIRST_DEVIATION,
  };
  const weights = new Float64Array(m);
  let likelihood = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const counts = new Float64Array(count);
    const sums = new Float64Array(count);
    let [total, sum, sumOfRight] = [LEAST, LEAST * mixture.mean, LEAST];
    likelihood = 0;
    for (let k = 0; k < m; k++) {
      const g = groups[k]!;
      const asRight = logRight(mixture, tail, x[k]!, g);
      const odds = logWrong(mixture, x[k]!, g) - asRight;
      const weight = 1 / (1 + Math.exp(-odds));
      likelihood += asRight - Math.log(1 - weight + Number.MIN_VALUE) - Math.log(sizes[g]!);
      weights[k] = weight;
      counts[g]! += weight;
      sums[g]! += (1 - weight) * x[k]!;
      total += weight;
      sum += weight * x[k]!;
      sumOfRight += (1 - weight) * x[k]!;
    }
    const rate = Math.max(LEAST, m - total) / sumOfRight;
    const mean = sum / total;
    let squares = 0;
    for (let k = 0; k < m; k++) squares += weights[k]! * (x[k]! - mean) ** 2;
    mixture = {
      wrong: wrongOf(counts, total, expected),
      rates: counts.map((own, g) => (sizes[g]! - own + RATE_PRIOR) / (sums[g]! + RATE_PRIOR / rate)),
      mean,
      deviation: Math.max(LEAST_DEVIATION, Math.sqrt(squares / total)),
    };
  }
  return { ...mixture, likelihood };
}

/** B, from the number of wrong labels in each group and in all. */
function wrongOf(counts: Float64Array, total: number, expected: Float64Array): Float64Array {
  return counts.map((own, g) => (own + WRONG_PRIOR) / (1 + WRONG_PRIOR / Math.max(LEAST, total * expected[g]!)));
}

/** x, from s − a. Below a, it changes nothing. */
function bent(above: number): number {
  return above > 0 ? ((1 + above) ** POWER - 1) / POWER : above;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
