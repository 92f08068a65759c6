/** Measures the progress of a run, a few times a second. */
import { now } from '../memory/clock.js';
import type { EpochRecord } from '../memory/epoch-record.js';
import { type Plan, stepsPerEpoch } from '../memory/plan.js';
import { objectiveOf } from '../model/objectives/index.js';
import type { Sums } from '../model/objectives/objective.js';
import type { Progress } from './events.js';
import type { RunState } from './run-state.js';
import { addScores, metricsOf, noSums } from './sums.js';

/** The current epoch, its record, and its steps that are done. */
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
  /** Over this epoch so far. */
  #sums: Sums;
  /** Where the run was resumed. */
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
      this.#sums = noSums(this.#plan);
    }
    const { batchSize, trainSamples, privacy } = this.#plan;
    const samples = Math.min(stepsDone * batchSize, trainSamples);
    if (!privacy) this.#sums = addScores(this.#sums, record.training, this.#sums.samples, samples);
    const [began = 0] = record.times;
    // This process has done nothing of the epoch yet.
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
      ...(!privacy && metricsOf(objectiveOf(this.#plan), this.#sums)),
      samplesPerSecond: ((samples - this.#before(epoch)) / Math.max(1, time - began)) * 1000,
      secondsLeft: (((this.#epochs - epoch + 1) * trainSamples - samples) * perSampleMs) / 1000,
    });
  }

  /** Samples of the epoch that were done before the run was resumed. */
  #before(epoch: number): number {
    return epoch === this.#start.epochs + 1 ? this.#start.epochSums.samples : 0;
  }
}
