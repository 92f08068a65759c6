/** From a privacy budget to noise, and from noise to the steps that a budget allows. */
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
  const isEnough = (multiples: number) =>
    new RenyiAccountant(samplingRate, multiples * PRECISION).epsilon(steps, delta) <= epsilon;
  let [low, high] = [0, 1 / PRECISION];
  while (!isEnough(high)) {
    low = high;
    high *= 2;
    if (high * PRECISION > MOST_NOISE) return undefined;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return Number((high * PRECISION).toFixed(4));
}

/** The most epochs, of all, that spend at most ε. */
export function epochsWithin(
  epsilon: number,
  delta: number,
  accountant: RenyiAccountant,
  stepsPerEpoch: number,
  epochs: number,
): number {
  let [low, high] = [0, epochs + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (accountant.epsilon(middle * stepsPerEpoch, delta) <= epsilon) low = middle;
    else high = middle;
  }
  return low;
}
