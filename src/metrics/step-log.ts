/** The step events of a run. */
import type { EpochRecord } from '../memory/epoch-record.js';
import type { Plan } from '../memory/plan.js';
import { objectiveOf } from '../model/objectives/index.js';
import type { Sums } from '../model/objectives/objective.js';
import type { StepEvent } from './events.js';
import {
  addGradients,
  averagesAfter,
  freshGradients,
  type GradientState,
  type GradientSums,
  gradientMetrics,
  gradientsOfStep,
  noGradients,
} from './gradient-noise.js';
import type { RunState } from './run-state.js';
import { addScores, metricsOf, noSums } from './sums.js';

type LogState = Pick<RunState, 'step' | 'logEvery' | 'logSums'> & {
  readonly gradients?: Omit<GradientState, 'epoch'> | undefined;
};

export class StepLog {
  readonly #plan: Plan;
  readonly #every: number;
  readonly #startedAt: number;
  /** Since the last event. */
  #sums: Sums;
  /** Since the last event; and averages over all steps. Undefined unless gradients are measured. */
  #gradients: Omit<GradientState, 'epoch'> | undefined;
  /** Steps of the run that have been seen. */
  #seen: number;

  /**
   * @param every      steps between two events; 0 for none
   * @param startedAt  when the run began, in milliseconds of clock.ts
   * @param start      the run's state when it was resumed; its sums are dropped if events had another distance
   */
  constructor(plan: Plan, every: number, startedAt: number, start: LogState) {
    this.#plan = plan;
    this.#every = every;
    this.#startedAt = startedAt;
    this.#seen = start.step;
    this.#sums = start.logEvery === every ? start.logSums : noSums(plan);
    if (!plan.keepsGradientNorms) return;
    const { log, averages } = start.gradients ?? freshGradients(plan);
    this.#gradients = { log: start.logEvery === every ? log : noGradients(plan), averages };
  }

  /** Over the steps seen since the last event. */
  get sums(): Sums {
    return this.#sums;
  }

  get gradients(): Omit<GradientState, 'epoch'> | undefined {
    return this.#gradients;
  }

  clone(): StepLog {
    const start = { step: this.#seen, logEvery: this.#every, logSums: this.#sums, gradients: this.#gradients };
    return new StepLog(this.#plan, this.#every, this.#startedAt, start);
  }

  /**
   * The events of the steps done since the last call, up to `steps` of this epoch.
   *
   * @param before  steps of the run before the epoch
   */
  *upTo(record: EpochRecord, epoch: number, before: number, steps: number): Generator<StepEvent, void, undefined> {
    if (this.#every === 0 && !this.#gradients) return;
    const { batchSize, trainSamples } = this.#plan;
    for (let step = this.#seen - before; step < steps; step++) {
      const first = step * batchSize;
      const end = Math.min(first + batchSize, trainSamples);
      if (this.#every > 0) this.#sums = addScores(this.#sums, record.training, first, end);
      if (this.#gradients) this.#gradients = this.#withStep(this.#gradients, gradientsOfStep(this.#plan, record, step));
      this.#seen++;
      if (this.#every > 0 && this.#seen % this.#every === 0) yield this.#take(epoch, record.stepEnds[step]!);
    }
  }

  #withStep({ log, averages }: Omit<GradientState, 'epoch'>, step: GradientSums): Omit<GradientState, 'epoch'> {
    return { log: this.#every > 0 ? addGradients(log, step) : log, averages: averagesAfter(averages, step) };
  }

  #take(epoch: number, endedAt: number): StepEvent {
    const event: StepEvent = {
      event: 'step',
      epoch,
      step: this.#seen,
      ...metricsOf(objectiveOf(this.#plan), this.#sums),
      ...(this.#gradients && gradientMetrics(this.#gradients.log, this.#gradients.averages)),
      seconds: (endedAt - this.#startedAt) / 1000,
    };
    this.#sums = noSums(this.#plan);
    if (this.#gradients) this.#gradients = { ...this.#gradients, log: noGradients(this.#plan) };
    return event;
  }
}
