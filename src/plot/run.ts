/** A run as its metric lines tell it, read line by line: what is drawn of it, and what could not be read. */
import type { EpochEvent, StartEvent, StepEvent } from '../metrics/events.js';
import { type Fields, isRecord } from '../record.js';

export interface Run {
  /** Where its lines came from: a file's path, or `stdin`. */
  readonly source: string;
  /** The last one, if there was any. */
  readonly start: StartEvent | undefined;
  /** By epoch, ascending. */
  readonly epochs: readonly EpochPoint[];
  /** By step, ascending. */
  readonly steps: readonly StepPoint[];
}

export type EpochPoint = Pick<EpochEvent, 'epoch' | 'step' | 'train_loss' | 'train_error' | 'test_loss' | 'test_error'>;
export type StepPoint = Pick<StepEvent, 'epoch' | 'step' | 'loss' | 'error'>;

/** Those that say nothing about the curves. */
const OTHERS = new Set(['start', 'checkpoint', 'warning', 'end', 'evaluation']);

/**
 * Takes the lines of one run, which may have been resumed: the parts' lines come one after another. An epoch that is told
 * again takes with it all that had been told after it, for that was of a part that has been given up.
 */
export class RunReader {
  /** Where the lines come from. */
  readonly source: string;
  #start: StartEvent | undefined;
  #epochs = new Map<number, EpochPoint>();
  #steps = new Map<number, StepPoint>();
  #lines = 0;
  #points = 0;

  constructor(source: string) {
    this.source = source;
  }

  /** Lines taken so far: the number of the last one. */
  get lines(): number {
    return this.#lines;
  }

  /** Epoch and step events taken so far. */
  get points(): number {
    return this.#points;
  }

  get hasEpochs(): boolean {
    return this.#epochs.size > 0;
  }

  get run(): Run {
    return {
      source: this.source,
      start: this.#start,
      epochs: [...this.#epochs.values()].sort((a, b) => a.epoch - b.epoch),
      steps: [...this.#steps.values()].sort((a, b) => a.step - b.step),
    };
  }

  /** @returns what is wrong with the line, if anything; it is left out then */
  add(line: string): string | undefined {
    this.#lines++;
    if (line.trim() === '') return undefined;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return 'not JSON';
    }
    if (!isRecord(value)) return 'no event of train';
    if (isEpoch(value)) {
      forgetFrom(this.#epochs, value.epoch);
      this.#epochs.set(value.epoch, value);
      this.#points++;
    } else if (isStep(value)) {
      forgetFrom(this.#steps, value.step);
      this.#steps.set(value.step, value);
      this.#points++;
    } else if (!(typeof value.event === 'string' && OTHERS.has(value.event))) {
      return problemOf(value);
    } else if (isStart(value)) this.#start = value;
    return undefined;
  }
}

function problemOf({ event }: Fields): string {
  return event === 'epoch' || event === 'step' ? `event "${event}" without its figures` : 'no event of train';
}

/** If it is there: it, and what comes after it. */
function forgetFrom(points: Map<number, unknown>, position: number): void {
  if (!points.has(position)) return;
  for (const each of [...points.keys()]) if (each >= position) points.delete(each);
}

function isStart(value: Fields): value is Fields & StartEvent {
  return value.event === 'start' && isRecord(value.config) && isRecord(value.dataset);
}

function isEpoch(value: Fields): value is Fields & EpochPoint {
  const { event, epoch, step, train_loss, train_error, test_loss, test_error } = value;
  const isTested = isFigure(test_loss) && isFigure(test_error);
  return (
    event === 'epoch' &&
    [epoch, step].every(isCount) &&
    [train_loss, train_error].every(isFigure) &&
    (isTested || (test_loss === undefined && test_error === undefined))
  );
}

function isStep(value: Fields): value is Fields & StepPoint {
  const { event, epoch, step, loss, error } = value;
  return event === 'step' && [epoch, step].every(isCount) && [loss, error].every(isFigure);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isFigure(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}
