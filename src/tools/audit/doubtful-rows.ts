/** The rows of an audit with the cells of the table, as CSV. */
import { cellText } from '../../data/table/columns.js';
import { type ReadTable, readRawTable } from '../../data/table/read-raw-table.js';
import { errors } from '../../errors.js';
import { csvLine } from '../../text/csv-line.js';
import type { Audit } from './read-audit.js';

/**
 * The columns of the audit, then those of the table.
 *
 * @throws LockstepError if the table cannot be read, or has no such row
 */
export async function* doubtfulRows(file: string, { shown }: Audit, data: string): AsyncGenerator<string> {
  const table = await readRawTable(data);
  const { names, columns } = table;
  const positions = positionsOf(table);
  yield csvLine(['rank', 'row', 'probability', 'given', 'suggested', ...names]);
  for (const { rank, row, probability, given, suggested } of shown) {
    const position = positions.get(row);
    if (position === undefined) throw errors.auditOfOthers(file, row, data);
    yield csvLine([rank, row, probability, given, suggested, ...columns.map((_, c) => cellText(table, c, position))]);
  }
}

/** By their numbers in messages. */
function positionsOf({ count, lineOf }: ReadTable): Map<number, number> {
  const positions = new Map<number, number>();
  for (let position = 0; position < count; position++) positions.set(lineOf(position), position);
  return positions;
}
