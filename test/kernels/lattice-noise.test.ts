/** Noise on a lattice: its table against the weights, its numbers against the normal distribution, and its fast form against the plain one. */
import { createCipheriv, createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  BLOCK_ROWS,
  blockBytes,
  DEVIATION,
  NoiseBlock,
  type NoiseTable,
  SUM_LIMIT,
  spareAt,
  TABLE_DEVIATION,
  TABLE_LENGTH,
  withNoise,
} from '../../src/kernels/lattice-noise.js';
import { NoiseAdder } from '../../src/kernels/noise-adder.js';
import type { Memory } from '../../src/memory/layout.js';
import { fillNoiseTable } from '../../src/privacy/noise-table.js';
import { upperTail } from '../../src/privacy/normal.js';

const table: NoiseTable = {
  entries: new Uint32Array(TABLE_LENGTH),
  rests: new Uint32Array(2 * TABLE_LENGTH),
};
fillNoiseTable(table);

/** Random bytes that are always the same. */
function randomBytes(length: number, seed: number): Uint8Array {
  const key = createHash('sha256').update(`noise ${seed}`).digest();
  return new Uint8Array(createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length)));
}

function numbersOf(blocks: number, seed: number): Float64Array {
  const bytes = blockBytes(BLOCK_ROWS);
  const random = randomBytes(blocks * bytes, seed);
  const numbers = new Float64Array(blocks * BLOCK_ROWS * 4);
  for (let b = 0, i = 0; b < blocks; b++) {
    const block = new NoiseBlock(random.subarray(b * bytes, (b + 1) * bytes), BLOCK_ROWS, table);
    for (let k = 0; k < BLOCK_ROWS * 4; k++) numbers[i++] = block.next();
  }
  return numbers;
}

describe('the table', () => {
  const chances = new Float64Array(TABLE_LENGTH);
  for (let i = 0; i < TABLE_LENGTH; i++) {
    const entry = table.entries[i]!;
    const rest = table.rests[2 * i + 1]! * 2 ** -32 + table.rests[2 * i]! * 2 ** -64;
    const isSure = (entry & (TABLE_LENGTH - 1)) === 0;
    const own = isSure ? 1 : (((entry >>> 13) & 511) + rest) / 512;
    expect(entry >>> 22).toBe((entry >>> 13) & 511);
    chances[i]! += own / TABLE_LENGTH;
    chances[(entry ^ i) & (TABLE_LENGTH - 1)]! += (1 - own) / TABLE_LENGTH;
  }
  const weight = (i: number) => Math.exp(-((2 * i + 1) ** 2) / (8 * TABLE_DEVIATION ** 2));
  const all = chances.reduce((sum, _, i) => sum + weight(i), 0);

  it('has the weights of a discrete Gaussian, far into its tail', () => {
    let worst = 0;
    for (let i = 0; i < 7 * TABLE_DEVIATION; i++)
      worst = Math.max(worst, Math.abs(chances[i]! / (weight(i) / all) - 1));
    expect(worst).toBeLessThan(1e-12);
    expect(chances.reduce((sum, chance) => sum + chance, 0)).toBeCloseTo(1, 14);
  });

  it('makes sums 641a + b whose probabilities differ from a Gaussian by a mean square of 4e-27', () => {
    const [factor, variance] = [641, TABLE_DEVIATION ** 2];
    // At the sum n, relative to the Gaussian's weight.
    const ratioAt = (n: number) => {
      let sum = 0;
      const farthest = 12 * TABLE_DEVIATION;
      for (let a = Math.ceil((n - farthest) / factor) + 0.5; a * factor < n + farthest; a++) {
        const b = n - factor * a;
        sum += Math.exp(-(a * a + b * b) / (2 * variance) + (n * n) / (2 * DEVIATION ** 2));
      }
      return sum;
    };
    for (const deviations of [0, 1, 3, 6]) {
      const first = Math.round(deviations * DEVIATION);
      const ratios = Array.from({ length: factor }, (_, k) => ratioAt(first + k));
      const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / factor;
      const square = ratios.reduce((sum, ratio) => sum + (ratio / mean - 1) ** 2, 0) / factor;
      expect(square).toBeGreaterThan(3.5e-27);
      expect(square).toBeLessThan(4e-27);
    }
  });

  it('leaves out less than 1e-23 of the distribution', () => {
    expect(2 * upperTail((TABLE_LENGTH - 0.5) / TABLE_DEVIATION)).toBeLessThan(1e-23);
  });

  it('is the same everywhere', () => {
    const hash = createHash('sha256').update(table.entries).update(table.rests).digest('hex');
    expect(hash).toBe('5f53c6227a6fca252b7cf1ff25dfa8fef83f3fe1dae87832e6ffb66a542d17b3');
  });
});

describe('the numbers', () => {
  const numbers = numbersOf(1000, 1);
  const n = numbers.length;

  it('are whole, and have the mean, variance and fourth moment of a Gaussian', () => {
    expect(numbers.every(Number.isInteger)).toBe(true);
    const moment = (k: number) => numbers.reduce((sum, x) => sum + (x / DEVIATION) ** k, 0) / n;
    // Five standard errors.
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  });

  it('follow the normal distribution: Kolmogorov-Smirnov, and the tails beyond 3 and 4 deviations', () => {
    const sorted = numbers.toSorted();
    let distance = 0;
    for (const [i, x] of sorted.entries()) {
      const below = upperTail(-x / DEVIATION);
      distance = Math.max(distance, Math.abs((i + 1) / n - below), Math.abs(i / n - below));
    }
    // Exceeded by chance once in 10,000 times.
    expect(distance * Math.sqrt(n)).toBeLessThan(2.23);
    for (const limit of [3, 4]) {
      const expected = 2 * n * upperTail(limit);
      const found = numbers.filter((x) => Math.abs(x) > limit * DEVIATION).length;
      expect(Math.abs(found - expected)).toBeLessThan(5 * Math.sqrt(expected));
    }
  });

  it('are independent of their neighbors', () => {
    for (const distance of [1, 2, 3, 4, 4 * BLOCK_ROWS]) {
      let sum = 0;
      for (let i = distance; i < n; i++) sum += (numbers[i]! / DEVIATION) * (numbers[i - distance]! / DEVIATION);
      expect(Math.abs(sum / n)).toBeLessThan(5 / Math.sqrt(n));
    }
  });

  it('fill every residue alike: their last bits tell nothing', () => {
    for (const modulus of [2, 3, 64, 641, 1282]) {
      const counts = new Float64Array(modulus);
      for (const x of numbers) counts[((x % modulus) + modulus) % modulus]!++;
      const expected = n / modulus;
      const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      expect(Math.abs(chi - (modulus - 1))).toBeLessThan(6 * Math.sqrt(2 * (modulus - 1)) + 12);
    }
  });

  it('use spare words where ten bits do not decide, and the last one again when none is left', () => {
    const rows = 200;
    const place = table.entries.findIndex((entry) => (entry & (TABLE_LENGTH - 1)) !== 0);
    const bytes = new Uint8Array(blockBytes(rows));
    putDoubts(bytes, rows, () => place);
    const all = (word: number) => {
      bytes.fill(word, spareAt(rows));
      const block = new NoiseBlock(bytes, rows, table);
      return Array.from({ length: rows * 4 }, () => block.next());
    };
    const other = (place ^ table.entries[place]!) & (TABLE_LENGTH - 1);
    expect(new Set(all(0))).toEqual(new Set([642 * (place + 0.5)]));
    expect(new Set(all(255))).toEqual(new Set([642 * (other + 0.5)]));
  });
});

/** Rows whose every choice is in doubt. */
function putDoubts(bytes: Uint8Array, rows: number, placeOf: (i: number) => number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let i = 0; i < rows * 4; i++) {
    const place = placeOf(i);
    const row = Math.floor(i / 4) * 24;
    // Both draws are the threshold.
    view.setUint32(row + 4 * (i % 4), (place | (table.entries[place]! & 0x7fff_e000)) >>> 0, true);
    view.setUint16(row + 16 + 2 * (i % 4), place, true);
  }
}

describe('a sum with noise', () => {
  const scale = { perUnit: 4, unit: 0.25 };

  it('is rounded to the lattice, ties to even, and clamped', () => {
    expect(withNoise(0.25, 3, scale)).toBe(1);
    expect(withNoise(0.3, 3, scale)).toBe(1);
    expect(withNoise(0.125, 0, scale)).toBe(0);
    expect(withNoise(0.375, 0, scale)).toBe(0.5);
    expect(withNoise(-0.125, 0, scale)).toBe(0);
    expect(withNoise(-0.375, 0, scale)).toBe(-0.5);
    expect(withNoise(Number.POSITIVE_INFINITY, -1, scale)).toBe((SUM_LIMIT - 1) / 4);
    expect(withNoise(Number.NaN, 7, scale)).toBe(7 / 4);
  });

  it.each([1, 2, 3, 4])('is the same in the fast form, with %i columns of a group', (columns) => {
    const [inputs, outputs, width] = [BLOCK_ROWS + 38, 8 + columns, 12];
    const rows = inputs + 1;
    const shared = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true });
    const take = (at: number, length: number) => new Float32Array(shared.buffer, 65_536 + at, length);
    const gradient = take(0, rows * width);
    const noiseBytes = new Uint8Array(shared.buffer, 131_072, 65_536);
    const shareTable = {
      entries: new Uint32Array(shared.buffer, 262_144, TABLE_LENGTH),
      rests: new Uint32Array(shared.buffer, 294_912, 2 * TABLE_LENGTH),
    };
    shareTable.entries.set(table.entries);
    shareTable.rests.set(table.rests);
    noiseBytes.set(randomBytes(noiseBytes.length, columns));
    putDoubts(noiseBytes, 20, (i) => 7 * i);
    const values = Float32Array.from({ length: gradient.length }, (_, i) => {
      return i % 11 === 0 ? Number.NaN : i % 13 === 0 ? (i % 2 ? 1e30 : -1e30) : Math.sin(i) * 10 ** ((i % 9) - 4);
    });
    const memory = (of: Float32Array | Float64Array) =>
      ({
        layers: [{ inputs, outputs, parameters: of, panels: [{ firstColumn: 0, width, gradients: [of] }] }],
        workers: [{ noiseBytes }],
        noiseTable: shareTable,
      }) as unknown as Memory;
    // Products with a power of two are exact, in float32 as in float64.
    const scale = { perUnit: 128, unit: 1 / 128 };
    gradient.set(values);
    const plain = Float64Array.from(values);
    const blocks = [
      [{ from: 0, to: BLOCK_ROWS }, 0],
      [{ from: BLOCK_ROWS, to: rows }, blockBytes(BLOCK_ROWS)],
    ] as const;
    for (const [block, at] of blocks) {
      new NoiseAdder(shared, memory(gradient), 0).add(0, 2, block, at, scale);
      new NoiseAdder(shared, memory(plain), 0).add(0, 2, block, at, scale);
    }
    const isOfGroup = (i: number) => i % width >= 8 && i % width < 8 + columns;
    // (Padding is only rounded.)
    const wrong = [...gradient.keys()].filter((i) => {
      if (i % width >= 8 + columns) return false;
      return !Object.is(gradient[i], isOfGroup(i) ? Math.fround(plain[i]!) : values[i]);
    });
    expect(wrong).toEqual([]);
    expect([...gradient.keys()].filter((i) => isOfGroup(i) && gradient[i] === values[i])).toEqual([]);
  });
});
