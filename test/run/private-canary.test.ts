/**
 * A membership-inference audit of private runs, by an adversary who knows all samples but one and sees the weights. It proves a
 * lower bound of ε, which must stay below the promised ε; and it must find a mechanism that is broken.
 *
 * Each canary has a column of its own in which no other row has a number, and almost all of its gradient lies in the weights of that
 * column, so one run tests hundreds of canaries independently. Columns without a row show what a run without the canary looks like.
 * The learning rate is so small that the gradients stay the same.
 */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Accountant } from '../../src/privacy/accountant.js';
import { collect } from '../support/events.js';
import { temporaryFolder } from '../support/idx-files.js';
import { readTensorFile } from '../support/tensor-file.js';
import { inFull, TRIES_ALL, valuesOf } from '../support/thoroughness.js';

/** Canaries in the training set, and as many that are not. */
const CANARIES = 600;
const COLUMNS = 2 * CANARIES;
/** So large that the bias has only 0.5 % of the gradient's norm, and so small that the outputs do not saturate. */
const INPUT = 10;
const [RATE, CLIP, NOISE, STEPS] = [1e-3, 0.5, 0.5, 2];
/** Values of δ at which the promise is checked. */
const DELTAS = valuesOf([0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.4, 0.5]);
/** Scores above which the adversary guesses that a canary was there, in units of the clipping norm. Fixed in advance. */
const THRESHOLDS = [0.35, 0.7, 1.05, 1.4, 1.75, 2.1];

const folder = temporaryFolder();
afterAll(() => folder.remove());

const labels = Array.from({ length: CANARIES }, (_, i) => i % 2);
const rows = new Float64Array(CANARIES * COLUMNS);
for (let i = 0; i < CANARIES; i++) rows[i * COLUMNS + i] = INPUT;
const TABLES = {
  data: { rows, columns: COLUMNS, label: labels },
  publicData: { rows: new Float64Array(2 * COLUMNS), columns: COLUMNS, label: [0, 1] },
};

interface Mechanism {
  readonly clipNorm: number;
  readonly noise: number;
  readonly batchSize: number;
}

/** By column: the weights of the label minus those of the other class. */
async function weightsAfter({ clipNorm, noise, batchSize }: Mechanism, epochs: number, seed: number | undefined) {
  const save = path.join(folder.path, 'model.safetensors');
  await collect({
    ...{ ...TABLES, scale: 'none', hidden: [], batchSize, epochs, lr: RATE, reduction: 'sum', threads: 1, save },
    ...{ optimizer: 'sgd', weightDecay: 0, schedule: 'constant' },
    ...{ private: true, dpClipNorm: clipNorm, dpDelta: 1e-11, dpNoiseMultiplier: noise, dpSeed: seed },
  });
  const { values } = readTensorFile(save).tensors.get('layers.0.weight')!;
  return Array.from({ length: COLUMNS }, (_, i) => (i % 2 === 0 ? 1 : -1) * (values[2 * i]! - values[2 * i + 1]!));
}

/** The initial weights depend only on the shape of the network. */
let initial: Promise<number[]>;
beforeAll(() => {
  initial = weightsAfter(HONEST, 0, 1);
});

interface Scores {
  readonly members: number[];
  readonly others: number[];
}

/** How far each canary's weights have moved, in units of the clipping norm that is promised. */
async function attack(mechanism: Mechanism, seeds: readonly (number | undefined)[]): Promise<Scores> {
  const scores: Scores = { members: [], others: [] };
  const before = await initial;
  for (const seed of seeds) {
    const after = await weightsAfter(mechanism, 1, seed);
    const moved = after.map((weight, i) => (weight - before[i]!) / (Math.SQRT2 * RATE * CLIP));
    scores.members.push(...moved.slice(0, CANARIES));
    scores.others.push(...moved.slice(CANARIES));
  }
  return scores;
}

/**
 * By how much the proven ε exceeds the promised one, at most. For every threshold and δ, the true rates satisfy
 * TPR ≤ e^ε · FPR + δ. The bounds of all rates hold together with the given confidence.
 */
function excess({ members, others }: Scores, promised: ReadonlyMap<number, number>, confidence: number): number {
  const doubt = (1 - confidence) / (2 * THRESHOLDS.length);
  let most = Number.NEGATIVE_INFINITY;
  for (const threshold of THRESHOLDS) {
    const missed = members.filter((score) => score < threshold).length;
    const falseAlarms = others.filter((score) => score >= threshold).length;
    const lowestTpr = 1 - upperBound(missed, members.length, doubt);
    const highestFpr = upperBound(falseAlarms, others.length, doubt);
    for (const [delta, epsilon] of promised) {
      if (lowestTpr > delta) most = Math.max(most, Math.log((lowestTpr - delta) / highestFpr) - epsilon);
    }
  }
  return most;
}

/** Clopper and Pearson's upper bound of a probability with k hits in n, by bisection. */
function upperBound(k: number, n: number, doubt: number): number {
  let [low, high] = [k / n, 1];
  for (let i = 0; i < 40; i++) {
    const p = (low + high) / 2;
    let [logTerm, sum] = [n * Math.log1p(-p), 0];
    for (let j = 0; j <= k; j++) {
      sum += Math.exp(logTerm);
      logTerm += Math.log((n - j) / (j + 1)) + Math.log(p) - Math.log1p(-p);
    }
    if (sum > doubt) low = p;
    else high = p;
  }
  return high;
}

/** Half of the canaries in each step, two steps. */
const HONEST: Mechanism = { clipNorm: CLIP, noise: NOISE, batchSize: CANARIES / STEPS };
const promises = () =>
  new Map(DELTAS.map((delta) => [delta, new Accountant(1 / STEPS, NOISE, STEPS, delta).epsilon(STEPS)]));

/** Larger than the norm of any gradient here. */
const NO_CLIPPING = 15;
const BROKEN = {
  'half of the noise': { ...HONEST, noise: NOISE / 2 },
  'no clipping': { ...HONEST, clipNorm: NO_CLIPPING, noise: (NOISE * CLIP) / NO_CLIPPING },
  // In a fixed order, each sample takes part in one step of an epoch, and the adversary knows in which. Only that step matters.
  'a fixed order instead of Poisson sampling': { ...HONEST, batchSize: CANARIES },
} satisfies Record<string, Mechanism>;

describe('an audit with canaries', () => {
  const promised = promises();

  it('proves no more than is promised', async () => {
    expect(excess(await attack(HONEST, [1]), promised, 0.95)).toBeLessThan(0);
  });

  it.each(Object.entries(BROKEN))('finds a broken mechanism: %s', async (_, mechanism) => {
    expect(excess(await attack(mechanism, [1]), promised, 0.95)).toBeGreaterThan(0.1);
  });

  it.skipIf(!TRIES_ALL)(`with fresh secrets, proves nearly what is promised, and no more${inFull}`, async () => {
    const found = excess(await attack(HONEST, new Array<undefined>(20).fill(undefined)), promised, 0.999);
    expect(found).toBeLessThan(0);
    expect(found).toBeGreaterThan(-0.6);
    for (const mechanism of Object.values(BROKEN)) {
      expect(excess(await attack(mechanism, [undefined, undefined]), promised, 0.999)).toBeGreaterThan(0);
    }
  });
});
