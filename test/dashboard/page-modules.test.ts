/**
 * What the page computes, without a browser. The curves' numbers as uPlot wants them: every column as long as the places, and
 * the places in order. A drawing as a picture such as MNIST's: in a box of 20 of 28 pixels, its center of mass in the middle.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EpochPoint } from '../../src/dashboard/messages.js';
import { curvesOf, nearest, withoutZeros } from '../../src/dashboard/page/chart-data.js';
import { pictureOf, type Stroke } from '../../src/dashboard/page/digit.js';
import { chance, counted, duration, loss, percent, rate } from '../../src/dashboard/page/format.js';

const point = (epoch: number, more: Partial<EpochPoint> = {}): EpochPoint => ({
  epoch,
  train_loss: 1 / epoch,
  train_error: 0,
  seconds: 1,
  samples_per_second: 1,
  ...more,
});

describe('the curves', () => {
  it('are merged in order, with nothing where a curve has no point', () => {
    const epochs = [point(1, { test_loss: 0.9 }), point(2, { validation_loss: 0.7 })];
    const recent = [
      [0.5, 3, 0.5, 10],
      [1, 2, 0.4, 10],
      [2.5, 1, 0.3, 10],
    ] as const;
    expect(curvesOf(epochs, recent, 'loss')).toEqual([
      [0.5, 1, 2, 2.5],
      [3, 2, null, 1],
      [null, 1, 0.5, null],
      [null, null, 0.7, null],
      [null, 0.9, null, null],
    ]);
    expect(curvesOf([], [], 'error')).toEqual([[], [], [], [], []]);
  });

  it('have no zeros on a logarithmic scale', () => {
    expect(withoutZeros(curvesOf([point(1)], [[0.5, 1, 0.5, 1]], 'error'))).toEqual([
      [0.5, 1],
      [0.5, null],
      [null, null],
      [null, null],
      [null, null],
    ]);
  });

  it('are read at the nearest point', () => {
    expect(nearest([null, 5, null, 7, null], 2)).toBe(5);
    expect(nearest([null, 5], 0)).toBe(5);
    expect(nearest([null], 0)).toBeNull();
    expect(nearest([], 0)).toBeNull();
  });
});

describe('numbers', () => {
  it.each([
    [
      duration,
      [0.456, 9.94, 10, 59.4, 59.6, 305, 3600, 3900, 90_000, Number.NaN],
      ['0.46 s', '9.9 s', '10 s', '59 s', '1 min 00 s', '5 min 05 s', '1 h 00 min', '1 h 05 min', '25 h 00 min', ''],
    ],
    [percent, [0, 1e-6, 0.0005, 0.0123, 0.5, 1], ['0 %', '< 0.001 %', '0.050 %', '1.23 %', '50.0 %', '100.0 %']],
    [chance, [0, 1e-4, 0.5, 0.9995, 1], ['0.0 %', '< 0.1 %', '50.0 %', '> 99.9 %', '100.0 %']],
    [loss, [0.001234, 0.01, 2.5, 123.456], ['0.00123', '0.0100', '2.5000', '123.5']],
    [rate, [0.001, 0.000123456], ['0.001', '0.000123']],
  ] as const)('%o', (format, values, texts) => {
    expect(values.map(format)).toEqual(texts);
  });

  it('are counted', () => {
    expect([0, 1, 1000].map((count) => counted(count, 'epoch'))).toEqual(['0 epochs', '1 epoch', '1,000 epochs']);
  });
});

const seven: Stroke[] = [
  [
    { x: 0.3, y: 0.25 },
    { x: 0.7, y: 0.25 },
    { x: 0.45, y: 0.8 },
  ],
];
const moved = (strokes: readonly Stroke[], scale: number, dx: number, dy: number) =>
  strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: x * scale + dx, y: y * scale + dy })));

function centreOf(picture: Uint8Array, side: number) {
  const mass = picture.reduce((sum, ink) => sum + ink, 0);
  const x = picture.reduce((sum, ink, i) => sum + ink * ((i % side) + 0.5), 0) / mass;
  const y = picture.reduce((sum, ink, i) => sum + ink * (Math.floor(i / side) + 0.5), 0) / mass;
  return { x, y };
}

const litRows = (picture: Uint8Array, side: number) =>
  Array.from({ length: side }, (_, row) => row).filter((row) =>
    picture.subarray(row * side, (row + 1) * side).some((ink) => ink > 0),
  );

describe('a drawing', () => {
  it('has none where nothing is drawn', () => {
    expect(pictureOf([], 28)).toBeUndefined();
    expect(pictureOf([[]], 28)).toBeUndefined();
  });

  it('is as large as a digit of MNIST, and its center of mass is the middle', () => {
    const picture = pictureOf(seven, 28)!;
    expect(picture).toHaveLength(784);
    expect(Math.max(...picture)).toBe(255);
    const rows = litRows(picture, 28);
    expect(rows.length).toBeGreaterThanOrEqual(20);
    expect(rows.length).toBeLessThanOrEqual(22);
    const { x, y } = centreOf(picture, 28);
    expect(x).toBeCloseTo(14, 1);
    expect(y).toBeCloseTo(14, 1);
  });

  it('is the same picture, however large and wherever it is drawn', () => {
    const expected = pictureOf(seven, 28)!;
    const moves = fc.tuple(
      fc.double({ min: 0.3, max: 1, noNaN: true }),
      fc.double({ min: -0.2, max: 0.2, noNaN: true }),
    );
    fc.assert(
      fc.property(moves, ([scale, shift]) => {
        const picture = pictureOf(moved(seven, scale, shift, -shift), 28)!;
        const differences = picture.map((ink, i) => Math.abs(ink - expected[i]!));
        expect(Math.max(...differences)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('that is a dot stays a dot', () => {
    const picture = pictureOf([[{ x: 0.1, y: 0.9 }]], 28)!;
    expect(litRows(picture, 28).length).toBeLessThanOrEqual(4);
    expect(centreOf(picture, 28).x).toBeCloseTo(14, 1);
  });

  it('fits networks of other pictures', () => {
    for (const side of [2, 8, 64]) expect(pictureOf(seven, side)).toHaveLength(side * side);
  });
});
