/** Samples, whatever they came from: images or a table. */
import { createHash } from 'node:crypto';

export interface Samples {
  readonly count: number;
  /** (count, inputs): one byte a pixel, or, of a table, float32 as the network takes them. */
  readonly images: Uint8Array | Float32Array;
  /** (count): the class of each. */
  readonly labels: Uint8Array | Uint32Array;
  /** Of where they came from, uncompressed: tells whether samples are the same. */
  readonly sha256: string;
}

export const NO_SAMPLES: Samples = { count: 0, images: new Uint8Array(0), labels: new Uint8Array(0), sha256: '' };

/** A copy of some of them, in the order of `positions`. */
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
