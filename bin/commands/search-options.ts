/** The arguments of `lockstep search`: options of `train`, some of them with several values, and options of its own. */
import { type CheckedOptions, checkOptions, GROUPS, OPTIONS, type OptionName } from '../../src/config/options.js';
import { errors } from '../../src/errors.js';
import type { Format } from '../../src/output/formats.js';
import { flagOf } from '../../src/text/words.js';
import { REFUSED } from '../../src/tools/cv/cv-options.js';
import { LEAST_FOLDS, MOST_AT_ONCE, MOST_FOLDS } from '../../src/tools/cv/plan.js';
import {
  MOST_HALVING,
  MOST_SEARCH_SEED,
  MOST_TRIALS,
  type SearchSettings,
  TRIALS,
} from '../../src/tools/search/search.js';
import { type Dimension, dimensionOf, isSearched } from '../../src/tools/search/space.js';
import { readSpace } from '../../src/tools/search/space-file.js';
import { FORMAT_HELP, formatOf, newCommand, parse, wholeOf } from '../parse.js';
import { addOptions, parserOf } from './train-options.js';

export interface SearchCommand {
  readonly options: CheckedOptions;
  readonly settings: SearchSettings;
  readonly format: Format;
}

interface Own {
  readonly trials?: string;
  readonly folds?: string;
  readonly halving?: string;
  readonly searchSeed?: string;
  readonly atOnce?: string;
  readonly log?: string;
  readonly save?: string;
  readonly space?: string;
  readonly output?: string;
  readonly format?: unknown;
}

/** The test set is used for the best network. */
const TAKEN: readonly string[] = ['testSplit', 'testData'] satisfies OptionName[];

/** Stands for several values of an option. */
class Searched {
  readonly dimension: Dimension;

  constructor(dimension: Dimension) {
    this.dimension = dimension;
  }
}

/**
 * @returns undefined if help or the version was requested, and has been printed
 * @throws LockstepError (status 2) on wrong usage
 */
export async function parseSearchCommand(args: readonly string[]): Promise<SearchCommand | undefined> {
  const command = newCommand(
    'lockstep search',
    'Search for good options: train networks with different options, and train the best one again.',
  );
  command
    .optionsGroup('Search:')
    .option('--space <file>', 'read ranges and choices of options from this JSON file')
    .option('--trials <n>', `number of trials (default: ${TRIALS})`)
    .option('--folds <k>', 'judge a trial by its mean loss over k folds (default: by --validation-split 0.2)')
    .option('--halving <n>', 'successive halving: only one trial in n is trained n times as long (default: off)')
    .option('--search-seed <n>', 'seed for the random selection of values (default: 1)')
    .option('--log <file>', 'log the trials in this file; a search that is started again does not repeat them')
    .option('-o, --output <file>', 'draw a chart of what mattered in this .svg or .png file')
    .option('--save <file>', 'write the best network to this file (safetensors)')
    .option('--at-once <n>', 'maximum number of trials at the same time (default: as many as the cores can run)')
    .option('--format <name>', FORMAT_HELP);
  addOptions(command, SEARCH_GROUPS, (name, entry) => {
    const usual = parserOf(entry);
    return (text) =>
      isSearched(entry, text) ? new Searched(dimensionOf(name as OptionName, text, usual)) : usual(text);
  });
  command.addHelpText('after', HELP_END);
  if (!parse(command, args, 0)) return undefined;
  const {
    trials,
    folds,
    halving,
    searchSeed,
    atOnce,
    log,
    save,
    space: file,
    output,
    format,
    ...options
  } = command.opts<Own>();
  const given = Object.entries(options);
  const space = given.flatMap(([, value]) => (value instanceof Searched ? [value.dimension] : []));
  if (file !== undefined) {
    const usual = (name: OptionName) => parserOf(OPTIONS[name]);
    for (const dimension of await readSpace(file, usual)) {
      if (options[dimension.name as never] !== undefined) throw errors.searchedTwice(flagOf(dimension.name));
      space.push(dimension);
    }
  }
  if (space.length === 0) throw errors.noSpace();
  if (log === '') throw errors.invalidOption('log', log, 'a file');
  if (save === '') throw errors.invalidOption('save', save, 'a file');
  const settings: SearchSettings = {
    space,
    trials: wholeOf('trials', trials, MOST_TRIALS) ?? TRIALS,
    folds: wholeOf('folds', folds, MOST_FOLDS, LEAST_FOLDS),
    halving: wholeOf('halving', halving, MOST_HALVING, 2),
    seed: wholeOf('search-seed', searchSeed, MOST_SEARCH_SEED, 0) ?? 1,
    atOnce: wholeOf('at-once', atOnce, MOST_AT_ONCE),
    log,
    save,
    output,
  };
  const fixed = Object.fromEntries(given.filter(([, value]) => !(value instanceof Searched)));
  return { options: checkOptions(fixed), settings, format: formatOf(format) };
}

const SEARCH_GROUPS: typeof GROUPS = GROUPS.map(({ heading, options }) => ({
  heading,
  options: Object.fromEntries(
    Object.entries(options).filter(([name]) => TAKEN.includes(name) || !REFUSED.some((each) => each === name)),
  ),
})).filter(({ options }) => Object.keys(options).length > 0);

const HELP_END = `
Options of the network, the training and the optimizer may have a range or choices:
  lockstep search --data iris.csv --label species --lr 1e-4..1e-1 --hidden "32|64|64,64" --save best.safetensors`;
