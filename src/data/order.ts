/** The order in which an epoch visits the training samples. */
import { epochStream, Random } from '../model/random.js';

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
  for (let i = 0; i < order.length; i++) order[i] = i;
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const moved = order[i]!;
    order[i] = order[j]!;
    order[j] = moved;
  }
}
