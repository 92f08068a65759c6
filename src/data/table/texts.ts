/** The distinct texts of a column. */
import { isAscii } from 'node:buffer';

/** Texts by number. An array is one. */
export interface Texts {
  readonly length: number;
  at(index: number): string | undefined;
}

/** The bytes of texts, as `TextIndex` has them. */
export interface TextPages {
  /** Bytes of the texts, one after the other. */
  readonly segments: readonly DataView<ArrayBuffer>[];
  /** By page: segment, begin, length and hash of each text. */
  readonly pages: readonly Int32Array<ArrayBuffer>[];
}

export const TEXTS_A_PAGE = 1 << 13;
/** Words of a text in a page. */
export const WORDS = 4;

/** More texts are not made into strings at once: the garbage collector would stop the event loop for some 50 ms. */
const MANY_TEXTS = 1 << 13;
/** Texts that are decoded together. */
const BLOCK = 64;

/** An array, or a list that makes its strings on demand. */
export function textsOf(pages: TextPages, size: number): Texts {
  if (hasManyTexts(size)) return new PagedTexts(pages, size);
  const texts: string[] = [];
  appendTexts(pages, 0, size, texts);
  return texts;
}

export function hasManyTexts(size: number): boolean {
  return size > MANY_TEXTS;
}

/** Most columns with so many texts are left out, or hold dates, so that nobody needs the strings. */
export class PagedTexts implements Texts {
  readonly length: number;
  readonly #pages: TextPages;
  #block: string[] = [];
  /** Number of the first text of the block. */
  #first = 0;

  constructor(pages: TextPages, size: number) {
    this.length = size;
    this.#pages = pages;
  }

  at(index: number): string | undefined {
    const known = index - this.#first;
    if (known >= 0 && known < this.#block.length) return this.#block[known];
    if (index < 0 || index >= this.length) return undefined;
    this.#block = [];
    this.#first = index;
    appendTexts(this.#pages, index, Math.min(this.length, index + BLOCK), this.#block);
    return this.#block[0];
  }

  /** Where the bytes of a text are. */
  place(index: number): { readonly bytes: DataView; readonly begin: number; readonly length: number } {
    const page = this.#pages.pages[(index / TEXTS_A_PAGE) | 0]!;
    const at = WORDS * (index % TEXTS_A_PAGE);
    return { bytes: this.#pages.segments[page[at]!]!, begin: page[at + 1]!, length: page[at + 2]! };
  }
}

/** Texts `from` to `to`, by number. */
export function appendTexts({ segments, pages }: TextPages, from: number, to: number, texts: string[]): void {
  for (let i = from; i < to; ) {
    const page = pages[(i / TEXTS_A_PAGE) | 0]!;
    const first = i % TEXTS_A_PAGE;
    let last = Math.min(TEXTS_A_PAGE, first + to - i);
    while (page[WORDS * (last - 1)] !== page[WORDS * first]) last--;
    decode(segments[page[WORDS * first]!]!.buffer, page.subarray(WORDS * first, WORDS * last), texts);
    i += last - first;
  }
}

/** Decodes texts that lie in order. ASCII is decoded as a whole, which is several times faster. */
function decode(segment: ArrayBuffer, places: Int32Array, texts: string[]): void {
  const begin = places[1]!;
  const last = places.length - WORDS;
  const end = places[last + 1]! + places[last + 2]!;
  const bytes = Buffer.from(segment, begin, end - begin);
  const all = isAscii(bytes) ? bytes.toString('latin1') : undefined;
  for (let at = 0; at < places.length; at += WORDS) {
    const from = places[at + 1]! - begin;
    const to = from + places[at + 2]!;
    texts.push(all?.slice(from, to) ?? bytes.toString('utf8', from, to));
  }
}
