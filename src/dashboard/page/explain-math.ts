/** What the page computes itself, without a browser. */

/** One term of a sum. */
export interface Term {
  /** Of the input. */
  readonly index: number;
  readonly left: number;
  readonly right: number;
  readonly product: number;
}

/** Products of two lists that are not 0, largest magnitude first. */
export function termsOf(left: readonly number[], right: readonly number[]): Term[] {
  const terms: Term[] = [];
  for (const [index, x] of left.entries()) {
    const w = right[index]!;
    if (x * w !== 0) terms.push({ index, left: x, right: w, product: x * w });
  }
  return terms.sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
}

/** Sums of the positive and of the negative terms. */
export function sidesOf(terms: readonly Term[]): { readonly for: number; readonly against: number } {
  let [positive, negative] = [0, 0];
  for (const { product } of terms) {
    if (product > 0) positive += product;
    else negative += product;
  }
  return { for: positive, against: negative };
}

/** As in docs/mathematics.md, "Softmax": overflows for large logits. */
export function naiveSoftmax(z: readonly number[]): number[] {
  const powers = z.map(Math.exp);
  const sum = powers.reduce((total, each) => total + each, 0);
  return powers.map((power) => power / sum);
}

/** As in docs/mathematics.md, "The stable form". */
export function stableSoftmax(z: readonly number[]): number[] {
  const max = Math.max(...z);
  return naiveSoftmax(z.map((each) => each - max));
}

/** −log P_t, in the naive form from P, and in the stable form from the logits. */
export function lossOf(z: readonly number[], target: number, isStable: boolean): number {
  if (!isStable) return -Math.log(naiveSoftmax(z)[target]!);
  const max = Math.max(...z);
  const sum = z.reduce((total, each) => total + Math.exp(each - max), 0);
  return Math.log(sum) - (z[target]! - max);
}

/** Σ_s x_s δ_s over the first samples. @param inputs  (samples, width) */
export function summedGradient(inputs: ArrayLike<number>, deltas: readonly number[], samples: number): Float64Array {
  const width = inputs.length / deltas.length;
  const sums = new Float64Array(width);
  for (let s = 0; s < samples; s++) {
    for (let i = 0, at = s * width; i < width; i++, at++) sums[i]! += inputs[at]! * deltas[s]!;
  }
  return sums;
}

/** The largest magnitude; at least a tiny number, so that it can be divided by. */
export function largest(values: Iterable<number>): number {
  let most = Number.MIN_VALUE;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

/** Columns of a grid of so many units, wider than high. */
export function columnsOf(units: number): number {
  if (units <= 12) return units;
  return Math.ceil(Math.sqrt(1.6 * units));
}
