/** Training as an async generator of events. */

import { type CheckedOptions, checkOptions, requireOptions, type TrainOptions } from '../config/options.js';
import type { InMemory } from '../data/in-memory.js';
import type { ImagesData } from '../data/memory-images.js';
import { MEMORY } from '../data/table/memory.js';
import type { TableData } from '../data/table/memory-table.js';
import { errors } from '../errors.js';
import { now } from '../memory/clock.js';
import type { Progress, TrainEvent } from '../metrics/events.js';
import { asTold } from '../parallel/mpi/agreement.js';
import type { World } from '../parallel/mpi/world.js';
import { inLibraryWords } from '../text/words.js';
import { untilTheEnd } from './early-exit.js';
import type { Trained } from './ending.js';
import { prepare, type SharedByRuns } from './prepare.js';
import { live } from './run-lifecycle.js';
import type { RunView } from './view.js';

export interface TrainControls {
  /**
   * Ends the run after the current step with an `end` event of status `interrupted`. While a table is being read and encoded,
   * `train()` throws the reason of the signal at once.
   */
  readonly signal?: AbortSignal | undefined;
  /** Called about ten times per second during training. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Called once, before the first event, with a live view of the run. */
  readonly onView?: ((view: RunView) => void) | undefined;
}

/** The options of `train()`, where data may also be in memory. */
export interface TrainInput extends Omit<TrainOptions, 'data' | 'testData' | 'publicData'>, TrainControls {
  /** As the option `data` of files; or a table in memory, which may name its label, target and weight; or images. @default 'mnist' */
  readonly data?: string | TableData | ImagesData | undefined;
  /** As the option `testData` of files; or a table in memory. @default none */
  readonly testData?: string | TableData | undefined;
  /** As the option `publicData` of files; or a table in memory. @default none */
  readonly publicData?: string | TableData | undefined;
}

/** What only the library asks of a run. */
export interface Library {
  readonly memory?: InMemory & SharedByRuns;
  readonly onTrained?: ((trained: Trained) => void) | undefined;
  /** Awaited when the run is prepared, before its threads start. What it returns is called when they have ended. */
  readonly onReady?: (() => Promise<() => void>) | undefined;
}

/**
 * Trains a network, and yields events: `start`, then `step`, `epoch`, `checkpoint` and `warning`, then `end`.
 *
 * The threads run at most one epoch ahead of the event being handled. Leaving the loop early ends the run like an aborted
 * `signal`: the threads end, a last checkpoint and the model are written if requested, and an error of the run is thrown. A
 * generator that is neither finished nor left keeps the threads and the process waiting.
 *
 * @example
 * for await (const event of train({ epochs: 5, threads: 2 })) {
 *   if (event.event === 'epoch') console.log(event.epoch, event.train_loss);
 * }
 *
 * @throws LockstepError before `start` if the options or data cannot be used; after an `end` event whose status
 *   is `failed` if a loss is no longer finite, a thread died, or a file could not be written that was required
 */
export async function* train(options: TrainInput = {}): AsyncGenerator<TrainEvent, void, undefined> {
  yield* trainInLibrary(options);
}

/** Trains with checked options. */
export type Trainer = (
  checked: CheckedOptions,
  controls: TrainControls,
  library: Library,
) => AsyncGenerator<TrainEvent, void, undefined>;

/**
 * As `train`.
 *
 * @param onTrained  called before the `end` event, if the run leaves a model
 */
export async function* trainInLibrary(
  options: TrainInput,
  onTrained?: (trained: Trained) => void,
  trainer: Trainer = trainAsCommand,
): AsyncGenerator<TrainEvent, void, undefined> {
  requireOptions(options, Object.keys(CONTROLS));
  const { signal, onProgress, onView, ...input } = options;
  const controls = { signal, onProgress, onView };
  requireControls(controls);
  const { given, memory } = await inMemory(input);
  for await (const event of trainer(checkOptions(given), controls, { memory, onTrained })) {
    yield 'message' in event ? { ...event, message: inLibraryWords(event.message) } : event;
  }
}

/** These say how a file is read. */
const OF_FILES = ['header', 'delimiter', 'comment', 'encoding'] as const;

/** Separates the data in memory from the options. */
export async function inMemory({
  data,
  testData,
  publicData,
  ...others
}: Omit<TrainInput, keyof TrainControls>): Promise<{
  readonly given: TrainOptions;
  readonly memory: InMemory;
}> {
  if (![data, testData, publicData].some(isObject)) {
    return { given: { ...others, data, testData, publicData } as TrainOptions, memory: {} };
  }
  // Files need none of this code.
  const { areImages, imagesInMemory } = await import('../data/memory-images.js');
  if (areImages(testData)) throw errors.testImages();
  if (areImages(data)) {
    const images = imagesInMemory('data', data);
    if (isObject(testData)) throw errors.onlyForTables('test-data', MEMORY, MEMORY);
    if (isObject(publicData)) throw errors.onlyForTables('public-data', MEMORY, MEMORY);
    return { given: { ...others, data: MEMORY, testData, publicData } as TrainOptions, memory: { data: images } };
  }
  const { requireSameGoals, tableInMemory } = await import('../data/table/memory-table.js');
  const train = isObject(data) ? tableInMemory('data', data) : undefined;
  const known = { ...others, ...train?.goals };
  const like = (option: string, given: unknown) => {
    const table = isObject(given) ? tableInMemory(option, given, known) : undefined;
    if (table) requireSameGoals(option, table.goals, known);
    return table;
  };
  const test = like('testData', testData);
  const fitted = like('publicData', publicData);
  for (const name of OF_FILES) {
    if (train && others[name] !== undefined) throw errors.optionOfFiles(name);
  }
  for (const name of ['label', 'target', 'weight'] as const) {
    if (train?.goals[name] !== undefined && others[name] !== undefined) throw errors.givenTwice(name);
  }
  return {
    given: {
      ...others,
      ...train?.goals,
      data: train ? MEMORY : (data as string | undefined),
      testData: test ? MEMORY : (testData as string | undefined),
      publicData: fitted ? MEMORY : (publicData as string | undefined),
    },
    memory: { data: train?.table, testData: test?.table, publicData: fitted?.table },
  };
}

/** Arguments of a program in addition to options. */
const CONTROLS = {
  signal: { isOne: (value: unknown) => value instanceof AbortSignal, expected: 'an AbortSignal' },
  onProgress: { isOne: isFunction, expected: 'a function' },
  onView: { isOne: isFunction, expected: 'a function' },
} satisfies Record<keyof TrainControls, { isOne: (value: unknown) => boolean; expected: string }>;

/** Anything that is not a name. */
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function requireControls(controls: TrainControls): void {
  for (const [name, { isOne, expected }] of Object.entries(CONTROLS)) {
    const value = controls[name as keyof TrainControls];
    if (value !== undefined && !isOne(value)) throw errors.invalidOption(name, value, expected);
  }
}

/** `train` for checked options, with messages for the command line. */
export async function* trainAsCommand(
  checked: CheckedOptions,
  { signal, onProgress, onView }: TrainControls,
  { memory, onTrained, onReady }: Library = {},
): AsyncGenerator<TrainEvent, void, undefined> {
  let beganAt = now();
  const world = await worldOf(checked);
  world?.begin();
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  let onOver: (() => void) | undefined;
  try {
    const run = await prepare(checked, world, signal, memory);
    // Until everything has been written.
    using _ = run.lock;
    const readyAt = now();
    onOver = await onReady?.();
    // Waiting for other runs is not part of the run's time.
    beganAt += now() - readyAt;
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    yield* untilTheEnd(live(run, { beganAt, world, onProgress, onView, onTrained, stop: stopping.signal }), stop);
  } catch (error) {
    // Errors that other ranks do not know are reported by this one.
    throw world?.isAwaited ? asTold(world, error, false) : error;
  } finally {
    signal?.removeEventListener('abort', stop);
    onOver?.();
    world?.leave();
  }
}

/** All ranks, under MPI. */
async function worldOf({ mpi }: CheckedOptions): Promise<World | undefined> {
  if (mpi === undefined) return undefined;
  // Other runs need none of this code.
  const { World } = await import('../parallel/mpi/world.js');
  return World.join(mpi === true ? undefined : mpi);
}
