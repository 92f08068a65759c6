/** Random matrices with orthogonal rows or columns (Saxe et al., "Exact solutions to the nonlinear dynamics of learning", 2014). */
import { cosineOfHalfTurn, logOfAtLeastOne } from '../kernels/exact-math.js';
import type { Random } from './random.js';

/**
 * Uniformly distributed among the matrices, row-major, [rows, columns], whose columns are orthonormal, or if there are more
 * columns than rows, whose rows are. Gram-Schmidt on normal numbers takes 2 · rows · columns · min(rows, columns) operations.
 */
export function orthogonalMatrix(rows: number, columns: number, random: Random): Float64Array {
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const vectors = Array.from({ length: count }, () => Float64Array.from({ length }, () => normal(random)));
  for (const [i, vector] of vectors.entries()) {
    normalize(vector);
    for (let j = i + 1; j < count; j++) removeFrom(vectors[j]!, vector);
  }
  const matrix = new Float64Array(rows * columns);
  for (const [i, vector] of vectors.entries()) {
    for (let k = 0; k < length; k++) matrix[rows < columns ? i * columns + k : k * columns + i] = vector[k]!;
  }
  return matrix;
}

/** A standard normal number, by Box and Muller: two draws. */
function normal(random: Random): number {
  // 1 / u with u in (0, 1].
  const inverse = 1 / (1 - random.fraction());
  return Math.sqrt(2 * logOfAtLeastOne(inverse)) * cosineOfHalfTurn(random.fraction());
}

function normalize(vector: Float64Array): void {
  const length = Math.sqrt(dot(vector, vector));
  for (let k = 0; k < vector.length; k++) vector[k]! /= length;
}

/** What of the vector is in the direction of `unit` is subtracted. */
function removeFrom(vector: Float64Array, unit: Float64Array): void {
  const part = dot(vector, unit);
  for (let k = 0; k < vector.length; k++) vector[k]! -= part * unit[k]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
