/** Rows of a table as samples, for a network that was trained on one: its label, and what else is in it, are passed over. */
import { inputColumnsOf } from '../../data/table/columns.js';
import { expectedOf } from '../../data/table/facts.js';
import { takeRow } from '../../data/table/read-table.js';
import { type Headed, rowsIn } from '../../data/table/rows.js';
import { LockstepError } from '../../errors.js';
import type { Network } from '../network.js';

export interface TableSample {
  /** The line that the row begins in, from 1. */
  readonly row: number;
  /** As it stands in the table; or what is wrong with the row. */
  readonly x: Float32Array | LockstepError;
}

/**
 * @param file  its name, for messages
 * @throws LockstepError if it is no table for this network, or is damaged, so that nothing behind that can be read
 */
export async function* samplesOfTable(file: string, bytes: Headed, network: Network): AsyncGenerator<TableSample> {
  const { table, inputs } = network;
  if (!table) throw new TypeError('a network that was not trained on a table');
  let columns: ReturnType<typeof inputColumnsOf> | undefined;
  for await (const batch of rowsIn(file, bytes)) {
    for (const row of batch) {
      if (!columns) {
        columns = inputColumnsOf(file, row, expectedOf(table, inputs));
        if (columns.names) continue;
      }
      const x = new Float32Array(inputs);
      try {
        takeRow(file, row, columns, x, 0);
        yield { row: row.row, x };
      } catch (error) {
        if (!(error instanceof LockstepError)) throw error;
        yield { row: row.row, x: error };
      }
    }
  }
}
