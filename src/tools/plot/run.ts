/** Runs as their metric lines tell them, read line by line: what is drawn of them, and what could not be read. */
import { reason } from '../../errors.js';
import { JsonLimitError, parseJson } from '../../files/json.js';
import { type Fields, isRecord } from '../../files/record.js';
import type { StartEvent } from '../../metrics/events.js';
import { type EpochPoint, isEpoch, isStart, isStep, type StepPoint } from './points.js';

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

/** Those that say nothing about the curves. */
const OTHERS = new Set(['start', 'checkpoint', 'warning', 'end', 'evaluation']);

/**
 * Takes a stream's lines: of a run, or of several, one after another. A `start` begins another run, unless it says that it
 * goes on with the one before it (`resumed`). So does an epoch 1 that is told again where lines of `start` were filtered out.
 */
export class RunReader {
  /** Where the lines come from. */
  readonly source: string;
  #runs: RunBuilder[] = [];
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
    return this.#runs.some(({ hasEpochs }) => hasEpochs);
  }

  /** Those with an epoch at least, in the order of their lines. */
  get runs(): Run[] {
    return this.#runs.filter(({ hasEpochs }) => hasEpochs).map((run) => run.built(this.source));
  }

  /** Runs that began and told no epoch. */
  get empty(): number {
    return this.#runs.filter(({ hasEpochs }) => !hasEpochs).length;
  }

  /** @returns what is wrong with the line, if anything; it is left out then */
  add(line: string): string | undefined {
    this.#lines++;
    if (line.trim() === '') return undefined;
    let value: unknown;
    try {
      value = parseJson(line);
    } catch (error) {
      return error instanceof JsonLimitError ? error.message : 'invalid JSON';
    }
    if (!isRecord(value)) return 'no event of train';
    if (isEpoch(value)) {
      const run = this.#current;
      (run.wasTold(value) ? this.#begin() : run).addEpoch(value);
      this.#points++;
    } else if (isStep(value)) {
      const run = this.#current;
      (run.wasTold(value) ? this.#begin() : run).addStep(value);
      this.#points++;
    } else if (!(typeof value.event === 'string' && OTHERS.has(value.event))) {
      return problemOf(value);
    } else if (isStart(value)) {
      (value.resumed === undefined ? this.#begin() : this.#current).addStart(value);
    }
    return undefined;
  }

  /** A line that cannot be used. @returns what is wrong with it */
  skip(problem: unknown): string {
    this.#lines++;
    return reason(problem);
  }

  get #current(): RunBuilder {
    return this.#runs.at(-1) ?? this.#begin();
  }

  #begin(): RunBuilder {
    const run = new RunBuilder();
    this.#runs.push(run);
    return run;
  }
}

/**
 * One run, which may have been resumed: the parts' lines come one after another. An epoch that is told again takes with it
 * all that had been told after it, for that was of a part that has been given up.
 */
class RunBuilder {
  #start: StartEvent | undefined;
  #isResumed = false;
  #epochs = new Map<number, EpochPoint>();
  #steps = new Map<number, StepPoint>();

  get hasEpochs(): boolean {
    return this.#epochs.size > 0;
  }

  built(source: string): Run {
    return {
      source,
      start: this.#start,
      epochs: [...this.#epochs.values()].sort((a, b) => a.epoch - b.epoch),
      steps: [...this.#steps.values()].sort((a, b) => a.step - b.step),
    };
  }

  /** Whether it is of an epoch 1 that is over, and that no resumed part can tell again. */
  wasTold({ epoch }: EpochPoint | StepPoint): boolean {
    return epoch === 1 && this.#epochs.has(1) && !this.#isResumed;
  }

  addStart(start: StartEvent): void {
    this.#start = start;
    this.#isResumed = start.resumed !== undefined;
  }

  addEpoch(point: EpochPoint): void {
    forgetFrom(this.#epochs, point.epoch);
    this.#epochs.set(point.epoch, point);
  }

  addStep(point: StepPoint): void {
    forgetFrom(this.#steps, point.step);
    this.#steps.set(point.step, point);
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
