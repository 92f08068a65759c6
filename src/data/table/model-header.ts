/** Whether the first row of a table for a model is a header, decided before other rows are known. */
import { LockstepError } from '../../errors.js';
import { cellOf } from './cells.js';
import { secondsOf } from './dates.js';
import { isHeaderRow } from './find-header.js';
import { requireDifferent } from './header.js';
import { matchColumns } from './match-columns.js';
import type { ColumnSummary } from './raw-rows.js';
import { namesOf, type TableModel } from './table-metadata.js';

/**
 * The rule is that for training tables, but what the columns of the training table had stands for the rows below.
 *
 * @param first  the cells of the row
 * @returns the names; undefined if the row is not a header
 * @throws LockstepError if two columns have the same name
 */
export function namesForModel(
  file: string,
  first: readonly string[],
  model: TableModel,
): readonly string[] | undefined {
  // Without names to match, a row of unknown categories is data: none may be lost.
  if (!model.hasNames && model.encodings.every(({ kind }) => kind === 'category')) return undefined;
  if (!isHeaderRow(first, summariesOf(model, first), 'auto', knownTo(model))) return undefined;
  requireDifferent(file, first);
  return first;
}

function knownTo(model: TableModel): ReadonlySet<string> {
  const { label, targets = [], weight } = model;
  const others = [label, weight, ...targets].flatMap((place) => place?.name ?? []);
  return new Set([...(namesOf(model) ?? []), ...others]);
}

const NOTHING: ColumnSummary = { sample: [], hasText: () => false, hasNumber: () => false };
const NUMBERS: ColumnSummary = { sample: [0], hasText: () => false, hasNumber: () => true };
const DATES: ColumnSummary = {
  sample: ['1970-01-01'],
  hasText: (text) => secondsOf(text) !== undefined,
  hasNumber: () => false,
};

/** What the training rows had in each column of a table without a header. */
function summariesOf(model: TableModel, first: readonly string[]): (column: number) => ColumnSummary {
  const { encodings, targets = [], classNames } = model;
  const summaries = new Map<number, ColumnSummary>();
  const { positions, label } = placesIn(model, first);
  for (const [i, position] of positions.entries()) {
    const encoding = encodings[i]!;
    const { kind } = encoding;
    summaries.set(position, kind === 'number' ? NUMBERS : kind === 'date' ? DATES : summaryOf(encoding.levels));
  }
  if (label !== undefined) {
    summaries.set(label, targets.length > 0 ? NUMBERS : summaryOf(classNames.map(String)));
    for (const target of targets) summaries.set(target.position, NUMBERS);
  }
  return (column) => summaries.get(column) ?? NOTHING;
}

/** No positions if the row does not have as many cells as the model needs. */
function placesIn(model: TableModel, names: readonly string[]): ReturnType<typeof matchColumns> {
  try {
    return matchColumns('', { names, hasHeader: false }, model, undefined, false);
  } catch (error) {
    if (error instanceof LockstepError) return { positions: [], label: undefined };
    throw error;
  }
}

function summaryOf(texts: readonly string[]): ColumnSummary {
  const known = new Set(texts);
  const sample = texts.map((text) => cellOf(text));
  return { sample, hasText: (text) => known.has(text), hasNumber: (number) => known.has(String(number)) };
}
