/** Numbers the texts of a column's parts in order of appearance, as if the column had never been in parts. */

import type { Steps } from '../steps.js';
import { hashOf, type TextList } from '../text-index.js';
import { TEXTS_A_PAGE, type TextPages, WORDS } from '../texts.js';

export interface JoinedTexts extends TextPages {
  /** Number of texts. */
  readonly size: number;
  /** Seed of the texts' hashes. */
  readonly seed: number;
}

/** Texts whose hash table fits the L1 cache: more are looked up part by part, by the upper bits of their hashes. */
const FEW_TEXTS = 1 << 12;
const SHARDS = 256;
const SHARD_SHIFT = 24;

/** @returns the texts; and by list and 1 + the number of a text in it, its code */
export function* joinTexts(
  lists: readonly TextList[],
  seed: number,
): Steps<{
  readonly texts: JoinedTexts;
  readonly codes: readonly Uint32Array[];
}> {
  // The place of a text among those of all lists, each of which has a free place in front.
  const begins: number[] = [];
  let total = 0;
  for (const { size } of lists) {
    begins.push(total);
    total += 1 + size;
  }
  const firsts = yield* firstsOf(lists, begins, total);
  const codes = new Uint32Array(total);
  const pages: Int32Array<ArrayBuffer>[] = [];
  let size = 0;
  for (const [l, { size: count, places }] of lists.entries()) {
    for (let i = 0, place = begins[l]! + 1; i < count; i++, place++) {
      const first = firsts[place]!;
      if (first !== place) {
        codes[place] = codes[first]!;
        continue;
      }
      if (size % TEXTS_A_PAGE === 0) pages.push(new Int32Array(WORDS * TEXTS_A_PAGE));
      const page = pages.at(-1)!;
      const at = WORDS * (size % TEXTS_A_PAGE);
      page[at] = l;
      for (let w = 1; w < WORDS; w++) page[at + w] = places[WORDS * i + w]!;
      codes[place] = ++size;
    }
    yield;
  }
  if (pages.length > 0) pages.push(pages.pop()!.slice(0, WORDS * (((size - 1) % TEXTS_A_PAGE) + 1)));
  return {
    texts: { size, seed, segments: lists.map(({ bytes }) => bytes), pages },
    codes: lists.map(({ size: count }, l) => codes.subarray(begins[l]!, begins[l]! + 1 + count)),
  };
}

/** By place: the first place that has the same text. */
function* firstsOf(lists: readonly TextList[], begins: readonly number[], total: number): Steps<Uint32Array> {
  const { order, hashes: given, ends } = yield* inShards(lists, begins, total);
  const firsts = new Uint32Array(total);
  const most = ends.reduce((max, end, s) => Math.max(max, end - (ends[s - 1] ?? 0)), 0);
  const room = slotsFor(most);
  const [slots, hashes] = [new Uint32Array(room), new Int32Array(room)];
  let k = 0;
  for (const end of ends) {
    const mask = slotsFor(end - k) - 1;
    slots.fill(0, 0, mask + 1);
    for (; k < end; k++) {
      const hash = given[k]!;
      const place = order[k]!;
      let slot = hash & mask;
      for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
        if (hashes[slot] === hash && areEqual(lists, begins, slots[slot]!, place)) break;
      }
      if (slots[slot] === 0) {
        slots[slot] = place;
        hashes[slot] = hash;
      }
      firsts[place] = slots[slot]!;
    }
    yield;
  }
  return firsts;
}

/** At most half full. */
function slotsFor(texts: number): number {
  let slots = 2;
  while (slots < 2 * texts) slots *= 2;
  return slots;
}

/** The places of the texts and their hashes, shard by shard, in order within each; and where the shards end. */
function* inShards(
  lists: readonly TextList[],
  begins: readonly number[],
  total: number,
): Steps<{ readonly order: Uint32Array; readonly hashes: Int32Array; readonly ends: Uint32Array }> {
  const shards = total > FEW_TEXTS ? SHARDS : 1;
  const ends = new Uint32Array(shards);
  for (const { size, places } of lists) {
    for (let i = 0; i < size; i++) ends[(places[WORDS * i + 3]! >>> SHARD_SHIFT) & (shards - 1)]!++;
  }
  let sum = 0;
  for (let s = 0; s < shards; s++) {
    const count = ends[s]!;
    ends[s] = sum;
    sum += count;
  }
  const [order, hashes] = [new Uint32Array(sum), new Int32Array(sum)];
  for (const [l, { size, places }] of lists.entries()) {
    for (let i = 0; i < size; i++) {
      const hash = places[WORDS * i + 3]!;
      const k = ends[(hash >>> SHARD_SHIFT) & (shards - 1)]!++;
      order[k] = begins[l]! + 1 + i;
      hashes[k] = hash;
    }
    yield;
  }
  return { order, hashes, ends };
}

function areEqual(lists: readonly TextList[], begins: readonly number[], a: number, b: number): boolean {
  const first = listOf(begins, a);
  const second = listOf(begins, b);
  const own = lists[first]!;
  const other = lists[second]!;
  const i = WORDS * (a - begins[first]! - 1);
  const j = WORDS * (b - begins[second]! - 1);
  const length = own.places[i + 2]!;
  if (other.places[j + 2] !== length) return false;
  return haveEqualBytes(own.bytes, own.places[i + 1]!, other.bytes, other.places[j + 1]!, length);
}

function haveEqualBytes(a: DataView, from: number, b: DataView, to: number, length: number): boolean {
  if (length >= 4) {
    // The last four may overlap those before.
    const last = length - 4;
    for (let k = 0; k < last; k += 4) if (a.getInt32(from + k) !== b.getInt32(to + k)) return false;
    return a.getInt32(from + last) === b.getInt32(to + last);
  }
  for (let k = 0; k < length; k++) if (a.getUint8(from + k) !== b.getUint8(to + k)) return false;
  return true;
}

/** The number of the list that has a place. */
function listOf(begins: readonly number[], place: number): number {
  let low = 0;
  let high = begins.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (begins[middle]! <= place) low = middle;
    else high = middle;
  }
  return low;
}

/** @returns the code of a text; 0 if it is not there */
export function codeIn({ size, seed, pages, segments }: JoinedTexts, text: Uint8Array): number {
  const hash = hashOf(seed, viewOf(text), 0, text.length);
  for (let i = 0; i < size; i++) {
    const page = pages[(i / TEXTS_A_PAGE) | 0]!;
    const at = WORDS * (i % TEXTS_A_PAGE);
    if (page[at + 3] !== hash || page[at + 2] !== text.length) continue;
    const { buffer } = segments[page[at]!]!;
    if (Buffer.from(buffer, page[at + 1]!, text.length).equals(text)) return i + 1;
  }
  return 0;
}

/** With one more text at the end. */
export function withText({ size, seed, pages, segments }: JoinedTexts, text: Uint8Array): JoinedTexts {
  const bytes = viewOf(Uint8Array.from(text));
  const last = size % TEXTS_A_PAGE === 0 ? undefined : pages.at(-1)!;
  const page = new Int32Array((last?.length ?? 0) + WORDS);
  if (last) page.set(last);
  page.set([segments.length, 0, text.length, hashOf(seed, bytes, 0, text.length)], page.length - WORDS);
  const more = { segments: [...segments, bytes], pages: [...pages.slice(0, last ? -1 : undefined), page] };
  return { size: size + 1, seed, ...more };
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView<ArrayBuffer> {
  return new DataView(buffer as ArrayBuffer, byteOffset, byteLength);
}
