/** Quantiles of Student's t distribution. */

/**
 * The number t such that |T| ≤ t with this probability.
 *
 * @param degrees  of freedom: a whole number from 1
 */
export function studentBound(probability: number, degrees: number): number {
  // The angle θ = arctan(t / √degrees) is between 0 and π/2, where the probability grows with it.
  let [low, high] = [0, Math.PI / 2];
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (probabilityWithin(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return Math.tan(low) * Math.sqrt(degrees);
}

/** P(|T| ≤ √degrees · tan θ): Abramowitz and Stegun, formulas 26.7.3 and 26.7.4, which are finite sums. */
function probabilityWithin(theta: number, degrees: number): number {
  const [sine, cosine] = [Math.sin(theta), Math.cos(theta)];
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (theta + sine * sum) : sine * sum;
}
