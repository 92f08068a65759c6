/** Which options of `train` a cross-validation takes. */

import { type CheckedOptions, GROUPS, type OptionName } from '../../config/options.js';
import { errors } from '../../errors.js';
import { flagOf } from '../../text/words.js';

/** They name the test set or when it is used, write files, belong to a single run, or would not be private for all folds together. */
export const REFUSED = [
  ...(['fold', 'testSplit', 'testData', 'testAt', 'save', 'audit', 'logEvery', 'noiseScale'] as const),
  ...(['checkpointDir', 'checkpointEvery', 'checkpointEverySteps', 'keep', 'checkpointRequired'] as const),
  ...(['resume', 'resumeAnyway', 'mpi', 'exact'] as const),
  ...(['private', 'dpEpsilon', 'dpDelta', 'dpClipNorm', 'dpNoiseMultiplier', 'dpSeed'] as const),
] satisfies readonly OptionName[];

const isRefused = (name: string) => REFUSED.some((each) => each === name);

/** The table of options, without those that do not apply. */
export const CV_GROUPS: typeof GROUPS = GROUPS.map(({ heading, options }) => ({
  heading,
  options: Object.fromEntries(
    Object.entries(options)
      .filter(([name]) => !isRefused(name))
      // There are always folds.
      .map(([name, { needs = [], ...entry }]) => [
        name,
        { ...entry, needs: needs.filter(({ anyOf }) => !anyOf.includes('fold')) },
      ]),
  ),
})).filter(({ options }) => Object.keys(options).length > 0);

/** @throws LockstepError (status 2) that names the first option that does not apply */
export function requireCvOptions(given: CheckedOptions): void {
  const stray = Object.keys(given).find((name) => isRefused(name) && given[name as OptionName] !== undefined);
  if (stray !== undefined) throw errors.notInCv(flagOf(stray));
}
