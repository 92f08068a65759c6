/** The step events of a run. */
import type { EpochRecord } from '../memory/layout.js';
import type { Plan } from '../memory/plan.js';
import { objectiveOf } from '../model/objectives/index.js';
import type { Sums } from '../model/objectives/objective.js';
import type { StepEvent } from './events.js';
import type { RunState } from './run-state.js';
import { addScores, metricsOf, noSums } from './sums.js';

export class StepLog {
  readonly #plan: Plan;
  readonly #every: number;
  readonly #startedAt: number;
  /** Since the last event. */
  #sums: Sums;
  /** Steps of the run that have been seen. */
  #seen: number;

  /**
   * @param every      steps between two events; 0 for none
   * @param startedAt  when the run began, in milliseconds of clock.ts
   * @param start      the run's state when it was resumed; its sums are dropped if events had another distance
   */
  constructor(plan: Plan, every: number, startedAt: number, start: Pick<RunState, 'step' | 'logEvery' | 'logSums'>) {
    this.#plan = plan;
    this.#every = every;
    this.#startedAt = startedAt;
    this.#seen = start.step;
    this.#sums = start.logEvery === every ? start.logSums : noSums(plan);
  }

  /** Over the steps seen since the last event. */
  get sums(): Sums {
    return this.#sums;
  }

  clone(): StepLog {
    const start = { step: this.#seen, logEvery: this.#every, logSums: this.#sums };
    return new StepLog(this.#plan, this.#every, this.#startedAt, start);
  }

  /**
   * The events of the steps done since the last call, up to `steps` of this epoch.
   *
   * @param before  steps of the run before the epoch
   */
  *upTo(record: EpochRecord, epoch: number, before: number, steps: number): Generator<StepEvent, void, undefined> {
    if (this.#every === 0) return;
    const { batchSize, trainSamples } = this.#plan;
    for (let step = this.#seen - before; step < steps; step++) {
      const first = step * batchSize;
      const end = Math.min(first + batchSize, trainSamples);
      this.#sums = addScores(this.#sums, record.training, first, end);
      this.#seen++;
      if (this.#seen % this.#every === 0) yield this.#take(epoch, record.stepEnds[step]!);
    }
  }

  #take(epoch: number, endedAt: number): StepEvent {
    const event: StepEvent = {
      event: 'step',
      epoch,
      step: this.#seen,
      ...metricsOf(objectiveOf(this.#plan), this.#sums),
      seconds: (endedAt - this.#startedAt) / 1000,
    };
    this.#sums = noSums(this.#plan);
    return event;
  }
}
