/** Reads runs from lines of NDJSON. */
import { reason } from '../../errors.js';
import { JsonLimitError, parseJson } from '../../files/json.js';
import { type Fields, isRecord } from '../../files/type-guards.js';
import type { StartEvent } from '../../metrics/events.js';
import { type EpochPoint, isEpoch, isStart, isStep, type StepPoint } from './points.js';

export interface Run {
  /** A file, or `stdin`. */
  readonly source: string;
  /** The last start event, if any. */
  readonly start: StartEvent | undefined;
  /** By epoch, ascending. */
  readonly epochs: readonly EpochPoint[];
  /** By step, ascending. */
  readonly steps: readonly StepPoint[];
}

/** Events that do not affect the curves. */
const OTHERS = new Set(['start', 'checkpoint', 'warning', 'end', 'evaluation']);

/**
 * Reads the lines of one or more consecutive runs. A `start` event begins a new run, unless it resumes the previous one
 * (`resumed`). Without `start` events, a repeated epoch 1 begins a new run.
 */
export class RunReader {
  readonly source: string;
  #runs: RunBuilder[] = [];
  #lines = 0;
  #points = 0;

  constructor(source: string) {
    this.source = source;
  }

  /** Number of lines so far. */
  get lines(): number {
    return this.#lines;
  }

  /** Number of epoch and step events so far. */
  get points(): number {
    return this.#points;
  }

  get hasEpochs(): boolean {
    return this.#runs.some(({ hasEpochs }) => hasEpochs);
  }

  /** Runs with at least one epoch, in order. */
  get runs(): Run[] {
    return this.#runs.filter(({ hasEpochs }) => hasEpochs).map((run) => run.built(this.source));
  }

  /** Number of runs without an epoch. */
  get empty(): number {
    return this.#runs.filter(({ hasEpochs }) => !hasEpochs).length;
  }

  /** @returns the problem of an unusable line, which is left out */
  add(line: string): string | undefined {
    this.#lines++;
    if (line.trim() === '') return undefined;
    let value: unknown;
    try {
      value = parseJson(line);
    } catch (error) {
      return error instanceof JsonLimitError ? error.message : 'invalid JSON';
    }
    if (!isRecord(value)) return 'not an event of train';
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

  /** Counts an unusable line. @returns its problem */
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
 * A run, perhaps with several resumed parts. A repeated epoch replaces all later points, which belong to an abandoned part.
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

  /** Whether the event repeats epoch 1, although no part has been resumed. */
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
  return event === 'epoch' || event === 'step' ? `event "${event}" without valid metrics` : 'not an event of train';
}

/** Removes the item, if present, and all later ones. */
function forgetFrom(points: Map<number, unknown>, position: number): void {
  if (!points.has(position)) return;
  for (const each of [...points.keys()]) if (each >= position) points.delete(each);
}
