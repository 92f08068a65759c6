/** The rows of a CSV file that was scanned in parts. */
import { codesWithRoom, SharedArrays } from '../column-arrays.js';
import { firstCell } from '../first-cell.js';
import { withMeaning } from '../meanings.js';
import { type ColumnSummary, SAMPLE_ROWS } from '../raw-rows.js';
import type { RawColumn } from '../raw-table.js';
import type { RowLines } from '../row-lines.js';
import { TextIndex } from '../text-index.js';
import { type Texts, textsOf } from '../texts.js';
import type { JoinedColumn } from './join-column.js';

export interface DecodedColumn extends Omit<JoinedColumn, 'texts'> {
  readonly index: TextIndex | undefined;
  readonly texts: Texts;
}

export function decoded({ texts, ...arrays }: JoinedColumn): DecodedColumn {
  const index = texts && TextIndex.unpack(texts);
  return { ...arrays, index, texts: index ? textsOf(index.pages, index.size) : [] };
}

export class JoinedRows {
  readonly count: number;
  readonly lineOf: (row: number) => number;
  /** See `RawRows`: there are no decimal commas. */
  readonly notations = new Uint8Array(0);
  readonly #columns: readonly DecodedColumn[];

  constructor(count: number, lines: RowLines, columns: readonly DecodedColumn[]) {
    this.count = count;
    this.lineOf = (row) => lines.of(row);
    this.#columns = columns;
  }

  get lines(): (row: number) => number {
    return this.lineOf;
  }

  summaryOf(index: number): ColumnSummary {
    const { numbers, codes, index: found, texts } = this.#columns[index]!;
    const sample: (number | string)[] = [];
    for (let row = 1; row <= Math.min(SAMPLE_ROWS, this.count); row++) {
      const code = codes?.[row] ?? 0;
      sample.push(code === 0 ? (numbers?.[row] ?? Number.NaN) : texts.at(code - 1)!);
    }
    return {
      sample,
      hasText: (text) => found?.has(text) ?? false,
      hasNumber: (number) => numbers?.includes(number, 1) ?? false,
    };
  }

  /** See `RawRows`. Nothing takes long any more. */
  async finish(first: readonly string[], comma: number): Promise<RawColumn[]> {
    const isHeaded = first.length > 0;
    const shared = new SharedArrays(this.count + Number(isHeaded));
    return this.#columns.map((column, i) => {
      if (isHeaded) return withFirst(column, first[i]!, comma, shared);
      const { numbers, codes, texts, meanings } = column;
      return {
        numbers: numbers?.subarray(1) ?? shared.nan(),
        codes: codes?.subarray(1) ?? shared.zero(),
        texts,
        meanings,
      };
    });
  }
}

function withFirst(column: DecodedColumn, text: string, comma: number, shared: SharedArrays): RawColumn {
  const index = column.index ?? new TextIndex();
  const { value, code } = firstCell(text, comma, () => index);
  let { numbers, codes, texts, meanings } = column;
  if (!Number.isNaN(value)) numbers ??= new Float64Array(shared.count).fill(Number.NaN);
  if (numbers) numbers[0] = value;
  if (index.size > 0) codes = codesWithRoom(codes, index.size, shared.count);
  if (codes) codes[0] = code;
  if (code > texts.length) {
    meanings &&= withMeaning(meanings, index.text(code - 1));
    texts = textsOf(index.pages, index.size);
  }
  return { numbers: numbers ?? shared.nan(), codes: codes ?? shared.zero(), texts, meanings };
}
