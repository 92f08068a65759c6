/** Cross-validation as a program sees it. */
import { checkOptions, requireOptions } from '../../config/options.js';
import { errors } from '../../errors.js';
import type { CvEvent, CvMetric, FoldEvent } from '../../metrics/cv-events.js';
import type { EndEvent } from '../../metrics/events.js';
import { inMemory, type TrainInput } from '../../run/train.js';
import { inLibraryWords } from '../../text/words.js';
import { crossValidation } from './cross-validate.js';
import type { REFUSED } from './cv-options.js';
import type { OutOfFoldPrediction } from './out-of-fold.js';
import { DEFAULT_FOLDS, LEAST_FOLDS, MOST_AT_ONCE, MOST_FOLDS, MOST_REPEATS } from './plan.js';

/** The options of `train()`, without those that only a single run has. */
export interface CrossValidateInput extends Omit<TrainInput, (typeof REFUSED)[number] | 'onProgress' | 'onView'> {
  /** Number of folds, from 2. @default 5 */
  readonly folds?: number | undefined;
  /** How often the samples are divided, each time differently. @default 1 */
  readonly repeats?: number | undefined;
  /** Most folds at the same time. The results do not depend on it. @default as many as the cores can run */
  readonly atOnce?: number | undefined;
  /** File for the out-of-fold predictions: `.ndjson` or `.csv`. @default none */
  readonly output?: string | undefined;
  /** Called with each event, in the order of `lockstep cv`. */
  readonly onEvent?: ((event: CvEvent) => void) | undefined;
}

export interface CrossValidation {
  /** `interrupted`: the signal has ended it early. */
  readonly status: EndEvent['status'];
  /** In order; after an interruption, those that had begun. */
  readonly folds: readonly FoldEvent[];
  /** Means over the completed folds. */
  readonly metrics: readonly CvMetric[];
  /** Of the samples of the completed folds, by repeat and row. */
  readonly predictions: readonly OutOfFoldPrediction[];
}

/**
 * Trains and tests a network for each fold of the samples.
 *
 * @example
 * const { metrics } = await crossValidate({ data: { rows, label: 'species' }, folds: 10 });
 *
 * @throws LockstepError if the options or data cannot be used, a fold fails, or the predictions cannot be written; the reason of
 *   the signal if it ends the cross-validation before the first fold
 */
export async function crossValidate(input: CrossValidateInput = {}): Promise<CrossValidation> {
  requireOptions(input, OWN);
  const { folds, repeats, atOnce, output, onEvent, signal, ...others } = input;
  const settings = {
    folds: whole('folds', folds, LEAST_FOLDS, MOST_FOLDS) ?? DEFAULT_FOLDS,
    repeats: whole('repeats', repeats, 1, MOST_REPEATS) ?? 1,
    atOnce: whole('atOnce', atOnce, 1, MOST_AT_ONCE),
    output,
  };
  if (output !== undefined && (typeof output !== 'string' || output === ''))
    throw errors.invalidOption('output', output, 'a file name');
  if (onEvent !== undefined && typeof onEvent !== 'function')
    throw errors.invalidOption('onEvent', onEvent, 'a function');
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw errors.invalidOption('signal', signal, 'an AbortSignal');
  const { given, memory } = await inMemory(others);
  let predictions: readonly OutOfFoldPrediction[] = [];
  const onPredictions = (all: readonly OutOfFoldPrediction[]) => {
    predictions = all;
  };
  const found: FoldEvent[] = [];
  let result: CrossValidation | undefined;
  for await (const event of crossValidation(checkOptions(given), settings, { signal, memory, onPredictions })) {
    onEvent?.('message' in event && event.message ? { ...event, message: inLibraryWords(event.message) } : event);
    if (event.event === 'fold') found.push(event);
    if (event.event === 'cv_end') result = { status: event.status, folds: found, metrics: event.metrics, predictions };
  }
  return result!;
}

/** Arguments of a program besides the options of `train()`. */
const OWN: readonly string[] = ['folds', 'repeats', 'atOnce', 'output', 'onEvent', 'signal'];

function whole(name: string, value: unknown, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw errors.invalidOption(name, value, `a whole number from ${least} to ${most}`);
}
