/** Reads a table, column by column, from the rows of CSV or NDJSON. */
import { errors } from '../../errors.js';
import { nameOfTable } from './bytes.js';
import { cellOf } from './cells.js';
import { type HeaderHint, namesIn } from './header.js';
import type { RawColumn, RawTable } from './raw-table.js';
import { rowsOf } from './rows.js';

/** Cells of which 4 GiB, the maximum memory of a run, hold the numbers. */
const MOST_CELLS = 2 ** 30;
const FIRST_ROWS = 256;

/**
 * @param data    a file, or `-`
 * @param signal  ends the reading
 * @throws LockstepError that names the row
 */
export async function readRawTable(data: string, hint: HeaderHint, signal?: AbortSignal): Promise<RawTable> {
  const file = nameOfTable(data);
  let names: readonly string[] | undefined;
  let columns: ColumnBuilder[] | undefined;
  let lines = new Uint32Array(FIRST_ROWS);
  let count = 0;
  for await (const batch of rowsOf(data, signal)) {
    for (const each of batch) {
      if (!columns) {
        columns = each.cells.map(() => new ColumnBuilder());
        names = namesIn(file, each, hint);
        if (names) continue;
      }
      const { row, cells } = each;
      if (cells.length !== columns.length) throw errors.raggedRow(file, row, cells.length, columns.length);
      if ((count + 1) * columns.length > MOST_CELLS) throw errors.tableTooLarge(file, row, columns.length);
      try {
        if (count === lines.length) lines = grown(lines, new Uint32Array(2 * count));
        for (const [i, column] of columns.entries()) column.push(count, cells[i]);
      } catch (error) {
        if (error instanceof RangeError) throw errors.tableTooLarge(file, row, columns.length);
        throw error;
      }
      lines[count] = row;
      count++;
    }
  }
  if (!columns) throw errors.emptyTable(file);
  return {
    names: names ?? columns.map((_, i) => String(i + 1)),
    hasHeader: names !== undefined,
    count,
    columns: columns.map((column) => column.finish(count)),
    lineOf: (row) => lines[row]!,
  };
}

class ColumnBuilder {
  #numbers = new Float64Array(FIRST_ROWS);
  #codes = new Uint32Array(FIRST_ROWS);
  readonly #codeOf = new Map<string, number>();

  push(row: number, value: unknown): void {
    if (row === this.#numbers.length) {
      this.#numbers = grown(this.#numbers, new Float64Array(2 * row));
      this.#codes = grown(this.#codes, new Uint32Array(2 * row));
    }
    const cell = cellOf(value);
    if (typeof cell === 'number') {
      this.#numbers[row] = cell;
      return;
    }
    let code = this.#codeOf.get(cell);
    if (code === undefined) {
      code = this.#codeOf.size + 1;
      this.#codeOf.set(cell, code);
    }
    this.#numbers[row] = Number.NaN;
    this.#codes[row] = code;
  }

  finish(count: number): RawColumn {
    return {
      numbers: this.#numbers.slice(0, count),
      codes: this.#codes.slice(0, count),
      texts: [...this.#codeOf.keys()],
    };
  }
}

function grown<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
