/**
 * A membership-inference attack on private runs, by an adversary who knows all samples but one and sees the weights: the canary is
 * the only sample with a certain pixel, so that the weights of this pixel show nothing but its gradient and noise. How well the
 * adversary tells runs with the canary from runs without it must stay below what ε and δ promise.
 */
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Accountant } from '../../src/privacy/accountant.js';
import { collect } from '../support/events.js';
import { temporaryFolder, writeDataset } from '../support/idx-files.js';
import { readTensorFile } from '../support/tensor-file.js';
import { inFull, TRIES_ALL } from '../support/thoroughness.js';

const [SAMPLES, PIXELS, RUNS, STEPS, DELTA] = [12, 4, 30, 3, 0.01];
/** So small a rate that the gradients hardly change. */
const [RATE, CLIP] = [1e-3, 0.5];

const folder = temporaryFolder();
afterAll(() => folder.remove());
const dataOf = (name: string, count: number) => {
  const labels = Array.from({ length: count }, (_, s) => s % 2);
  const pixel = (p: number) => {
    const isCanary = p >= SAMPLES * PIXELS;
    return p % PIXELS === 0 ? (isCanary ? 255 : 0) : isCanary ? 0 : (p * 37) % 200;
  };
  const data = temporaryFolder();
  afterAll(() => data.remove());
  writeDataset(data, { train: { labels, pixel }, test: { labels: [0, 1] } });
  return { name, path: data.path, count };
};
const without = dataOf('without', SAMPLES);
const withCanary = dataOf('with', SAMPLES + 1);

/** The weights of the canary's pixel after some epochs: that of its label, which is 0, minus the other. */
async function weightAfter(data: { readonly path: string; readonly count: number }, noise: number, epochs: number) {
  const save = path.join(folder.path, 'model.safetensors');
  await collect({
    ...{ data: data.path, hidden: [], batchSize: data.count, epochs, lr: RATE, reduction: 'sum', threads: 1, save },
    ...{ private: true, dpClipNorm: CLIP, dpDelta: DELTA, dpNoiseMultiplier: noise },
  });
  const { values } = readTensorFile(save).tensors.get('layers.0.weight')!;
  return values[0]! - values[1]!;
}

/**
 * The largest ε that the attack proves: TPR ≤ e^ε · FPR + δ, with 99 % bounds of the rates. The threshold is half of what the canary
 * moves the weights by: its gradient, clipped, lies half in the pixel's weights and half in the biases.
 */
function provenEpsilon(members: readonly number[], others: readonly number[], noise: number): number {
  const hits = (scores: readonly number[]) => scores.filter((score) => score >= STEPS / (2 * noise)).length;
  const lowest = 1 - upperBound(RUNS - hits(members), RUNS);
  return Math.log(Math.max(1e-9, lowest - DELTA) / upperBound(hits(others), RUNS));
}

/** Clopper and Pearson's upper bound of a probability with k hits in n, by bisection. */
function upperBound(k: number, n: number): number {
  let [low, high] = [k / n, 1];
  for (let i = 0; i < 50; i++) {
    const p = (low + high) / 2;
    let [term, sum] = [(1 - p) ** n, 0];
    for (let j = 0; j <= k; j++) {
      sum += term;
      term *= ((n - j) / (j + 1)) * (p / (1 - p));
    }
    if (sum > 0.01) low = p;
    else high = p;
  }
  return high;
}

it.skipIf(!TRIES_ALL).each([
  { noise: 3, isSafe: true },
  { noise: 0.3, isSafe: false },
])(`with the noise multiplier $noise${inFull}`, { timeout: 120_000 }, async ({ noise, isSafe }) => {
  const initial = await weightAfter(without, noise, 0);
  const scores = { members: [] as number[], others: [] as number[] };
  for (let run = 0; run < RUNS; run++) {
    // How far it has moved, in units of the noise.
    const scoreOf = async (data: typeof without) =>
      ((await weightAfter(data, noise, STEPS)) - initial) / (RATE * CLIP * noise);
    scores.members.push(await scoreOf(withCanary));
    scores.others.push(await scoreOf(without));
  }
  const proven = provenEpsilon(scores.members, scores.others, noise);
  const promised = new Accountant(1, noise, STEPS, DELTA).epsilon(STEPS);
  expect(proven).toBeLessThan(promised);
  // The attack works: with little noise it proves more than what strong noise promises.
  const strong = new Accountant(1, 3, STEPS, DELTA).epsilon(STEPS);
  if (!isSafe) expect(proven).toBeGreaterThan(strong);
});
