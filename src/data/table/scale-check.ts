/** Whether the columns of a table should be scaled. */
import type { Samples } from '../samples.js';
import { columnInWords } from './columns.js';
import type { TableFacts } from './table-metadata.js';

/** Plain SGD learns little from a column whose numbers are this many times smaller than another's. */
const MOST_RATIO = 1000;

/**
 * A warning if columns that are not scaled differ greatly.
 *
 * @param train  the samples that are trained on
 */
export function doubtAboutScale({ values, count }: Samples, inputs: number, facts: TableFacts): string | undefined {
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  let [narrow, wide] = [0, 0];
  for (let i = 0; i < inputs; i++) {
    const deviation = deviationOf(values, i, inputs, count);
    if (deviation === 0) continue;
    if (deviation < least) [least, narrow] = [deviation, i];
    if (deviation > most) [most, wide] = [deviation, i];
  }
  // (Sums are rounded.)
  if (!(most / least >= MOST_RATIO * (1 - 1e-9))) return undefined;
  const ratio = Math.min(most / least, Number.MAX_SAFE_INTEGER).toPrecision(2);
  const words = (input: number) => inputInWords(input, facts);
  return `${words(wide)} varies ${Number(ratio).toLocaleString('en-US')} times as much as ${words(narrow)}; use --scale standard`;
}

/** Population standard deviation. */
function deviationOf(values: Samples['values'], input: number, inputs: number, count: number): number {
  let sum = 0;
  for (let s = 0, at = input; s < count; s++, at += inputs) sum += values[at]!;
  const mean = sum / count;
  let squares = 0;
  for (let s = 0, at = input; s < count; s++, at += inputs) squares += (values[at]! - mean) ** 2;
  return Math.sqrt(squares / count);
}

function inputInWords(input: number, { columns, label, targets = [], weight }: TableFacts): string {
  if (columns) return `column ${columns[input]}`;
  const others = new Set([label, ...targets, ...(weight ? [weight] : [])].map(({ position }) => position));
  let position = -1;
  for (let inputsLeft = input; inputsLeft >= 0; ) if (!others.has(++position)) inputsLeft--;
  return columnInWords(position, undefined);
}
