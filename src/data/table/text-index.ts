/** Numbers distinct texts in order of appearance, from their bytes: a string is made only once for each text. */

const FIRST_SLOTS = 16;
const FIRST_BYTES = 128;
/** Odd, with bits all over. */
const MULTIPLIER = 0xcc9e2d51;

/** A hash table with open addressing. The bytes of all texts lie in one array. */
export class TextIndex {
  /** Number of texts. */
  size = 0;
  /** 1 + number of the text; 0: free. */
  #slots = new Int32Array(FIRST_SLOTS);
  #hashes = new Int32Array(FIRST_SLOTS / 2);
  /** Where each text begins, and where the last one ends. */
  #begins = new Float64Array(FIRST_SLOTS / 2 + 1);
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  /** Random, so that no file can be written whose texts all collide. No result depends on it. */
  readonly #seed = Math.floor(Math.random() * 2 ** 32) | 0;

  /** @returns 1 + the number of the text, which is added if it is new */
  codeOf(view: DataView, from: number, to: number): number {
    const hash = this.#hash(view, from, to);
    const slot = this.#slotOf(hash, view, from, to);
    const code = this.#slots[slot]!;
    return code === 0 ? this.#add(hash, slot, view, from, to) : code;
  }

  has(text: string): boolean {
    const bytes = new TextEncoder().encode(text);
    const view = new DataView(bytes.buffer);
    return this.#slots[this.#slotOf(this.#hash(view, 0, bytes.length), view, 0, bytes.length)] !== 0;
  }

  /** Four bytes at a time, as in MurmurHash3. */
  #hash(view: DataView, from: number, to: number): number {
    let hash = this.#seed;
    let i = from;
    for (const end = to - 3; i < end; i += 4) {
      hash = Math.imul(hash ^ view.getInt32(i, true), MULTIPLIER);
      hash ^= hash >>> 15;
    }
    for (; i < to; i++) hash = Math.imul(hash ^ view.getUint8(i), MULTIPLIER);
    return hash ^ (hash >>> 15);
  }

  /** The slot of the text, or the free one where it belongs. */
  #slotOf(hash: number, view: DataView, from: number, to: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const code = slots[slot]!;
      if (code === 0 || (this.#hashes[code - 1] === hash && this.#equals(code - 1, view, from, to))) return slot;
    }
  }

  /** Texts `from` to `to`, by number. */
  texts(from: number, to: number): string[] {
    const all = Buffer.from(this.#bytes.buffer);
    const texts: string[] = [];
    for (let i = from; i < to; i++) texts.push(all.toString('utf8', this.#begins[i], this.#begins[i + 1]));
    return texts;
  }

  #equals(index: number, view: DataView, from: number, to: number): boolean {
    const own = this.#view;
    let k = this.#begins[index]!;
    if (this.#begins[index + 1]! - k !== to - from) return false;
    let i = from;
    for (const end = to - 3; i < end; i += 4, k += 4) if (own.getInt32(k) !== view.getInt32(i)) return false;
    for (; i < to; i++, k++) if (own.getUint8(k) !== view.getUint8(i)) return false;
    return true;
  }

  #add(hash: number, slot: number, { buffer, byteOffset }: DataView, from: number, to: number): number {
    const begin = this.#begins[this.size]!;
    const end = begin + (to - from);
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#bytes.set(new Uint8Array(buffer, byteOffset + from, to - from), begin);
    this.#hashes[this.size] = hash;
    const code = ++this.size;
    this.#begins[code] = end;
    this.#slots[slot] = code;
    if (2 * code === this.#slots.length) this.#grow();
    return code;
  }

  #grow(): void {
    const length = 2 * this.#slots.length;
    this.#slots = new Int32Array(length);
    const hashes = new Int32Array(length / 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    const begins = new Float64Array(length / 2 + 1);
    begins.set(this.#begins);
    this.#begins = begins;
    for (let index = 0; index < this.size; index++) {
      let slot = hashes[index]! & (length - 1);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (length - 1);
      this.#slots[slot] = index + 1;
    }
  }
}
