/** The order in which an epoch visits the training samples. */
import { epochStream, Random } from '../model/random.js';
import { atOnce, inParts, type Steps } from './table/steps.js';

/**
 * A permutation of 0 … length − 1 that depends only on the seed and the epoch, not on earlier epochs.
 *
 * @param epoch  from 1 on
 */
export function shuffledOrder(order: Uint32Array, seed: number, epoch: number): void {
  shuffle(order, new Random(seed, epochStream(epoch)));
}

/** Writes a permutation of 0 … length − 1: Fisher-Yates shuffle, last position first. */
export function shuffle(order: Uint32Array, random: Random): void {
  atOnce(shuffling(order, random));
}

/** `shuffle` in steps. */
export function* shuffling(order: Uint32Array, random: Random): Steps<void> {
  const { length } = order;
  yield* inParts(length, (from, to) => {
    for (let i = from; i < to; i++) order[i] = i;
  });
  yield* inParts(length, (from, to) => shuffleDown(order, random, length - 1 - from, length - 1 - to));
}

/** Moves a random one of the entries before it to each position from `first` down to `last`, exclusive. */
function shuffleDown(order: Uint32Array, random: Random, first: number, last: number): void {
  for (let i = first; i > last && i > 0; i--) {
    const j = random.below(i + 1);
    const moved = order[i]!;
    order[i] = order[j]!;
    order[j] = moved;
  }
}
