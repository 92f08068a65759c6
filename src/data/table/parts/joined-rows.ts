/** The rows of a CSV file that was scanned in parts. */
import { type Codes, codesWithRoom, SharedArrays } from '../column-arrays.js';
import { firstCell } from '../first-cell.js';
import type { Pause } from '../pauser.js';
import { type ColumnSummary, SAMPLE_ROWS } from '../raw-rows.js';
import type { RawColumn } from '../raw-table.js';
import type { RowLines } from '../row-lines.js';
import { allTexts, TextIndex } from '../text-index.js';
import type { JoinedColumn } from './join-column.js';

interface Column {
  readonly numbers: Float64Array<ArrayBuffer> | undefined;
  readonly codes: Codes | undefined;
  texts: TextIndex | undefined;
}

export class JoinedRows {
  readonly count: number;
  readonly lineOf: (row: number) => number;
  /** See `RawRows`. */
  readonly notations: Uint8Array<ArrayBuffer>;
  readonly #columns: readonly Column[];

  constructor(count: number, lines: RowLines, notations: Uint8Array<ArrayBuffer>, columns: readonly JoinedColumn[]) {
    this.count = count;
    this.lineOf = (row) => lines.of(row);
    this.notations = notations;
    this.#columns = columns.map((column) => ({ ...column, texts: column.texts && TextIndex.unpack(column.texts) }));
  }

  get lines(): (row: number) => number {
    return this.lineOf;
  }

  summaryOf(index: number): ColumnSummary {
    const { numbers, codes, texts } = this.#columns[index]!;
    const sample: (number | string)[] = [];
    for (let row = 1; row <= Math.min(SAMPLE_ROWS, this.count); row++) {
      const code = codes?.[row] ?? 0;
      sample.push(code === 0 ? (numbers?.[row] ?? Number.NaN) : texts!.text(code - 1));
    }
    return {
      sample,
      hasText: (text) => texts?.has(text) ?? false,
      hasNumber: (number) => numbers?.includes(number, 1) ?? false,
    };
  }

  /** See `RawRows`. */
  async finish(first: readonly string[], comma: number, pause: Pause): Promise<RawColumn[]> {
    const isHeaded = first.length > 0;
    const shared = new SharedArrays(this.count + Number(isHeaded));
    const columns: RawColumn[] = [];
    for (const [i, column] of this.#columns.entries()) {
      if (isHeaded) columns.push(await this.#withFirst(column, first[i]!, comma, shared, pause));
      else {
        columns.push({
          numbers: column.numbers?.subarray(1) ?? shared.nan(),
          codes: column.codes?.subarray(1) ?? shared.zero(),
          texts: column.texts ? await allTexts(column.texts, pause) : [],
        });
      }
      column.texts = undefined;
      await pause();
    }
    return columns;
  }

  async #withFirst(
    column: Column,
    text: string,
    comma: number,
    shared: SharedArrays,
    pause: Pause,
  ): Promise<RawColumn> {
    const { value, code } = firstCell(text, comma, () => (column.texts ??= new TextIndex()));
    const { length } = shared.nan();
    let { numbers, codes } = column;
    if (!Number.isNaN(value)) numbers ??= new Float64Array(length).fill(Number.NaN);
    if (numbers) numbers[0] = value;
    const { texts } = column;
    if (texts) codes = codesWithRoom(codes, texts.size, length);
    if (codes) codes[0] = code;
    return {
      numbers: numbers ?? shared.nan(),
      codes: codes ?? shared.zero(),
      texts: texts ? await allTexts(texts, pause) : [],
    };
  }
}
