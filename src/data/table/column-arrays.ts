/** The arrays of a column. */

export type Codes = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** An array for codes up to `most`. */
export function codesFor(most: number, rows: number): Codes {
  if (most < 2 ** 8) return new Uint8Array(rows);
  return most < 2 ** 16 ? new Uint16Array(rows) : new Uint32Array(rows);
}

/** An array for codes up to `most`: the one that is there, unless its numbers are too small. */
export function codesWithRoom(codes: Codes | undefined, most: number, capacity: number): Codes {
  if (codes && most < 2 ** (8 * codes.BYTES_PER_ELEMENT)) return codes;
  const all = codesFor(most, capacity);
  if (codes) all.set(codes);
  return all;
}

/** Arrays for the columns that are all alike. */
export class SharedArrays {
  readonly count: number;
  #nan: Float64Array | undefined;
  #zero: Uint8Array<ArrayBuffer> | undefined;

  constructor(count: number) {
    this.count = count;
  }

  nan(): Float64Array {
    this.#nan ??= new Float64Array(this.count).fill(Number.NaN);
    return this.#nan;
  }

  zero(): Uint8Array<ArrayBuffer> {
    this.#zero ??= new Uint8Array(this.count);
    return this.#zero;
  }
}
