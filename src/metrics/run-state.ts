/** What a run must remember, beside its weights, to go on as if it had never stopped. */
import { isRecord } from '../files/record.js';

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
  readonly validation_loss?: number;
  readonly validation_error?: number;
  readonly test_loss?: number;
  readonly test_error?: number;
}

/** The epoch of the least validation loss. */
export interface Best {
  readonly epoch: number;
  readonly figures: Figures;
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
  /** Undefined where no validation samples are held out, or no epoch is completed. */
  readonly best: Best | undefined;
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
  best: undefined,
  seconds: 0,
};

/** Beyond what any run can come to: so that what is added to them stays a number, and a file's name can hold it. */
const MOST_STEPS = 2 ** 49;
const MOST_SECONDS = 1e10;
const MOST_LOSS = 1e290;

/** Undefined if it is no such state or contradicts itself, whatever made it. Nothing but a state's own fields is taken. */
export function stateOf(value: unknown): RunState | undefined {
  if (!isRecord(value)) return undefined;
  const { epochs, stepsInEpoch, step, logEvery, epochSeconds, seconds } = value as unknown as RunState;
  const epochSums = sumsOf(value.epochSums);
  const logSums = sumsOf(value.logSums);
  const figures = figuresOf(value.figures);
  const best = bestOf(value.best, epochs);
  if (!epochSums || !logSums || !figures || best === false) return undefined;
  const isState =
    [epochs, stepsInEpoch, step, logEvery].every((count) => isCount(count) && count <= MOST_STEPS) &&
    [epochSeconds, seconds].every((amount) => isAmount(amount) && amount <= MOST_SECONDS) &&
    // An epoch has a step at least.
    step >= epochs + stepsInEpoch &&
    (epochs > 0 || step === stepsInEpoch) &&
    (logEvery > 0 || logSums.samples === 0);
  if (!isState) return undefined;
  return { epochs, stepsInEpoch, step, epochSums, epochSeconds, logEvery, logSums, figures, best, seconds };
}

function sumsOf(value: unknown): Sums | undefined {
  if (!isRecord(value)) return undefined;
  const { samples, loss, wrong } = value as unknown as Sums;
  const areSums =
    isCount(samples) && isCount(wrong) && wrong <= samples && isAmount(loss) && loss <= samples * MOST_LOSS;
  return areSums ? { samples, loss, wrong } : undefined;
}

const FIGURES = [
  ...['train_loss', 'train_error', 'validation_loss', 'validation_error', 'test_loss', 'test_error'],
] as const;

function figuresOf(value: unknown): Figures | undefined {
  if (!isRecord(value)) return undefined;
  const found = FIGURES.filter((name) => value[name] !== undefined).map((name) => [name, value[name]] as const);
  const areFigures = found.every(([name, figure]) => isAmount(figure) && (name.endsWith('loss') || figure <= 1));
  return areFigures ? (Object.fromEntries(found) as Figures) : undefined;
}

/** False if it is none that can be after so many epochs. */
function bestOf(value: unknown, epochs: number): Best | undefined | false {
  if (value === undefined) return undefined;
  if (!isRecord(value)) return false;
  const { epoch } = value;
  const figures = figuresOf(value.figures);
  const isBest = isCount(epoch) && epoch >= 1 && epoch <= epochs && figures?.validation_loss !== undefined;
  return isBest && { epoch, figures };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAmount(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}
