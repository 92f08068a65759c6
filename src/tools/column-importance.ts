/** Permutation importance of the columns of the table that a network was trained on. */
import type { Samples } from '../data/samples.js';
import { EncodedRow } from '../data/table/row-encoder.js';
import { type ColumnInputs, type ImportanceOptions, permutationImportance } from './importance.js';
import type { Network } from './network.js';

export interface Importance {
  readonly column: string | number;
  readonly loss_increase: number;
  readonly loss_increase_std: number;
  /** Increase of the second score: mean and population standard deviation over the permutations. */
  readonly second: number;
  readonly secondStd: number;
}

/**
 * @param score  computes the loss of a sample, and a second score; lower is better
 * @returns the column with the largest increase of the loss first
 */
export async function columnImportance(
  { inputs }: Network,
  { count, table, weights }: Samples,
  columns: readonly ColumnInputs[],
  options: ImportanceOptions,
  score: (row: EncodedRow, sample: number, into: Float64Array) => void,
): Promise<Importance[]> {
  const found = await permutationImportance(
    {
      ...{ count, inputs, columns, weights, scores: 2 },
      readRow: (sample) => table!.row(sample, inputs),
      score: ({ index, value, length }, sample, into) => score(new EncodedRow(index, value, length), sample, into),
    },
    options,
  );
  return found
    .map(({ name, increase, std }) => ({
      column: name,
      loss_increase: increase[0]!,
      loss_increase_std: std[0]!,
      second: increase[1]!,
      secondStd: std[1]!,
    }))
    .sort((a, b) => b.loss_increase - a.loss_increase);
}
