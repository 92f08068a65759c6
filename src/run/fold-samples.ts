/** The samples of `--fold`. */
import type { CheckedOptions, Config } from '../config/options.js';
import type { Dataset } from '../data/dataset.js';
import { countGroups, foldOfEach, parseFold } from '../data/folds.js';
import { type Samples, taking } from '../data/samples.js';
import { splitBy } from '../data/split.js';
import { inParts, type Steps } from '../data/table/steps.js';
import { errors } from '../errors.js';

/** With a fold. */
export type FoldOptions = Pick<Config, 'fold' | 'foldSeed' | 'seed' | 'stratify'>;

/** The configuration of a run on a fold: folds of images are stratified, too, although other splits of images are not. */
export function withFoldDefaults(config: Config, given: CheckedOptions, { train, targetNames }: Dataset): Config {
  const isUsual = config.fold === undefined || train.table !== undefined || given.stratify !== undefined;
  return isUsual ? config : { ...config, stratify: targetNames === undefined };
}

/** The data set whose test samples are a fold of the first `limit` training samples, and whose training samples are the others. */
export function* withFold(dataset: Dataset, limit: number, config: FoldOptions): Steps<Dataset> {
  const { train, inputs } = dataset;
  const { number, foldOf } = yield* foldsOf(train, limit, config);
  const isApart = new Uint8Array(limit);
  let size = 0;
  yield* inParts(limit, (from, to) => {
    for (let s = from; s < to; s++) {
      if (foldOf[s] !== number - 1) continue;
      isApart[s] = 1;
      size++;
    }
  });
  const { kept, apart } = yield* splitBy(isApart, size);
  return { ...dataset, train: yield* taking(train, inputs, kept), test: yield* taking(train, inputs, apart) };
}

/**
 * The folds of `--fold`.
 *
 * @param flag     for messages
 * @returns foldOf: (limit) the fold of each sample, from 0
 * @throws LockstepError if there are fewer samples, or groups, than folds
 */
export function* foldsOf(
  { targets, groups: all }: Samples,
  limit: number,
  { fold = '', foldSeed, seed, stratify }: FoldOptions,
  flag = `--fold ${fold}`,
): Steps<{ readonly number: number; readonly foldOf: Uint16Array }> {
  const { number, folds } = parseFold(fold)!;
  const groups = all?.subarray(0, limit);
  const units = groups ? yield* countGroups(groups, limit) : limit;
  if (units < folds) throw errors.tooManyFolds(flag, units, groups ? 'groups' : 'training samples');
  const classes = stratify ? targets.subarray(0, limit) : undefined;
  return { number, foldOf: yield* foldOfEach(limit, folds, foldSeed ?? seed, { classes, groups }) };
}
