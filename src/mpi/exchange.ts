/**
 * What ranks tell each other while they train. A process's first member calls it, and nobody else; each call blocks until all
 * ranks have made it.
 *
 * In every step two things travel. First a block from each rank to all: whether it wants to stop, whether it has diverged, and
 * the losses of its samples; so that all know the same, decide the same, at the same step, and have the same metrics. Then
 * the gradients, layer by layer, summed where they lie, in the shared memory.
 */
import { now } from '../clock.js';
import { errors } from '../errors.js';
import type { EpochRecord, LayerMemory, Memory, Plan } from '../memory/layout.js';
import { EXCHANGE_WORDS, heldOutSamples } from '../memory/layout.js';
import { Command, type Control } from '../threads/control.js';
import { MpiLibrary } from './library.js';
import { shareOfRank } from './shares.js';
import type { RankTask } from './world.js';

/** Words in front of a block's losses: EXCHANGE_WORDS of them. */
const Word = { STOP: 0, DIVERGED: 1, TIME_UP: 2, WEIGHTS: 3 } as const;

export class Exchange {
  readonly #library: MpiLibrary;
  readonly #rank: number;
  readonly #ranks: number;
  readonly #plan: Plan;
  readonly #memory: Memory;
  readonly #control: Control;
  readonly #deadline: number;

  /** @param deadline  when an epoch is to be the last, in milliseconds of clock.ts */
  constructor(task: RankTask, plan: Plan, memory: Memory, control: Control, deadline: number) {
    this.#library = MpiLibrary.attach(task.library);
    this.#rank = task.rank;
    this.#ranks = task.ranks;
    this.#plan = plan;
    this.#memory = memory;
    this.#control = control;
    this.#deadline = deadline;
  }

  /** Before an epoch: whether all go on. */
  meet(): void {
    this.#gather(0, 0, undefined, undefined);
  }

  /** After the gradients of the batch at `first`: its losses, and whether all go on. @param count  samples of the whole batch */
  tell({ losses, wrong }: EpochRecord, first: number, count: number): void {
    this.#gather(first, count, losses, wrong);
  }

  /** After an evaluation: its losses, and whether all go on, and have the same weights. */
  tellHeldOut({ heldOutLosses, heldOutWrong }: EpochRecord): void {
    this.#gather(0, heldOutSamples(this.#plan), heldOutLosses, heldOutWrong, checksum(this.#memory.layers));
  }

  /** Each layer's gradients ← their sum over all ranks. */
  sumGradients(): void {
    // The last layer's come first, as they are there first.
    for (const { gradients } of this.#memory.layers.toReversed()) this.#library.sum(gradients[0]!);
  }

  /**
   * The same in a fixed tree: in each round two neighbouring subtrees are added, so that ranks, whose number is a power of two,
   * make the upper part of the tree of shards. (The sum of two is the same on both, whichever comes first.)
   *
   * @param add  adds the layer's second buffer to its first
   */
  sumGradientsInTree(add: (layer: number) => void): void {
    for (let distance = 1; distance < this.#ranks; distance *= 2) {
      for (const [l, { gradients }] of this.#memory.layers.entries()) {
        this.#library.swap(gradients[0]!, gradients[1]!, this.#rank ^ distance);
        add(l);
      }
    }
  }

  #gather(
    first: number,
    count: number,
    losses: Float64Array | undefined,
    wrong: Uint8Array | undefined,
    weights = 0,
  ): void {
    const { exchange } = this.#memory;
    const words = EXCHANGE_WORDS + Math.ceil(count / this.#ranks);
    const block = (rank: number) => exchange.subarray(rank * words, (rank + 1) * words);
    const samples = (rank: number) => {
      const { from, to } = shareOfRank(count, this.#ranks, rank);
      return [first + from, first + to] as const;
    };

    const own = block(this.#rank);
    own[Word.STOP] = this.#control.command === Command.GO ? 0 : 1;
    own[Word.DIVERGED] = this.#control.diverged ? 1 : 0;
    own[Word.TIME_UP] = now() >= this.#deadline ? 1 : 0;
    own[Word.WEIGHTS] = weights;
    const [from, to] = samples(this.#rank);
    // A loss is never below 0: its sign says whether the sample was classified wrongly.
    for (let i = from; i < to; i++) own[EXCHANGE_WORDS + i - from] = wrong![i] ? -losses![i]! : losses![i]!;

    this.#library.gather(exchange.subarray(0, words * this.#ranks), words * exchange.BYTES_PER_ELEMENT);

    const says = { stop: false, diverged: false, timeUp: false };
    for (let rank = 0; rank < this.#ranks; rank++) {
      const its = block(rank);
      says.stop ||= its[Word.STOP] !== 0;
      says.diverged ||= its[Word.DIVERGED] !== 0;
      says.timeUp ||= its[Word.TIME_UP] !== 0;
      if (its[Word.WEIGHTS] !== weights) throw errors.ranksDrifted(rank, this.#rank);
      if (rank === this.#rank) continue;
      const [begin, end] = samples(rank);
      for (let i = begin; i < end; i++) {
        const loss = its[EXCHANGE_WORDS + i - begin]!;
        losses![i] = Math.abs(loss);
        wrong![i] = loss < 0 || Object.is(loss, -0) ? 1 : 0;
      }
    }
    this.#control.agree(says);
  }
}

/** Of all parameters' bits: what differs is told apart, but for one in four milliards. */
function checksum(layers: readonly Pick<LayerMemory, 'parameters'>[]): number {
  let hash = 0x811c_9dc5;
  for (const { parameters } of layers) {
    const words = new Int32Array(parameters.buffer, parameters.byteOffset, parameters.byteLength / 4);
    for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x0100_0193);
  }
  return hash;
}
