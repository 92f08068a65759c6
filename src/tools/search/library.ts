/** A search as a program sees it. */
import { checkOptions, OPTION_NAMES, OPTIONS, type OptionName, requireOptions } from '../../config/options.js';
import { errors } from '../../errors.js';
import { isRecord } from '../../files/type-guards.js';
import type { SearchEndEvent, SearchEvent, TrialEvent } from '../../metrics/search-events.js';
import type { Trained } from '../../run/ending.js';
import { inMemory, type TrainInput } from '../../run/train.js';
import { flagOf, inLibraryWords } from '../../text/words.js';
import type { REFUSED } from '../cv/cv-options.js';
import { LEAST_FOLDS, MOST_AT_ONCE, MOST_FOLDS } from '../cv/plan.js';
import { type Model, modelOf } from '../model.js';
import { MOST_HALVING, MOST_SEARCH_SEED, MOST_TRIALS, search as run, TRIALS } from './search.js';
import { choiceOf, type Dimension, rangeOf } from './space.js';

/** Values of a searched option: choices, or a range of numbers. */
export type Searched = readonly unknown[] | RangeInput;

export interface RangeInput {
  readonly low: number;
  readonly high: number;
  /** @default 'log' if `high` is at least ten times `low`, which is positive */
  readonly scale?: 'log' | 'linear' | undefined;
}

type Taken = 'testSplit' | 'testData' | 'save';

/** The options of `train()` that all trials share, without those that only a single run has. */
export interface SearchInput
  extends Omit<TrainInput, Exclude<(typeof REFUSED)[number], Taken> | 'onProgress' | 'onView'> {
  /** What is searched, by option: `{ lr: { low: 1e-4, high: 1e-1 }, hidden: [[64], [256, 256]] }`. */
  readonly space: { readonly [name in OptionName]?: Searched };
  /** Number of trials. @default 20 */
  readonly trials?: number | undefined;
  /** Judge a trial by the mean test loss over so many folds. @default by the validation loss */
  readonly folds?: number | undefined;
  /** Factor of successive halving, from 2. @default off */
  readonly halving?: number | undefined;
  /** Seed for the random selection of values. @default 1 */
  readonly searchSeed?: number | undefined;
  /** Most trials at the same time. The results do not depend on it. @default as many as the cores can run */
  readonly atOnce?: number | undefined;
  /** File for the log: a search that is started again with it does not repeat trials. @default none */
  readonly log?: string | undefined;
  /** File for the chart of what mattered: `.svg` or `.png`. @default none */
  readonly output?: string | undefined;
  /** Called with each event, in the order of `lockstep search`. */
  readonly onEvent?: ((event: SearchEvent) => void) | undefined;
}

export interface SearchResult extends Omit<SearchEndEvent, 'event' | 'trials' | 'message'> {
  /** In the order of `lockstep search`. */
  readonly trials: readonly TrialEvent[];
  /** The network that was trained with the best options; undefined if the search was interrupted. */
  readonly model: Model | undefined;
}

/**
 * Trains networks with different options, and then one with the best.
 *
 * @example
 * const { best, model } = await search({ data: { rows, label: 'species' }, space: { lr: { low: 1e-4, high: 1e-1 } } });
 *
 * @throws LockstepError if the options or data cannot be used, all trials fail, or the best network cannot be trained or saved; the
 *   reason of the signal if it ends the search before the first trial
 */
export async function search(input: SearchInput): Promise<SearchResult> {
  requireOptions(input, OWN);
  const { space, trials, folds, halving, searchSeed, atOnce, log, output, save, onEvent, signal, ...others } = input;
  const settings = {
    space: dimensionsIn(space),
    trials: whole('trials', trials, 1, MOST_TRIALS) ?? TRIALS,
    folds: whole('folds', folds, LEAST_FOLDS, MOST_FOLDS),
    halving: whole('halving', halving, 2, MOST_HALVING),
    seed: whole('searchSeed', searchSeed, 0, MOST_SEARCH_SEED) ?? 1,
    atOnce: whole('atOnce', atOnce, 1, MOST_AT_ONCE),
    ...{ log: file('log', log), save: file('save', save), output: file('output', output) },
  };
  if (onEvent !== undefined && typeof onEvent !== 'function')
    throw errors.invalidOption('onEvent', onEvent, 'a function');
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw errors.invalidOption('signal', signal, 'an AbortSignal');
  const { given, memory } = await inMemory(others);
  const checked = checkOptions(given);
  const twice = settings.space.find(({ name }) => checked[name] !== undefined);
  if (twice) throw errors.searchedTwice(flagOf(twice.name));
  let trained: Trained | undefined;
  const onTrained = (left: Trained) => {
    trained = left;
  };
  const found: TrialEvent[] = [];
  let result: SearchResult | undefined;
  for await (const event of run(checked, settings, signal, { memory, onTrained })) {
    onEvent?.('message' in event && event.message ? { ...event, message: inLibraryWords(event.message) } : event);
    if (event.event === 'trial') found.push(event);
    if (event.event !== 'search_end') continue;
    const { event: _, trials: __, message: ___, ...end } = event;
    result = { ...end, trials: found, model: trained && modelOf(trained) };
  }
  return result!;
}

/** Arguments of a program besides the options of `train()`. */
const OWN: readonly string[] = [
  ...['space', 'trials', 'folds', 'halving', 'searchSeed', 'atOnce', 'log', 'output', 'onEvent', 'signal'],
];

function dimensionsIn(space: unknown): Dimension[] {
  const expected = 'an object of options, such as { lr: { low: 1e-4, high: 1e-1 }, hidden: [[64], [256, 256]] }';
  if (!isRecord(space) || Object.keys(space).length === 0) throw errors.invalidOption('space', space, expected);
  return Object.entries(space).map(([key, value]) => {
    const name = OPTION_NAMES.find((each) => each === key);
    if (name === undefined) throw errors.unknownOption(key, OPTION_NAMES);
    if (Array.isArray(value)) return choiceOf(name, value);
    const { low, high, scale, ...stray } = isRecord(value) ? value : {};
    const isRange =
      (scale === undefined || scale === 'log' || scale === 'linear') &&
      isRecord(value) &&
      Object.keys(stray).length === 0;
    const isNumeric = ['integer', 'number'].includes(OPTIONS[name].kind.type);
    if (!isRange || !isNumeric) throw errors.invalidOption('space', space, expected);
    return rangeOf(name, low, high, scale);
  });
}

function whole(name: string, value: unknown, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw errors.invalidOption(name, value, `a whole number from ${least} to ${most}`);
}

function file(name: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw errors.invalidOption(name, value, 'a file name');
}
