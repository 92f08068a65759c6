/** Numbers distinct texts in order of appearance, from their bytes: a string is made only once for each text. */
import { appendTexts, TEXTS_A_PAGE, type TextPages, WORDS } from './texts.js';

const FIRST_SLOTS = 16;
const FIRST_BYTES = 128;
/** Odd, with bits all over. */
const MULTIPLIER = 0xcc9e2d51;
/** Slots of the first shard that are divided among all shards, instead of becoming more: rehashing a large table takes long. */
const MOST_SLOTS = 1 << 14;
const SHARDS = 256;
const LEAST_LOAD = 0.4;
const SEGMENT_BYTES = 1 << 20;
/** Longer texts are copied by the system. */
const LONG = 64;

/** Slots of texts: a hash, and 1 + the number of the text, or 0 if the slot is free. */
interface Shard {
  slots: Int32Array<ArrayBuffer>;
  size: number;
  /** Number of texts that let it grow. */
  limit: number;
  /** Fraction of the slots that may be used. Differs between shards, so that they do not all grow at the same time. */
  readonly load: number;
}

/** Different texts, in order. */
export interface TextList {
  readonly size: number;
  /** (size, 4) Of each text: a word without meaning, where it begins, its length, and its hash. */
  readonly places: Int32Array<ArrayBuffer>;
  readonly bytes: DataView<ArrayBuffer>;
}

/** A hash table with open addressing. Nothing in it is ever copied as a whole, so that adding a text never takes long. */
export class TextIndex {
  /** Number of texts. */
  size = 0;
  /** One, or `SHARDS` by the upper bits of the hash. */
  #shards: Shard[] = [shardOf(FIRST_SLOTS, 0.5)];
  #mask = 0;
  /** Bytes of the texts, one after the other. A text longer than a segment has a segment of its own. */
  #segments: DataView<ArrayBuffer>[] = [new DataView(new ArrayBuffer(FIRST_BYTES))];
  /** Bytes used in the last segment. */
  #used = 0;
  /** By page: segment, begin, length and hash of each text. */
  #pages: Int32Array<ArrayBuffer>[] = [new Int32Array(WORDS * FIRST_SLOTS)];
  readonly #seed: number;

  /** @param seed  see `newSeed` */
  constructor(seed = newSeed()) {
    this.#seed = seed;
  }

  /** @returns 1 + the number of the text, which is added if it is new */
  codeOf(view: DataView, from: number, to: number): number {
    const hash = hashOf(this.#seed, view, from, to);
    const shard = this.#shards[(hash >>> 24) & this.#mask]!;
    const { slots } = shard;
    const slot = this.#slotOf(slots, hash, view, from, to);
    const code = slots[slot + 1]!;
    if (code !== 0) return code;
    const begin = this.#copy(view, from, to);
    return this.#add(shard, slot, hash, this.#segments.length - 1, begin, to - from);
  }

  has(text: string): boolean {
    const bytes = new TextEncoder().encode(text);
    const view = new DataView(bytes.buffer);
    const hash = hashOf(this.#seed, view, 0, bytes.length);
    const { slots } = this.#shards[(hash >>> 24) & this.#mask]!;
    return slots[this.#slotOf(slots, hash, view, 0, bytes.length) + 1] !== 0;
  }

  /** The slot of the text, or the free one where it belongs. */
  #slotOf(slots: Int32Array, hash: number, view: DataView, from: number, to: number): number {
    const mask = slots.length - 2;
    for (let slot = (hash << 1) & mask; ; slot = (slot + 2) & mask) {
      const code = slots[slot + 1]!;
      if (code === 0 || (slots[slot] === hash && this.#equals(code - 1, view, from, to))) return slot;
    }
  }

  text(index: number): string {
    const texts: string[] = [];
    appendTexts(this.pages, index, index + 1, texts);
    return texts[0]!;
  }

  /** The bytes of the texts, without the hash table. */
  get pages(): TextPages {
    return { segments: this.#segments, pages: this.#pages };
  }

  #equals(index: number, view: DataView, from: number, to: number): boolean {
    const page = this.#pages[(index / TEXTS_A_PAGE) | 0]!;
    const at = WORDS * (index % TEXTS_A_PAGE);
    const length = to - from;
    if (page[at + 2] !== length) return false;
    const own = this.#segments[page[at]!]!;
    let k = page[at + 1]!;
    let i = from;
    if (length >= 4) {
      const last = to - 4;
      for (; i < last; i += 4, k += 4) if (own.getInt32(k, true) !== view.getInt32(i, true)) return false;
      return own.getInt32(k + last - i, true) === view.getInt32(last, true);
    }
    for (; i < to; i++, k++) if (own.getUint8(k) !== view.getUint8(i)) return false;
    return true;
  }

  /** @returns its code */
  #add(shard: Shard, slot: number, hash: number, segment: number, begin: number, length: number): number {
    const page = this.#pageFor(this.size);
    const at = WORDS * (this.size % TEXTS_A_PAGE);
    page[at] = segment;
    page[at + 1] = begin;
    page[at + 2] = length;
    page[at + 3] = hash;
    const code = ++this.size;
    shard.slots[slot] = hash;
    shard.slots[slot + 1] = code;
    if (++shard.size >= shard.limit) this.#grow(shard);
    return code;
  }

  /** Copies a text to the last segment. @returns where it begins */
  #copy(view: DataView, from: number, to: number): number {
    const length = to - from;
    this.#reserve(length);
    const begin = this.#used;
    this.#used += length;
    const segment = this.#segments.at(-1)!;
    if (length > LONG) {
      new Uint8Array(segment.buffer).set(new Uint8Array(view.buffer, view.byteOffset + from, length), begin);
    } else if (length >= 4) {
      const last = length - 4;
      for (let i = 0; i < last; i += 4) segment.setInt32(begin + i, view.getInt32(from + i));
      segment.setInt32(begin + last, view.getInt32(from + last));
    } else for (let i = 0; i < length; i++) segment.setUint8(begin + i, view.getUint8(from + i));
    return begin;
  }

  /** Makes room for the bytes of a text in the last segment. */
  #reserve(length: number): void {
    const last = this.#segments.length - 1;
    const { byteLength } = this.#segments[last]!;
    const needed = this.#used + length;
    if (needed <= byteLength) return;
    if (byteLength >= SEGMENT_BYTES || needed > SEGMENT_BYTES) {
      // (The last one may be empty.)
      this.#segments.push(new DataView(new ArrayBuffer(Math.max(length, SEGMENT_BYTES))));
      this.#used = 0;
      return;
    }
    const grown = new Uint8Array(Math.min(SEGMENT_BYTES, Math.max(needed, 2 * byteLength)));
    grown.set(new Uint8Array(this.#segments[last]!.buffer));
    this.#segments[last] = new DataView(grown.buffer);
  }

  #pageFor(index: number): Int32Array {
    const number = (index / TEXTS_A_PAGE) | 0;
    const page = this.#pages[number];
    const needed = WORDS * (index % TEXTS_A_PAGE) + WORDS;
    if (page && needed <= page.length) return page;
    const grown = new Int32Array(page ? Math.min(WORDS * TEXTS_A_PAGE, 2 * page.length) : WORDS * TEXTS_A_PAGE);
    if (page) grown.set(page);
    this.#pages[number] = grown;
    return grown;
  }

  #grow(shard: Shard): void {
    const { slots } = shard;
    if (this.#mask === 0 && slots.length === 2 * MOST_SLOTS) {
      this.#mask = SHARDS - 1;
      this.#shards = shardsOf((4 * MOST_SLOTS) / SHARDS);
      this.#place(slots);
      return;
    }
    Object.assign(shard, shardOf(slots.length, shard.load));
    this.#place(slots);
  }

  /** Puts texts into their shards, which have room for them. */
  #place(texts: Int32Array): void {
    for (let i = 0; i < texts.length; i += 2) {
      if (texts[i + 1] === 0) continue;
      const hash = texts[i]!;
      const shard = this.#shards[(hash >>> 24) & this.#mask]!;
      const { slots } = shard;
      const mask = slots.length - 2;
      let slot = (hash << 1) & mask;
      while (slots[slot + 1] !== 0) slot = (slot + 2) & mask;
      slots[slot] = hash;
      slots[slot + 1] = texts[i + 1]!;
      shard.size++;
    }
  }
}

function shardsOf(slots: number): Shard[] {
  return Array.from({ length: SHARDS }, (_, i) => shardOf(slots, LEAST_LOAD + (0.3 * i) / SHARDS));
}

function shardOf(slots: number, load: number): Shard {
  return { slots: new Int32Array(2 * slots), size: 0, limit: Math.floor(load * slots), load };
}

/** Four bytes at a time, as in MurmurHash3; the last ones may overlap those before. */
export function hashOf(seed: number, view: DataView, from: number, to: number): number {
  let hash = seed ^ (to - from);
  if (to - from >= 4) {
    const last = to - 4;
    for (let i = from; i < last; i += 4) {
      hash = Math.imul(hash ^ view.getInt32(i, true), MULTIPLIER);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ view.getInt32(last, true), MULTIPLIER);
  } else for (let i = from; i < to; i++) hash = Math.imul(hash ^ view.getUint8(i), MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 15), MULTIPLIER);
  return hash ^ (hash >>> 16);
}

/** Random, so that no file can be written whose texts all collide. No result depends on it. */
export function newSeed(): number {
  return Math.floor(Math.random() * 2 ** 32) | 0;
}
