/**
 * What ranks send each other during training. Only the first worker of a process calls it; each call blocks until all ranks
 * have made it.
 *
 * Each step has two exchanges. First, each rank sends a block to all others: whether it wants to stop, whether it has diverged,
 * and the summed scores of its samples. So all ranks decide the same at the same step, and report the same metrics. Then the
 * gradients are summed, layer by layer, where they lie in the shared memory.
 */

import { errors } from '../../errors.js';
import type { Range } from '../../kernels/kernel.js';
import type { Elements } from '../../memory/arena.js';
import { now } from '../../memory/clock.js';
import type { EpochRecord, Scores } from '../../memory/epoch-record.js';
import type { LayerMemory } from '../../memory/layer-memory.js';
import { EXCHANGE_WORDS, type Memory } from '../../memory/layout.js';
import { type Plan, summedScores } from '../../memory/plan.js';
import { Command, type Control } from '../control-words.js';
import { MpiLibrary } from './library.js';
import { largestShare, shareOfRank } from './rank-shares.js';
import type { RankTask } from './world.js';

/**
 * A rank's block, in float64 words: this header (EXCHANGE_WORDS words), then, one summed score after another, that of each
 * sample of its share. WEIGHTS_CHECKSUM is 0 where weights are not compared.
 */
const Word = { STOP: 0, DIVERGED: 1, TIME_UP: 2, WEIGHTS_CHECKSUM: 3 } as const;

export class Exchange {
  readonly #library: MpiLibrary;
  readonly #rank: number;
  readonly #ranks: number;
  /** Names of the scores that are sent. */
  readonly #scores: readonly string[];
  readonly #memory: Memory;
  readonly #control: Control;
  readonly #deadline: number;

  /** @param deadline  when an epoch is to be the last, in milliseconds of clock.ts */
  constructor(task: RankTask, plan: Plan, memory: Memory, control: Control, deadline: number) {
    this.#library = MpiLibrary.attach(task.library);
    this.#rank = task.rank;
    this.#ranks = task.ranks;
    this.#scores = summedScores(plan).map(({ name }) => name);
    this.#memory = memory;
    this.#control = control;
    this.#deadline = deadline;
  }

  /** Before an epoch: whether all ranks continue. */
  meet(): void {
    this.#gather([], 0, 0);
  }

  /** After the gradients of the batch at `first`: its scores, and whether all continue. @param count  samples of the whole batch */
  tell({ training, gradients }: EpochRecord, first: number, count: number): void {
    this.#gather([...this.#summed(training), ...gradients.ofSamples], first, count);
  }

  /** After an evaluation of these held-out samples: its scores, whether all continue, and that all have the same weights. */
  tellHeldOut({ heldOut }: EpochRecord, { from, to }: Range): void {
    this.#gather(this.#summed(heldOut), from, to - from, checksum(this.#memory.layers));
  }

  #summed(scores: Scores): Elements[] {
    return this.#scores.map((name) => scores[name]!);
  }

  /** Each layer's gradients ← their sum over all ranks. */
  sumGradients(): void {
    // The last layer first: its gradients are ready first.
    for (const { gradients } of this.#memory.layers.toReversed()) this.#library.sum(gradients[0]!);
  }

  /**
   * Sums the gradients in a fixed tree: in each round two neighboring subtrees are added, so that ranks, whose number is a power of two,
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

  /** Completes what is known of the samples `first` to `first + count`, of which this rank has its share. */
  #gather(scores: readonly Elements[], first: number, count: number, weightsChecksum = 0): void {
    const { exchange } = this.#memory;
    const largest = largestShare(count, this.#ranks);
    const words = EXCHANGE_WORDS + scores.length * largest;
    const blockOf = (rank: number) => {
      const block = exchange.subarray(rank * words, (rank + 1) * words);
      const { from, to } = shareOfRank(count, this.#ranks, rank);
      const scoresOf = (i: number) => {
        const begin = EXCHANGE_WORDS + i * largest;
        return block.subarray(begin, begin + to - from);
      };
      return { header: block.subarray(0, EXCHANGE_WORDS), scoresOf, begin: first + from, end: first + to };
    };

    const own = blockOf(this.#rank);
    own.header[Word.STOP] = this.#control.command === Command.GO ? 0 : 1;
    own.header[Word.DIVERGED] = this.#control.diverged ? 1 : 0;
    own.header[Word.TIME_UP] = now() >= this.#deadline ? 1 : 0;
    own.header[Word.WEIGHTS_CHECKSUM] = weightsChecksum;
    for (const [i, values] of scores.entries()) own.scoresOf(i).set(values.subarray(own.begin, own.end));

    this.#library.gather(exchange.subarray(0, words * this.#ranks), words * exchange.BYTES_PER_ELEMENT);

    const says = { stop: false, diverged: false, timeUp: false };
    for (let rank = 0; rank < this.#ranks; rank++) {
      const its = blockOf(rank);
      says.stop ||= its.header[Word.STOP] !== 0;
      says.diverged ||= its.header[Word.DIVERGED] !== 0;
      says.timeUp ||= its.header[Word.TIME_UP] !== 0;
      if (its.header[Word.WEIGHTS_CHECKSUM] !== weightsChecksum) throw errors.ranksDrifted(rank, this.#rank);
      for (const [i, values] of scores.entries()) values.set(its.scoresOf(i), its.begin);
    }
    this.#control.agree(says);
  }
}

/**
 * The parameters' checksum: FNV-1a with 32 bits, one 32-bit word at a time. A whole number below 2^32, which a float64 word
 * holds exactly. Weights that differ have different checksums, except by chance (one in 2^32).
 */
function checksum(layers: readonly Pick<LayerMemory, 'parameters'>[]): number {
  let hash = 0x811c_9dc5;
  for (const { parameters } of layers) {
    const words = new Int32Array(parameters.buffer, parameters.byteOffset, parameters.byteLength / 4);
    for (const word of words) hash = Math.imul(hash ^ word, 0x0100_0193);
  }
  return hash >>> 0;
}
