/** The rungs of successive halving (Jamieson and Talwalkar 2016), which are synchronous: all trials of a rung are judged first. */

export interface Rung {
  readonly trials: number;
  /** Fraction of a trial's epochs. */
  readonly fraction: number;
}

/**
 * Each rung has 1/factor of the trials of the one before, and trains them factor times as long; the last one trains fully.
 *
 * @param factor  undefined: one rung
 */
export function rungsFor(trials: number, factor: number | undefined): Rung[] {
  if (factor === undefined) return [{ trials, fraction: 1 }];
  let last = 0;
  while (trials / factor ** (last + 1) >= 1) last++;
  return Array.from({ length: last + 1 }, (_, rung) => ({
    trials: Math.max(1, Math.floor(trials / factor ** rung)),
    fraction: factor ** (rung - last),
  }));
}

interface Judged {
  readonly trial: number;
  /** Null: failed. */
  readonly loss: number | null;
}

/** The best trials in the order of their losses; of equal ones, the first. Failed trials are left out. */
export function ranked<T extends Judged>(judged: readonly T[]): (T & { readonly loss: number })[] {
  const found = judged.filter((each): each is T & { readonly loss: number } => each.loss !== null);
  return found.sort((a, b) => a.loss - b.loss || a.trial - b.trial);
}
