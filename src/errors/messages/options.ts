/** Options: what does not go together, or does not fit the data. */
import { grouped } from '../../text/grouped.js';
import { nearest } from '../../text/nearest.js';
import { flagOf } from '../../text/words.js';
import { failure, given, requires, usage } from '../draft.js';
import { gibibytes, shown, withType } from '../shown.js';

export const optionErrors = {
  usage: (message: string, command = 'train') => usage(`${message}; see ${command} --help`),
  /** @param inLibrary  what is expected from a program, if different */
  invalidOption: (name: string, found: unknown, expected: string, inLibrary = expected) =>
    usage(
      `--${flagOf(name)} ${shown(found)}: expected ${expected}`,
      `\`${name}\`: expected ${inLibrary}; found ${withType(found)}`,
    ),
  notOptions: (found: unknown) =>
    usage(`train(): expected an object of options, such as { epochs: 5 }; found ${withType(found)}`),
  unknownOption: (name: string, known: readonly string[]) => {
    const meant = nearest(name, known);
    const remedy = meant === undefined ? `expected one of ${known.join(', ')}` : `did you mean \`${meant}\`?`;
    return usage(`\`${shown(name)}\`: train() has no such option; ${remedy}`);
  },
  /** @param file  the checkpoint that sets the batch size, if no option does */
  batchBeyondData: (batchSize: number, samples: number, file?: string) =>
    usage(
      `${file === undefined ? '' : `${file} was written with `}--batch-size ${batchSize}: there are only ${grouped(samples)} training samples; ` +
        'choose a smaller batch or a larger --limit',
    ),
  allHeldOut: (fraction: number, samples: number) =>
    usage(
      `--validation-split ${fraction}: leaves none of ${grouped(samples)} samples for training; choose a smaller fraction`,
    ),
  limitBeyondData: (limit: number, samples: number) =>
    usage(`--limit ${limit}: there are only ${grouped(samples)} training samples; choose a smaller limit`),
  tooMuchMemory: (bytes: number, limit: number) =>
    usage(
      `this run needs ${gibibytes(bytes)} of shared memory, but WebAssembly can address only ${gibibytes(limit)}; ` +
        'choose a smaller --limit, --batch-size or --hidden, or fewer --threads',
    ),
  requiresOption: requires,
  onlyForTables: (flag: string, found: unknown, data: string) =>
    usage(
      `${given(flag, found)}: only for tables (CSV or NDJSON), and --data ${data} is not a table; choose a table, or omit this option`,
    ),
  onlyForImages: (flag: string, found: unknown, data: string) =>
    usage(`${given(flag, found)}: only for images, and --data ${data} is a table; choose images, or omit this option`),
  noPictures: (flag: string, found: unknown, shape: readonly number[]) =>
    usage(
      `${given(flag, found)}: expected images of height × width; found ${shape.length === 0 ? 'no images' : `images of ${shape.join(' × ')}`}; omit this option`,
    ),
  shiftBeyondImage: (shift: number, height: number, width: number) =>
    usage(`--shift ${shift}: expected less than the size of the images, ${height} × ${width} pixels`),
  twoTests: () => usage('--test-split and --test-data are mutually exclusive'),
  foldAndTest: (flag: string) => usage(`${flag} and --fold are mutually exclusive: the fold is the test set`),
  /** @param flag  as typed: `--fold 2/5` or `--folds 5` */
  tooManyFolds: (flag: string, found: number, what: 'training samples' | 'groups') =>
    usage(`${flag}: there are only ${grouped(found)} ${what}; choose fewer folds`),
  noHiddenLayers: (flag: string, found: unknown) =>
    usage(`${given(flag, found)}: the network has no hidden layers; omit this option, or specify --hidden`),
  risingPlateau: (gamma: unknown) =>
    usage(
      `--lr-gamma ${shown(gamma)}: expected less than 1 with --schedule plateau, which only lowers the learning rate`,
    ),
  stratifiedGroups: (flag: string) =>
    usage(`--${flag}: a test or validation split by --group is not stratified; omit this option, or use --fold`),
  testNeeded: (flag: string, found: unknown) =>
    usage(
      `${given(flag, found)}: requires test samples, and there are none; specify --test-split, --test-data or --fold, or omit this option`,
    ),
  nesterovOfRmsprop: () => usage('--nesterov: only for --optimizer sgd, because RMSprop has no Nesterov momentum'),
  labelAndTarget: () =>
    usage('--target and --label are mutually exclusive: --label is for classes, --target for regression'),
  weightsOfNumbers: (flag: string) =>
    usage(`--${flag}: only for classes, but --target is for regression; omit this option`),
  weightOfNoClass: (given: string, names: readonly string[]) =>
    usage(`--class-weights ${shown(given)}: no such class; the classes are ${shown(names.join(', '))}`),
  weightTwice: (name: string) => usage(`--class-weights: class ${shown(name)} is given twice; give each class once`),
  dropoutLayers: (given: number | readonly number[], layers: number) =>
    usage(`--dropout ${shown(given)}: expected one number, or ${layers}, one for each hidden layer`),
  lossOfClasses: (loss: string) => usage(`--loss ${loss}: only for regression; specify --target, or omit this option`),
  targetSpread: (name: string) =>
    failure(
      `the numbers of target ${shown(name)} are too far apart or too close together for float64; change their unit, or leave out outliers`,
    ),
  noWeight: (flag: string, what = 'training samples') =>
    failure(`${flag}: the weights of the ${what} are all 0; expected a weight above 0`),
  weightRange: (flag: string, weight: number, least: number, most: number) =>
    failure(
      `${flag}: a training sample has the weight ${weight}; expected 0, or ${least} to ${most}: divide all weights by the same number`,
    ),
};
