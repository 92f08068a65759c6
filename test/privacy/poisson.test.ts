/** Poisson sampling: which samples are drawn, how often, together with which, and the room for them. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { EpochRecord } from '../../src/memory/epoch-record.js';
import type { Plan } from '../../src/memory/plan.js';
import { drawBatches, roomFor } from '../../src/privacy/poisson.js';

const KEY = createHash('sha256').update('sampling').digest();

/** The batches of some epochs, and how many steps they are. */
function batchesOf(trainSamples: number, batchSize: number, epochs: number, key: Uint8Array = KEY): Uint32Array[] {
  const privacy = roomFor(trainSamples, batchSize);
  const steps = Math.ceil(trainSamples / batchSize);
  const record = { order: new Uint32Array(privacy.longestEpoch), batchStarts: new Uint32Array(steps + 1) };
  return Array.from({ length: epochs }, (_, e) => {
    drawBatches(record as EpochRecord, { trainSamples, batchSize, privacy } as Plan, key, e + 1);
    return Array.from({ length: steps }, (_, k) =>
      record.order.slice(record.batchStarts[k], record.batchStarts[k + 1]),
    );
  }).flat();
}

/** Within so many standard errors. */
const SIGMAS = 5;

/** Rates below and above 1/256, where a byte decides less or more often, and one that is a whole number of 1/256. */
describe.each([
  { samples: 2000, batch: 5, epochs: 10 },
  { samples: 300, batch: 40, epochs: 60 },
  { samples: 256, batch: 64, epochs: 100 },
  { samples: 50, batch: 49, epochs: 200 },
])('$batch of $samples samples', ({ samples, batch, epochs }) => {
  const batches = batchesOf(samples, batch, epochs);
  const q = batch / samples;
  const n = batches.length;

  it('draws batches of ascending samples, each at most once', () => {
    for (const drawn of batches) {
      expect([...drawn]).toEqual([...new Set(drawn)].sort((a, b) => a - b));
      expect(drawn.every((sample) => sample < samples)).toBe(true);
    }
  });

  it('draws batches whose sizes have the mean and variance of a binomial distribution', () => {
    const sizes = batches.map(({ length }) => length);
    const mean = sizes.reduce((sum, size) => sum + size, 0) / n;
    const variance = samples * q * (1 - q);
    expect(Math.abs(mean - batch)).toBeLessThan(SIGMAS * Math.sqrt(variance / n));
    const found = sizes.reduce((sum, size) => sum + (size - batch) ** 2, 0) / n;
    const kurtosis = 3 + (1 - 6 * q * (1 - q)) / variance;
    expect(Math.abs(found / variance - 1)).toBeLessThan(SIGMAS * Math.sqrt((kurtosis - 1) / n));
  });

  it('draws every sample alike', () => {
    const counts = new Float64Array(samples);
    for (const drawn of batches) for (const sample of drawn) counts[sample]!++;
    const chi = counts.reduce((sum, count) => sum + (count - n * q) ** 2 / (n * q * (1 - q)), 0);
    expect(Math.abs(chi - samples)).toBeLessThan(SIGMAS * Math.sqrt(2 * samples));
  });

  it('draws a sample independently of its neighbors, and of itself in the step before', () => {
    const isDrawn = batches.map((drawn) => new Set(drawn));
    const pairs = { neighbors: [1, 0], steps: [0, 1] } as const;
    for (const [sampleShift, stepShift] of Object.values(pairs)) {
      let both = 0;
      let count = 0;
      for (let step = 0; step + stepShift < n; step++) {
        for (let s = 0; s + sampleShift < samples; s++) {
          count++;
          if (isDrawn[step]!.has(s) && isDrawn[step + stepShift]!.has(s + sampleShift)) both++;
        }
      }
      const expected = count * q * q;
      expect(Math.abs(both - expected)).toBeLessThan(SIGMAS * Math.sqrt(count * q * q * (1 - q * q) * (1 + 4 * q)));
    }
  });
});

describe('batches', () => {
  it('are of all samples if the batch size is', () => {
    const all = [...Array(40).keys()];
    expect(batchesOf(40, 40, 3).map((drawn) => [...drawn])).toEqual([all, all, all]);
  });

  it('depend on the key and the step, not on the epochs before', () => {
    const all = batchesOf(100, 10, 3);
    expect(batchesOf(100, 10, 3)).toEqual(all);
    expect(new Set(all.map((drawn) => drawn.join())).size).toBe(all.length);
    const other = batchesOf(100, 10, 3, createHash('sha256').update('other').digest());
    expect(other).not.toEqual(all);
  });

  it('may be of more samples than a byte counts, at any rate', () => {
    const sizes = batchesOf(70_000, 35_000, 2).map(({ length }) => length);
    for (const size of sizes) expect(Math.abs(size - 35_000)).toBeLessThan(SIGMAS * Math.sqrt(70_000 / 4));
  });
});

describe('room', () => {
  it('is exceeded with a probability below 1e-30', () => {
    for (const samples of [10, 1000, 60_000, 1e6]) {
      for (const batch of [1, 10, 100, 5000].filter((size) => size <= samples)) {
        const { largestBatch, longestEpoch } = roomFor(samples, batch);
        const steps = Math.ceil(samples / batch);
        expect(logChanceAbove(largestBatch, samples, batch / samples)).toBeLessThan(Math.log(1e-30));
        expect(logChanceAbove(longestEpoch, samples * steps, batch / samples)).toBeLessThan(Math.log(1e-30));
      }
    }
  });

  it('that is missing ends the run', () => {
    const privacy = { largestBatch: 1, longestEpoch: 10 };
    const record = { order: new Uint32Array(10), batchStarts: new Uint32Array(3) } as EpochRecord;
    expect(() => drawBatches(record, { trainSamples: 20, batchSize: 10, privacy } as Plan, KEY, 1)).toThrow('no room');
  });
});

/** ln P(X > k) for a binomial X, by Chernoff's bound. −∞ if k is all there is. */
function logChanceAbove(k: number, n: number, q: number): number {
  if (k >= n) return Number.NEGATIVE_INFINITY;
  const p = k / n;
  return -n * (p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q)));
}
