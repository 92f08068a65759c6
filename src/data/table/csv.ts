/** The rows of CSV as they come, for callers that do not wait for the whole table. */
import { errors } from '../../errors.js';
import { CsvScanner, textAfterQuote } from './csv-scanner.js';
import { type DialectOptions, openingOf } from './dialect.js';
import { Input, inPieces, MOST_ROW_BYTES } from './input.js';
import { RawRows } from './raw-rows.js';
import type { Row } from './row.js';

/**
 * Skips blank lines. The rows that have arrived first determine the delimiter, unless the caller does.
 *
 * @param file  for messages
 * @returns numbers, and texts; rows of another length than the first have as many empty texts as they have cells
 * @throws LockstepError that names the row
 */
export async function* csvRows(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
  options: DialectOptions = {},
): AsyncGenerator<readonly Row[]> {
  const input = new Input(file, inPieces(chunks, undefined));
  try {
    let opening: ReturnType<typeof openingOf>;
    for (let tried = 0; !opening; tried = input.end) {
      await input.double(tried);
      input.check(1);
      opening = openingOf(input.bytes.subarray(0, input.end), input.isWhole, { fewest: 1, ...options });
      if (input.end > MOST_ROW_BYTES && !opening) throw errors.rowTooLong(file, 1, MOST_ROW_BYTES);
    }
    const { dialect, first, width } = opening;
    if (first?.isBroken) throw textAfterQuote(file, first.line);
    // A header may have no name for the first column.
    if (first) yield [{ row: first.line, cells: width > first.width ? ['', ...first.cells()] : first.cells() }];
    const rows = new StreamedRows(file, width);
    const scanner = new CsvScanner(file, rows, dialect, first?.nextLine ?? 1, rows);
    input.consumed(first?.end ?? 0);
    for (;;) {
      input.check(scanner.line);
      input.consumed(scanner.scan(input.bytes, input.begin, input.end, input.isWhole));
      rows.flush();
      if (rows.taken.length > 0) yield rows.taken.splice(0);
      if (input.isWhole) break;
      const rest = input.end - input.begin;
      if (rest > MOST_ROW_BYTES) throw errors.rowTooLong(file, scanner.line, MOST_ROW_BYTES);
      await input.double(rest);
    }
    if (!first) throw errors.emptyTable(file);
  } finally {
    await input.close();
  }
}

/** Gives its rows away instead of collecting them. */
class StreamedRows extends RawRows {
  readonly taken: Row[] = [];

  override flush(): void {
    const { filled, width, stride, values, codes } = this;
    for (let row = 0; row < filled; row++) {
      const cells = new Array<number | string>(width);
      for (let i = 0; i < width; i++) {
        const code = codes[row * stride + i]!;
        cells[i] = code === 0 ? values[row * stride + i]! : this.textOf(i, code);
      }
      this.taken.push({ row: this.lineOf(this.count - filled + row), cells });
    }
    this.clearBlock();
    this.forgetTexts();
  }

  /** A row of another length. */
  add(row: number, columns: number): void {
    this.flush();
    this.taken.push({ row, cells: new Array<string>(columns).fill('') });
  }
}
