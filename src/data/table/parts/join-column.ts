/** Joins the parts of a column, in a thread of its own. */
import { type Codes, codesFor } from '../column-arrays.js';
import type { PackedColumn } from '../raw-rows.js';
import { type PackedTexts, TextIndex } from '../text-index.js';

export interface ColumnTask {
  readonly kind: 'join';
  readonly parts: readonly PackedColumn[];
  /** By part: number of rows in each chunk. */
  readonly chunks: readonly (readonly number[])[];
  /** Number of rows. */
  readonly count: number;
}

/** The arrays have a place in front for a first row that turns out to be data. */
export interface JoinedColumn {
  /** (1 + rows) Undefined: NaN in all rows. */
  readonly numbers: Float64Array<ArrayBuffer> | undefined;
  /** (1 + rows) Undefined: 0 in all rows. */
  readonly codes: Codes | undefined;
  /** In order of appearance, as if the column had never been in parts. */
  readonly texts: PackedTexts | undefined;
}

export function joinColumn({ parts, chunks, count }: ColumnTask): JoinedColumn {
  return { numbers: joinNumbers(parts, chunks, count), ...joinTexts(parts, chunks, count) };
}

function joinNumbers(
  parts: readonly PackedColumn[],
  chunks: ColumnTask['chunks'],
  count: number,
): JoinedColumn['numbers'] {
  if (parts.every(({ numbers }) => numbers.every((chunk) => chunk === undefined))) return undefined;
  const all = new Float64Array(count + 1);
  all[0] = Number.NaN;
  let at = 1;
  for (const [p, { numbers }] of parts.entries()) {
    for (const [k, rows] of chunks[p]!.entries()) {
      const chunk = numbers[k];
      if (chunk) all.set(chunk.subarray(0, rows), at);
      else all.fill(Number.NaN, at, at + rows);
      at += rows;
    }
  }
  return all;
}

function joinTexts(
  parts: readonly PackedColumn[],
  chunks: ColumnTask['chunks'],
  count: number,
): Pick<JoinedColumn, 'codes' | 'texts'> {
  const first = parts.findIndex(({ texts }) => texts !== undefined);
  if (first < 0) return { codes: undefined, texts: undefined };
  const index = TextIndex.unpack(parts[first]!.texts!);
  // By part: the code in the joined column, or undefined if it is the same.
  const codesOf = parts.map(({ texts }, p) => (texts && p > first ? index.addAll(texts) : undefined));
  const all = codesFor(index.size, count + 1);
  let at = 1;
  for (const [p, { codes }] of parts.entries()) {
    for (const [k, rows] of chunks[p]!.entries()) {
      const chunk = codes[k]?.subarray(0, rows);
      if (chunk) copyCodes(chunk, codesOf[p], all, at);
      at += rows;
    }
  }
  return { codes: all, texts: index.pack() };
}

function copyCodes(from: Codes, codeOf: Uint32Array | undefined, to: Codes, at: number): void {
  if (!codeOf) to.set(from, at);
  else for (let i = 0; i < from.length; i++) to[at + i] = codeOf[from[i]!]!;
}
