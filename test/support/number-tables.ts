/** Tables with regression targets, as tests make them up. */
import { Random } from '../../src/model/random.js';
import { csvOf } from './tables.js';

export interface NumberRow {
  readonly x: readonly [number, number, number];
  /** In very different units. */
  readonly y: readonly [price: number, tiny: number];
}

/** Smooth functions of three inputs, with some noise. */
export function numberRows(count: number, seed: number): NumberRow[] {
  const random = new Random(seed, 0);
  const uniform = () => 2 * random.fraction() - 1;
  return Array.from({ length: count }, () => {
    const [a, b, c] = [uniform(), uniform(), uniform()];
    const price = 200_000 + 40_000 * a - 25_000 * b * c + 500 * uniform();
    return { x: [10 * a, b, c], y: [price, 1e-4 * (a * a + c)] };
  });
}

export function csvOfNumbers(rows: readonly NumberRow[]): string {
  return csvOf([['a', 'b', 'c', 'price', 'tiny'], ...rows.map(({ x, y }) => [...x, ...y])]);
}

export interface WeightedRow {
  readonly x: readonly [number, number, number];
  readonly price: number;
  readonly kind: string;
  /** Some are 0. */
  readonly weight: number;
}

export function weightedRows(): WeightedRow[] {
  return numberRows(150, 5).map(({ x, y }, i) => {
    const kind = y[0] > 215_000 ? 'high' : i % 10 === 0 ? 'odd' : 'low';
    return { x, price: y[0], kind, weight: ((i * 7) % 5) / 2 };
  });
}
