/** A table's scaling, of all its parts by what is trained on, and which column is named where numbers are too far apart. */
import { describe, expect, it } from 'vitest';
import type { Samples } from '../../../src/data/samples.js';
import { scaleParts } from '../../../src/data/table/scale-parts.js';
import { refusalOf } from '../../support/refusals.js';

const samplesOf = (rows: readonly (readonly number[])[]): Samples => ({
  count: rows.length,
  values: Float32Array.from(rows.flat()),
  targets: new Uint32Array(rows.length),
  sha256: '',
});
const parts = (test: readonly number[]) => ({
  ...{
    inputs: 3,
    train: samplesOf([
      [1, 1, 0],
      [3, 2, 1],
    ]),
    validation: samplesOf([[2, 2, 2]]),
  },
  test: samplesOf([[0, 0, 0], test]),
});
const label = (position: number) => ({ label: { name: undefined, position }, classNames: ['x', 'y'] });

describe('scaleParts', () => {
  it('scales every part by what the training samples are', () => {
    const { used, table } = scaleParts(parts([5, 1, 1]), { ...label(3), columns: undefined }, 'minmax');
    expect([...used.train.values]).toEqual([0, 0, 0, 1, 1, 1]);
    expect([...used.validation.values]).toEqual([0.5, 1, 2]);
    expect([...used.test.values]).toEqual([-0.5, -1, 0, 2, 0, 1]);
    expect(table).toMatchObject({ scale: 'minmax', columns: undefined });
  });

  it.each([
    ['by its name', { ...label(3), columns: ['a', 'b', 'c'] }, 'column b'],
    ['by its place before the label', { ...label(3), columns: undefined }, 'column 2'],
    ['by its place behind the label', { ...label(0), columns: undefined }, 'column 3'],
  ])('names the column whose numbers are too far apart, %s', async (_, facts, name) => {
    const tooLarge = {
      ...parts([0, 3e38, 0]),
      train: samplesOf([
        [1, -3e38, 0],
        [3, -3e38, 1],
        [2, -2.9e38, 1],
      ]),
    };
    const { message, status } = await refusalOf(() => scaleParts(tooLarge, facts, 'minmax'));
    expect(status).toBe(1);
    expect(message).toMatch(new RegExp(`\\b${name}\\b`));
  });
});
