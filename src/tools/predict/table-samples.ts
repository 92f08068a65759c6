/** Samples from the rows of a table. The label and unknown columns are ignored. */
import { columnInWords } from '../../data/table/columns.js';
import { matchColumns } from '../../data/table/match-columns.js';
import { namesForModel } from '../../data/table/model-header.js';
import { type CsvOptions, dialectOf } from '../../data/table/read-raw-table.js';
import type { EncodedRow } from '../../data/table/row-encoder.js';
import { csvRowsIn, type Headed } from '../../data/table/rows.js';
import { errors, LockstepError } from '../../errors.js';
import type { Network } from '../network.js';
import type { InputTable } from './csv-lines.js';

export interface TableSample {
  /** The line that the row begins in, from 1. */
  readonly row: number;
  /** The inputs, or the error of the row. */
  readonly x: EncodedRow | LockstepError;
  /** As many as the table has columns, unless the row is ragged: then they are empty. Numbers are parsed. */
  readonly cells: readonly unknown[];
  readonly table: InputTable;
}

/**
 * @param file  for messages
 * @throws LockstepError if the table does not fit the network, or is damaged
 */
export async function* samplesOfTable(
  file: string,
  bytes: Headed,
  network: Network,
  csv: CsvOptions = {},
): AsyncGenerator<TableSample> {
  const { table, encoder } = network;
  if (!table || !encoder) throw new TypeError('a network that was not trained on a table');
  let own: { readonly names: readonly string[]; readonly hasHeader: boolean } | undefined;
  let positions: readonly number[] = [];
  let input: InputTable = { file, header: undefined, width: 0 };
  for await (const batch of csvRowsIn(file, bytes, dialectOf(csv))) {
    for (const each of batch) {
      const { row, cells } = each;
      if (!own) {
        const names = namesForModel(file, cells.map(String), table);
        own = { names: names ?? cells.map((_, i) => String(i + 1)), hasHeader: names !== undefined };
        positions = matchColumns(file, own, table, undefined, false).positions;
        input = { file, header: names, width: cells.length };
        if (names) continue;
      }
      const columns = own;
      try {
        if (cells.length !== columns.names.length) {
          throw errors.raggedRow(file, row, cells.length, columns.names.length);
        }
        const given = positions.map((position) => cells[position]);
        const nameOf = (column: number) => `${file}: row ${row}, ${columnInWords(positions[column]!, columns)}`;
        yield { row, x: encoder.encode(given, nameOf), cells, table: input };
      } catch (error) {
        if (!(error instanceof LockstepError)) throw error;
        yield { row, x: error, cells, table: input };
      }
    }
  }
}
