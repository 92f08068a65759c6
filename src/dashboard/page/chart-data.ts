/** The data of uPlot: one list of x for all curves, and null where a curve has no point. */
import type { EpochPoint, ListMessage, RecentPoint } from '../messages.js';

export type Column = (number | null)[];

/** [epochs, latest samples, training, validation, test] */
export type Curves = [x: number[], recent: Column, train: Column, validation: Column, test: Column];

/** `error` is the second metric: the error, or the RMSE for regression. */
export type Figure = 'loss' | 'error';

export function figureIn(
  point: EpochPoint,
  split: 'train' | 'validation' | 'test',
  figure: Figure,
): number | undefined {
  return figure === 'loss' ? point[`${split}_loss`] : (point[`${split}_error`] ?? point[`${split}_rmse`]);
}

const SPLITS = ['train', 'validation', 'test'] as const;

/** Both lists are in order. */
export function curvesOf(epochs: readonly EpochPoint[], recent: readonly RecentPoint[], figure: Figure): Curves {
  const curves: Curves = [[], [], [], [], []];
  const add = (x: number, ...values: readonly (number | undefined)[]) => {
    const [xs, ...columns] = curves;
    xs.push(x);
    for (const [i, column] of columns.entries()) column.push(values[i] ?? null);
  };
  const column = figure === 'loss' ? 1 : 2;
  let next = 0;
  for (const point of epochs) {
    const { epoch } = point;
    for (; next < recent.length && recent[next]![0] < epoch; next++) add(recent[next]![0], recent[next]![column]);
    const same = next < recent.length && recent[next]![0] === epoch ? recent[next++]![column] : undefined;
    add(epoch, same, ...SPLITS.map((split) => figureIn(point, split, figure)));
  }
  for (; next < recent.length; next++) add(recent[next]![0], recent[next]![column]);
  return curves;
}

/** A logarithmic scale cannot show 0. */
export function withoutZeros([x, ...columns]: Curves): Curves {
  const kept = columns.map((column) => column.map((value) => (value !== null && value > 0 ? value : null)));
  return [x, ...kept] as Curves;
}

/** The value at an index, or the nearest one before it, or after it. */
export function nearest(column: Column, at: number): number | null {
  for (let i = at; i >= 0; i--) if (column[i] != null) return column[i]!;
  for (let i = at + 1; i < column.length; i++) if (column[i] != null) return column[i]!;
  return null;
}

/** Applies a message to a list. */
export function grown<Item>(items: readonly Item[], { reset, items: added }: ListMessage<Item>): readonly Item[] {
  return reset ? added : [...items, ...added];
}
