/** Linear least squares with coefficients that cannot be negative. */

export interface Equation {
  /** One a coefficient. */
  readonly factors: readonly number[];
  readonly value: number;
  /** How much its error counts: the inverse of what is to be expected. */
  readonly weight: number;
}

/**
 * The coefficients ≥ 0 for which Σ (weight · (factors · coefficients − value))² is least. One that the equations say
 * nothing about is 0. Where one would be negative it is set to 0, the most negative first, and the others are fitted again:
 * not always the very least, but without surprises for the few coefficients that it is meant for.
 */
export function fitNonNegative(equations: readonly Equation[]): number[] {
  const count = equations[0]?.factors.length ?? 0;
  // Each column is scaled to length 1: coefficients may be seconds and seconds a byte side by side.
  const lengths = Array.from({ length: count }, (_, c) =>
    Math.hypot(...equations.map(({ factors, weight }) => factors[c]! * weight)),
  );
  let free = [...lengths.keys()].filter((c) => lengths[c]! > 0);
  for (;;) {
    const column = (c: number) => equations.map(({ factors, weight }) => (factors[c]! * weight) / lengths[c]!);
    const columns = free.map(column);
    const values = equations.map(({ value, weight }) => value * weight);
    const solution = solve(
      columns.map((a) => columns.map((b) => dot(a, b))),
      columns.map((a) => dot(a, values)),
    );
    const least = Math.min(...solution);
    if (free.length === 0 || least >= 0) {
      const coefficients = new Array<number>(count).fill(0);
      for (const [i, c] of free.entries()) coefficients[c] = solution[i]! / lengths[c]!;
      return coefficients;
    }
    free = free.filter((_, i) => solution[i] !== least);
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * b[i]!, 0);
}

/** Below this a pivot is rounding: the columns, each of length 1, are not independent. */
const SINGULAR = 1e-12;

/** Gauss's elimination with pivots; an unknown that nothing determines is 0. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const size = right.length;
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (let c = 0; c < size; c++) {
    let pivot = c;
    for (let r = c + 1; r < size; r++) if (Math.abs(rows[r]![c]!) > Math.abs(rows[pivot]![c]!)) pivot = r;
    [rows[c], rows[pivot]] = [rows[pivot]!, rows[c]!];
    if (Math.abs(rows[c]![c]!) < SINGULAR) {
      rows[c] = Array.from({ length: size + 1 }, (_, i) => (i === c ? 1 : 0));
    }
    for (let r = c + 1; r < size; r++) {
      const factor = rows[r]![c]! / rows[c]![c]!;
      for (let i = c; i <= size; i++) rows[r]![i]! -= factor * rows[c]![i]!;
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let r = size - 1; r >= 0; r--) {
    const known = dot(rows[r]!.slice(r + 1, size), solution.slice(r + 1));
    solution[r] = (rows[r]![size]! - known) / rows[r]![r]!;
  }
  return solution;
}
