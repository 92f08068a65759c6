/** The rows of a CSV file that was scanned in parts. */
import { codesWithRoom, SharedArrays } from '../column-arrays.js';
import { firstCell } from '../first-cell.js';
import { withMeaning } from '../meanings.js';
import { type ColumnSummary, SAMPLE_ROWS } from '../raw-rows.js';
import type { RawColumn } from '../raw-table.js';
import type { RowLines } from '../row-lines.js';
import { type Texts, textsOf } from '../texts.js';
import type { JoinedColumn } from './join-column.js';
import { codeIn, type JoinedTexts, withText } from './join-texts.js';

export interface DecodedColumn extends Omit<JoinedColumn, 'texts'> {
  readonly joined: JoinedTexts;
  readonly texts: Texts;
}

export function decoded({ texts: joined = NO_TEXTS, ...arrays }: JoinedColumn): DecodedColumn {
  return { ...arrays, joined, texts: textsOf(joined, joined.size) };
}

const NO_TEXTS: JoinedTexts = { size: 0, seed: 0, segments: [], pages: [] };

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
    const { numbers, codes, joined, texts } = this.#columns[index]!;
    const sample: (number | string)[] = [];
    for (let row = 1; row <= Math.min(SAMPLE_ROWS, this.count); row++) {
      const code = codes?.[row] ?? 0;
      sample.push(code === 0 ? (numbers?.[row] ?? Number.NaN) : texts.at(code - 1)!);
    }
    return {
      sample,
      hasText: (text) => codeIn(joined, Buffer.from(text)) > 0,
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
  let { joined, numbers, codes, texts, meanings } = column;
  const { value, code } = firstCell(text, comma, (bytes) => {
    const known = codeIn(joined, bytes);
    if (known > 0) return known;
    joined = withText(joined, bytes);
    meanings &&= withMeaning(meanings, text);
    texts = textsOf(joined, joined.size);
    return joined.size;
  });
  if (!Number.isNaN(value)) numbers ??= new Float64Array(shared.count).fill(Number.NaN);
  if (numbers) numbers[0] = value;
  if (joined.size > 0) codes = codesWithRoom(codes, joined.size, shared.count);
  if (codes) codes[0] = code;
  return { numbers: numbers ?? shared.nan(), codes: codes ?? shared.zero(), texts, meanings };
}
