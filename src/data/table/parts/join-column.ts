/** Joins the parts of a column. */
import { type Codes, codesFor } from '../column-arrays.js';
import { meaningsOf, type TextMeanings } from '../meanings.js';
import type { Steps } from '../steps.js';
import { hasManyTexts, textsOf } from '../texts.js';
import { type JoinedTexts, joinTexts } from './join-texts.js';
import type { PartColumn } from './scan-part.js';

export interface ColumnTask {
  readonly kind: 'join';
  readonly parts: readonly PartColumn[];
  /** By part: number of rows. */
  readonly counts: readonly number[];
  /** See `PartFormat`. */
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
  /** What the texts mean, if there are many and the caller asked for it. */
  readonly meanings: TextMeanings | undefined;
}

/** @param withMeanings  find out what many texts mean: for a thread that has the time */
export function* joinColumn({ parts, counts, seed }: ColumnTask, withMeanings: boolean): Steps<JoinedColumn> {
  const total = 1 + counts.reduce((sum, count) => sum + count, 0);
  const numbers = yield* joinNumbers(parts, counts, total);
  return { numbers, ...(yield* joinTextsOf(parts, counts, total, seed, withMeanings)) };
}

function* joinNumbers(
  parts: readonly PartColumn[],
  counts: readonly number[],
  total: number,
): Steps<Float64Array<ArrayBuffer> | undefined> {
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
    yield;
  }
  return all;
}

/** Node 20 leaves it to the garbage collector, which may let memory hold all of the table twice. */
function free({ buffer }: Float64Array): void {
  (buffer as ArrayBufferLike & { readonly transfer?: (length: number) => ArrayBuffer }).transfer?.(0);
}

function* joinTextsOf(
  parts: readonly PartColumn[],
  counts: readonly number[],
  total: number,
  seed: number,
  withMeanings: boolean,
): Steps<Omit<JoinedColumn, 'numbers'>> {
  const lists = parts.flatMap(({ texts }) => texts ?? []);
  if (lists.length === 0) return { codes: undefined, texts: undefined, meanings: undefined };
  const { texts, codes: codesOf } = yield* joinTexts(lists, seed);
  const all = codesFor(texts.size, total);
  let [at, l] = [1, 0];
  for (const [p, { codes }] of parts.entries()) {
    if (codes) copyCodes(codes, codesOf[l++]!, all, at);
    at += counts[p]!;
    yield;
  }
  const isLong = withMeanings && hasManyTexts(texts.size);
  const meanings = isLong ? yield* meaningsOf(textsOf(texts, texts.size)) : undefined;
  return { codes: all, texts, meanings };
}

function copyCodes(from: Codes, codeOf: Uint32Array, to: Codes, at: number): void {
  // Arrays of one type, because a loop over several types is slow.
  const codes = new Uint32Array(from);
  for (let i = 0; i < codes.length; i++) codes[i] = codeOf[codes[i]!]!;
  to.set(codes, at);
}
