/** The step events of a run, every so many steps. */
import type { EpochRecord, Plan } from '../memory/layout.js';
import { stepsPerEpoch } from '../memory/layout.js';
import type { StepEvent } from './events.js';

export class StepLog {
  readonly #plan: Plan;
  readonly #every: number;
  readonly #startedAt: number;
  readonly #stepsPerEpoch: number;
  /** Since the last event. */
  #loss = 0;
  #wrong = 0;
  #samples = 0;
  /** Steps of the run that have been seen. */
  #seen = 0;

  /**
   * @param every      steps between two events; undefined for none
   * @param startedAt  when the run began, in milliseconds of clock.ts
   */
  constructor(plan: Plan, every: number | undefined, startedAt: number) {
    this.#plan = plan;
    this.#every = every ?? 0;
    this.#startedAt = startedAt;
    this.#stepsPerEpoch = stepsPerEpoch(plan);
  }

  /** The events of the steps that have been done since the last call, up to `steps` of this epoch. */
  *upTo(record: EpochRecord, epoch: number, steps: number): Generator<StepEvent, void, undefined> {
    if (this.#every === 0) return;
    for (let step = this.#seen - (epoch - 1) * this.#stepsPerEpoch; step < steps; step++) {
      this.#add(record, step);
      this.#seen++;
      if (this.#seen % this.#every === 0) yield this.#take(epoch, record.stepEnds[step]!);
    }
  }

  #add(record: EpochRecord, step: number): void {
    const { batchSize, trainSamples } = this.#plan;
    const first = step * batchSize;
    const end = Math.min(first + batchSize, trainSamples);
    for (let position = first; position < end; position++) {
      this.#loss += record.losses[position]!;
      this.#wrong += record.wrong[position]!;
    }
    this.#samples += end - first;
  }

  #take(epoch: number, endedAt: number): StepEvent {
    const event: StepEvent = {
      event: 'step',
      epoch,
      step: this.#seen,
      loss: this.#loss / this.#samples,
      error: this.#wrong / this.#samples,
      seconds: (endedAt - this.#startedAt) / 1000,
    };
    this.#loss = 0;
    this.#wrong = 0;
    this.#samples = 0;
    return event;
  }
}
