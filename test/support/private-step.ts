/**
 * A step of DP-SGD, written down from docs/per-sample.md: a network with one hidden layer, gradients written out sample by sample,
 * in float64. Draws the batch and the noise itself, by the description of the streams. Only the table of the noise is taken from src/.
 */
import { createCipheriv, hkdfSync } from 'node:crypto';
import { NoiseBlock, type NoiseTable } from '../../src/kernels/lattice-noise.js';

export interface Weights {
  /** (inputs + 1, hidden), then (hidden + 1, classes): the last row of each is the bias. */
  readonly layers: readonly Float64Array[];
}

export interface Data {
  readonly inputs: readonly Float64Array[];
  readonly labels: readonly number[];
}

export interface Setting {
  readonly widths: readonly [inputs: number, hidden: number, classes: number];
  readonly batchSize: number;
  /** Norm that gradients are clipped to. */
  readonly threshold: number;
  readonly rate: number;
  readonly perUnit: number;
}

export function secretOfSeed(secret: Uint8Array, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `lockstep ${use}`, 32));
}

/** The bytes of a step's stream. */
function streamOf(key: Uint8Array, step: number, at: number, length: number): Buffer {
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(BigInt(step), 0);
  return createCipheriv('aes-256-ctr', key, counter)
    .update(Buffer.alloc(at + length))
    .subarray(at);
}

/** The samples of a step. */
export function batchOf(samples: number, batchSize: number, key: Uint8Array, step: number): number[] {
  const rate = (BigInt(batchSize) << 64n) / BigInt(samples);
  const [high, rest] = [Number(rate >> 56n), (rate << 8n) & ((1n << 64n) - 1n)];
  const bytes = streamOf(key, step, 0, samples);
  const doubtful = [...bytes.keys()].filter((s) => bytes[s] === high);
  const words = streamOf(key, step, samples, 8 * doubtful.length);
  return [...bytes.keys()].filter((s) => {
    if (bytes[s] !== high) return bytes[s]! < high;
    return words.readBigUInt64LE(8 * doubtful.indexOf(s)) < rest;
  });
}

/** The integers of a step's noise, by layer: (rows, columns). */
export function noiseOf(
  shapes: readonly (readonly [rows: number, columns: number])[],
  key: Uint8Array,
  step: number,
  table: NoiseTable,
) {
  let at = 0;
  return shapes.map(([rows, columns]) => {
    const noise = new Float64Array(rows * columns);
    for (let first = 0; first < columns; first += 4) {
      for (let row = 0; row < rows; row += 512) {
        const count = Math.min(512, rows - row);
        const length = Math.ceil((24 * count) / 16) * 16 + 512;
        const block = new NoiseBlock(new Uint8Array(streamOf(key, step, at, length)), count, table);
        for (let i = 0; i < count; i++) {
          for (let j = first; j < first + 4; j++) {
            const number = block.next();
            if (j < columns) noise[(row + i) * columns + j] = number;
          }
        }
        at += length;
      }
    }
    return noise;
  });
}

/** The gradient of a sample's cross-entropy, by layer. */
function gradientOf({ layers: [W1, W2] }: Weights, [D, H, C]: Setting['widths'], x: Float64Array, label: number) {
  const h = Float64Array.from({ length: H }, (_, j) => {
    let z = W1![D * H + j]!;
    for (let i = 0; i < D; i++) z += x[i]! * W1![i * H + j]!;
    return Math.max(0, z);
  });
  const z = Float64Array.from({ length: C }, (_, k) => {
    let sum = W2![H * C + k]!;
    for (let j = 0; j < H; j++) sum += h[j]! * W2![j * C + k]!;
    return sum;
  });
  const largest = Math.max(...z);
  const all = z.reduce((sum, each) => sum + Math.exp(each - largest), 0);
  const d2 = z.map((each, k) => Math.exp(each - largest) / all - (k === label ? 1 : 0));
  const d1 = h.map((each, j) => (each > 0 ? d2.reduce((sum, d, k) => sum + d * W2![j * C + k]!, 0) : 0));
  const outer = (inputs: Float64Array, d: Float64Array) =>
    Float64Array.from({ length: (inputs.length + 1) * d.length }, (_, p) => {
      const row = Math.floor(p / d.length);
      return (row < inputs.length ? inputs[row]! : 1) * d[p % d.length]!;
    });
  return [outer(x, d1), outer(h, d2)];
}

/** The weights after a step with these samples and this noise. */
export function stepOf(
  weights: Weights,
  data: Data,
  setting: Setting,
  batch: readonly number[],
  noise: readonly Float64Array[],
): Weights {
  const { widths, threshold, rate, batchSize, perUnit } = setting;
  const sums = weights.layers.map((layer) => new Float64Array(layer.length));
  for (const sample of batch) {
    const gradient = gradientOf(weights, widths, data.inputs[sample]!, data.labels[sample]!);
    const norm = Math.sqrt(gradient.flatMap((layer) => [...layer]).reduce((sum, g) => sum + g * g, 0));
    const factor = Math.min(1, threshold / norm);
    for (const [l, layer] of gradient.entries()) for (const [p, g] of layer.entries()) sums[l]![p]! += factor * g;
  }
  const layers = weights.layers.map((layer, l) =>
    layer.map((w, p) => w - (rate / batchSize) * (sums[l]![p]! + noise[l]![p]! / perUnit)),
  );
  return { layers };
}
