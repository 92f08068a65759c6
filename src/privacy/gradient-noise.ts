/**
 * The random bytes of a step's noise: AES-256 in counter mode, with a key of its own for noise. A counter has the step in its upper
 * 64 bits, and in its lower ones where in the step's stream the bytes lie: layer by layer, group by group of four columns, block by
 * block of rows (kernels/lattice-noise.ts). So each parameter of each step has its own bytes, whoever asks for them.
 */
import { createCipheriv } from 'node:crypto';
import type { Range } from '../kernels/kernel.js';
import { BLOCK_BYTES, BLOCK_ROWS, blockBytes, GROUP_COLUMNS, type NoiseScale } from '../kernels/lattice-noise.js';
import { NoiseAdder } from '../kernels/noise-adder.js';
import type { LayerMemory } from '../memory/layer-memory.js';
import { type Memory, NOISE_BYTES } from '../memory/layout.js';

export interface NoiseOptions {
  /** (32 bytes) */
  readonly key: Uint8Array;
  readonly scale: NoiseScale;
}

const CIPHER_BLOCK_BYTES = 16;

/** What the cipher encrypts, so that its output is its stream. */
const ZEROS = new Uint8Array(NOISE_BYTES);

/** Groups of a layer's columns. */
export function groupsOf({ outputs }: Pick<LayerMemory, 'outputs'>): number {
  return Math.ceil(outputs / GROUP_COLUMNS);
}

/** Bytes of a group: of its whole blocks, and of the last. */
function groupBytes({ inputs }: Pick<LayerMemory, 'inputs'>): number {
  const rows = inputs + 1;
  const rest = rows % BLOCK_ROWS;
  return Math.floor(rows / BLOCK_ROWS) * BLOCK_BYTES + (rest > 0 ? blockBytes(rest) : 0);
}

interface Block {
  readonly group: number;
  readonly rows: Range;
  readonly bytes: number;
}

export class GradientNoise {
  readonly #options: NoiseOptions;
  readonly #layers: readonly LayerMemory[];
  readonly #bytes: Uint8Array;
  readonly #adder: NoiseAdder;
  /** By layer: where its bytes begin in a step's stream. */
  readonly #starts: readonly number[];

  /** @param worker  whose scratch is used */
  constructor(options: NoiseOptions, shared: WebAssembly.Memory, memory: Memory, worker: number) {
    this.#options = options;
    this.#layers = memory.layers;
    this.#bytes = memory.workers[worker]!.noiseBytes;
    this.#adder = new NoiseAdder(shared, memory, worker);
    let next = 0;
    this.#starts = memory.layers.map((layer) => {
      const start = next;
      next += groupsOf(layer) * groupBytes(layer);
      return start;
    });
  }

  /**
   * Adds noise to the gradient in some groups of a layer's columns, all rows.
   *
   * @param step  of the run, from 0
   */
  add(step: number, l: number, { from, to }: Range): void {
    if (from >= to) return;
    const layer = this.#layers[l]!;
    const { key, scale } = this.#options;
    const cipher = createCipheriv('aes-256-ctr', key, counterAt(step, this.#starts[l]! + from * groupBytes(layer)));
    let pending: Block[] = [];
    let length = 0;
    const flush = () => {
      this.#bytes.set(cipher.update(ZEROS.subarray(0, length)));
      let at = 0;
      for (const { group, rows, bytes } of pending) {
        this.#adder.add(l, group, rows, at, scale);
        at += bytes;
      }
      pending = [];
      length = 0;
    };
    for (const block of blocksOf(layer, from, to)) {
      if (length + block.bytes > NOISE_BYTES) flush();
      pending.push(block);
      length += block.bytes;
    }
    flush();
  }
}

function* blocksOf({ inputs }: LayerMemory, from: number, to: number): Generator<Block> {
  for (let group = from; group < to; group++) {
    for (let row = 0; row <= inputs; row += BLOCK_ROWS) {
      const rows = { from: row, to: Math.min(row + BLOCK_ROWS, inputs + 1) };
      yield { group, rows, bytes: blockBytes(rows.to - rows.from) };
    }
  }
}

/** The counter of a step at a byte of its stream, which must be a multiple of the cipher's blocks. */
function counterAt(step: number, at: number): Buffer {
  const counter = Buffer.alloc(CIPHER_BLOCK_BYTES);
  counter.writeBigUInt64BE(BigInt(step), 0);
  counter.writeBigUInt64BE(BigInt(at / CIPHER_BLOCK_BYTES), 8);
  return counter;
}
