/** Reads the epoch records: the metrics of events, and what a checkpoint must remember. */
import { now } from '../memory/clock.js';
import { type Memory, recordIndex } from '../memory/layout.js';
import { type Plan, stepsPerEpoch } from '../memory/plan.js';
import { objectiveOf } from '../model/objectives/index.js';
import type { EpochEvent, StepEvent } from './events.js';
import { addGradients, type GradientSums, gradientMetrics, gradientsOfStep, noGradients } from './gradient-noise.js';
import type { Best, EpochMetrics, Position, RunState } from './run-state.js';
import { StepLog } from './step-log.js';
import { addScores, noSums, type Split, splitMetricsOf } from './sums.js';

/** The epoch event without the threads' times. */
type EpochResult = Omit<EpochEvent, 'wait_fraction' | 'phase_fractions'>;

/** Avoids a division by zero where an epoch was resumed after its last step. */
const LEAST_SECONDS = 1e-6;

export class Ledger {
  readonly #plan: Plan;
  readonly #epochs: Memory['epochs'];
  readonly #start: RunState;
  readonly #logEvery: number;
  readonly #steps: StepLog;
  /** When the run would have begun if it had never stopped: milliseconds of clock.ts. */
  readonly #startedAt: number;
  #metrics: EpochMetrics;
  #best: Best | undefined;
  #completed: number;

  /**
   * @param start     the state where the run was resumed, or `freshState`
   * @param logEvery  steps between two step events, 0 for none
   * @param beganAt   when this process began with it, in milliseconds of clock.ts
   */
  constructor(plan: Plan, epochs: Memory['epochs'], start: RunState, logEvery: number, beganAt: number) {
    this.#plan = plan;
    this.#epochs = epochs;
    this.#start = start;
    this.#logEvery = logEvery;
    this.#startedAt = beganAt - 1000 * start.seconds;
    this.#steps = new StepLog(plan, logEvery, this.#startedAt, start);
    this.#metrics = start.metrics;
    this.#best = start.best;
    this.#completed = start.epochs;
  }

  /** Epochs that `epoch` has reported, including those before the run was resumed. */
  get completed(): number {
    return this.#completed;
  }

  /** Metrics of the last of them. */
  get metrics(): EpochMetrics {
    return this.#metrics;
  }

  /** The one with the lowest validation loss. */
  get best(): Best | undefined {
    return this.#best;
  }

  /** Since the run's start. */
  get seconds(): number {
    return (now() - this.#startedAt) / 1000;
  }

  /** Steps of the run that are done at a position. */
  stepOf({ epochs, stepsInEpoch }: Position): number {
    return this.#stepsBefore(epochs + 1) + stepsInEpoch;
  }

  /** The step events not reported yet, up to `steps` of this epoch. */
  stepEvents(epoch: number, steps: number): Iterable<StepEvent> {
    return this.#steps.upTo(this.#record(epoch), epoch, this.#stepsBefore(epoch), steps);
  }

  /** The metrics of an epoch that has been trained and evaluated. */
  epoch(epoch: number): EpochResult {
    const { times } = this.#record(epoch);
    const [began = 0, trained = 0] = times;
    const seconds = this.#secondsBefore(epoch) + (trained - began) / 1000;
    const metrics = this.#metricsOf(epoch);
    this.#best = this.#bestAfter(epoch);
    this.#metrics = metrics;
    this.#completed = epoch;
    return {
      event: 'epoch',
      epoch,
      step: this.#stepsBefore(epoch + 1),
      ...metrics,
      ...(this.#plan.keepsGradientNorms && gradientMetrics(this.#epochGradients(epoch, stepsPerEpoch(this.#plan)))),
      seconds,
      samples_per_second: this.#plan.trainSamples / Math.max(seconds, LEAST_SECONDS),
    };
  }

  /** Takes the metrics of the initial weights, where there is only an evaluation. */
  evaluation(): void {
    this.#metrics = this.#heldOutMetrics(0);
  }

  /** The first split in which the epoch's evaluation found a loss that is not finite. */
  brokenSplit(epoch: number): 'validation' | 'test' {
    const validation = this.#record(epoch).heldOut.loss.subarray(0, this.#plan.validationSamples);
    return validation.every(Number.isFinite) ? 'test' : 'validation';
  }

  /**
   * What to remember at a position. The epochs since `completed` must still have their records, of which there are two.
   */
  stateAt(position: Position): RunState {
    const { epochs, stepsInEpoch } = position;
    const running = epochs + 1;
    const { times, stepEnds } = this.#record(running);
    // If this process has not begun the epoch, the record may be an earlier epoch's.
    const before = running === this.#start.epochs + 1 ? this.#start.stepsInEpoch : 0;
    const log = this.#logAt(position);
    const ownMs = stepsInEpoch > before ? stepEnds[stepsInEpoch - 1]! - times[0]! : 0;
    return {
      epochs,
      stepsInEpoch,
      step: this.stepOf(position),
      epochSums: this.#epochSums(running, stepsInEpoch),
      epochSeconds: stepsInEpoch > 0 ? this.#secondsBefore(running) + ownMs / 1000 : 0,
      logEvery: this.#logEvery,
      logSums: log.sums,
      ...(log.gradients && { gradients: { epoch: this.#epochGradients(running, stepsInEpoch), ...log.gradients } }),
      metrics: this.#metricsAfter(epochs),
      best: this.#bestAfter(epochs),
      seconds: this.seconds,
    };
  }

  /** Not those of the initial weights, which belong to no epoch. */
  #metricsAfter(epochs: number): EpochMetrics {
    if (epochs === 0) return {};
    return epochs > this.#completed ? this.#metricsOf(epochs) : this.#metrics;
  }

  /** By the same rule as parallel/early-stopping.ts. */
  #bestAfter(epochs: number): Best | undefined {
    let best = this.#best;
    for (let epoch = this.#completed + 1; epoch <= epochs; epoch++) {
      const metrics = this.#metricsOf(epoch);
      const { validation_loss: loss } = metrics;
      if (loss !== undefined && (best === undefined || loss < best.metrics.validation_loss!)) best = { epoch, metrics };
    }
    const isTested = best !== undefined && best.epoch === this.#record(epochs).tested[0];
    return best && isTested ? { ...best, metrics: { ...best.metrics, ...this.#testMetrics(epochs) } } : best;
  }

  #logAt({ epochs, stepsInEpoch }: Position) {
    const log = this.#steps.clone();
    for (let epoch = this.#completed + 1; epoch <= epochs + 1; epoch++) {
      const steps = epoch <= epochs ? stepsPerEpoch(this.#plan) : stepsInEpoch;
      // (The consumer gets these events later.)
      for (const _ of log.upTo(this.#record(epoch), epoch, this.#stepsBefore(epoch), steps));
    }
    return log;
  }

  #epochSums(epoch: number, steps: number) {
    const { batchSize, trainSamples, privacy } = this.#plan;
    if (privacy) return noSums(this.#plan);
    const start = epoch === this.#start.epochs + 1 ? this.#start.epochSums : noSums(this.#plan);
    const end = Math.min(steps * batchSize, trainSamples);
    return addScores(start, this.#record(epoch).training, start.samples, end);
  }

  /** Where a resumed run did not measure its gradients before: of the steps since. */
  #epochGradients(epoch: number, steps: number): GradientSums {
    const isFirst = epoch === this.#start.epochs + 1;
    let sums = (isFirst && this.#start.gradients?.epoch) || noGradients(this.#plan);
    for (let step = isFirst ? this.#start.stepsInEpoch : 0; step < steps; step++) {
      sums = addGradients(sums, gradientsOfStep(this.#plan, this.#record(epoch), step));
    }
    return sums;
  }

  /** Without those of private training samples. */
  #metricsOf(epoch: number): EpochMetrics {
    if (this.#plan.privacy) return this.#heldOutMetrics(epoch);
    const sums = this.#epochSums(epoch, stepsPerEpoch(this.#plan));
    const objective = objectiveOf(this.#plan);
    return { ...splitMetricsOf(objective, 'train', sums), ...this.#heldOutMetrics(epoch) };
  }

  /** Only of the splits that have samples. */
  #heldOutMetrics(epoch: number): EpochMetrics {
    const { validationSamples, testsAtEnd } = this.#plan;
    const isTested = !testsAtEnd || this.#record(epoch).tested[0] === epoch;
    return {
      ...this.#splitMetrics(epoch, 'validation', 0, validationSamples),
      ...(isTested && this.#testMetrics(epoch)),
    };
  }

  #testMetrics(epoch: number): EpochMetrics {
    const { validationSamples, testSamples } = this.#plan;
    return this.#splitMetrics(epoch, 'test', validationSamples, testSamples);
  }

  #splitMetrics(epoch: number, split: Split, from: number, count: number): EpochMetrics {
    if (count === 0) return {};
    const sums = addScores(noSums(this.#plan), this.#record(epoch).heldOut, from, from + count);
    return splitMetricsOf(objectiveOf(this.#plan), split, sums);
  }

  /** Training time of the epoch before the run was resumed. */
  #secondsBefore(epoch: number): number {
    return epoch === this.#start.epochs + 1 ? this.#start.epochSeconds : 0;
  }

  /** Steps of the run before the epoch, counted from where it was resumed: batches may have had another size before. */
  #stepsBefore(epoch: number): number {
    const { epochs, step, stepsInEpoch } = this.#start;
    return step - stepsInEpoch + (epoch - 1 - epochs) * stepsPerEpoch(this.#plan);
  }

  #record(epoch: number) {
    return this.#epochs[recordIndex(epoch)];
  }
}
