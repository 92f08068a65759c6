/** The options of `lockstep evaluate` that say what is computed. */
import type { Command } from 'commander';
import type { ClassName } from '../../src/data/table/cells.js';
import { errors } from '../../src/errors.js';
import { DEFAULT_SEED, MOST_RESAMPLES } from '../../src/metrics/quality/bootstrap.js';
import type { ClassificationOptions } from '../../src/metrics/quality/classification.js';
import { grouped } from '../../src/text/grouped.js';
import { DEFAULT_REPEATS, type ImportanceOptions } from '../../src/tools/importance.js';

export interface RawMetricOptions {
  readonly bootstrap?: string;
  readonly topK?: string;
  readonly positive?: string;
  readonly importance?: true;
  readonly repeats?: string;
  readonly seed?: string;
  readonly output?: string;
}

export interface MetricOptions extends ClassificationOptions {
  /** Undefined: not requested. */
  readonly importance: ImportanceOptions | undefined;
}

const MOST_TOP = 65_536;
const MOST_REPEATS = 1000;

export function addMetricOptions(command: Command): Command {
  return command
    .option('-o, --output <file>', 'write a report with charts: .html (one page that needs no network) or .svg')
    .option(
      '--bootstrap <n>',
      'number of resamples for the 95% intervals; 0: no intervals (default: 1000, fewer for large test sets)',
    )
    .option(
      '--top-k <k>',
      'a prediction counts as correct in the top-k accuracy if the true class is among the k most probable ' +
        '(default: 5 for 10 or more classes, 2 for 3 to 9)',
    )
    .option(
      '--positive <class>',
      'for two classes: the positive class of average precision and calibration (default: the second class)',
    )
    .option('--importance', 'measure how much the predictions depend on each column of a table')
    .option('--repeats <n>', `number of times that --importance shuffles each column (default: ${DEFAULT_REPEATS})`)
    .option('--seed <n>', `seed for the resampling and for --importance (default: ${DEFAULT_SEED})`);
}

/** @throws LockstepError (status 2) */
export function checkMetricOptions({ bootstrap, topK, importance, repeats, seed }: RawMetricOptions): MetricOptions {
  if (!importance && repeats !== undefined) throw errors.requiresOption('repeats', repeats, '--importance');
  if (!importance && seed !== undefined && Number(bootstrap) === 0)
    throw errors.requiresOption('seed', seed, '--importance, or --bootstrap of at least 1');
  const checkedSeed = wholeFrom('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  return {
    resamples: wholeFrom('bootstrap', bootstrap, 0, MOST_RESAMPLES),
    topK: wholeFrom('topK', topK, 1, MOST_TOP),
    seed: checkedSeed,
    importance: importance && { repeats: wholeFrom('repeats', repeats, 1, MOST_REPEATS), seed: checkedSeed },
  };
}

/**
 * The number of the class of `--positive`.
 *
 * @throws LockstepError (status 2) if there is no such class, or there are not two
 */
export function positiveClass(name: string | undefined, classNames: readonly ClassName[]): number | undefined {
  if (name === undefined) return undefined;
  const found = classNames.findIndex((each) => String(each) === name);
  if (classNames.length === 2 && found >= 0) return found;
  const expected = classNames.length === 2 ? `${classNames[0]} or ${classNames[1]}` : 'a model of two classes';
  throw errors.invalidOption('positive', name, expected);
}

function wholeFrom(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw errors.invalidOption(name, text, `a whole number from ${least} to ${grouped(most)}`);
}
