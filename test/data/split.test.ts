/** Splitting samples off: all are there, once, and which they are is for ever the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitOff } from '../../src/data/split.js';
import { TEST_SPLIT_STREAM, VALIDATION_SPLIT_STREAM } from '../../src/model/random.js';

describe('splitOff', () => {
  it('gives every sample to one of the two, in order, and rounds up', () => {
    const fraction = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fraction, fc.maxSafeNat(), (count, part, seed) => {
        const { kept, apart } = splitOff(count, part, seed, TEST_SPLIT_STREAM);
        expect(apart.length).toBe(Math.ceil((count * Math.round(part * 100)) / 100));
        expect([...kept]).toEqual([...kept].sort((a, b) => a - b));
        expect([...apart]).toEqual([...apart].sort((a, b) => a - b));
        expect([...kept, ...apart].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      }),
    );
  });

  it('gives each seed and stream its own samples, which stay the same in later versions', () => {
    const apart = (seed: number, stream: number) => [...splitOff(20, 0.25, seed, stream).apart];
    expect({
      test: apart(1, TEST_SPLIT_STREAM),
      otherSeed: apart(2, TEST_SPLIT_STREAM),
      validation: apart(1, VALIDATION_SPLIT_STREAM),
    }).toMatchInlineSnapshot(`
      {
        "otherSeed": [
          3,
          7,
          11,
          12,
          17,
        ],
        "test": [
          3,
          5,
          10,
          16,
          19,
        ],
        "validation": [
          0,
          2,
          5,
          8,
          19,
        ],
      }
    `);
  });

  it('favors no sample', () => {
    const counts = new Array<number>(10).fill(0);
    for (let seed = 0; seed < 2000; seed++) {
      for (const sample of splitOff(10, 0.3, seed, TEST_SPLIT_STREAM).apart) counts[sample]!++;
    }
    // 600 expected each, with a standard deviation of 20.
    expect(Math.min(...counts)).toBeGreaterThan(500);
    expect(Math.max(...counts)).toBeLessThan(700);
  });
});
