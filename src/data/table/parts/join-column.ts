/** Joins the parts of a column, in a thread of its own. */
import { type Codes, codesFor } from '../column-arrays.js';
import { meaningsOf, type TextMeanings } from '../meanings.js';
import { atOnce } from '../steps.js';
import { hasManyTexts, textsOf } from '../texts.js';
import { type JoinedTexts, joinTexts } from './join-texts.js';
import type { PartColumn } from './scan-part.js';

export interface ColumnTask {
  readonly kind: 'join';
  readonly parts: readonly PartColumn[];
  /** By part: number of rows. */
  readonly counts: readonly number[];
  /** See `PartTask`. */
  readonly seed: number;
}

/** The arrays have a place in front for a first row that turns out to be data. */
export interface JoinedColumn {
  /** (1 + rows) Undefined: NaN in all rows. */
  readonly numbers: Float64Array<ArrayBuffer> | undefined;
  /** (1 + rows) Undefined: 0 in all rows. */
  readonly codes: Codes | undefined;
  /** In order of appearance, as if the column had never been in parts. */
  readonly texts: JoinedTexts | undefined;
  /** Of many texts. */
  readonly meanings: TextMeanings | undefined;
}

export function joinColumn({ parts, counts, seed }: ColumnTask): JoinedColumn {
  const total = 1 + counts.reduce((sum, count) => sum + count, 0);
  return { numbers: joinNumbers(parts, counts, total), ...joinTextsOf(parts, counts, total, seed) };
}

function joinNumbers(
  parts: readonly PartColumn[],
  counts: readonly number[],
  total: number,
): Float64Array<ArrayBuffer> | undefined {
  if (parts.every(({ numbers }) => numbers === undefined)) return undefined;
  const all = new Float64Array(total);
  all[0] = Number.NaN;
  let at = 1;
  for (const [p, { numbers }] of parts.entries()) {
    const end = at + counts[p]!;
    if (numbers) {
      all.set(numbers, at);
      free(numbers);
    } else all.fill(Number.NaN, at, end);
    at = end;
  }
  return all;
}

/** Node 20 leaves it to the garbage collector, which may let memory hold all of the table twice. */
function free({ buffer }: Float64Array): void {
  (buffer as ArrayBufferLike & { readonly transfer?: (length: number) => ArrayBuffer }).transfer?.(0);
}

function joinTextsOf(
  parts: readonly PartColumn[],
  counts: readonly number[],
  total: number,
  seed: number,
): Omit<JoinedColumn, 'numbers'> {
  const lists = parts.flatMap(({ texts }) => texts ?? []);
  if (lists.length === 0) return { codes: undefined, texts: undefined, meanings: undefined };
  const { texts, codes: codesOf } = joinTexts(lists, seed);
  const all = codesFor(texts.size, total);
  let [at, l] = [1, 0];
  for (const [p, { codes }] of parts.entries()) {
    if (codes) copyCodes(codes, codesOf[l++]!, all, at);
    at += counts[p]!;
  }
  const meanings = hasManyTexts(texts.size) ? atOnce(meaningsOf(textsOf(texts, texts.size))) : undefined;
  return { codes: all, texts, meanings };
}

function copyCodes(from: Codes, codeOf: Uint32Array, to: Codes, at: number): void {
  // Arrays of one type, because a loop over several types is slow.
  const codes = new Uint32Array(from);
  for (let i = 0; i < codes.length; i++) codes[i] = codeOf[codes[i]!]!;
  to.set(codes, at);
}
