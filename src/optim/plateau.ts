/** The schedule `plateau`, as PyTorch's ReduceLROnPlateau has it: the learning rate falls when the loss no longer does. */
import type { Schedule } from './schedule.js';

/** What the schedule remembers from epoch to epoch. */
export interface PlateauState {
  /** What the learning rate is multiplied by. */
  readonly factor: number;
  /** The lowest loss of an epoch; null before the first epoch. */
  readonly best: number | null;
  /** Epochs since then. */
  readonly waited: number;
}

/** As in PyTorch: a loss is lower if it is so by this fraction, and a rate falls if it does so by this amount. */
const [THRESHOLD, LEAST_CHANGE] = [1e-4, 1e-8];

export const FRESH_PLATEAU: PlateauState = { factor: 1, best: null, waited: 0 };

/** @param words  in shared memory: [factor, best (Infinity for null), waited]; empty with another schedule */
export function readPlateau(words: Float64Array): PlateauState | undefined {
  if (words.length === 0) return undefined;
  const [factor = 1, best = 0, waited = 0] = words;
  return { factor, best: Number.isFinite(best) ? best : null, waited };
}

export function writePlateau(words: Float64Array, { factor, best, waited }: PlateauState): void {
  if (words.length > 0) words.set([factor, best ?? Number.POSITIVE_INFINITY, waited]);
}

/** The state after an epoch with this loss. */
export function plateauAfter(
  { factor, best, waited }: PlateauState,
  loss: number,
  { lr, lrGamma, lrPatience }: Pick<Schedule, 'lr' | 'lrGamma' | 'lrPatience'>,
): PlateauState {
  if (best === null || loss < best * (1 - THRESHOLD)) return { factor, best: loss, waited: 0 };
  if (waited < lrPatience) return { factor, best, waited: waited + 1 };
  const lower = factor * lrGamma;
  return { factor: lr * factor - lr * lower > LEAST_CHANGE ? lower : factor, best, waited: 0 };
}
