/** Reads the file of `train --audit`. */
import { cellText } from '../../data/table/columns.js';
import { readRawTable } from '../../data/table/read-raw-table.js';
import { errors } from '../../errors.js';

/** What is shown of a sample. */
export interface Doubtful {
  readonly rank: number;
  readonly row: number;
  /** The label, or the regression target. */
  readonly given: string;
  readonly suggested: string;
  readonly probability: number;
}

export interface Audit {
  /** The suspects. If there are none: the first samples of the ranking. In the order of the ranking. */
  readonly shown: readonly Doubtful[];
  /** Number of suspects. */
  readonly suspects: number;
  readonly samples: number;
}

/** Samples that are shown if none is a suspect. */
const WITHOUT_SUSPECTS = 30;

/**
 * @param count  maximum number of samples to show; undefined: `most` suspects
 * @throws LockstepError if the file cannot be read, or is not an audit
 */
export async function readAudit(file: string, count: number | undefined, most?: number): Promise<Audit> {
  const table = await readRawTable(file, { header: 'auto' });
  const { names, columns, count: samples } = table;
  const find = (name: string) => names.indexOf(name);
  const given = Math.max(find('label'), find('target'));
  const [rank, row, suggested, suspect, probability] = ['rank', 'row', 'suggested', 'suspect', 'probability'].map(
    find,
  ) as [number, number, number, number, number];
  if (Math.min(given, rank, row, suggested, suspect, probability) < 0) throw errors.notAnAudit(file);
  const numberAt = (position: number, at: number) => columns[position]!.numbers[at]!;
  const order = Array.from({ length: samples }, (_, at) => at);
  for (const at of order) {
    if (![rank, row].every((position) => isWhole(numberAt(position, at)))) throw errors.notAnAudit(file);
  }
  order.sort((a, b) => numberAt(rank, a) - numberAt(rank, b));
  const suspects = order.filter((at) => cellText(table, suspect, at) === 'true');
  const chosen = suspects.length > 0 ? suspects.slice(0, count ?? most) : order.slice(0, count ?? WITHOUT_SUSPECTS);
  const shown = chosen.map((at) => ({
    rank: numberAt(rank, at),
    row: numberAt(row, at),
    given: cellText(table, given, at),
    suggested: cellText(table, suggested, at),
    probability: numberAt(probability, at),
  }));
  return { shown, suspects: suspects.length, samples };
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
