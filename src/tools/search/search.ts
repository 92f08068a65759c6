/** Searches for good options: trains networks with different ones, several at the same time, and judges them. */
import { type CheckedOptions, requireTogether, tableTraitsOf, withDefaults } from '../../config/options.js';
import type { Dataset } from '../../data/dataset.js';
import type { InMemory } from '../../data/in-memory.js';
import { inputFilesOf, isTableSource } from '../../data/sources.js';
import { errors, reason } from '../../errors.js';
import { isSameOutput, type Output } from '../../files/output.js';
import { chooseKernel } from '../../kernels/builds.js';
import { now } from '../../memory/clock.js';
import { type EndEvent, SCHEMA } from '../../metrics/events.js';
import type { SearchEndEvent, SearchEvent, SearchStartEvent, TrialEvent } from '../../metrics/search-events.js';
import { loadFor } from '../../run/load-data.js';
import type { Library } from '../../run/train.js';
import { trainAny } from '../ensemble/train-any.js';
import { pictureAt, requirePictures, writePicture } from '../inspect/write-picture.js';
import { counting, type OnCount, type OnEpoch } from '../several-runs/count-runs.js';
import { divideCores } from '../several-runs/divide-cores.js';
import { runInOrder } from '../several-runs/run-in-order.js';
import { importanceOf } from './importance.js';
import { judge } from './judge.js';
import { lockLog, requireLog, SearchLog } from './log.js';
import { searchPicture } from './picture.js';
import { type Rung, ranked, rungsFor } from './rungs.js';
import { type Dimension, optionRecord, spaceRecord } from './space.js';
import { finalOptions, judgedOptions, requireTrials, type TrialPlan, valuesFor } from './trial-options.js';

export interface SearchSettings {
  readonly space: readonly Dimension[];
  readonly trials: number;
  readonly seed: number;
  /** Judges trials by the mean over folds; undefined: by the validation split. */
  readonly folds: number | undefined;
  /** Successive halving by this factor; undefined: every trial is trained fully. */
  readonly halving: number | undefined;
  readonly atOnce: number | undefined;
  readonly log: string | undefined;
  /** File for the best network. */
  readonly save: string | undefined;
  /** The picture of what mattered: .svg or .png. */
  readonly output: string | undefined;
}

/** By default. */
export const TRIALS = 20;
export const MOST_TRIALS = 1_000_000;
export const MOST_HALVING = 100;
export const MOST_SEARCH_SEED = 999_999_999;

/** Held out for judging, without `--validation-split` and `--folds`. */
const VALIDATION_SPLIT = 0.2;

interface Plan {
  readonly settings: SearchSettings;
  readonly options: TrialPlan;
  /** Data that are not in files. */
  readonly memory: InMemory;
  readonly dataset: Dataset;
  readonly shares: { readonly atOnce: number; readonly cores: number };
  readonly rungs: readonly Rung[];
}

/**
 * @param given  the options that all trials share, checked
 * @throws LockstepError before the first event if the options or data cannot be used; after the last one if there is no best trial, or
 *   the best network cannot be trained or saved
 */
export async function* search(
  given: CheckedOptions,
  settings: SearchSettings,
  signal?: AbortSignal,
  { memory = {}, onTrained, onCount }: Library & { readonly onCount?: OnCount } = {},
): AsyncGenerator<SearchEvent, void, undefined> {
  const beganAt = now();
  signal?.throwIfAborted();
  const { log: file } = settings;
  if (file !== undefined) {
    await requireLog(file, inputFilesOf(memory.data ?? given.data ?? ''));
    const { save } = settings;
    if (save !== undefined && (await isSameOutput(file, save))) throw errors.logIsModel(file);
  }
  const picture = settings.output === undefined ? undefined : pictureAt('--output', settings.output);
  if (picture) await requirePictures([picture], inputFilesOf(memory.data ?? given.data ?? ''));
  const plan = await planOf(given, settings, memory, signal);
  const described = startEvent(plan, beganAt);
  using _ = file === undefined ? undefined : await lockLog(file);
  const log = file === undefined ? undefined : await SearchLog.open(file, described);
  yield log?.start ?? described;
  const counted = counting(
    plan.rungs.reduce((sum, { trials }) => sum + trials, 0),
    onCount,
  );
  const first: TrialEvent[] = [];
  let judged: TrialEvent[] = [];
  let isInterrupted = false;
  for (const [rung, { trials, fraction }] of plan.rungs.entries()) {
    const numbers = rung === 0 ? Array.from({ length: trials }, (_, i) => i + 1) : promoted(judged, trials);
    if (numbers.length === 0) break;
    judged = [];
    const work = numbers.map((trial) =>
      counted((stop, onEpoch) => trialOf(plan, { trial, rung: rung + 1, fraction }, log, stop, onEpoch)),
    );
    for await (const event of runInOrder(work, plan.shares.atOnce, signal)) {
      judged.push(event);
      if (rung === 0) first.push(event);
      yield event;
    }
    isInterrupted = judged.length < numbers.length;
    if (isInterrupted) break;
  }
  const drawn = picture && { picture, start: described };
  yield* end(plan, first, isInterrupted ? [] : judged, { isInterrupted, beganAt, signal, drawn, onTrained });
}

/** The trials of the next rung, in their order. */
function promoted(judged: readonly TrialEvent[], trials: number): number[] {
  const best = ranked(judged).slice(0, trials);
  return best.map(({ trial }) => trial).sort((a, b) => a - b);
}

/** @throws LockstepError if the options or data cannot be used */
async function planOf(
  given: CheckedOptions,
  settings: SearchSettings,
  memory: InMemory,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  const { folds, trials, halving, atOnce, space, seed } = settings;
  if (halving !== undefined && halving > trials)
    throw errors.invalidOption('halving', halving, `at most the number of trials, ${trials}`);
  const fixed: CheckedOptions =
    folds === undefined ? { ...given, validationSplit: given.validationSplit ?? VALIDATION_SPLIT } : given;
  const first = folds === undefined ? fixed : { ...fixed, fold: `1/${folds}` };
  const isTable = given.data !== undefined && isTableSource(memory.data ?? given.data);
  const options: TrialPlan = { space, seed, folds, fixed, isTable };
  const config = withDefaults(first, isTable ? tableTraitsOf(first) : undefined);
  // Before the data are loaded. Searched options may be what the others require.
  const judged = judgedOptions(options, 1);
  requireTogether(judged, withDefaults(judged, isTable ? tableTraitsOf(judged) : undefined));
  const dataset = await loadFor(config, first, undefined, { signal, ...memory });
  await requireTrials(options, trials, dataset, signal);
  const shares = divideCores(config, fixed, trials, atOnce);
  return { settings, options, memory, dataset, shares, rungs: rungsFor(trials, halving) };
}

function startEvent({ settings, options: { fixed }, dataset, rungs }: Plan, beganAt: number): SearchStartEvent {
  const { name, train, test } = dataset;
  // These may differ when a search is continued; the hash identifies the data.
  const { threads: _, vectorBits: __, data: ___, ...options } = fixed;
  return {
    ...{ event: 'search_start', schema: SCHEMA, time: new Date(beganAt).toISOString() },
    dataset: { name, samples: train.count, test: test.count, sha256: train.sha256 },
    ...{ space: spaceRecord(settings.space), options: optionRecord(options) },
    ...{ trials: settings.trials, search_seed: settings.seed },
    ...{ folds: settings.folds ?? null, halving: settings.halving ?? null, rungs },
    kernel: chooseKernel(fixed.kernel ?? 'auto').name,
  };
}

async function trialOf(
  plan: Plan,
  { trial, rung, fraction }: { readonly trial: number; readonly rung: number; readonly fraction: number },
  log: SearchLog | undefined,
  stop: AbortSignal,
  onEpoch: OnEpoch,
): Promise<TrialEvent> {
  const known = log?.find(trial, rung);
  if (known) return known;
  const beganAt = now();
  const values = valuesFor(plan.options, trial);
  const shared = { ...plan.memory, dataset: plan.dataset, cores: plan.shares.cores };
  const options = judgedOptions(plan.options, trial);
  const { loss, epochs, message } = await judge(options, plan.settings.folds, fraction, shared, stop, onEpoch);
  const event: TrialEvent = {
    ...{ event: 'trial', trial, rung, status: loss === null ? 'failed' : 'completed' },
    ...{ options: optionRecord(values), epochs, loss, seconds: (now() - beganAt) / 1000 },
    ...(message !== undefined && { message }),
  };
  await log?.add(event);
  return event;
}

interface Circumstances {
  readonly isInterrupted: boolean;
  readonly beganAt: number;
  readonly signal: AbortSignal | undefined;
  readonly onTrained: Library['onTrained'];
  readonly drawn: { readonly picture: Output; readonly start: SearchStartEvent } | undefined;
}

async function* end(
  plan: Plan,
  first: readonly TrialEvent[],
  judged: readonly TrialEvent[],
  { isInterrupted, beganAt, signal, drawn, onTrained }: Circumstances,
): AsyncGenerator<SearchEndEvent, void, undefined> {
  const [best] = ranked(judged);
  let failure: unknown =
    best || isInterrupted ? undefined : errors.noTrial(first.find(({ message }) => message)?.message);
  let final: EndEvent | undefined;
  if (best) {
    try {
      for await (const event of trainAny(
        { ...finalOptions(plan.options, best.trial), ...(plan.settings.save && { save: plan.settings.save }) },
        { signal },
        { memory: sharedBy(plan), onTrained },
      )) {
        if (event.event === 'end') final = event;
      }
    } catch (error) {
      failure = error;
    }
  }
  let picture: string | undefined;
  if (drawn && first.length > 0 && !isInterrupted) {
    try {
      await writePicture(drawn.picture, searchPicture(drawn.start, plan.settings.space, first, best));
      picture = drawn.picture.file;
    } catch (error) {
      failure ??= error;
    }
  }
  const isStopped = isInterrupted || final?.status === 'interrupted';
  const { test_loss, test_error, test_rmse, test_mae, test_r2, test_targets, ensemble, saved, weights_sha256 } =
    final ?? {};
  const tested = { test_loss, test_error, test_rmse, test_mae, test_r2, test_targets, ensemble, saved, weights_sha256 };
  yield {
    event: 'search_end',
    status: failure !== undefined ? 'failed' : isStopped ? 'interrupted' : 'completed',
    trials: first.length,
    ...(best && { best: { trial: best.trial, options: best.options, loss: best.loss } }),
    importance: first.length > 1 ? importanceOf(plan.settings.space, first) : [],
    ...Object.fromEntries(Object.entries(tested).filter(([, value]) => value !== undefined)),
    ...(picture !== undefined && { picture }),
    seconds: (now() - beganAt) / 1000,
    ...(failure !== undefined && { message: reason(failure) }),
  };
  if (failure !== undefined) throw failure;
}

/** The data are loaded already, unless they are divided differently: after folds, all rows are trained on. */
function sharedBy({ settings, memory, dataset }: Plan) {
  return settings.folds === undefined ? { ...memory, dataset } : memory;
}
