/** Allocates consecutive, aligned parts of one shared buffer as typed arrays. */
import type { ElementType } from './plan.js';

export type Elements = Uint8Array | Uint32Array | Float64Array;
export const ARRAYS = {
  uint8: Uint8Array,
  uint32: Uint32Array,
  float64: Float64Array,
} satisfies Record<ElementType, unknown>;

/** A cache line, so that neighboring arrays never share one. */
const ALIGNMENT_BYTES = 64;

interface ArrayType<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
}

const NOTHING = new SharedArrayBuffer(0);

export class Arena {
  readonly #buffer: SharedArrayBuffer | undefined;
  #position: number;

  /**
   * @param base    bytes at the beginning that are already in use (the WebAssembly module's static data)
   * @param buffer  without one the arena only measures: every array is empty, and `bytes` is the size needed
   */
  constructor(base: number, buffer?: SharedArrayBuffer) {
    this.#buffer = buffer;
    this.#position = base;
  }

  take<A>(Type: ArrayType<A>, length: number): A {
    const offset = Math.ceil(this.#position / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    this.#position = offset + length * Type.BYTES_PER_ELEMENT;
    return this.#buffer ? new Type(this.#buffer, offset, length) : new Type(NOTHING, 0, 0);
  }

  /** Whether there is a buffer. */
  get isReal(): boolean {
    return this.#buffer !== undefined;
  }

  get bytes(): number {
    return this.#position;
  }
}
