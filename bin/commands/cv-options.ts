/** The arguments of `lockstep cv`: most options of `train`, and options of its own. */
import { type CheckedOptions, checkOptions } from '../../src/config/options.js';
import type { Format } from '../../src/output/formats.js';
import type { CvOptions } from '../../src/tools/cv/cross-validate.js';
import { CV_GROUPS } from '../../src/tools/cv/cv-options.js';
import { DEFAULT_FOLDS, LEAST_FOLDS, MOST_AT_ONCE, MOST_FOLDS, MOST_REPEATS } from '../../src/tools/cv/plan.js';
import { FORMAT_HELP, formatOf, newCommand, parse, wholeOf } from '../parse.js';
import { addOptions } from './train-options.js';

export interface CvCommand {
  readonly options: CheckedOptions;
  readonly settings: CvOptions;
  readonly format: Format;
}

interface Own {
  readonly folds?: string;
  readonly repeats?: string;
  readonly atOnce?: string;
  readonly output?: string;
  readonly format?: unknown;
}

/**
 * @returns undefined if help or the version was requested, and has been printed
 * @throws LockstepError (status 2) on wrong usage
 */
export function parseCvCommand(args: readonly string[]): CvCommand | undefined {
  const command = newCommand(
    'lockstep cv',
    'Cross-validation: train and test a network for each fold of the samples, several at the same time.',
  );
  command
    .optionsGroup('Cross-validation:')
    .option('--folds <k>', `number of folds (default: ${DEFAULT_FOLDS})`)
    .option('--repeats <n>', 'number of times that the samples are divided, each time differently (default: 1)')
    .option('-o, --output <file>', 'write the out-of-fold predictions to this file (.ndjson or .csv)')
    .option('--at-once <n>', 'maximum number of folds at the same time (default: as many as the cores can run)')
    .option('--format <name>', FORMAT_HELP);
  addOptions(command, CV_GROUPS);
  command.addHelpText('after', HELP_END);
  if (!parse(command, args, 0)) return undefined;
  const { folds, repeats, atOnce, output, format, ...options } = command.opts<Own>();
  return {
    options: checkOptions(options),
    settings: {
      folds: wholeOf('folds', folds, MOST_FOLDS, LEAST_FOLDS) ?? DEFAULT_FOLDS,
      repeats: wholeOf('repeats', repeats, MOST_REPEATS) ?? 1,
      atOnce: wholeOf('at-once', atOnce, MOST_AT_ONCE),
      output,
    },
    format: formatOf(format),
  };
}

const HELP_END = `
The metrics of a fold are those of train --fold <fold>/<folds> --fold-seed <fold_seed>. They are written as NDJSON:
  lockstep cv --data iris.csv --label species | jq -c 'select(.event=="cv_end") | .metrics[] | [.metric,.mean]'`;
