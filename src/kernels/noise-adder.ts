/** Adds lattice noise to gradients that stand in memory. */
import { readFileSync } from 'node:fs';
import type { LayerMemory } from '../memory/layer-memory.js';
import type { Memory } from '../memory/layout.js';
import type { Range } from './kernel.js';
import { GROUP_COLUMNS, NoiseBlock, type NoiseScale, withNoise } from './lattice-noise.js';

type AddNoise = (...args: number[]) => void;

export class NoiseAdder {
  readonly #memory: Memory;
  readonly #bytes: Uint8Array;
  /** For float32. */
  readonly #assembly: AddNoise | undefined;

  /** @param worker  whose `noiseBytes` have the blocks */
  constructor(shared: WebAssembly.Memory, memory: Memory, worker: number) {
    this.#memory = memory;
    this.#bytes = memory.workers[worker]!.noiseBytes;
    this.#assembly = memory.layers[0]!.parameters instanceof Float32Array ? assemblyIn(shared) : undefined;
  }

  /**
   * Adds noise to four columns of a layer's gradient, for some rows: those of a block.
   *
   * @param group  the columns from 4 · group on; those behind the last output are left alone
   * @param at     where the block begins in the worker's `noiseBytes`
   */
  add(l: number, group: number, rows: Range, at: number, scale: NoiseScale): void {
    const layer = this.#memory.layers[l]!;
    const column = GROUP_COLUMNS * group;
    const columns = Math.min(GROUP_COLUMNS, layer.outputs - column);
    const { panel, gradient } = panelAt(layer, column);
    const first = rows.from * panel.width + column - panel.firstColumn;
    if (!this.#assembly) {
      const block = new NoiseBlock(this.#bytes.subarray(at), rows.to - rows.from, this.#memory.noiseTable);
      for (let p = first, i = rows.from; i < rows.to; i++, p += panel.width) {
        for (let j = 0; j < GROUP_COLUMNS; j++) {
          const noise = block.next();
          if (j < columns) gradient[p + j] = withNoise(gradient[p + j]!, noise, scale);
        }
      }
      return;
    }
    const { entries, rests } = this.#memory.noiseTable;
    this.#assembly(
      gradient.byteOffset + first * gradient.BYTES_PER_ELEMENT,
      panel.width * gradient.BYTES_PER_ELEMENT,
      rows.to - rows.from,
      columns,
      this.#bytes.byteOffset + at,
      entries.byteOffset,
      rests.byteOffset,
      scale.perUnit,
      scale.unit,
    );
  }
}

function panelAt({ panels }: LayerMemory, column: number) {
  const panel = panels.find(({ firstColumn, width }) => column < firstColumn + width)!;
  return { panel, gradient: panel.gradients[0]! };
}

function assemblyIn(memory: WebAssembly.Memory): AddNoise {
  const module = new WebAssembly.Module(readFileSync(new URL('./noise-assembly/noise.wasm', import.meta.url)));
  return new WebAssembly.Instance(module, { env: { memory } }).exports.addNoise as AddNoise;
}
