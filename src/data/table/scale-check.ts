/** Whether the columns of a table should be scaled. */
import type { Samples } from '../samples.js';
import { columnInWords } from './columns.js';
import type { TableFacts } from './table-metadata.js';
import type { TypedColumn } from './typed-table.js';

/** Plain SGD learns little from a column whose numbers are this many times smaller than another's. */
const MOST_RATIO = 1000;

/**
 * A warning if columns that are not scaled differ greatly.
 *
 * @param train  the samples that are trained on
 */
export function doubtAboutScale({ table, count }: Samples, facts: TableFacts): string | undefined {
  if (!table) return undefined;
  const rows = table.rows.subarray(0, count);
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  let [narrow, wide] = [0, 0];
  for (const [i, column] of table.columns.entries()) {
    const deviation = deviationOf(column, rows);
    if (deviation === 0) continue;
    if (deviation < least) [least, narrow] = [deviation, i];
    if (deviation > most) [most, wide] = [deviation, i];
  }
  // (Sums are rounded.)
  if (!(most / least >= MOST_RATIO * (1 - 1e-9))) return undefined;
  const ratio = Math.min(most / least, Number.MAX_SAFE_INTEGER).toPrecision(2);
  const words = (input: number) => {
    const { name, position } = facts.columns[input]!;
    return facts.hasNames ? `column ${name}` : columnInWords(position, { names: [], hasHeader: false });
  };
  return `${words(wide)} varies ${Number(ratio).toLocaleString('en-US')} times as much as ${words(narrow)}; use --scale standard`;
}

/** Population standard deviation of the numbers or dates that are not missing; 0 for a category. */
function deviationOf(column: TypedColumn, rows: Uint32Array): number {
  if (column.kind === 'category') return 0;
  const { numbers } = column;
  let [sum, count] = [0, 0];
  for (let r = 0; r < rows.length; r++) {
    const x = numbers[rows[r]!]!;
    if (Number.isNaN(x)) continue;
    sum += x;
    count++;
  }
  const mean = sum / count;
  let squares = 0;
  for (let r = 0; r < rows.length; r++) {
    const x = numbers[rows[r]!]!;
    if (!Number.isNaN(x)) squares += (x - mean) ** 2;
  }
  return count === 0 ? 0 : Math.sqrt(squares / count);
}
