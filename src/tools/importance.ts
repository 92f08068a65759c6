/**
 * Permutation importance of a table's columns (Breiman 2001, "Random Forests"; scikit-learn's permutation_importance): how much
 * worse a network gets if the values of one column are shuffled among the samples, so that they say nothing about the sample
 * any more. All inputs that a column has become move together.
 */
import { shuffle } from '../data/order.js';
import { DEFAULT_SEED } from '../metrics/quality/bootstrap.js';
import { Pacer } from '../metrics/quality/pacer.js';
import { PERMUTATION_STREAM, Random } from '../model/random.js';

/** The inputs [from, to) that a column of a table has become. */
export interface ColumnInputs {
  readonly name: string | number;
  readonly from: number;
  readonly to: number;
}

export interface ImportanceData {
  /** Samples. */
  readonly count: number;
  readonly inputs: number;
  readonly columns: readonly ColumnInputs[];
  /** Writes the inputs of a sample. */
  readonly readRow: (sample: number, into: Float32Array) => void;
  /** Number of scores of a sample. Their means over the samples are what a permutation makes worse. */
  readonly scores: number;
  /** Computes the scores of a sample with these inputs; lower is better. */
  readonly score: (row: Float32Array, sample: number, into: Float64Array) => void;
}

export interface ImportanceOptions {
  /** Permutations of each column. @default 5 */
  readonly repeats?: number | undefined;
  /** @default 1 */
  readonly seed?: number | undefined;
}

export interface ColumnImportance {
  readonly name: string | number;
  /** (scores) Increase of the mean score, averaged over the permutations. */
  readonly increase: readonly number[];
  /** (scores) Population standard deviation of the increase over the permutations. */
  readonly std: readonly number[];
}

export const DEFAULT_REPEATS = 5;

/** In the order of the columns. */
export async function permutationImportance(
  { count, inputs, columns, readRow, scores, score }: ImportanceData,
  { repeats = DEFAULT_REPEATS, seed = DEFAULT_SEED }: ImportanceOptions = {},
): Promise<ColumnImportance[]> {
  const pacer = new Pacer();
  const row = new Float32Array(inputs);
  const donor = new Float32Array(inputs);
  const found = new Float64Array(scores);
  const base = new Float64Array(count * scores);
  for (let s = 0; s < count; s++) {
    readRow(s, row);
    score(row, s, found);
    base.set(found, s * scores);
    if (pacer.isDue) await pacer.pause();
  }
  const increases = columns.map(() => Array.from({ length: scores }, () => [] as number[]));
  const order = new Uint32Array(count);
  for (let r = 0; r < repeats; r++) {
    // The same permutation for all columns, as in scikit-learn.
    shuffle(order, new Random(seed, PERMUTATION_STREAM + r));
    for (const [c, { from, to }] of columns.entries()) {
      const sums = new Float64Array(scores);
      for (let s = 0; s < count; s++) {
        readRow(s, row);
        readRow(order[s]!, donor);
        // A sample that gets its own values keeps its scores.
        if (!copyRange(donor, row, from, to)) continue;
        score(row, s, found);
        for (let i = 0; i < scores; i++) sums[i]! += found[i]! - base[s * scores + i]!;
        if (pacer.isDue) await pacer.pause();
      }
      for (const [i, sum] of sums.entries()) increases[c]![i]!.push(sum / count);
    }
  }
  return columns.map(({ name }, c) => {
    const spreads = increases[c]!.map(meanAndStd);
    return { name, increase: spreads.map(({ mean }) => mean), std: spreads.map(({ std }) => std) };
  });
}

/** @returns whether anything changed */
function copyRange(source: Float32Array, target: Float32Array, from: number, to: number): boolean {
  let isChanged = false;
  for (let i = from; i < to; i++) {
    if (target[i] === source[i]) continue;
    target[i] = source[i]!;
    isChanged = true;
  }
  return isChanged;
}

function meanAndStd(values: readonly number[]): { readonly mean: number; readonly std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance) };
}
