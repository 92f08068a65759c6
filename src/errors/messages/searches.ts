/** Cross-validation, the search for options, and the learning-rate finder. */
import { failure, usage } from '../draft.js';
import { reason } from '../reason.js';
import { shown } from '../shown.js';

export const searchErrors = {
  notInCv: (flag: string) =>
    usage(`--${flag}: not available with lockstep cv, which trains a network for each fold; omit this option`),
  notInFindLr: (flag: string) =>
    usage(
      `--${flag}: not available with lockstep find-lr, which trains some steps with many learning rates; omit this option`,
    ),
  notSearched: (flag: string, found: unknown) =>
    usage(`--${flag} ${shown(found)}: this option must be the same for all trials; give it a single value`),
  noSpace: () =>
    usage('nothing to search; give an option a range or choices, such as --lr 1e-4..1e-1 or --hidden "64|256,256"'),
  notASpace: (file: string, why: string, meant?: string) =>
    usage(
      `--space ${file}: ${shown(why)}; ${meant === undefined ? 'expected an object, such as {"lr": "1e-4..1e-1", "hidden": [[64], [256, 256]]}' : `did you mean ${meant}?`}`,
    ),
  trialRefused: (trial: number, options: string, cause: unknown) =>
    usage(`trial ${trial} would have ${shown(options)}: ${reason(cause)}; change the ranges or choices`),
  searchedTwice: (flag: string) => usage(`--${flag}: given both as an option and in --space; give it once`),
  otherSearch: (file: string, what: string) =>
    usage(`--log ${file}: the log of another search, which differs in ${what}; choose another file`),
  damagedLog: (file: string, line: number) =>
    failure(`--log ${file}: line ${line} is not a trial; remove the line, or choose another file`),
  logBusy: (file: string) =>
    usage(`--log ${file}: another search is writing this log; wait until it ends, or choose another file`),
  logIsModel: (file: string) => usage(`--log ${file}: the same file as --save; choose another name`),
  noTrial: (message = 'no trial was completed') => failure(`all trials failed; the first: ${message}`),
  predictionsElsewhere: (file: string, cause: unknown, written: string) =>
    failure(`--output ${file}: cannot be written (${reason(cause)}); the predictions are in ${written}`, cause),
  predictionsFailed: (file: string, cause: unknown) =>
    failure(`--output ${file}: cannot be written (${reason(cause)}); the predictions are lost`, cause),
  foldsFailed: (failed: number, all: number, fold: number, repeat: number, cause: unknown) =>
    failure(`${failed} of ${all} folds failed; the first is fold ${fold} of repeat ${repeat}: ${reason(cause)}`, cause),
};
