/** Training as an async generator of events: follows the gang and turns what it leaves into metrics. */

import { now } from './clock.js';
import { errors, reason } from './errors.js';
import { stepsPerEpoch } from './memory/layout.js';
import {
  type EndEvent,
  type EpochEvent,
  type Progress,
  SCHEMA,
  type StartEvent,
  type TrainEvent,
} from './metrics/events.js';
import { ProgressMeter } from './metrics/progress-meter.js';
import { StepLog } from './metrics/step-log.js';
import { meanOf } from './metrics/summary.js';
import { parameterCount, weightsSha256 } from './model/parameters.js';
import { resolveOptions, type TrainOptions } from './options.js';
import { prepare, type Run } from './prepare.js';
import { Coordinator } from './threads/coordinator.js';
import { phaseFractions } from './threads/phase-times.js';

export interface TrainControls {
  /** Ends the run after the step it is in; the `end` event says `interrupted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called about ten times a second while the gang trains. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/**
 * Trains a network and yields what happens: `start`, then `step` and `epoch` events, then `end`.
 *
 * The threads run at most one epoch ahead of the event that is being handled. Leaving the loop early ends the
 * run and its threads; a generator that is neither finished nor left keeps them, and the process, waiting.
 *
 * @example
 * for await (const event of train({ epochs: 5, threads: 2 })) {
 *   if (event.event === 'epoch') console.log(event.epoch, event.train_loss);
 * }
 *
 * @throws LockstepError before `start` if the options or data cannot be used; after an `end` event whose status
 *   is `failed` if a loss is no longer finite or a thread died
 */
export async function* train(options: TrainOptions & TrainControls = {}): AsyncGenerator<TrainEvent, void, undefined> {
  const startedAt = now();
  const { signal, onProgress } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw errors.option('signal', signal, 'an AbortSignal');
  const run = await prepare(resolveOptions(options));
  const coordinator = new Coordinator(jobOf(run), run.memory);
  const stop = () => coordinator.stop();
  let progress: ProgressMeter | undefined;
  let thrown: unknown;
  try {
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    if (onProgress) {
      // It is called from a timer, where an error would end the process: it ends the run instead.
      const guarded = (measured: Progress) => {
        try {
          onProgress(measured);
        } catch (error) {
          thrown ??= error;
          stop();
        }
      };
      progress = new ProgressMeter(run.plan, run.config.epochs, coordinator, guarded);
    }
    yield startEvent(run, startedAt);
    const followed = yield* follow(run, coordinator, startedAt);
    const ending: Ending = thrown === undefined ? followed : { ...followed, status: 'failed', failure: thrown };
    progress?.stop();
    await coordinator.close();
    yield endEvent(run, ending, startedAt);
    if (ending.failure !== undefined) throw ending.failure;
  } finally {
    progress?.stop();
    signal?.removeEventListener('abort', stop);
    await coordinator.close();
  }
}

/** The metrics that the end event repeats. */
type Figures = Pick<EndEvent, 'train_loss' | 'train_error' | 'test_loss' | 'test_error'>;

interface Ending {
  readonly status: EndEvent['status'];
  /** Completed. */
  readonly epochs: number;
  readonly figures: Figures;
  readonly failure?: unknown;
  /** A thread may have died with its part of a step half done. */
  readonly isWhole: boolean;
}

/** Yields the step and epoch events as they happen. */
async function* follow(
  run: Run,
  coordinator: Coordinator,
  startedAt: number,
): AsyncGenerator<TrainEvent, Ending, undefined> {
  const { epochs, logEvery, lr } = run.config;
  const steps = new StepLog(run.plan, logEvery, startedAt);
  let completed = 0;
  let figures: Figures = {};
  const end = (status: Ending['status'], failure?: unknown): Ending => {
    return { status, epochs: completed, figures, failure, isWhole: coordinator.outcome !== 'died' };
  };

  while (coordinator.epoch <= epochs) {
    // Looked at before the steps: an epoch that ends while they are being handled has more of them to tell.
    const { outcome, isEpochFinished, change } = coordinator.look();
    yield* steps.upTo(coordinator.record, coordinator.epoch, coordinator.stepsDone);
    if (isEpochFinished) {
      const tested = testFigures(run, coordinator);
      if (epochs === 0) {
        figures = tested;
        return end('completed');
      }
      const event = epochEvent(run, coordinator, tested);
      const { train_loss, train_error } = event;
      figures = { train_loss, train_error, ...tested };
      completed = coordinator.epoch;
      yield event;
      coordinator.nextEpoch();
    } else if (outcome === undefined) {
      await change();
    } else if (outcome === 'died') {
      return end('failed', coordinator.failure);
    } else if (outcome === 'diverged') {
      // Either in the next step, or, with all of the epoch's done, in its evaluation.
      const inEvaluation = epochs === 0 || coordinator.stepsDone === stepsPerEpoch(run.plan);
      const done = epochs === 0 ? 0 : stepsAfter(run, coordinator.epoch - 1) + coordinator.stepsDone;
      const [what, step] = inEvaluation ? ['the test loss', done] : ['the loss', done + 1];
      return end('failed', errors.diverged(what, step, lr));
    } else {
      return end('interrupted');
    }
  }
  return end('completed');
}

function jobOf({ config, plan, shared, kernel }: Run) {
  const { strategy, reduction, lr, epochs, logEvery = 0, seed } = config;
  return { plan, shared, kernel, strategy, reduction, learningRate: lr, epochs, logEvery, seed };
}

/** Steps of the run when that many epochs are done. */
function stepsAfter(run: Run, epochs: number): number {
  return epochs * stepsPerEpoch(run.plan);
}

function startEvent({ config, plan, kernel, memory, dataset }: Run, startedAt: number): StartEvent {
  return {
    event: 'start',
    schema: SCHEMA,
    time: new Date(startedAt).toISOString(),
    config: {
      threads: config.threads,
      data: config.data,
      hidden: config.hidden,
      epochs: config.epochs,
      batch_size: config.batchSize,
      lr: config.lr,
      reduction: config.reduction,
      strategy: config.strategy,
      seed: config.seed,
      limit: config.limit ?? null,
      kernel: config.kernel,
      log_every: config.logEvery ?? null,
    },
    dataset: {
      name: dataset.name,
      train: plan.trainSamples,
      test: plan.testSamples,
      inputs: dataset.inputs,
      classes: dataset.classes,
      density: dataset.density,
    },
    model: { layers: plan.layers, parameters: parameterCount(memory.layers) },
    threads: config.threads,
    kernel: kernel.name,
    node: process.versions.node,
  };
}

function epochEvent(run: Run, { epoch, record }: Coordinator, tested: Figures): EpochEvent {
  const { trainSamples } = run.plan;
  const { loss, error } = meanOf(record.losses, record.wrong, 0, trainSamples);
  const [began = 0, trained = 0] = record.times;
  const seconds = (trained - began) / 1000;
  const fractions = phaseFractions(run.memory.members, epoch);
  return {
    event: 'epoch',
    epoch,
    step: stepsAfter(run, epoch),
    train_loss: loss,
    train_error: error,
    ...tested,
    seconds,
    samples_per_second: trainSamples / seconds,
    wait_fraction: fractions.wait,
    phase_fractions: fractions,
  };
}

/** Nothing where there are no test samples. */
function testFigures({ plan }: Run, { record }: Coordinator): { test_loss?: number; test_error?: number } {
  if (plan.testSamples === 0) return {};
  const { loss, error } = meanOf(record.testLosses, record.testWrong, 0, plan.testSamples);
  return { test_loss: loss, test_error: error };
}

function endEvent({ memory }: Run, { status, epochs, figures, failure, isWhole }: Ending, startedAt: number): EndEvent {
  return {
    event: 'end',
    status,
    epochs,
    ...figures,
    seconds: (now() - startedAt) / 1000,
    ...(isWhole && { weights_sha256: weightsSha256(memory.layers) }),
    ...(failure !== undefined && { message: reason(failure) }),
  };
}
