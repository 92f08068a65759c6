/** What a run must remember, beside its weights, to go on as if it had never stopped. */

/** Of some samples, added up in their order. */
export interface Sums {
  readonly samples: number;
  readonly loss: number;
  /** How many were classified wrongly. */
  readonly wrong: number;
}

export const NO_SUMS: Sums = { samples: 0, loss: 0, wrong: 0 };

/** The last completed epoch's metrics: see EpochEvent. Absent where there is none. */
export interface Figures {
  readonly train_loss?: number;
  readonly train_error?: number;
  readonly test_loss?: number;
  readonly test_error?: number;
}

/** Where a run is: after a step of it, or before the first. */
export interface Position {
  /** Completed, evaluation included. */
  readonly epochs: number;
  /** Steps done of the epoch after those. */
  readonly stepsInEpoch: number;
}

/**
 * No generator's state is among it: an epoch's order depends on the seed and the epoch's number alone (data/order.ts).
 * Plain data: it goes to a file as JSON, in which float64 come back as they were.
 */
export interface RunState extends Position {
  /** Of the run. */
  readonly step: number;
  /** Over the unfinished epoch's steps. */
  readonly epochSums: Sums;
  /** Training time of the unfinished epoch. */
  readonly epochSeconds: number;
  /** Steps between two step events, 0 for none, and the sums since the last. */
  readonly logEvery: number;
  readonly logSums: Sums;
  readonly figures: Figures;
  /** Since the run's start, without the time that it was not running. */
  readonly seconds: number;
}

export const FRESH: RunState = {
  epochs: 0,
  stepsInEpoch: 0,
  step: 0,
  epochSums: NO_SUMS,
  epochSeconds: 0,
  logEvery: 0,
  logSums: NO_SUMS,
  figures: {},
  seconds: 0,
};

/** Undefined if it is no such state, whatever made it. */
export function stateOf(value: unknown): RunState | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const state = value as RunState;
  const { epochs, stepsInEpoch, step, logEvery, epochSeconds, seconds, epochSums, logSums, figures } = state;
  const isState =
    [epochs, stepsInEpoch, step, logEvery].every(isCount) &&
    [epochSeconds, seconds].every(isAmount) &&
    isSums(epochSums) &&
    isSums(logSums) &&
    typeof figures === 'object' &&
    figures !== null &&
    FIGURES.every((name) => figures[name] === undefined || isAmount(figures[name]));
  return isState ? state : undefined;
}

const FIGURES = ['train_loss', 'train_error', 'test_loss', 'test_error'] as const;

function isSums(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { samples, loss, wrong } = value as Sums;
  return isCount(samples) && isAmount(loss) && isCount(wrong);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAmount(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}
