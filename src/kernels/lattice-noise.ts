/**
 * Gaussian noise on a lattice: integers from a discrete Gaussian, in multiples of a unit. The floating-point numbers between do not
 * occur, whatever the noise is added to, so nothing can be read from the last bits (docs/per-sample.md, "Noise").
 *
 * A number is 641·a + b, where 2a and 2b are odd integers: a and b have the weights e^(−x²/2·800²), by a table, from 24 random bits
 * each. Their sum has the weights of a single Gaussian with `DEVIATION`, but for a relative error below 2^−43 (the convolution of
 * discrete Gaussians: Micciancio and Peikert 2013, Theorem 3.3; b's deviation is 1.25 times the distance of the multiples of a).
 *
 * Four neighboring columns of a layer are a group, and up to 512 rows of a group a block. A block has its own random bytes, so that
 * the noise does not depend on panels or threads: 24 for each row, and spare words.
 *
 * `noise-assembly/noise.ts` is the fast form.
 */
import { NOISE_TABLE } from '../memory/layout.js';

/** Numbers ½, 1½, …: up to 10.24 deviations, beyond which a number lies with a probability of 1.3e-24. */
export const TABLE_LENGTH = NOISE_TABLE;
/** Standard deviation of a and of b. */
export const TABLE_DEVIATION = 800;
const FACTOR = 641;

/** Standard deviation of the integers. */
export const DEVIATION = Math.sqrt((FACTOR * TABLE_DEVIATION) ** 2 + TABLE_DEVIATION ** 2);

/** Sums are clamped to this: with noise they are still integers of 32 bits. */
export const SUM_LIMIT = 2 ** 30;

export const GROUP_COLUMNS = 4;
export const BLOCK_ROWS = 512;
const ROW_BYTES = 6 * GROUP_COLUMNS;
/** Blocks begin where the cipher's blocks do. */
const CIPHER_BLOCK_BYTES = 16;
const WORD_BYTES = 8;

/**
 * A spare word decides where 9 bits are not enough, which takes 8 words of a block on average, and more than 64 with a probability
 * below 1e-31. The last is then used again.
 */
const SPARE_WORDS = 64;

/** The most bytes of a block. */
export const BLOCK_BYTES = blockBytes(BLOCK_ROWS);

export function blockBytes(rows: number): number {
  return spareAt(rows) + SPARE_WORDS * WORD_BYTES;
}

/** Where a block's spare words begin. */
export function spareAt(rows: number): number {
  return Math.ceil((rows * ROW_BYTES) / CIPHER_BLOCK_BYTES) * CIPHER_BLOCK_BYTES;
}

export interface NoiseTable {
  /**
   * (TABLE_LENGTH) For each number i + ½. Bits 0 to 12: i XOR that of the other number that may be taken. Bits 13 to 21, and again 22
   * to 30: in how many of 512 cases the number itself is taken, rounded down.
   */
  readonly entries: Uint32Array;
  /** (TABLE_LENGTH, 2) The rest of that fraction: 64 bits, low word first. */
  readonly rests: Uint32Array;
}

/** How integers become parts of a gradient. */
export interface NoiseScale {
  /** Float32: the integers of a unit of the gradient. */
  readonly perUnit: number;
  /** Float32: what an integer is worth. */
  readonly unit: number;
}

/**
 * Reads a block's numbers, row by row. A row has four words of 32 bits, then four of 16. Bits of the first: 13 choose the entry of a,
 * 9 decide between its numbers, 9 do so for b, and the last is the sign of a. Of the second: 13 choose the entry of b, the last is its
 * sign.
 */
export class NoiseBlock {
  readonly #bytes: DataView;
  readonly #table: NoiseTable;
  readonly #lastSpare: number;
  #row = 0;
  #column = 0;
  #spare: number;

  constructor(bytes: Uint8Array, rows: number, table: NoiseTable) {
    this.#bytes = new DataView(bytes.buffer, bytes.byteOffset, blockBytes(rows));
    this.#table = table;
    this.#spare = spareAt(rows);
    this.#lastSpare = blockBytes(rows) - WORD_BYTES;
  }

  next(): number {
    const row = this.#row * ROW_BYTES;
    const first = this.#bytes.getUint32(row + 4 * this.#column, true);
    const second = this.#bytes.getUint16(row + 16 + 2 * this.#column, true);
    this.#column = (this.#column + 1) % GROUP_COLUMNS;
    if (this.#column === 0) this.#row++;
    const a = this.#half(first, (first >>> 13) & 511, first >>> 31);
    const b = this.#half(second, (first >>> 22) & 511, second >>> 15);
    return FACTOR * a + b;
  }

  /** A number i + ½, or its negative. */
  #half(bits: number, draw: number, isNegative: number): number {
    const place = bits & (TABLE_LENGTH - 1);
    const entry = this.#table.entries[place]!;
    const threshold = (entry >>> 13) & 511;
    const isOwn = draw === threshold ? this.#isBelowRest(place) : draw < threshold;
    const half = 0.5 + (isOwn ? place : (place ^ entry) & (TABLE_LENGTH - 1));
    return isNegative ? -half : half;
  }

  #isBelowRest(place: number): boolean {
    const low = this.#bytes.getUint32(this.#spare, true);
    const high = this.#bytes.getUint32(this.#spare + 4, true);
    this.#spare = Math.min(this.#spare + WORD_BYTES, this.#lastSpare);
    const [restLow, restHigh] = [this.#table.rests[2 * place]!, this.#table.rests[2 * place + 1]!];
    return high === restHigh ? low < restLow : high < restHigh;
  }
}

/** An element of a gradient with noise: rounded to the lattice first. */
export function withNoise(gradient: number, noise: number, { perUnit, unit }: NoiseScale): number {
  const sum = roundHalfEven(gradient * perUnit);
  // NaN counts as 0, as in WebAssembly.
  const clamped = Number.isNaN(sum) ? 0 : Math.max(-SUM_LIMIT, Math.min(SUM_LIMIT, sum));
  return (clamped + noise) * unit;
}

function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
