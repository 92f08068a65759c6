/** A run from its first event to its last. */
import { Checkpointer } from '../checkpoints/checkpointer.js';
import { optimizerOf } from '../config/options.js';
import { Ledger } from '../metrics/epoch-metrics.js';
import type { Progress, TrainEvent } from '../metrics/events.js';
import { ProgressMeter } from '../metrics/progress-meter.js';
import { Coordinator } from '../parallel/coordinator.js';
import type { World } from '../parallel/mpi/world.js';
import { type Ending, end, endingWithoutTraining, type Trained } from './ending.js';
import { follow } from './follow-threads.js';
import type { Run } from './prepare.js';
import { startEvent } from './run-events.js';
import { RunView } from './view.js';

export interface Surroundings {
  /** Milliseconds of clock.ts. */
  readonly beganAt: number;
  /** Under MPI only. */
  readonly world: World | undefined;
  /** Ends the run after the current step. */
  readonly stop: AbortSignal;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly onView: ((view: RunView) => void) | undefined;
  /** Called before the `end` event, if the run leaves a model. */
  readonly onTrained?: ((trained: Trained) => void) | undefined;
}

/** Must be consumed to its end. @throws the error of a failed run, after its last event */
export async function* live(
  run: Run,
  { beganAt, world, stop, onProgress, onView, onTrained }: Surroundings,
): AsyncGenerator<TrainEvent, void, undefined> {
  const { config, plan, memory, start } = run;
  const ledger = new Ledger(plan, memory.epochs, start, config.logEvery ?? 0, beganAt, memory.plateau);
  let coordinator: Coordinator | undefined;
  let progress: ProgressMeter | undefined;
  let failure: unknown;
  const stopThreads = () => coordinator?.stop();
  const fail = (error: unknown) => {
    failure ??= error;
    stopThreads();
  };
  const failIfRequired = (error: unknown) => {
    if (config.checkpointRequired) fail(error);
  };
  const writes = world?.isFirst ?? true;
  const checkpointer = writes ? createCheckpointer(run, ledger, () => coordinator?.wake(), failIfRequired) : undefined;
  /** Returns an ending if the threads cannot be started. */
  const startThreads = (): Coordinator | Ending => {
    try {
      coordinator = new Coordinator(
        jobOf(run, beganAt, world),
        memory,
        checkpointer && ((at) => checkpointer.take(at)),
      );
      return coordinator;
    } catch (error) {
      return { status: 'failed', failure: error, step: start.step, isWhole: true, endedBy: undefined };
    }
  };
  /** (The threads of all ranks end at the same step, unless one died.) */
  const close = async () => {
    await coordinator?.close();
    if (coordinator && coordinator.outcome !== 'died') world?.agreeToEnd();
  };
  try {
    // Every rank has the same checkpoint.
    if (endingWithoutTraining(run, false)) world?.agreeToEnd();
    await (onView?.(new RunView(run)) as unknown);
    yield startEvent(run, beganAt, world);
    yield* run.warnings;
    // Under MPI, all ranks stop together at the first step.
    const started = endingWithoutTraining(run, stop.aborted && !world) ?? startThreads();
    let ending: Ending;
    if (started instanceof Coordinator) {
      stop.addEventListener('abort', stopThreads);
      if (stop.aborted) stopThreads();
      if (onProgress) progress = new ProgressMeter(plan, config.epochs, start, started, guarded(onProgress, fail));
      ending = yield* follow(run, started, ledger, checkpointer);
      progress?.stop();
      await close();
      // After a stop, no evaluation has shown that the last checkpoint is good.
      await checkpointer?.finish(ending.status === 'completed');
    } else {
      ending = started;
      // A later resume uses the options of this run.
      if (ending.status === 'interrupted') await checkpointer?.take(start);
      await checkpointer?.finish(false);
    }
    if (checkpointer) yield* checkpointer.drain();
    yield* end(run, ledger, ending, { world, cut: failure, checkpointer, onTrained });
  } finally {
    progress?.stop();
    stop.removeEventListener('abort', stopThreads);
    await close();
    await checkpointer?.finish(false);
  }
}

/** Called from a timer, where an error would end the process. The error ends the run instead. */
function guarded(onProgress: (progress: Progress) => void, fail: (error: unknown) => void) {
  return (measured: Progress) => {
    try {
      // May be an async function, despite its type.
      const result: unknown = onProgress(measured);
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  };
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
    audit: memory.audit,
    listed: checkpoints,
    resumedFrom: run.resumedFrom,
    startStep: run.start.step,
    isNamed: run.isNamed,
    stateAt: (position) => ledger.stateAt(position),
    onNews,
    onFailure,
  });
}

function jobOf(
  { config, plan, shared, kernel, start, privacy, range }: Run,
  beganAt: number,
  world: World | undefined,
) {
  const { strategy, epochs, logEvery = 0, seed, checkpointDir } = config;
  const { checkpointEvery, checkpointEverySteps = 0, patience = 0, maxTime = Number.POSITIVE_INFINITY } = config;
  const checkpoints =
    checkpointDir === undefined || world?.isFirst === false
      ? { checkpointEvery: 0, checkpointEverySteps: 0 }
      : { checkpointEvery, checkpointEverySteps };
  const run = {
    strategy,
    optimizer: range ? { ...optimizerOf(config), range } : optimizerOf(config),
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
    privacy: privacy?.task,
  };
}
