/** Reads the file of `train --audit`. */
import { cellText } from '../../data/table/columns.js';
import { readRawTable } from '../../data/table/read-raw-table.js';
import { errors } from '../../errors.js';

/** What is shown of a sample. */
export interface Suspect {
  readonly rank: number;
  readonly row: number;
  /** The label, or the regression target. */
  readonly given: string;
  readonly suggested: string;
  readonly probability: number;
}

export interface Audit {
  /** Those whose labels are probably wrong, the most doubtful first. */
  readonly suspects: readonly Suspect[];
  readonly samples: number;
}

/** @throws LockstepError if the file cannot be read, or is not an audit */
export async function readAudit(file: string): Promise<Audit> {
  const table = await readRawTable(file, { header: 'auto' });
  const { names, count } = table;
  const find = (name: string) => names.indexOf(name);
  const given = Math.max(find('label'), find('target'));
  const [rank, row, suggested, suspect, probability] = ['rank', 'row', 'suggested', 'suspect', 'probability'].map(
    find,
  ) as [number, number, number, number, number];
  if (Math.min(given, rank, row, suggested, suspect, probability) < 0) throw errors.notAnAudit(file);
  const numberAt = (position: number, at: number) => table.columns[position]!.numbers[at]!;
  const suspects: Suspect[] = [];
  for (let at = 0; at < count; at++) {
    if (cellText(table, suspect, at) !== 'true') continue;
    const found = {
      rank: numberAt(rank, at),
      row: numberAt(row, at),
      given: cellText(table, given, at),
      suggested: cellText(table, suggested, at),
      probability: numberAt(probability, at),
    };
    if (![found.rank, found.row].every((each) => Number.isSafeInteger(each) && each >= 0))
      throw errors.notAnAudit(file);
    suspects.push(found);
  }
  return { suspects: suspects.sort((a, b) => a.rank - b.rank), samples: count };
}
