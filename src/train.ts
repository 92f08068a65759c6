/** Training as an async generator of events: follows the gang and turns what it leaves into metrics. */

import { Checkpointer } from './checkpoints/checkpointer.js';
import { now } from './clock.js';
import { errors } from './errors.js';
import { stepsPerEpoch } from './memory/layout.js';
import type { Progress, TrainEvent } from './metrics/events.js';
import { Ledger } from './metrics/ledger.js';
import { ProgressMeter } from './metrics/progress-meter.js';
import { World } from './mpi/world.js';
import { type CheckedOptions, checkOptions, optimizerOf, requireKnown, type TrainOptions } from './options.js';
import { prepare, type Run } from './prepare.js';
import { type Ending, end, isOver } from './run/ending.js';
import { epochEvent, startEvent } from './run/run-events.js';
import { Coordinator } from './threads/coordinator.js';
import { RunView } from './view.js';

export interface TrainControls {
  /** Ends the run after the step it is in; the `end` event says `interrupted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called about ten times a second while the gang trains. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Called once, before the first event, with what lets a program look at the run while it goes on. */
  readonly onView?: ((view: RunView) => void) | undefined;
}

/**
 * Trains a network and yields what happens: `start`, then `step`, `epoch`, `checkpoint` and `warning` events, then `end`.
 *
 * The threads run at most one epoch ahead of the event that is being handled. Leaving the loop early ends the
 * run and its threads, after a last checkpoint if there is a folder for them; a generator that is neither finished nor
 * left keeps them, and the process, waiting.
 *
 * @example
 * for await (const event of train({ epochs: 5, threads: 2 })) {
 *   if (event.event === 'epoch') console.log(event.epoch, event.train_loss);
 * }
 *
 * @throws LockstepError before `start` if the options or data cannot be used; after an `end` event whose status
 *   is `failed` if a loss is no longer finite, a thread died, or a file could not be written that was required
 */
export async function* train(options: TrainOptions & TrainControls = {}): AsyncGenerator<TrainEvent, void, undefined> {
  const beganAt = now();
  const { signal, onProgress, onView, ...given } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw errors.option('signal', signal, 'an AbortSignal');
  requireKnown(given);
  const checked = checkOptions(given);
  const world = worldOf(checked);
  world?.begin();
  const run = await prepare(checked, world);
  const ledger = new Ledger(run.plan, run.memory.epochs, run.start, run.config.logEvery ?? 0, beganAt);
  onView?.(new RunView(run));
  yield startEvent(run, beganAt, world);
  yield* run.warnings;
  if (isOver(run)) {
    const { epochs, step } = run.start;
    const endedBy = epochs < run.config.epochs ? 'patience' : undefined;
    yield* end(run, ledger, { status: 'completed', step, isWhole: true, endedBy }, world);
    return;
  }

  const writes = world?.isFirst ?? true;
  const checkpointer = writes ? createCheckpointer(run, ledger, () => coordinator.ring(), failIfRequired) : undefined;
  const coordinator: Coordinator = new Coordinator(
    jobOf(run, beganAt, world),
    run.memory,
    checkpointer && ((at) => checkpointer.take(at)),
  );
  let failure: unknown;
  function fail(error: unknown): void {
    failure ??= error;
    coordinator.stop();
  }
  function failIfRequired(error: unknown): void {
    if (run.config.checkpointRequired) fail(error);
  }
  const stop = () => coordinator.stop();
  let progress: ProgressMeter | undefined;
  try {
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    if (onProgress) {
      // It is called from a timer, where an error would end the process: it ends the run instead.
      const guarded = (measured: Progress) => {
        try {
          onProgress(measured);
        } catch (error) {
          fail(error);
        }
      };
      progress = new ProgressMeter(run.plan, run.config.epochs, run.start, coordinator, guarded);
    }
    const ending = yield* follow(run, coordinator, ledger, checkpointer);
    progress?.stop();
    await coordinator.close();
    await checkpointer?.finish();
    if (checkpointer) yield* checkpointer.drain();
    yield* end(run, ledger, ending, world, failure, checkpointer?.newest);
  } finally {
    progress?.stop();
    signal?.removeEventListener('abort', stop);
    await coordinator.close();
    await checkpointer?.finish();
    // The other ranks wait for what has died here.
    if (coordinator.outcome === 'died') world?.abortSoon();
    else world?.end();
  }
}

/** All ranks, under MPI. */
function worldOf({ mpi }: CheckedOptions): World | undefined {
  if (mpi === undefined) return undefined;
  return World.join(mpi === true ? undefined : mpi);
}

/** Yields the step and epoch events as they happen, and the news. */
async function* follow(
  run: Run,
  coordinator: Coordinator,
  ledger: Ledger,
  checkpointer: Checkpointer | undefined,
): AsyncGenerator<TrainEvent, Ending, undefined> {
  const { epochs } = run.config;
  const ending = (status: Ending['status'], failure?: unknown): Ending => {
    const { epoch, stepsDone } = coordinator;
    const at =
      epoch > epochs || epoch === 0 ? { epochs, stepsInEpoch: 0 } : { epochs: epoch - 1, stepsInEpoch: stepsDone };
    const { outcome, endedBy } = coordinator;
    return { status, failure, step: ledger.stepOf(at), isWhole: outcome !== 'died', endedBy };
  };

  while (coordinator.epoch <= epochs) {
    // Looked at before the steps: an epoch that ends while they are being handled has more of them to tell.
    const { outcome, isEpochFinished, change } = coordinator.look();
    const { epoch, stepsDone } = coordinator;
    if (checkpointer) yield* checkpointer.drain();
    yield* ledger.stepEvents(epoch, stepsDone);
    if (isEpochFinished) {
      if (epochs === 0) {
        ledger.evaluation();
        return ending('completed');
      }
      yield epochEvent(run, epoch, ledger);
      coordinator.nextEpoch();
    } else if (outcome === undefined) {
      await change();
    } else if (outcome === 'completed') {
      return ending('completed');
    } else if (outcome === 'died') {
      return ending('failed', coordinator.failure);
    } else if (outcome === 'diverged') {
      // Either in the next step, or, with all of the epoch's done, in its evaluation.
      const inEvaluation = epochs === 0 || stepsDone === stepsPerEpoch(run.plan);
      const { step } = ending('failed');
      return ending(
        'failed',
        inEvaluation
          ? errors.diverged('the test loss', step, run.config)
          : errors.diverged('the loss', step + 1, run.config),
      );
    } else {
      return ending('interrupted');
    }
  }
  return ending('completed');
}

function createCheckpointer(
  run: Run,
  ledger: Ledger,
  onNews: () => void,
  onFailure: (failure: unknown) => void,
): Checkpointer | undefined {
  const { config, model, memory, checkpoints } = run;
  if (config.checkpointDir === undefined) return undefined;
  return new Checkpointer({
    folder: config.checkpointDir,
    keep: config.keep,
    model,
    layers: memory.layers,
    listed: checkpoints,
    resumedFrom: run.resumedFrom,
    isNamed: run.isNamed,
    stateAt: (position) => ledger.stateAt(position),
    onNews,
    onFailure,
  });
}

function jobOf({ config, plan, shared, kernel, start }: Run, beganAt: number, world: World | undefined) {
  const { strategy, epochs, logEvery = 0, seed, checkpointDir } = config;
  const { checkpointEvery, checkpointEverySteps = 0, patience = 0, maxTime = Number.POSITIVE_INFINITY } = config;
  const checkpoints =
    checkpointDir === undefined || world?.isFirst === false
      ? { checkpointEvery: 0, checkpointEverySteps: 0 }
      : { checkpointEvery, checkpointEverySteps };
  const run = {
    strategy,
    optimizer: optimizerOf(config),
    epochs,
    logEvery,
    seed,
    patience,
    deadline: beganAt + 1000 * maxTime,
  };
  return {
    plan,
    shared,
    kernel,
    ...run,
    start,
    stepsDone: start.step,
    ...checkpoints,
    ranks: world?.task,
    exact: config.exact,
  };
}
