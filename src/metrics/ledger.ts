/** What a run has to show: it reads the epochs' records, and says what a checkpoint must remember of them. */
import { now } from '../memory/clock.js';
import { type Memory, recordIndex } from '../memory/layout.js';
import { type Plan, stepsPerEpoch } from '../memory/plan.js';
import type { EpochEvent, StepEvent } from './events.js';
import { type Best, type Figures, NO_SUMS, type Position, type RunState } from './run-state.js';
import { StepLog } from './step-log.js';
import { addTo, meanOf } from './sums.js';

/** The epoch event, but for what the threads booked. */
export type EpochFigures = Omit<EpochEvent, 'wait_fraction' | 'phase_fractions'>;

/** No clock tells less apart. An epoch that was resumed behind its last step has no more than what is remembered of it. */
const LEAST_SECONDS = 1e-6;

export class Ledger {
  readonly #plan: Plan;
  readonly #epochs: Memory['epochs'];
  readonly #start: RunState;
  readonly #logEvery: number;
  readonly #steps: StepLog;
  /** When the run would have begun, had it never stopped: milliseconds of clock.ts. */
  readonly #startedAt: number;
  #figures: Figures;
  #best: Best | undefined;
  #completed: number;

  /**
   * @param start     where the run goes on: FRESH for a new one
   * @param logEvery  steps between two step events, 0 for none
   * @param beganAt   when this process's part of it began, in milliseconds of clock.ts
   */
  constructor(plan: Plan, epochs: Memory['epochs'], start: RunState, logEvery: number, beganAt: number) {
    this.#plan = plan;
    this.#epochs = epochs;
    this.#start = start;
    this.#logEvery = logEvery;
    this.#startedAt = beganAt - 1000 * start.seconds;
    this.#steps = new StepLog(plan, logEvery, this.#startedAt, start);
    this.#figures = start.figures;
    this.#best = start.best;
    this.#completed = start.epochs;
  }

  /** Epochs that `epoch` has told of, earlier parts of the run included. */
  get completed(): number {
    return this.#completed;
  }

  /** Of the last of them. */
  get figures(): Figures {
    return this.#figures;
  }

  /** Of them, the one of the least validation loss. */
  get best(): Best | undefined {
    return this.#best;
  }

  /** Since the run's start. */
  get seconds(): number {
    return (now() - this.#startedAt) / 1000;
  }

  /** Steps of the run that are done, so far into an epoch. */
  stepOf({ epochs, stepsInEpoch }: Position): number {
    return this.#stepsBefore(epochs + 1) + stepsInEpoch;
  }

  /** The step events that have not been told yet, up to `steps` of this epoch. */
  stepEvents(epoch: number, steps: number): Iterable<StepEvent> {
    return this.#steps.upTo(this.#record(epoch), epoch, this.#stepsBefore(epoch), steps);
  }

  /** The metrics of an epoch that has been trained and evaluated. */
  epoch(epoch: number): EpochFigures {
    const { times } = this.#record(epoch);
    const [began = 0, trained = 0] = times;
    const seconds = this.#secondsBefore(epoch) + (trained - began) / 1000;
    const { train_loss, train_error, ...heldOut } = this.#figuresOf(epoch);
    this.#best = this.#bestAfter(epoch);
    this.#figures = { train_loss, train_error, ...heldOut };
    this.#completed = epoch;
    return {
      event: 'epoch',
      epoch,
      step: this.#stepsBefore(epoch + 1),
      train_loss,
      train_error,
      ...heldOut,
      seconds,
      samples_per_second: this.#plan.trainSamples / Math.max(seconds, LEAST_SECONDS),
    };
  }

  /** Those of the initial weights, where there is only an evaluation. */
  evaluation(): void {
    this.#figures = this.#heldOutFigures(0);
  }

  /** Of an epoch whose evaluation has met a loss that is not finite: which samples it was of, the validation's first. */
  brokenSplit(epoch: number): 'validation' | 'test' {
    const { heldOutLosses } = this.#record(epoch);
    const validation = heldOutLosses.subarray(0, this.#plan.validationSamples);
    return validation.every(Number.isFinite) ? 'test' : 'validation';
  }

  /**
   * What to remember of a run that is there. The epochs since `completed` must still have their records: there are two.
   */
  stateAt(position: Position): RunState {
    const { epochs, stepsInEpoch } = position;
    const running = epochs + 1;
    const { times, stepEnds } = this.#record(running);
    // An epoch that this process has not begun has left nothing in the record, which may be an earlier one's.
    const before = running === this.#start.epochs + 1 ? this.#start.stepsInEpoch : 0;
    const ownMs = stepsInEpoch > before ? stepEnds[stepsInEpoch - 1]! - times[0]! : 0;
    return {
      epochs,
      stepsInEpoch,
      step: this.stepOf(position),
      epochSums: this.#epochSums(running, stepsInEpoch),
      epochSeconds: stepsInEpoch > 0 ? this.#secondsBefore(running) + ownMs / 1000 : 0,
      logEvery: this.#logEvery,
      logSums: this.#logSumsAt(position),
      figures: this.#figuresAfter(epochs),
      best: this.#bestAfter(epochs),
      seconds: this.seconds,
    };
  }

  /** Those of the initial weights are no epoch's. */
  #figuresAfter(epochs: number): Figures {
    if (epochs === 0) return {};
    return epochs > this.#completed ? this.#figuresOf(epochs) : this.#figures;
  }

  /** As parallel/early-stopping.ts has it. */
  #bestAfter(epochs: number): Best | undefined {
    let best = this.#best;
    for (let epoch = this.#completed + 1; epoch <= epochs; epoch++) {
      const figures = this.#figuresOf(epoch);
      const { validation_loss: loss } = figures;
      if (loss !== undefined && (best === undefined || loss < best.figures.validation_loss!)) best = { epoch, figures };
    }
    return best;
  }

  #logSumsAt({ epochs, stepsInEpoch }: Position) {
    const log = this.#steps.clone();
    for (let epoch = this.#completed + 1; epoch <= epochs + 1; epoch++) {
      const steps = epoch <= epochs ? stepsPerEpoch(this.#plan) : stepsInEpoch;
      // Its events are the consumer's to hear, later.
      for (const _ of log.upTo(this.#record(epoch), epoch, this.#stepsBefore(epoch), steps));
    }
    return log.sums;
  }

  #epochSums(epoch: number, steps: number) {
    const { batchSize, trainSamples } = this.#plan;
    const { losses, wrong } = this.#record(epoch);
    const start = epoch === this.#start.epochs + 1 ? this.#start.epochSums : NO_SUMS;
    return addTo(start, losses, wrong, start.samples, Math.min(steps * batchSize, trainSamples));
  }

  #figuresOf(epoch: number): Required<Pick<Figures, 'train_loss' | 'train_error'>> & Figures {
    const { loss, error } = meanOf(this.#epochSums(epoch, stepsPerEpoch(this.#plan)));
    return { train_loss: loss, train_error: error, ...this.#heldOutFigures(epoch) };
  }

  /** Of the validation samples, and the test samples: nothing where there are none. */
  #heldOutFigures(epoch: number): Figures {
    const { validationSamples, testSamples } = this.#plan;
    const { heldOutLosses, heldOutWrong } = this.#record(epoch);
    const mean = (from: number, count: number) =>
      meanOf(addTo(NO_SUMS, heldOutLosses, heldOutWrong, from, from + count));
    const validation = mean(0, validationSamples);
    const test = mean(validationSamples, testSamples);
    return {
      ...(validationSamples > 0 && { validation_loss: validation.loss, validation_error: validation.error }),
      ...(testSamples > 0 && { test_loss: test.loss, test_error: test.error }),
    };
  }

  /** Training time of the epoch in earlier parts of the run. */
  #secondsBefore(epoch: number): number {
    return epoch === this.#start.epochs + 1 ? this.#start.epochSeconds : 0;
  }

  /** Steps of the run before the epoch: counted from where it went on, since batches may have been of another size before. */
  #stepsBefore(epoch: number): number {
    const { epochs, step, stepsInEpoch } = this.#start;
    return step - stepsInEpoch + (epoch - 1 - epochs) * stepsPerEpoch(this.#plan);
  }

  #record(epoch: number) {
    return this.#epochs[recordIndex(epoch)];
  }
}
