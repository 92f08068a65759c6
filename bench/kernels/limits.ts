/** The machine's limits in WebAssembly, with vectors of 16 or 32 bytes, measured by the loops of assembly/. */
import { readFileSync } from 'node:fs';
import { compileAhead } from '../../src/kernels/ahead-of-time.js';
import type { KernelChoice } from '../../src/kernels/builds.js';
import { type Timing, timeTurnByTurn } from '../support/timing.js';

/** A loop for each number of accumulators (vectors of 128 bits). */
type Exports = Readonly<Record<`registers${number}`, (rounds: number, table: number, out: number) => void>> &
  Readonly<Record<`loads${number}`, (from: number, to: number, passes: number, out: number) => void>>;

/** `registers`: nothing but multiply-adds. `loads`: each loads a vector. */
export type LimitLoop = 'registers' | 'loads';

export interface Limit {
  readonly loop: LimitLoop;
  /** Bytes that the loop reads repeatedly; 0 for `registers`. */
  readonly bytes: number;
  readonly timing: Timing;
  readonly run: () => void;
  /** Multiply-adds of numbers, not of vectors, in one `run`. */
  readonly products: number;
}

const LANES = 4;
const VECTOR_BYTES = 16;
const PAGE_BYTES = 65_536;

/** The first page holds the module's own data. */
const DATA = PAGE_BYTES;
/** More than any second-level cache holds. */
export const STREAM_BYTES = 8 << 20;
/** Where the loops store their sums. */
const OUT = DATA + STREAM_BYTES;

/** Multiply-adds of vectors per call: about 0.1 ms, so that the cost of calling is negligible. */
const CALL_VECTORS = 400_000;

/** assembly/index.ts says why these. With 32-byte vectors, two of 16 bytes are one accumulator. */
const ACCUMULATORS = { 128: [8, 7, 6], 256: [16, 14, 12] } as const;

export class Limits {
  readonly #exports: Exports;
  readonly #accumulators: readonly number[];
  readonly #rounds: number;
  readonly #known = new Map<string, Limit>();

  /** @param kernel  the build whose multiply-add is used, and whose vectors; it must be one that runs here */
  constructor({ name, vectorBits }: Pick<KernelChoice, 'name' | 'vectorBits'>, rounds: number) {
    const pages = OUT / PAGE_BYTES + 1;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    // Values that stay far from infinity and from denormals, however often they are multiplied and added.
    new Float32Array(memory.buffer, DATA).fill(2 ** -20);
    const isWide = vectorBits === 256;
    const bytes = readFileSync(new URL(`./assembly/${name}${isWide ? '-wide' : ''}.wasm`, import.meta.url));
    const module = new WebAssembly.Module(bytes);
    if (isWide) compileAhead(module, true, () => true);
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    this.#accumulators = ACCUMULATORS[vectorBits];
    this.#exports = instance.exports as unknown as Exports;
    this.#rounds = rounds;
  }

  /** The fastest loop of this kind, measured once. */
  of(loop: LimitLoop, bytes = 0): Limit {
    const key = `${loop} ${bytes}`;
    const known = this.#known.get(key);
    if (known) return known;
    const candidates = this.#accumulators.map((accumulators) => this.#candidate(loop, bytes, accumulators));
    const timings = timeTurnByTurn(
      candidates.map(({ run }) => run),
      this.#rounds,
    );
    const measured = candidates.map((candidate, i) => ({ loop, bytes, timing: timings[i]!, ...candidate }));
    const fastest = measured.reduce((a, b) => (rate(b) > rate(a) ? b : a));
    this.#known.set(key, fastest);
    return fastest;
  }

  #candidate(loop: LimitLoop, bytes: number, accumulators: number): Pick<Limit, 'run' | 'products'> {
    const wasm = this.#exports;
    if (loop === 'registers') {
      const rounds = Math.ceil(CALL_VECTORS / (2 * accumulators));
      return {
        products: rounds * 2 * accumulators * LANES,
        run: () => wasm[`registers${accumulators}`]!(rounds, DATA, OUT),
      };
    }
    const rowBytes = accumulators * VECTOR_BYTES;
    const length = Math.floor(Math.min(bytes, STREAM_BYTES) / rowBytes) * rowBytes;
    const passes = Math.ceil(CALL_VECTORS / (length / VECTOR_BYTES));
    return {
      products: ((passes * length) / VECTOR_BYTES) * LANES,
      run: () => wasm[`loads${accumulators}`]!(DATA, DATA + length, passes, OUT),
    };
  }
}

/** Multiply-adds a second. */
function rate({ products, timing }: Limit): number {
  return products / timing.median;
}
