/** What a cross-validation runs: the data, the folds, and how many at a time. */
import { type CheckedOptions, requireTogether, tableTraitsOf, withDefaults } from '../../config/options.js';
import type { Dataset } from '../../data/dataset.js';
import type { InMemory } from '../../data/in-memory.js';
import { isTableSource } from '../../data/sources.js';
import { inTurns } from '../../data/table/steps.js';
import { errors } from '../../errors.js';
import { foldsOf, withFoldDefaults } from '../../run/fold-samples.js';
import { loadFor } from '../../run/load-data.js';
import { divideCores } from '../several-runs/divide-cores.js';

export const DEFAULT_FOLDS = 5;
export const LEAST_FOLDS = 2;
export const MOST_FOLDS = 10_000;
export const MOST_REPEATS = 10_000;
export const MOST_AT_ONCE = 1024;

export interface CvSettings {
  /** Folds of a repeat: k. */
  readonly folds: number;
  readonly repeats: number;
  /** The most folds that run at the same time. */
  readonly atOnce: number | undefined;
}

/** Values of a data set of which another fold may be in memory. Large folds train so long that nothing is gained (bench/cv.ts). */
const MOST_AHEAD = 10_000_000;

/** A fold of a repeat, both from 1. */
export interface FoldRun {
  readonly repeat: number;
  readonly fold: number;
  /** The seed of the repeat's division. */
  readonly seed: number;
  /** The options of its run. */
  readonly options: CheckedOptions;
}

export interface CvPlan {
  readonly dataset: Dataset;
  /** Samples that the folds consist of. */
  readonly samples: number;
  /** In the order of the events. */
  readonly runs: readonly FoldRun[];
  /** By repeat: (samples) the fold of each, from 0. */
  readonly foldOf: readonly Uint16Array[];
  readonly atOnce: number;
  /** Folds that are prepared or evaluated while `atOnce` others train. */
  readonly ahead: number;
  /** The most threads of a fold. */
  readonly cores: number;
}

/** @throws LockstepError if the options or the data cannot be used */
export async function planCv(
  given: CheckedOptions,
  { folds, repeats, atOnce }: CvSettings,
  memory: InMemory,
  signal: AbortSignal | undefined,
): Promise<CvPlan> {
  // No event has the metrics of the epochs before the last.
  const optionsOf = (fold: number, foldSeed: number) =>
    ({ ...given, fold: `${fold}/${folds}`, foldSeed, testAt: 'end' }) as const;
  const first = optionsOf(1, given.foldSeed ?? given.seed ?? 1);
  const isTable = given.data !== undefined && isTableSource(memory.data ?? given.data);
  const config = withDefaults(first, isTable ? tableTraitsOf(first) : undefined);
  requireTogether(first, config);
  const dataset = await loadFor(config, first, undefined, { signal, ...memory });
  const { limit = dataset.train.count } = config;
  if (limit > dataset.train.count) throw errors.limitBeyondData(limit, dataset.train.count);
  const stratified = withFoldDefaults(config, given, dataset);
  if (stratified.stratify && dataset.targetNames !== undefined) throw errors.weightsOfNumbers('stratify');
  const runs: FoldRun[] = [];
  const foldOf: Uint16Array[] = [];
  for (let repeat = 1; repeat <= repeats; repeat++) {
    const seed = first.foldSeed + repeat - 1;
    const options = { ...stratified, foldSeed: seed };
    foldOf.push((await inTurns(foldsOf(dataset.train, limit, options, `--folds ${folds}`), signal)).foldOf);
    for (let fold = 1; fold <= folds; fold++) runs.push({ repeat, fold, seed, options: optionsOf(fold, seed) });
  }
  const shares = divideCores(config, given, runs.length, atOnce);
  const ahead = shares.atOnce > 1 && config.ensemble === 1 && limit * dataset.inputs <= MOST_AHEAD ? 1 : 0;
  return { dataset, samples: limit, runs, foldOf, ahead, ...shares };
}
