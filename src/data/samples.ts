/** Samples from images or a table. */
import { createHash } from 'node:crypto';

export interface Samples {
  readonly count: number;
  /** [count, inputs]: one byte per pixel, or float32 for tables. */
  readonly images: Uint8Array | Float32Array;
  /** [count]: classes. */
  readonly labels: Uint8Array | Uint32Array;
  /** Of the uncompressed source. */
  readonly sha256: string;
}

export const NO_SAMPLES: Samples = { count: 0, images: new Uint8Array(0), labels: new Uint8Array(0), sha256: '' };

/** A copy of the samples at `positions`, in this order. */
export function takeSamples(samples: Samples, inputs: number, positions: Uint32Array): Samples {
  const { images, labels } = samples;
  const taken = new (images instanceof Uint8Array ? Uint8Array : Float32Array)(positions.length * inputs);
  for (const [to, from] of positions.entries()) {
    taken.set(images.subarray(from * inputs, (from + 1) * inputs), to * inputs);
  }
  return {
    count: positions.length,
    images: taken,
    labels: new (labels instanceof Uint8Array ? Uint8Array : Uint32Array)([...positions].map((from) => labels[from]!)),
    sha256: createHash('sha256').update(samples.sha256).update(bytesOf(positions)).digest('hex'),
  };
}

/** The memory of a typed array, which is little-endian wherever Lockstep runs. */
export function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
