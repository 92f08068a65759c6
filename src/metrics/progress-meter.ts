/** Measures, a few times a second, how far a run is. */
import { now } from '../clock.js';
import { type EpochRecord, type Plan, stepsPerEpoch } from '../memory/layout.js';
import type { Progress } from './events.js';

/** Where to look: the epoch that runs, its record, and how many of its steps are done. */
export interface Position {
  readonly epoch: number;
  readonly record: EpochRecord;
  readonly stepsDone: number;
}

const INTERVAL_MS = 100;

export class ProgressMeter {
  readonly #plan: Plan;
  readonly #epochs: number;
  readonly #position: Position;
  readonly #report: (progress: Progress) => void;
  readonly #timer: NodeJS.Timeout;
  /** When the first epoch began, in milliseconds of clock.ts. */
  #startedAt: number | undefined;
  #epoch = 0;
  /** Of this epoch, so far. */
  #samples = 0;
  #loss = 0;
  #wrong = 0;

  constructor(plan: Plan, epochs: number, position: Position, report: (progress: Progress) => void) {
    this.#plan = plan;
    this.#epochs = epochs;
    this.#position = position;
    this.#report = report;
    this.#timer = setInterval(() => this.#measure(), INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #measure(): void {
    const { epoch, record, stepsDone } = this.#position;
    if (epoch === 0 || epoch > this.#epochs) return;
    const time = now();
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#samples = this.#loss = this.#wrong = 0;
    }
    const { batchSize, trainSamples } = this.#plan;
    const samples = Math.min(stepsDone * batchSize, trainSamples);
    for (; this.#samples < samples; this.#samples++) {
      this.#loss += record.losses[this.#samples]!;
      this.#wrong += record.wrong[this.#samples]!;
    }
    if (samples === 0) return;

    const [began = time] = record.times;
    this.#startedAt ??= began;
    const allDone = (epoch - 1) * trainSamples + samples;
    const perSampleMs = (time - this.#startedAt) / allDone;
    this.#report({
      epoch,
      epochs: this.#epochs,
      step: stepsDone,
      stepsPerEpoch: stepsPerEpoch(this.#plan),
      samples,
      loss: this.#loss / samples,
      error: this.#wrong / samples,
      samplesPerSecond: (samples / Math.max(1, time - began)) * 1000,
      secondsLeft: ((this.#epochs * trainSamples - allDone) * perSampleMs) / 1000,
    });
  }
}
