/** NDJSON: one object (cells by name) or array (cells by position) per line. */
import { errors, reason, shown } from '../../errors.js';
import { parseJson } from '../../files/json.js';
import { linesOf } from '../../files/lines.js';
import { isRecord } from '../../files/type-guards.js';
import type { Row } from './row.js';
import { MOST_ROW_BYTES } from './text.js';

/** Rows per chunk. */
const BATCH_ROWS = 256;

/**
 * Skips blank lines. For objects, the fields of the first become the header; the others must have the same fields, in any
 * order.
 *
 * @param file  for messages
 * @throws LockstepError that names the row
 */
export async function* ndjsonRows(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Row[]> {
  let batch: Row[] = [];
  let names: ReadonlyMap<string, number> | undefined;
  let isFirst = true;
  for await (const { number: row, text } of linesOf(chunks, MOST_ROW_BYTES)) {
    if (typeof text !== 'string') throw errors.tableRow(file, row, reason(text));
    if (text.trim() === '') continue;
    const value = parse(file, row, text);
    if (isFirst && isRecord(value)) {
      names = new Map(Object.keys(value).map((name, i) => [name, i]));
      batch.push({ row, cells: [...names.keys()], isHeader: true });
    }
    isFirst = false;
    batch.push({ row, cells: cellsOf(file, row, value, names) });
    if (batch.length >= BATCH_ROWS) {
      yield batch;
      batch = [];
    }
  }
  yield batch;
}

function parse(file: string, row: number, text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw errors.tableRow(file, row, `invalid JSON (${reason(error)}); expected one object or array per line`);
  }
}

function cellsOf(
  file: string,
  row: number,
  value: unknown,
  names: ReadonlyMap<string, number> | undefined,
): readonly unknown[] {
  if (!names) {
    if (Array.isArray(value)) return value as unknown[];
    throw errors.tableRow(file, row, `${shown(value)}; expected an array, as in the first row`);
  }
  if (!isRecord(value)) throw errors.tableRow(file, row, `${shown(value)}; expected an object, as in the first row`);
  const cells = new Array<unknown>(names.size).fill(undefined);
  for (const [name, cell] of Object.entries(value)) {
    const i = names.get(name);
    if (i === undefined) {
      throw errors.tableRow(file, row, `unexpected field ${shown(name)}; expected only the fields of the first row`);
    }
    cells[i] = cell;
  }
  return cells;
}
