/** Training as an async generator of events: follows the gang and turns what it leaves into metrics. */

import { Checkpointer } from './checkpoints/checkpointer.js';
import { saveModel } from './checkpoints/model-file.js';
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
import { Ledger } from './metrics/ledger.js';
import { ProgressMeter } from './metrics/progress-meter.js';
import { Optimizer } from './model/optimizer.js';
import { areFinite, parameterCount, readParameters, restoreBest, weightsSha256 } from './model/parameters.js';
import { asTold } from './mpi/agreement.js';
import { World } from './mpi/world.js';
import {
  type CheckedOptions,
  type Config,
  checkOptions,
  optimizerOf,
  recordOfConfig,
  requireOptions,
  type TrainOptions,
} from './options.js';
import { prepare, type Run } from './prepare.js';
import type { RunState } from './state.js';
import { Coordinator } from './threads/coordinator.js';
import { phaseFractions } from './threads/phase-times.js';
import { RunView } from './view.js';
import { inLibraryWords } from './words.js';

export interface TrainControls {
  /**
   * Ends the run after the step it is in; the `end` event says `interrupted`. While a table is being read, `train()` throws
   * the signal's reason at once.
   */
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
  requireOptions(options, Object.keys(CONTROLS));
  const { signal, onProgress, onView, ...given } = options;
  const controls = { signal, onProgress, onView };
  requireControls(controls);
  for await (const event of trainAsCommand(checkOptions(given), controls)) {
    yield 'message' in event ? { ...event, message: inLibraryWords(event.message) } : event;
  }
}

/** What a program may give besides options. */
const CONTROLS = {
  signal: { isOne: (value: unknown) => value instanceof AbortSignal, expected: 'an AbortSignal' },
  onProgress: { isOne: isFunction, expected: 'a function' },
  onView: { isOne: isFunction, expected: 'a function' },
} satisfies Record<keyof TrainControls, { isOne: (value: unknown) => boolean; expected: string }>;

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function requireControls(controls: TrainControls): void {
  for (const [name, { isOne, expected }] of Object.entries(CONTROLS)) {
    const value = controls[name as keyof TrainControls];
    if (value !== undefined && !isOne(value)) throw errors.invalidOption(name, value, expected);
  }
}

/** The same, with messages in the command's words, for options that are checked. */
export async function* trainAsCommand(
  checked: CheckedOptions,
  { signal, onProgress, onView }: TrainControls,
): AsyncGenerator<TrainEvent, void, undefined> {
  const beganAt = now();
  const world = worldOf(checked);
  world?.begin();
  try {
    yield* trainIn(world, checked, { signal, onProgress, onView }, beganAt);
  } catch (error) {
    // What the other ranks do not know of, this one tells.
    throw world?.isAwaited ? asTold(world, error, false) : error;
  } finally {
    world?.leave();
  }
}

/** @param world  under MPI, all ranks */
async function* trainIn(
  world: World | undefined,
  checked: CheckedOptions,
  { signal, onProgress, onView }: TrainControls,
  beganAt: number,
): AsyncGenerator<TrainEvent, void, undefined> {
  const run = await prepare(checked, world, signal);
  // Until everything has been written, or the consumer leaves.
  using _ = run.lock;
  // (Every rank has the same checkpoint.)
  if (isOver(run)) world?.agreeToEnd();
  const ledger = new Ledger(run.plan, run.memory.epochs, run.start, run.config.logEvery ?? 0, beganAt);
  onView?.(new RunView(run));
  yield* opening(run, beganAt, world);
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
    await closeTogether(coordinator, world);
    await checkpointer?.finish();
    if (checkpointer) yield* checkpointer.drain();
    yield* end(run, ledger, ending, world, failure, checkpointer?.newest);
  } finally {
    progress?.stop();
    signal?.removeEventListener('abort', stop);
    await closeTogether(coordinator, world);
    await checkpointer?.finish();
  }
}

/** Ends the gang. (The other ranks' gangs have ended with it, at the same step; but they wait for one that died.) */
async function closeTogether(coordinator: Coordinator, world: World | undefined): Promise<void> {
  await coordinator.close();
  if (coordinator.outcome !== 'died') world?.agreeToEnd();
}

/** What is told before anything is trained. */
async function* opening(
  run: Run,
  beganAt: number,
  world: World | undefined,
): AsyncGenerator<TrainEvent, void, undefined> {
  let isLeft = true;
  try {
    yield startEvent(run, beganAt, world);
    yield* run.warnings;
    isLeft = false;
  } finally {
    if (isLeft && world?.isAwaited) await stopAtOnce(run, beganAt, world);
  }
}

/** A rank that has no more to do: tells the others when they meet before the first step, as one that is stopped later does. */
async function stopAtOnce(run: Run, beganAt: number, world: World): Promise<void> {
  await closeTogether(new Coordinator(jobOf(run, beganAt, world), run.memory), world);
}

/** All ranks, under MPI. */
function worldOf({ mpi }: CheckedOptions): World | undefined {
  if (mpi === undefined) return undefined;
  return World.join(mpi === true ? undefined : mpi);
}

interface Ending {
  readonly status: EndEvent['status'];
  readonly failure?: unknown;
  /** Steps of the run that are done. */
  readonly step: number;
  /** Why it is complete before its last epoch. */
  readonly endedBy: EndEvent['stopped_by'] | undefined;
  /** A thread may have died with its part of a step half done. */
  readonly isWhole: boolean;
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

/**
 * Saves the model if that is wanted, and yields the last event.
 *
 * @param world       under MPI, all ranks: the first saves
 * @param cut         why the run was ended, if it was: its weights are whole then, and are saved all the same
 * @param checkpoint  the newest
 * @throws what the run failed of
 */
async function* end(
  run: Run,
  ledger: Ledger,
  ending: Ending,
  world: World | undefined,
  cut?: unknown,
  checkpoint?: string,
): AsyncGenerator<EndEvent, void, undefined> {
  const { config, memory, model } = run;
  let { status } = ending;
  const { best } = ledger;
  // What diverged, or died in a step, is to be seen as it is.
  const isBest = config.keepBest && best !== undefined && status !== 'failed';
  if (isBest) restoreBest(memory.layers);
  let failure = ending.failure ?? cut;
  const writes = world?.isFirst ?? true;
  let saved: string | undefined;
  if (status !== 'failed' && !areFinite(memory.layers)) {
    // The very last step, or the last before an interruption: no loss has told it.
    failure = errors.diverged('a weight', ending.step, config);
  } else if (status !== 'failed' && config.save !== undefined && writes) {
    try {
      const written = await saveModel(config.save, model, readParameters(memory.layers), ledger.completed, ending.step);
      saved = written.file;
      if (written.problem !== undefined) failure ??= errors.savedElsewhere(config.save, written.problem, saved);
    } catch (error) {
      failure ??= errors.saveFailed(config.save, error);
    }
  }
  if (failure !== undefined) status = 'failed';
  yield {
    event: 'end',
    status,
    epochs: ledger.completed,
    ...(ending.endedBy && { stopped_by: ending.endedBy }),
    ...(best && { best_epoch: best.epoch }),
    ...(isBest ? best.figures : ledger.figures),
    seconds: ledger.seconds,
    ...(ending.isWhole && { weights_sha256: weightsSha256(memory.layers) }),
    ...(saved !== undefined && { saved }),
    ...(checkpoint !== undefined && { checkpoint }),
    ...(failure !== undefined && { message: reason(failure) }),
  };
  // (What the other ranks do not know of, `train` says how to tell.)
  if (failure !== undefined) throw ending.isWhole ? asTold(world, failure, failure !== cut) : failure;
}

/** Whether it resumes what is complete. (With no epochs there is an evaluation, whose figures no checkpoint holds.) */
function isOver({ resumedFrom, start, config }: Run): boolean {
  const { epochs } = config;
  if (resumedFrom === undefined || epochs === 0 || start.stepsInEpoch > 0) return false;
  return start.epochs === epochs || hasLostPatience(config, start);
}

function hasLostPatience({ patience }: Config, { epochs, best }: Pick<RunState, 'epochs' | 'best'>): boolean {
  return patience !== undefined && best !== undefined && epochs - best.epoch >= patience;
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

function startEvent(run: Run, beganAt: number, world: World | undefined): StartEvent {
  const { config, plan, kernel, memory, dataset, start, resumedFrom: file } = run;
  return {
    event: 'start',
    schema: SCHEMA,
    time: new Date(beganAt).toISOString(),
    config: recordOfConfig(config),
    dataset: {
      name: dataset.name,
      train: plan.trainSamples,
      ...(plan.validationSamples > 0 && { validation: plan.validationSamples }),
      test: plan.testSamples,
      inputs: dataset.inputs,
      classes: dataset.classes,
      ...(dataset.table && { class_names: dataset.table.classNames }),
      density: dataset.density,
    },
    model: { layers: plan.layers, parameters: parameterCount(memory.layers) },
    threads: config.threads,
    ...(world && { ranks: world.ranks, rank: world.rank, mpi: world.version }),
    kernel: kernel.name,
    node: process.versions.node,
    ...(file !== undefined && { resumed: { file, epochs: start.epochs, step: start.step } }),
  };
}

function epochEvent({ memory, config, plan }: Run, epoch: number, ledger: Ledger): EpochEvent {
  const fractions = phaseFractions(memory.members, epoch);
  const { seconds, samples_per_second, ...figures } = ledger.epoch(epoch);
  const isScheduled = config.schedule !== 'constant' || config.warmupSteps > 0;
  const steps = stepsPerEpoch(plan);
  const lr = isScheduled && new Optimizer(optimizerOf(config), config.epochs, steps).rate(epoch * steps - 1);
  return {
    ...figures,
    ...(lr !== false && { lr }),
    ...{ seconds, samples_per_second },
    wait_fraction: fractions.wait,
    phase_fractions: fractions,
  };
}
