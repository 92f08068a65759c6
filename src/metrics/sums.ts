/** Sums and means over samples, always in the samples' order: so that threads cannot change them. */
import type { Sums } from './run-state.js';

export interface Mean {
  readonly loss: number;
  /** Fraction classified wrongly. */
  readonly error: number;
}

/** These sums, and the samples at positions [from, to) added one by one. */
export function addTo(sums: Sums, losses: Float64Array, wrong: Uint8Array, from: number, to: number): Sums {
  let { loss, wrong: errors } = sums;
  for (let i = from; i < to; i++) {
    loss += losses[i]!;
    errors += wrong[i]!;
  }
  return { samples: sums.samples + Math.max(0, to - from), loss, wrong: errors };
}

/** NaN for no samples. */
export function meanOf({ samples, loss, wrong }: Sums): Mean {
  return { loss: loss / samples, error: wrong / samples };
}
