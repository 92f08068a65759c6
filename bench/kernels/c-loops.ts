/** The same forward and step in C: builds loops.c, gives it the same layer, and reads what it measured. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { endianness, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SyntheticRows } from '../support/synthetic-batch.js';

const SOURCE = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../bench/kernels/loops.c');

/** The step's rate in loops.c. */
export const RATE = 0.001;

const ROUND_MILLISECONDS = 20;

/** A layer and its batch, as they stand outside of the panels. */
export interface PlainLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly panelWidth: number;
  readonly rows: SyntheticRows;
  /** (inputs + 1, outputs) */
  readonly parameters: Float32Array;
  /** (samples, outputs) */
  readonly delta: Float32Array;
}

export interface Measured {
  readonly forward_seconds: readonly number[];
  readonly step_seconds: readonly number[];
  /** Σ |z|, and Σ of how far the first step moved each parameter. */
  readonly z_sum: number;
  readonly moved_sum: number;
}

export class CLoops {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns the programs, or why there are none */
  static build(): CLoops | string {
    if (endianness() !== 'LE') return 'loops.c reads little-endian files';
    const folder = mkdtempSync(path.join(tmpdir(), 'lockstep-kernels-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    // Not -march=native: 16-byte vectors, and the sixteen registers for them that WebAssembly's compiler uses.
    const machine = process.arch === 'x64' ? ['-mavx2', '-mfma'] : [];
    for (const [name, contract] of [
      ['simd-fma', 'fast'],
      ['simd', 'off'],
    ] as const) {
      const args = ['-O3', ...machine, `-ffp-contract=${contract}`, SOURCE, '-o', path.join(folder, name), '-lm'];
      try {
        execFileSync('cc', args, { encoding: 'utf8', stdio: 'pipe' });
      } catch (error) {
        return `cc cannot build it: ${error instanceof Error ? error.message.split('\n')[0] : error}`;
      }
    }
    return new CLoops(folder);
  }

  measure(kernel: 'simd-fma' | 'simd', layer: PlainLayer, rounds: number): Measured {
    const { inputs, outputs, panelWidth, rows, parameters, delta } = layer;
    const file = path.join(this.#folder, 'layer');
    const head = Uint32Array.of(inputs, outputs, panelWidth, rows.starts.length - 1);
    writeFileSync(file, Buffer.concat([head, rows.starts, rows.index, rows.value, parameters, delta].map(bytesOf)));
    const args = [file, `${rounds}`, `${ROUND_MILLISECONDS}`];
    return JSON.parse(execFileSync(path.join(this.#folder, kernel), args, { encoding: 'utf8' })) as Measured;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
