/**
 * Gaussian noise on a lattice: integers from a discrete Gaussian, in multiples of a unit. The floating-point numbers between do not
 * occur, whatever they are added to, so that what is left of a sum cannot be read from the last bits (docs/per-sample.md, "Noise").
 *
 * A number is (641·a + b) / 2, where a and b are odd integers with the weights e^(−x²/8·800²): by table, from 24 random bits each.
 * Their sum has the weights of a single Gaussian with `DEVIATION`, but for a relative error below 2^−43 (the convolution of discrete
 * Gaussians: Micciancio and Peikert 2013, Theorem 3.3; b's deviation is 1.25 times the distance between the multiples of a).
 *
 * Four neighboring columns of a layer are a group, and up to 512 rows of a group a block. A block has its own random bytes, so that
 * the noise does not depend on panels or threads: six bytes for each number, row by row, and spare words.
 *
 * `assembly/noise.ts` is the fast form.
 */

import { NOISE_TABLE } from '../memory/layout.js';

/** Of the odd numbers 1, 3, …: up to 10.24 deviations, beyond which a number lies with a probability of 1.3e-24. */
export const TABLE_LENGTH = NOISE_TABLE;
/** Deviation of half of each odd number. */
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
 * Decides 64 bits more where 10 are not enough, which takes 8 words of a block on average: more than these with a probability of
 * 1e-30. The last is then used again.
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
  /** (TABLE_LENGTH) Bits 0 to 13: the other odd number; above: in how many of 1024 cases the entry's own is taken, rounded down. */
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

/** Reads a block's numbers, row by row. */
export class NoiseBlock {
  readonly #bytes: DataView;
  readonly #table: NoiseTable;
  readonly #lastSpare: number;
  #at = 0;
  #spare: number;

  constructor(bytes: Uint8Array, rows: number, table: NoiseTable) {
    this.#bytes = new DataView(bytes.buffer, bytes.byteOffset, blockBytes(rows));
    this.#table = table;
    this.#spare = spareAt(rows);
    this.#lastSpare = blockBytes(rows) - WORD_BYTES;
  }

  next(): number {
    const a = this.#odd();
    const b = this.#odd();
    return (FACTOR * a + b) / 2;
  }

  /** Bits: 13 for the entry, 1 for the sign, 10 for the choice. */
  #odd(): number {
    const bits = this.#bytes.getUint16(this.#at, true) | (this.#bytes.getUint8(this.#at + 2) << 16);
    this.#at += 3;
    const place = bits & (TABLE_LENGTH - 1);
    const draw = bits >>> 14;
    const entry = this.#table.entries[place]!;
    const threshold = entry >>> 14;
    const isOwn = draw === threshold ? this.#isBelowRest(place) : draw < threshold;
    const odd = isOwn ? 2 * place + 1 : entry & 16_383;
    return bits & TABLE_LENGTH ? -odd : odd;
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
