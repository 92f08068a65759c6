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
  /** (groups) Share of all wrong labels that would be in each if they were drawn at random. Sums to 1. */
  readonly expected: Float64Array;
  /** (samples) 1: probably wrong, where the fit begins. */
  readonly first: Uint8Array;
}

/** Share of the samples above a. Between 0.06 and 0.2, results differ by less than a percentage point (bench/audit.ts). */
const TAIL = 0.12;
const WRONG_PRIOR = 0.5;
const RATE_PRIOR = 10;
/** γ: of 1, 1.2, 1.5 and 2, the one whose probabilities were closest to the true shares of wrong labels (docs/per-sample.md). */
const POWER = 1.5;
/** Further iterations change no probability by more than 0.01. */
const ITERATIONS = 150;
/** Without a limit, a few equal scores would make a group of their own. */
const LEAST_DEVIATION = 1;
const FIRST_DEVIATION = 3;
/** Where all scores are the same, for example. */
const LEAST = 1e-9;
/** By which wrong labels beyond the highest useful score are still ordered. */
const ORDERING = 0.1;
/** (samples) ln of P(wrong) / P(right); of two samples of a group, it is higher for the higher score. */
export function logOddsOf({ scores, groups, expected, first }: GroupedScores): Float64Array {
  const n = scores.length;
  const count = expected.length;
  const sorted = scores.slice().sort();
  const a = sorted[Math.min(n - 1, Math.floor(n * (1 - TAIL)))]!;
  const above = Uint32Array.from({ length: n }, (_, i) => i).filter((i) => scores[i]! >= a);
  const x = Float64Array.from(above, (i) => bent(scores[i]! - a));
  const sizes = new Float64Array(count);
  for (const i of above) sizes[groups[i]!]!++;

  let [startCount, startSum, highest] = [0, 0, 0];
  for (const [k, i] of above.entries()) {
    highest = Math.max(highest, x[k]!);
    if (first[i] === 0) continue;
    startCount++;
    startSum += x[k]!;
  }
  let mean = startCount > 0 ? startSum / startCount : highest;
  let deviation = FIRST_DEVIATION;
  const start = Math.min(Math.max(startCount, 1), x.length / 2);
  const wrong = expected.map((share) => Math.max(LEAST, share * start));
  const ascending = x.slice().sort();
  const lower = ascending.subarray(0, Math.max(1, Math.floor(x.length - start)));
  const rates = new Float64Array(count).fill(lower.length / Math.max(LEAST, sumOf(lower)));
  const oddsAt = (at: number, g: number) => {
    const right = Math.max(sizes[g]! - wrong[g]!, 0.5);
    const asWrong =
      Math.log(wrong[g]!) - ((at - mean) / deviation) ** 2 / 2 - Math.log(deviation * Math.sqrt(2 * Math.PI));
    return asWrong - Math.log(right * rates[g]!) + rates[g]! * at;
  };

  const weights = new Float64Array(x.length);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const counts = new Float64Array(count);
    const sums = new Float64Array(count);
    let [total, sum, sumOfRight] = [LEAST, LEAST * mean, LEAST];
    for (const [k, i] of above.entries()) {
      const g = groups[i]!;
      const weight = 1 / (1 + Math.exp(-oddsAt(x[k]!, g)));
      weights[k] = weight;
      counts[g]! += weight;
      sums[g]! += (1 - weight) * x[k]!;
      total += weight;
      sum += weight * x[k]!;
      sumOfRight += (1 - weight) * x[k]!;
    }
    const rate = Math.max(LEAST, x.length - total) / sumOfRight;
    mean = sum / total;
    let squares = 0;
    for (let k = 0; k < x.length; k++) squares += weights[k]! * (x[k]! - mean) ** 2;
    deviation = Math.max(LEAST_DEVIATION, Math.sqrt(squares / total));
    for (let g = 0; g < count; g++) {
      wrong[g] = (counts[g]! + WRONG_PRIOR) / (1 + WRONG_PRIOR / Math.max(LEAST, total * expected[g]!));
      rates[g] = (sizes[g]! - counts[g]! + RATE_PRIOR) / (sums[g]! + RATE_PRIOR / rate);
    }
  }
  return scores.map((score, i) => {
    const g = groups[i]!;
    // Above this, the ratio of the densities would fall again.
    const top = mean + rates[g]! * deviation * deviation;
    const at = bent(score - a);
    const beyond = Math.max(0, at - top);
    return oddsAt(at - beyond, g) + ORDERING * beyond;
  });
}

/** x, from s − a. Below a, it changes nothing. */
function bent(above: number): number {
  return above > 0 ? ((1 + above) ** POWER - 1) / POWER : above;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
