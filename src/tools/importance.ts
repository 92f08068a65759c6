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

/** The inputs of a sample that are not zero, in order. */
export interface SparseRow {
  readonly index: Uint32Array;
  readonly value: Float32Array;
  readonly length: number;
}

export interface ImportanceData {
  /** Samples. */
  readonly count: number;
  readonly inputs: number;
  readonly columns: readonly ColumnInputs[];
  /** (samples) Weights in the means of the scores. @default 1 each */
  readonly weights?: ArrayLike<number> | undefined;
  /** Need not be valid after the next call. */
  readonly readRow: (sample: number) => SparseRow;
  /** Number of scores of a sample. Their means over the samples are what a permutation makes worse. */
  readonly scores: number;
  /** Computes the scores of a sample with these inputs; lower is better. */
  readonly score: (row: SparseRow, sample: number, into: Float64Array) => void;
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
/** More samples are not worth the time: with these, chance changes an error by less than 0.4 %. */
export const MOST_SAMPLES = 20_000;

/** In the order of the columns. Of more than `MOST_SAMPLES` samples, some are chosen at random. */
export async function permutationImportance(
  { count, inputs, columns, weights, readRow, scores, score }: ImportanceData,
  { repeats = DEFAULT_REPEATS, seed = DEFAULT_SEED }: ImportanceOptions = {},
): Promise<ColumnImportance[]> {
  const pacer = new Pacer();
  const mixed = new MixedRow(inputs);
  const found = new Float64Array(scores);
  const samples = someOf(count, seed);
  const weightOf = (sample: number) => weights?.[sample] ?? 1;
  const total = samples.reduce((sum, sample) => sum + weightOf(sample), 0);
  const base = new Float64Array(samples.length * scores);
  for (const [s, sample] of samples.entries()) {
    score(readRow(sample), sample, found);
    base.set(found, s * scores);
    if (pacer.isDue) await pacer.pause();
  }
  const increases = columns.map(() => Array.from({ length: scores }, () => [] as number[]));
  const order = new Uint32Array(samples.length);
  for (let r = 0; r < repeats; r++) {
    // The same permutation for all columns, as in scikit-learn.
    shuffle(order, new Random(seed, PERMUTATION_STREAM + r));
    for (const [c, column] of columns.entries()) {
      const sums = new Float64Array(scores);
      for (const [s, sample] of samples.entries()) {
        mixed.copy(readRow(sample));
        // A sample that gets its own values keeps its scores.
        if (!mixed.replace(column, readRow(samples[order[s]!]!))) continue;
        score(mixed, sample, found);
        for (let i = 0; i < scores; i++) sums[i]! += weightOf(sample) * (found[i]! - base[s * scores + i]!);
        if (pacer.isDue) await pacer.pause();
      }
      for (const [i, sum] of sums.entries()) increases[c]![i]!.push(sum / total);
    }
  }
  return columns.map(({ name }, c) => {
    const spreads = increases[c]!.map(meanAndStd);
    return { name, increase: spreads.map(({ mean }) => mean), std: spreads.map(({ std }) => std) };
  });
}

/** All samples, or `MOST_SAMPLES` of them at random. */
function someOf(count: number, seed: number): Uint32Array {
  const order = new Uint32Array(count);
  shuffle(order, new Random(seed, PERMUTATION_STREAM - 1));
  return count <= MOST_SAMPLES ? order.sort() : order.slice(0, MOST_SAMPLES).sort();
}

/** A row in which the inputs of one column can be replaced. */
class MixedRow implements SparseRow {
  index: Uint32Array;
  value: Float32Array;
  length = 0;
  #spareIndex: Uint32Array;
  #spareValue: Float32Array;

  constructor(inputs: number) {
    this.index = new Uint32Array(inputs);
    this.value = new Float32Array(inputs);
    this.#spareIndex = new Uint32Array(inputs);
    this.#spareValue = new Float32Array(inputs);
  }

  copy({ index, value, length }: SparseRow): void {
    for (let k = 0; k < length; k++) {
      this.index[k] = index[k]!;
      this.value[k] = value[k]!;
    }
    this.length = length;
  }

  /** @returns whether anything changed */
  replace({ from, to }: ColumnInputs, donor: SparseRow): boolean {
    const [start, end] = [placeOf(this, from), placeOf(this, to)];
    const [first, last] = [placeOf(donor, from), placeOf(donor, to)];
    if (end - start === last - first) {
      let isSame = true;
      for (let k = start, d = first; k < end && isSame; k++, d++) {
        isSame = this.index[k] === donor.index[d] && this.value[k] === donor.value[d];
      }
      if (isSame) return false;
    }
    const [index, value] = [this.#spareIndex, this.#spareValue];
    let length = 0;
    const add = (row: SparseRow, begin: number, stop: number) => {
      for (let k = begin; k < stop; k++, length++) {
        index[length] = row.index[k]!;
        value[length] = row.value[k]!;
      }
    };
    add(this, 0, start);
    add(donor, first, last);
    add(this, end, this.length);
    [this.#spareIndex, this.index] = [this.index, index];
    [this.#spareValue, this.value] = [this.value, value];
    this.length = length;
    return true;
  }
}

/** Position of the first input from `input` on. */
function placeOf({ index, length }: SparseRow, input: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (index[middle]! < input) low = middle + 1;
    else high = middle;
  }
  return low;
}

function meanAndStd(values: readonly number[]): { readonly mean: number; readonly std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance) };
}
