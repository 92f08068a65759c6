/** Statistics of systems that are compared on the same tables and splits. */

export interface Difference {
  readonly mean: number;
  /** Of the mean. */
  readonly standardError: number;
  /** Two-sided, of the paired t-test. */
  readonly p: number;
}

/** The paired differences a − b; with a single pair, the standard error and p are NaN. */
export function pairedDifference(a: readonly number[], b: readonly number[]): Difference {
  if (a.length !== b.length || a.length === 0) throw new RangeError('expected pairs');
  const n = a.length;
  const mean = a.reduce((sum, each, i) => sum + each - b[i]!, 0) / n;
  const squares = a.reduce((sum, each, i) => sum + (each - b[i]! - mean) ** 2, 0);
  const standardError = n > 1 ? Math.sqrt(squares / (n - 1) / n) : Number.NaN;
  // Pairs that all agree exactly say nothing against equality: 0 / 0.
  const t = mean === 0 ? 0 : mean / standardError;
  return { mean, standardError, p: n > 1 ? studentTail(t, n - 1) : Number.NaN };
}

/** P(|T| ≥ |t|) of Student's distribution (Abramowitz and Stegun 26.7.3 and 26.7.4). */
export function studentTail(t: number, degrees: number): number {
  const theta = Math.atan(Math.abs(t) / Math.sqrt(degrees));
  const [sin, cos] = [Math.sin(theta), Math.cos(theta)];
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cos : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= ((k - 1) / k) * cos * cos;
    sum += term;
  }
  const inside = isOdd ? (2 / Math.PI) * (theta + sin * sum) : sin * sum;
  return Math.max(0, 1 - inside);
}

/** Holm's step-down correction: the adjusted p-values, in the order of the given ones. */
export function holm(ps: readonly number[]): readonly number[] {
  const order = [...ps.keys()].sort((a, b) => ps[a]! - ps[b]!);
  const adjusted = new Array<number>(ps.length);
  let least = 0;
  for (const [rank, i] of order.entries()) {
    least = Math.max(least, Math.min(1, (ps.length - rank) * ps[i]!));
    adjusted[i] = least;
  }
  return adjusted;
}

/** Rank of each value, the smallest first, from 1; equal values share the mean of their ranks. */
export function ranksOf(values: readonly number[]): readonly number[] {
  return values.map((value) => {
    const below = values.filter((each) => each < value).length;
    const equal = values.filter((each) => each === value).length;
    return below + (equal + 1) / 2;
  });
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}
