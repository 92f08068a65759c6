/** From samples to logits, layer by layer, in training, evaluation and prediction. */
import type { LayerMemory } from '../memory/layer-memory.js';
import type { Memory } from '../memory/layout.js';
import { placeHiddenRows, placeSamples } from '../memory/rows.js';
import type { Dropout } from './dropout.js';
import type { Kernel, Range } from './kernel.js';

/** Dropout of a layer's inputs. */
export type DropoutOf = (layer: number) => Dropout | undefined;

export class ForwardPass {
  readonly #kernel: Kernel;
  readonly #memory: Memory;
  readonly #lastLayer: number;

  constructor(kernel: Kernel, memory: Memory) {
    this.#kernel = kernel;
    this.#memory = memory;
    this.#lastLayer = memory.layers.length - 1;
    // All workers write the same values.
    placeHiddenRows(memory);
  }

  /** For the samples that `rowOf` gives for the slots [from, to). */
  ofSamples(rowOf: (slot: number) => number, from: number, to: number): void {
    placeSamples(this.#memory, rowOf, from, to);
    this.ofPlaced(from, to);
  }

  /** For samples that have been placed. @param dropoutOf  in training, for the layers from the second on */
  ofPlaced(from: number, to: number, dropoutOf?: DropoutOf): void {
    this.#kernel.forward(0, allPanels(this.#memory.layers[0]!), from, to);
    this.fromSecond(from, to, dropoutOf);
  }

  /** From the second layer on: the first layer's z must have been computed. */
  fromSecond(from: number, to: number, dropoutOf?: DropoutOf): void {
    for (let l = 1; l <= this.#lastLayer; l++) {
      this.#kernel.activate(l - 1, from, to, dropoutOf?.(l));
      this.#kernel.findBlocks(l, from, to);
      this.#kernel.forward(l, allPanels(this.#memory.layers[l]!), from, to);
    }
  }
}

export function allPanels({ panels }: LayerMemory): Range {
  return { from: 0, to: panels.length };
}
