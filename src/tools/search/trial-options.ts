/** The options of the trials of a search, which are all checked before the first trial. */
import type { Condition } from '../../config/option.js';
import {
  applicable,
  type CheckedOptions,
  type Config,
  OPTIONS,
  refusalOf,
  requireNothingOfImages,
  requireNothingOfTables,
  requireTogether,
  tableTraitsOf,
  withDefaults,
} from '../../config/options.js';
import type { Dataset } from '../../data/dataset.js';
import { inTurns } from '../../data/table/steps.js';
import { errors } from '../../errors.js';
import { Pacer } from '../../metrics/quality/pacer.js';
import { augmentationOf } from '../../run/augmentation.js';
import { requireFitting } from '../../run/fitting-options.js';
import { withFoldDefaults } from '../../run/fold-samples.js';
import { usedOf } from '../../run/run-memory.js';
import { asTyped, type Dimension, optionRecord, valuesOfTrial } from './space.js';

/** What the options of all trials follow from. */
export interface TrialPlan {
  readonly space: readonly Dimension[];
  readonly seed: number;
  /** Folds that judge a trial; undefined: the validation split does. */
  readonly folds: number | undefined;
  /** Of every trial. */
  readonly fixed: CheckedOptions;
  readonly isTable: boolean;
}

/** The values of a trial, without those that do not apply, such as Adam's with SGD. */
export function valuesFor({ space, seed, fixed, isTable }: TrialPlan, trial: number): CheckedOptions {
  const configOf = (values: CheckedOptions) => configFor({ ...fixed, ...values }, isTable);
  return applicable(valuesOfTrial(space, seed, trial), configOf);
}

/** The options of the run that judges a trial, or the first of these runs. */
export function judgedOptions(plan: TrialPlan, trial: number): CheckedOptions {
  const { fixed, folds } = plan;
  // An ensemble is trained only with the best options.
  const options = { ...fixed, ...valuesFor(plan, trial), ensemble: 1 };
  return folds === undefined ? options : { ...options, fold: `1/${folds}` };
}

/** The options of the final run, if the trial is the best one: after folds, all rows of a table are trained on. */
export function finalOptions(plan: TrialPlan, trial: number): CheckedOptions {
  const { fixed, folds, isTable } = plan;
  const isWhole = folds !== undefined && isTable;
  const options = { ...fixed, ...valuesFor(plan, trial), ...(isWhole && { testSplit: 0 }) };
  return applicable(options, (some) => configFor(some, isTable));
}

function configFor(options: CheckedOptions, isTable: boolean, rows?: number): Config {
  return withDefaults(options, isTable ? { ...tableTraitsOf(options), rows } : undefined);
}

/** @throws LockstepError that names the first trial with options that do not fit, or an option that no trial can have */
export async function requireTrials(plan: TrialPlan, trials: number, dataset: Dataset, signal?: AbortSignal) {
  const { space, folds } = plan;
  const rows = {
    judged: await rowsOf(judgedOptions(plan, 1), plan, dataset, signal),
    final: folds === undefined ? 0 : await rowsOf(finalOptions(plan, 1), plan, dataset, signal),
  };
  const varied = new Set<string>();
  const pacer = new Pacer();
  for (let trial = 1; trial <= trials; trial++) {
    const values = valuesFor(plan, trial);
    for (const name of Object.keys(values)) varied.add(name);
    try {
      requireRun(judgedOptions(plan, trial), plan, dataset, rows.judged);
      if (folds !== undefined) requireRun(finalOptions(plan, trial), plan, dataset, rows.final);
    } catch (error) {
      throw errors.trialRefused(trial, asTyped(optionRecord(values)), error);
    }
    if (!pacer.isDue) continue;
    await pacer.pause();
    signal?.throwIfAborted();
  }
  requireVaried(
    plan,
    space.filter(({ name }) => !varied.has(name)),
  );
}

/** Number of samples that a run trains on. */
async function rowsOf(options: CheckedOptions, { isTable }: TrialPlan, dataset: Dataset, signal?: AbortSignal) {
  const config = withFoldDefaults(configFor(options, isTable), options, dataset);
  const { limit = dataset.train.count } = config;
  if (limit > dataset.train.count) throw errors.limitBeyondData(limit, dataset.train.count);
  return (await inTurns(usedOf(dataset, limit, config), signal)).train.count;
}

/** @throws LockstepError as the run with these options would, before its first event */
function requireRun(options: CheckedOptions, { isTable }: TrialPlan, dataset: Dataset, rows: number): void {
  const config = configFor(options, isTable, rows);
  const { fold, testSplit, batchSize } = config;
  requireTogether(options, config);
  if (isTable) requireNothingOfImages(config);
  else requireNothingOfTables(config);
  const tested = fold !== undefined ? 1 : testSplit === 0 ? 0 : dataset.test.count;
  requireFitting(options, config, { areNumbers: dataset.targetNames !== undefined, tested });
  augmentationOf(config, dataset);
  if (options.batchSize !== undefined && batchSize > rows) throw errors.batchBeyondData(batchSize, rows);
}

/** @throws LockstepError if an option has no effect in any trial, and other draws would not change that */
function requireVaried({ space, seed, fixed, isTable }: TrialPlan, unused: readonly Dimension[]): void {
  const isSearched = (other: string) => space.some(({ name }) => name === other);
  for (const { name } of unused) {
    const { needs = [], excludes } = OPTIONS[name];
    const nameOf = (condition: Condition) => (typeof condition === 'string' ? condition : condition[0]);
    const others = [...needs.flatMap(({ anyOf }) => anyOf.map(nameOf)), ...(excludes ? [excludes.option] : [])];
    if (others.some(isSearched)) continue;
    const values = { ...fixed, ...valuesOfTrial(space, seed, 1) };
    const refusal = refusalOf(name, values[name], { ...configFor(values, isTable), ...values });
    if (refusal) throw refusal;
  }
}
