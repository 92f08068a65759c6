/** Measures, a few times a second, how far a run is. */
import { now } from '../memory/clock.js';
import type { EpochRecord } from '../memory/layout.js';
import { type Plan, stepsPerEpoch } from '../memory/plan.js';
import type { Progress } from './events.js';
import { NO_SUMS, type RunState, type Sums } from './run-state.js';
import { addTo, meanOf } from './sums.js';

/** Where to look: the epoch that runs, its record, and how many of its steps are done. */
export interface Place {
  readonly epoch: number;
  readonly record: EpochRecord;
  readonly stepsDone: number;
}

const INTERVAL_MS = 100;

export class ProgressMeter {
  readonly #plan: Plan;
  readonly #epochs: number;
  readonly #place: Place;
  readonly #report: (progress: Progress) => void;
  readonly #timer: NodeJS.Timeout;
  /** When the first epoch began, in milliseconds of clock.ts. */
  #startedAt: number | undefined;
  #epoch: number;
  /** Of this epoch, so far. */
  #sums: Sums;
  /** Where the run went on. */
  readonly #start: RunState;

  constructor(plan: Plan, epochs: number, start: RunState, place: Place, report: (progress: Progress) => void) {
    this.#plan = plan;
    this.#epochs = epochs;
    this.#start = start;
    this.#sums = start.epochSums;
    this.#epoch = start.epochs + 1;
    this.#place = place;
    this.#report = report;
    this.#timer = setInterval(() => this.#measure(), INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #measure(): void {
    const { epoch, record, stepsDone } = this.#place;
    if (epoch === 0 || epoch > this.#epochs) return;
    const time = now();
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#sums = NO_SUMS;
    }
    const { batchSize, trainSamples } = this.#plan;
    const samples = Math.min(stepsDone * batchSize, trainSamples);
    this.#sums = addTo(this.#sums, record.losses, record.wrong, this.#sums.samples, samples);
    const [began = 0] = record.times;
    // Nothing of it has been done by this process yet.
    if (began === 0 || samples === this.#before(epoch)) return;

    this.#startedAt ??= began;
    const allDone = (epoch - 1 - this.#start.epochs) * trainSamples + samples - this.#before(this.#start.epochs + 1);
    const perSampleMs = (time - this.#startedAt) / allDone;
    this.#report({
      epoch,
      epochs: this.#epochs,
      step: stepsDone,
      stepsPerEpoch: stepsPerEpoch(this.#plan),
      samples,
      ...meanOf(this.#sums),
      samplesPerSecond: ((samples - this.#before(epoch)) / Math.max(1, time - began)) * 1000,
      secondsLeft: (((this.#epochs - epoch + 1) * trainSamples - samples) * perSampleMs) / 1000,
    });
  }

  /** Samples of the epoch that earlier parts of the run have done. */
  #before(epoch: number): number {
    return epoch === this.#start.epochs + 1 ? this.#start.epochSums.samples : 0;
  }
}
