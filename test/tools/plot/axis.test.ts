/** Axes and labels: round numbers, room for all, and nothing outside. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { widthOf } from '../../../src/tools/drawing/letters.js';
import { epochAxis, linearAxis, logAxis, placeOn } from '../../../src/tools/plot/axis.js';
import { figureText } from '../../../src/tools/plot/notation.js';
import { fitted, spread } from '../../../src/tools/plot/text.js';

describe('axes', () => {
  it('have round ticks', () => {
    expect(linearAxis([0.487, 0.1], 7)).toMatchObject({
      domain: [0, 0.5],
      texts: ['0.0', '0.1', '0.2', '0.3', '0.4', '0.5'],
    });
    expect(linearAxis([12.4], 7).ticks).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
    expect(linearAxis([0], 7).domain).toEqual([0, 1]);
    expect(linearAxis([5e-324], 7).domain).toEqual([0, 1]);
    expect(logAxis([0.002145, 0.487])).toMatchObject({
      domain: [0.002, 0.5],
      ticks: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5],
    });
    expect(logAxis([0, 0.00167, 12.34])).toMatchObject({ domain: [0.001, 20], ticks: [0.001, 0.01, 0.1, 1, 10] });
    expect(logAxis([0, 0]).domain).toEqual([0.1, 1]);
  });

  it.each([
    [1, 1, [1]],
    [1, 5, [1, 2, 3, 4, 5]],
    [1, 100, [1, 20, 40, 60, 80, 100]],
    [1, 1000, [1, 200, 400, 600, 800, 1000]],
    [0, 100, [0, 20, 40, 60, 80, 100]],
    [1, 97, [1, 20, 40, 60, 80, 97]],
    [1, 103, [1, 20, 40, 60, 80, 100]],
    [51, 100, [51, 60, 70, 80, 90, 100]],
  ])('from epoch %i to %i have whole epochs', (first, last, ticks) => {
    expect(epochAxis(first, last, 364).ticks).toEqual(ticks);
  });

  it('write what is long as science does, and nothing as 1k', () => {
    expect(linearAxis([2.9e10], 4).texts).toEqual(['0', '1e10', '2e10', '3e10']);
    expect(linearAxis([15_000], 4).texts).toEqual(['0', '5,000', '10,000', '15,000']);
    expect(linearAxis([0.00002], 4).texts).toEqual(['0', '5e−6', '1e−5', '1.5e−5', '2e−5']);
    expect(logAxis([1e-3, 1e30]).texts).toEqual(['1', '1e5', '1e10', '1e15', '1e20', '1e25', '1e30']);
    expect([0, 0.00123, 2.3, 1234.5, 2.8e7, 1e30].map(figureText)).toEqual([
      '0',
      '0.00123',
      '2.30',
      '1,235',
      '2.8e7',
      '1e30',
    ]);
  });

  it('enclose every value, and have 2 to 12 ticks', () => {
    const value = fc.double({ min: 1e-300, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), fc.boolean(), (values, isLog) => {
        const axis = isLog ? logAxis(values) : linearAxis(values, 7);
        const places = values.map((each) => placeOn(axis, each));
        expect(Math.min(...places)).toBeGreaterThan(-1e-6);
        expect(Math.max(...places)).toBeLessThan(1 + 1e-6);
        expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
        expect(axis.ticks.length).toBeLessThanOrEqual(12);
        expect(axis.texts).toHaveLength(axis.ticks.length);
        expect(Math.max(...axis.texts.map(({ length }) => length)), axis.texts.join(' ')).toBeLessThanOrEqual(9);
      }),
    );
  });
});

describe('labels', () => {
  it('that would overlap are moved apart, the others are left alone', () => {
    expect(spread([10, 50], 15, 0, 100)).toEqual([10, 50]);
    expect(spread([50, 50], 10, 0, 100)).toEqual([45, 55]);
    expect(spread([99, 98, 3], 10, 0, 100)).toEqual([100, 90, 3]);
  });

  it('stay within bounds, in order, and apart', () => {
    const wanted = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(wanted, (centres) => {
        const places = spread(centres, 15, 0, 300);
        const sorted = [...places].sort((a, b) => a - b);
        expect(sorted[0]).toBeGreaterThanOrEqual(0);
        expect(sorted.at(-1)).toBeLessThanOrEqual(300 + 1e-9);
        for (const [i, place] of sorted.slice(1).entries()) expect(place - sorted[i]!).toBeGreaterThan(15 - 1e-9);
        for (const [i, a] of centres.entries()) {
          for (const [k, b] of centres.entries()) if (a < b) expect(places[i]).toBeLessThan(places[k]!);
        }
      }),
    );
  });

  it('that are too long keep their beginning and end', () => {
    const short = fitted('experiment-2026-01-02-with-a-long-name-lr-0.01', 13, 160);
    expect(short).toMatch(/^experim.*….*0\.01$/);
    expect(widthOf(short, 13)).toBeLessThanOrEqual(160);
    expect(fitted('short', 13, 160)).toBe('short');
  });
});
