/** Changes training samples: each change is a function of the seed, the epoch and the sample alone. */
import type { Memory } from '../../memory/layout.js';
import type { Augmentation } from '../../memory/plan.js';
import { type CounterKey, CounterStream, counterKey } from '../counter-random.js';
import { NormalNoise } from './normal-noise.js';
import { drawWarp } from './warp-draw.js';
import { Warper } from './warper.js';

export class Augmenter {
  readonly #augmentation: Augmentation;
  readonly #memory: Memory;
  readonly #warper: Warper | undefined;
  readonly #noise: NormalNoise | undefined;
  #epoch = -1;
  #warpKey: CounterKey = NO_KEY;
  #noiseKey: CounterKey = NO_KEY;

  /** With noise, the rows must be in dense form. */
  constructor(augmentation: Augmentation, memory: Memory) {
    const { warp, inputNoise } = augmentation;
    this.#augmentation = augmentation;
    this.#memory = memory;
    this.#warper = warp && new Warper(warp.height, warp.width, memory.layers[0]!.inputRows.form);
    this.#noise = inputNoise > 0 ? new NormalNoise(inputNoise) : undefined;
  }

  /**
   * Writes the row of the changed sample.
   *
   * @param at  where it begins in `rows.index` and `rows.value`
   * @returns its length
   */
  write(epoch: number, sample: number, at: number): number {
    if (epoch !== this.#epoch) this.#begin(epoch);
    const { rows } = this.#memory;
    const [from, to] = [rows.starts[sample]!, rows.starts[sample + 1]!];
    const { warp } = this.#augmentation;
    let length = to - from;
    if (this.#warper) length = this.#warper.write(rows, from, to, at, drawWarp(warp!, this.#warpKey, sample));
    else rows.value.copyWithin(at, from, to);
    this.#noise?.add(rows.value, at, length, this.#noiseKey, sample);
    return length;
  }

  #begin(epoch: number): void {
    const { seed } = this.#augmentation;
    this.#epoch = epoch;
    this.#warpKey = counterKey(seed, CounterStream.AUGMENTATION, epoch);
    this.#noiseKey = counterKey(seed, CounterStream.INPUT_NOISE, epoch);
  }
}

const NO_KEY: CounterKey = { low: 0, high: 0 };
