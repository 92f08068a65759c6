/** What is drawn for a sample: its range, its distribution, and that one option does not disturb another. */
import { describe, expect, it } from 'vitest';
import { normalDistribution } from '../../../src/kernels/exact-curves.js';
import { fillWords } from '../../../src/model/augmentation/fill-words.js';
import { NormalNoise } from '../../../src/model/augmentation/normal-noise.js';
import { drawWarp } from '../../../src/model/augmentation/warp-draw.js';
import { CounterStream, counterKey, randomWords } from '../../../src/model/counter-random.js';

const ALL = { height: 28, width: 28, shift: 2, rotate: 15, zoom: 0.2, flip: true };
const NONE = { height: 28, width: 28, shift: 0, rotate: 0, zoom: 0, flip: false };
const key = counterKey(1, CounterStream.AUGMENTATION, 3);
const SAMPLES = Array.from({ length: 5000 }, (_, s) => s);

describe('the change of an image', () => {
  it('is uniform in its range', () => {
    const draws = SAMPLES.map((sample) => drawWarp(ALL, key, sample));
    for (const name of ['right', 'down'] as const) {
      for (const pixels of [-2, -1, 0, 1, 2]) {
        const share = draws.filter((draw) => draw[name] === pixels).length / draws.length;
        expect(Math.abs(share - 0.2)).toBeLessThan(0.025);
      }
    }
    expect(Math.abs(draws.filter(({ isMirrored }) => isMirrored).length / draws.length - 0.5)).toBeLessThan(0.03);
    const areUniform = (values: readonly number[], low: number, high: number) => {
      const sorted = values.toSorted((a, b) => a - b);
      const errors = sorted.map((value, i) => Math.abs((value - low) / (high - low) - i / sorted.length));
      expect(Math.max(...errors)).toBeLessThan(0.03);
    };
    areUniform(
      draws.map(({ angle }) => angle),
      -15,
      15,
    );
    areUniform(
      draws.map(({ factor }) => factor),
      0.8,
      1.2,
    );
    // Without a relation between them.
    const quadrants = draws.filter(({ right, angle }) => right > 0 === angle > 0).length / draws.length;
    expect(Math.abs(quadrants - 0.5)).toBeLessThan(0.03);
  });

  it('is one that other options do not affect, and another in another epoch', () => {
    for (const sample of SAMPLES.slice(0, 50)) {
      const all = drawWarp(ALL, key, sample);
      for (const [option, names] of [
        ['shift', ['right', 'down']],
        ['rotate', ['angle']],
        ['zoom', ['factor']],
        ['flip', ['isMirrored']],
      ] as const) {
        const alone = drawWarp({ ...NONE, [option]: ALL[option] }, key, sample);
        const still = { isMirrored: false, angle: 0, factor: 1, right: 0, down: 0 };
        expect(alone).toEqual({ ...still, ...Object.fromEntries(names.map((name) => [name, all[name]])) });
      }
    }
    const other = counterKey(1, CounterStream.AUGMENTATION, 4);
    const same = SAMPLES.filter((s) => drawWarp(ALL, key, s).right === drawWarp(ALL, other, s).right).length;
    expect(Math.abs(same / SAMPLES.length - 0.2)).toBeLessThan(0.025);
  });
});

/** Between the distribution functions. @param sorted  values */
function distanceFromNormal(sorted: Float64Array): number {
  return sorted.reduce((most, z, i) => Math.max(most, Math.abs(normalDistribution(z) - (i + 0.5) / sorted.length)), 0);
}

it('words are those of the generator', () => {
  for (const length of [0, 2, 38]) {
    const [words, expected] = [new Uint32Array(length), new Uint32Array(length)];
    fillWords(key, 4_000_000_000, words);
    randomWords(key, 4_000_000_000, expected);
    expect(words).toEqual(expected);
  }
});

describe('noise', () => {
  const noiseOf = (count: number, sample: number, at = 0) => {
    const values = new Float32Array(at + count + 1);
    new NormalNoise(1).add(values, at, count, key, sample);
    expect(values[at + count]).toBe(0);
    return values.subarray(at, at + count);
  };

  it('is normal: its moments, and its distribution', () => {
    const values = Float64Array.from(noiseOf(50_000, 7)).sort();
    const mean = (power: number) => values.reduce((sum, z) => sum + z ** power, 0) / values.length;
    expect(Math.abs(mean(1))).toBeLessThan(0.01);
    expect(Math.abs(mean(2) - 1)).toBeLessThan(0.03);
    expect(Math.abs(mean(4) - 3)).toBeLessThan(0.2);
    expect(distanceFromNormal(values)).toBeLessThan(0.008);
  });

  it('has 65,536 values, of variance 1 and within 2^−14 of a normal distribution', () => {
    const noise = new NormalNoise(1);
    const all = Float64Array.from({ length: 65_536 }, (_, bits) => noise.quantile(bits)).sort();
    expect(new Set(all).size).toBe(all.length);
    expect(all.reduce((sum, z) => sum + z * z, 0) / all.length).toBeCloseTo(1, 12);
    expect(distanceFromNormal(all)).toBeLessThan(2 ** -14);
    expect(all.every((z, i) => z === -all[all.length - 1 - i]!)).toBe(true);
    expect(all.at(-1)).toBeLessThan(4.5);
  });

  it('of an input depends neither on how many there are nor on where they lie', () => {
    const long = noiseOf(13, 5);
    for (let count = 0; count < 13; count++) expect([...noiseOf(count, 5, 3)]).toEqual([...long.subarray(0, count)]);
    expect([...noiseOf(13, 6)]).not.toEqual([...long]);
  });
});
