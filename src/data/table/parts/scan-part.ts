/** Scans a part of a CSV file with a WebAssembly module. */
import { isUtf8 } from 'node:buffer';
import { type Codes, codesFor } from '../column-arrays.js';
import { numeralIn, POINT } from '../numerals.js';
import type { TextList } from '../text-index.js';

/** How parts are scanned. */
export interface PartFormat {
  /** Number of columns. */
  readonly width: number;
  /** A byte. */
  readonly delimiter: number;
  /** A byte, or `NONE`. */
  readonly comment: number;
  /** Of the texts' hashes, the same for all parts. */
  readonly seed: number;
  /** assembly/ */
  readonly module: WebAssembly.Module;
}

export interface ScannedPart {
  /** Number of rows. */
  readonly count: number;
  /** Number of lines. */
  readonly lines: number;
  /** Pairs: a row that does not follow the row before on the next line, and its line, from 1. */
  readonly breaks: Uint32Array<ArrayBuffer>;
  readonly columns: readonly PartColumn[];
}

export interface PartColumn {
  /** (rows) Undefined: NaN in all rows. */
  readonly numbers: Float64Array<ArrayBuffer> | undefined;
  /** (rows) Undefined: 0 in all rows. */
  readonly codes: Codes | undefined;
  readonly texts: TextList | undefined;
}

/** @returns whether there were so many bytes */
export type Fill = (bytes: Uint8Array) => boolean;

/** The module's exports; the sources in assembly/ say what they do. */
interface Exports {
  readonly begin: (room: number) => number;
  readonly scan: (...args: readonly number[]) => number;
  readonly rowsScanned: () => number;
  readonly linesScanned: () => number;
  readonly breaksScanned: () => number;
  readonly placeOfBreaks: () => number;
  readonly placeOfNumbers: (column: number) => number;
  readonly placeOfCodes: (column: number) => number;
  readonly textsOf: (column: number) => number;
  readonly bytesOf: (column: number) => number;
  readonly pack: (column: number, bytes: number) => number;
}

const MOST_PAGES = 1 << 16;
/** A scanner with more memory is not kept: a program may read one table, and then run for days. */
const MOST_KEPT_BYTES = 1 << 26;
/** Bytes of a text's place in a list. */
const PLACE_BYTES = 16;

/** Takes one part after the other. */
class PartScanner {
  readonly #memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true });
  readonly #scanner: Exports;
  #bytes = new Uint8Array(this.#memory.buffer);

  constructor(module: WebAssembly.Module) {
    const numeral = (from: number, to: number) => numeralIn(this.#bytes, from >>> 0, to >>> 0, POINT);
    const imports = { env: { memory: this.#memory }, scanner: { numeral } };
    this.#scanner = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
  }

  /** Bytes of the memory. */
  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  scan({ width, delimiter, comment, seed }: PartFormat, length: number, fill: Fill): ScannedPart | undefined {
    const scanner = this.#scanner;
    const begin = scanner.begin(length);
    this.#bytes = new Uint8Array(this.#memory.buffer);
    const bytes = this.#bytes.subarray(begin, begin + length);
    if (!fill(bytes) || !isUtf8(bytes)) return undefined;
    if (scanner.scan(begin, length, width, delimiter, comment, seed) === 0) return undefined;
    const count = scanner.rowsScanned();
    return {
      count,
      lines: scanner.linesScanned(),
      breaks: new Uint32Array(this.#memory.buffer, scanner.placeOfBreaks(), 2 * scanner.breaksScanned()).slice(),
      columns: Array.from({ length: width }, (_, i) => this.#columnAt(i, count)),
    };
  }

  #columnAt(index: number, count: number): PartColumn {
    const scanner = this.#scanner;
    const numbers = scanner.placeOfNumbers(index) >>> 0;
    const size = scanner.textsOf(index);
    const column = {
      numbers: numbers === 0 ? undefined : new Float64Array(this.#memory.buffer, numbers, count).slice(),
      codes: undefined,
      texts: undefined,
    };
    if (size === 0) return column;
    const codes = codesFor(size, count);
    codes.set(new Uint32Array(this.#memory.buffer, scanner.placeOfCodes(index) >>> 0, count));
    return { ...column, codes, texts: this.#textsAt(index, size) };
  }

  #textsAt(index: number, size: number): TextList {
    const length = this.#scanner.bytesOf(index);
    const places = this.#scanner.pack(index, length) >>> 0;
    const { buffer } = this.#memory;
    return {
      size,
      places: new Int32Array(buffer, places, (PLACE_BYTES / 4) * size).slice(),
      bytes: new DataView(new Uint8Array(buffer, places + PLACE_BYTES * size, length).slice().buffer),
    };
  }
}

/** Of this thread: its memory is used again. */
let scanner: PartScanner | undefined;

/**
 * A part that begins where a row begins is scanned as if it were a file: if that succeeds, then it ends where a row ends, because
 * only a quoted cell continues behind the end of a line, and a file must not end within one.
 *
 * @param length  in bytes
 * @param fill    writes the bytes
 * @returns undefined if anything is wrong: then it takes the whole file to tell what
 */
export function scanPart(format: PartFormat, length: number, fill: Fill): ScannedPart | undefined {
  // (Each message has a module object of its own, but it is the same module.)
  scanner ??= new PartScanner(format.module);
  const own = scanner;
  // In case of an error, its memory may be of no use.
  scanner = undefined;
  const part = own.scan(format, length, fill);
  if (own.size <= MOST_KEPT_BYTES) scanner = own;
  return part;
}
