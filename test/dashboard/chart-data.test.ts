/** The curves' numbers as uPlot wants them: every column as long as the places, and the places in order. */
import { describe, expect, it } from 'vitest';
import type { EpochPoint } from '../../src/dashboard/messages.js';
import { curvesOf, nearest, withoutZeros } from '../../src/dashboard/page/chart-data.js';

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
