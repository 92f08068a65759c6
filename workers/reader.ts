/** A thread that reads a table with others: it scans parts of the file, then joins the parts of columns. */
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { type ColumnTask, type JoinedColumn, joinColumn } from '../src/data/table/parts/join-column.js';
import { buffersIn } from '../src/data/table/parts/readers.js';
import { type PartTask, type ScannedPart, scanPart } from '../src/data/table/parts/scan-part.js';

export default function read(task: PartTask | ColumnTask): ScannedPart | JoinedColumn | undefined {
  const result = task.kind === 'scan' ? scanPart(task) : joinColumn(task);
  if (!result) return undefined;
  const message = {
    get [transferableSymbol]() {
      return buffersIn(result);
    },
    get [valueSymbol]() {
      return result;
    },
  };
  return move(message) as unknown as typeof result;
}
