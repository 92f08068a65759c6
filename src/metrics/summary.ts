/** Means over samples, always summed in the samples' order: so that threads cannot change them. */

export interface Mean {
  readonly loss: number;
  /** Fraction classified wrongly. */
  readonly error: number;
}

/** The mean of [from, to); NaN for none. */
export function meanOf(losses: Float64Array, wrong: Uint8Array, from: number, to: number): Mean {
  let loss = 0;
  let errors = 0;
  for (let i = from; i < to; i++) {
    loss += losses[i]!;
    errors += wrong[i]!;
  }
  return { loss: loss / (to - from), error: errors / (to - from) };
}
