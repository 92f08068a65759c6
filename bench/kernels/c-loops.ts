/** The same forward and step in C: builds loops.c, gives it the same layer, and reads what it measures. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { endianness, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KernelChoice } from '../../src/kernels/builds.js';
import { atExit } from '../support/exit.js';
import type { SyntheticRows } from '../support/synthetic-batch.js';

const SOURCE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../bench/kernels/loops.c');

/** The step's rate in loops.c. */
export const RATE = 0.001;

const ROUND_MILLISECONDS = 20;

/** A layer and its batch, without panels. */
export interface PlainLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly panels: number;
  /** Blocks of inputs in the forward pass. */
  readonly blocks: number;
  readonly rows: SyntheticRows;
  /** (inputs + 1, outputs) */
  readonly parameters: Float32Array;
  /** (samples, outputs) */
  readonly delta: Float32Array;
}

/** For comparing results: Σ |z|, and Σ |change| of each parameter in the first step. */
export interface Sums {
  readonly z: number;
  readonly moved: number;
}

/** C and the kernels add in the same order; only these two sums are added in different orders. */
const SUMS_AGREE_WITHIN = 1e-6;

export class CLoops {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns the programs, or why they cannot be built */
  static build(): CLoops | string {
    if (endianness() !== 'LE') return 'loops.c reads little-endian files';
    const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-kernels-'));
    atExit(() => rmSync(folder, { recursive: true, force: true }));
    // Not -march=native: sixteen registers of at most 32 bytes, as WebAssembly's compiler uses.
    const machine = process.arch === 'x64' ? ['-mavx2', '-mfma'] : [];
    const programs = (['simd-fma', 'simd'] as const).flatMap((name) => [
      { name, vectorBits: 128 as const },
      { name, vectorBits: 256 as const },
    ]);
    for (const program of programs) {
      const contract = program.name === 'simd-fma' ? 'fast' : 'off';
      const how = ['-O3', ...machine, `-ffp-contract=${contract}`, `-DVECTOR_BYTES=${program.vectorBits / 8}`];
      try {
        const args = [...how, SOURCE, '-o', path.join(folder, fileOf(program)), '-lm'];
        execFileSync('cc', args, { encoding: 'utf8', stdio: 'pipe' });
      } catch (error) {
        return `cc cannot build it: ${error instanceof Error ? error.message.split('\n')[0] : error}`;
      }
    }
    return new CLoops(folder);
  }

  /** Sets the layer for `measure`. */
  take({ inputs, outputs, panels, blocks, rows, parameters, delta }: PlainLayer): void {
    const head = Uint32Array.of(inputs, outputs, panels, blocks, rows.starts.length - 1);
    const parts = [head, rows.starts, rows.index, rows.value, parameters, delta];
    writeFileSync(this.#file, Buffer.concat(parts.map(bytesOf)));
  }

  /**
   * @returns seconds per call in each round
   * @throws Error if the results of C have other sums
   */
  measure(program: Program, operation: 'forward' | 'step', rounds: number, expected: Sums): number[] {
    const args = [this.#file, operation, `${rounds}`, `${ROUND_MILLISECONDS}`];
    const output = execFileSync(path.join(this.#folder, fileOf(program)), args, { encoding: 'utf8' });
    const { seconds, z_sum: z, moved_sum: moved } = JSON.parse(output) as Output;
    const agree = (a: number, b: number) => Math.abs(a - b) <= SUMS_AGREE_WITHIN * Math.abs(b);
    if (!agree(z, expected.z) || !agree(moved, expected.moved)) {
      throw new Error(
        `C and ${fileOf(program)} differ: Σ|z| ${z} and ${expected.z}, Σ|step| ${moved} and ${expected.moved}`,
      );
    }
    return seconds;
  }

  get #file(): string {
    return path.join(this.#folder, 'layer');
  }
}

/** The kernel whose arithmetic and vectors it has. */
type Program = Pick<KernelChoice, 'name' | 'vectorBits'>;

function fileOf({ name, vectorBits }: Program): string {
  return `${name}-${vectorBits}`;
}

/** What loops.c prints. */
interface Output {
  readonly seconds: number[];
  readonly z_sum: number;
  readonly moved_sum: number;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
