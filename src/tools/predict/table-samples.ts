/** Samples from the rows of a table. The label and unknown columns are ignored. */
import { inputColumnsOf } from '../../data/table/columns.js';
import { takeRow } from '../../data/table/read-table.js';
import { type Headed, rowsIn } from '../../data/table/rows.js';
import { expectedOf } from '../../data/table/table-metadata.js';
import { LockstepError } from '../../errors.js';
import type { Network } from '../network.js';

export interface TableSample {
  /** The line that the row begins in, from 1. */
  readonly row: number;
  /** Unscaled inputs, or the error of the row. */
  readonly x: Float32Array | LockstepError;
}

/**
 * @param file  for messages
 * @throws LockstepError if the table does not fit the network, or is damaged
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
