/** From a privacy budget to noise, and from noise to the epochs that a budget allows. */
import { Accountant } from './accountant.js';
import { RenyiAccountant } from './renyi.js';

/** σ is rounded up to a multiple of this, so that it does not depend on the last bits of an engine's exp and log. */
const PRECISION = 1e-4;
const MOST_NOISE = 1e4;

/** The least noise multiplier with which so many steps spend at most ε; undefined if there is none below 10,000. */
export function noiseMultiplierFor(
  epsilon: number,
  delta: number,
  samplingRate: number,
  steps: number,
): number | undefined {
  const sigmaOf = (multiples: number) => Number((multiples * PRECISION).toFixed(4));
  // The Rényi accountant is fast, and gives an upper bound.
  const isClearlyEnough = (multiples: number) =>
    new RenyiAccountant(samplingRate, sigmaOf(multiples)).epsilon(steps, delta) <= epsilon;
  let high = 1 / PRECISION;
  for (; !isClearlyEnough(high); high *= 2) if (high * PRECISION > MOST_NOISE) return undefined;
  high = least(0, high, isClearlyEnough);
  const isEnough = (isCoarse: boolean) => (multiples: number) =>
    new Accountant(samplingRate, sigmaOf(multiples), steps, delta, isCoarse).epsilon(steps) <= epsilon;
  high = least(Math.floor(high / 4), high, isEnough(true));
  // The coarse grid needs a little more noise.
  const isFine = isEnough(false);
  while (!isFine(high)) high++;
  return sigmaOf(least(Math.floor(high * 0.9), high, isFine));
}

/** The least whole number above `low` for which it holds; it holds for `high`. */
function least(low: number, high: number, holds: (value: number) => boolean): number {
  let [below, above] = [low, high];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}

/** The most epochs, of all, that spend at most ε. */
export function epochsWithin(
  epsilon: number,
  accountant: { readonly epsilon: (steps: number) => number },
  stepsPerEpoch: number,
  epochs: number,
): number {
  return least(0, epochs + 1, (count) => accountant.epsilon(count * stepsPerEpoch) > epsilon) - 1;
}
