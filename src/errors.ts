/**
 * Every error that a user can meet, in one table. Each message says what was found, what was expected and what to do, in the
 * terms of the command line; `inLibraryWords` translates it for programs.
 */
import { inspect } from 'node:util';
import { grouped } from './text/grouped.js';
import { nearest } from './text/nearest.js';
import { onOneLine } from './text/printable.js';
import { flagOf, inLibraryWords, type SnakeCase, snakeCase } from './text/words.js';

export class LockstepError extends Error {
  override readonly name = 'LockstepError';
  /** The kind of error, such as `data_not_found`. Stable between versions; docs/errors.md lists all codes. */
  readonly code: ErrorCode;
  /** The exit status of the command: 2 for wrong usage, 1 for everything else. */
  readonly status: 1 | 2;
  /** Under MPI: whether another rank reports this error, because all ranks fail with the same one. */
  isToldElsewhere = false;
  readonly #inCommandWords: string;

  constructor(code: ErrorCode, { message, inLibrary = inLibraryWords(message), status, cause }: Draft) {
    super(inLibrary, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.#inCommandWords = message;
  }

  /** The message as the command prints it: `--batch-size` where `message` has `batchSize`. */
  get inCommandWords(): string {
    return this.#inCommandWords;
  }
}

/** An error without its code. */
interface Draft {
  /** For the command line. */
  readonly message: string;
  /** For programs, if translating the names of options is not enough. */
  readonly inLibrary?: string;
  readonly status: 1 | 2;
  readonly cause?: unknown;
  /** The code of the error that this one relays, perhaps from another process. */
  readonly code?: string | undefined;
}

export type ErrorCode = SnakeCase<keyof typeof errors>;

/** Each function of the table returns an error whose code is the function's name in snake case. */
function withCodes<const Table extends Record<string, (...args: never[]) => Draft>>(table: Table) {
  const codes = new Set<string>(Object.keys(table).map((name) => snakeCase(name)));
  const entries = Object.entries(table).map(([name, draft]) => {
    const create = (...args: never[]) => {
      const drafted = draft(...args);
      const { code = '' } = drafted;
      return new LockstepError((codes.has(code) ? code : snakeCase(name)) as ErrorCode, drafted);
    };
    return [name, create];
  });
  return Object.fromEntries(entries) as {
    readonly [name in keyof Table]: (...args: Parameters<Table[name]>) => LockstepError;
  };
}

/** What `--data` accepts. */
export const DATA_SOURCES =
  'mnist, fashion-mnist, a folder of IDX files, a table (CSV or NDJSON), or - for a table on stdin';

export const errors = withCodes({
  // Usage: status 2, before any work starts.
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
  needsFolder: requires,
  resumeWithoutFolder: () => usage('--resume: requires a checkpoint, a folder of checkpoints, or --checkpoint-dir'),
  nothingToResume: (folder: string) =>
    usage(
      `--resume: no checkpoint in ${folder}, and no option says what to train; check the folder, ` +
        'or start a new run, for example with --data mnist',
    ),
  resumeAnywayAlone: requires,
  folderTaken: (folder: string, name: string) =>
    usage(
      `--checkpoint-dir ${folder}: contains checkpoints of another run (${name}); ` +
        'add --resume to continue that run, or choose another folder',
    ),
  folderBusy: (folder: string) =>
    usage(
      `--checkpoint-dir ${folder}: another run is writing checkpoints there; wait until it ends, or choose another folder`,
    ),
  folderChanged: (folder: string) =>
    usage(
      `--checkpoint-dir ${folder}: another run wrote checkpoints there while this one was starting; start this run again`,
    ),
  saveAmongCheckpoints: (file: string) =>
    usage(`--save ${file}: this name is reserved for checkpoints in --checkpoint-dir; choose another name`),
  newerCheckpoint: (file: string, newer: string) =>
    usage(
      `--resume ${file}: ${newer} in the same folder is newer and would be mixed with the checkpoints of this run; ` +
        'move it away, or choose another --checkpoint-dir',
    ),
  resumeDiffers: (file: string, found: string, expected: string, remedy: string) =>
    usage(
      `${found}: ${file} was written with ${expected}, so the final weights would differ; ${remedy}, or add --resume-anyway`,
    ),
  otherNetwork: (file: string, found: string, expected: string) =>
    usage(`${found}: ${file} holds a network with ${expected}; omit this option, or start a new run`),
  otherMoments: (file: string, found: string, expected: string) =>
    usage(
      `${found}: ${file} was written with ${expected} and does not hold the state of the other optimizer; ` +
        'omit this option, or start a new run',
    ),
  withinEpoch: (file: string, found: string, expected: string) =>
    usage(
      `${found}: ${file} was written mid-epoch with ${expected}, which determines the order of the samples; ` +
        'resume from the end of an epoch',
    ),
  epochsPassed: (epochs: number, file: string, done: number, step: number) =>
    usage(
      `--epochs ${epochs}: ${file} is already at step ${step} (epochs complete: ${done}); ` +
        'choose more epochs, or an older checkpoint',
    ),

  // Data: status 1.
  dataNotFound: (data: string) => failure(`--data ${data}: no such file or folder; expected ${DATA_SOURCES}`),
  packageNotFound: (data: string, install: string) =>
    failure(`--data ${data}: not installed; run ${install}, or specify a folder of IDX files`),
  fileNotFound: (folder: string, name: string) =>
    failure(`${folder}: no ${name} or ${name}.gz; expected a folder of IDX files with their standard names`),
  unreadable: (file: string, cause: unknown) => inaccessible(file, 'read', cause),
  notGzip: (file: string, cause: unknown) =>
    failure(`${file}: invalid gzip data (${reason(cause)}); download or compress the file again`, cause),
  gzipBomb: (file: string, bytes: number, inflated: number, most: number) =>
    failure(
      `${file}: ${grouped(bytes)} compressed bytes expand to ${grouped(inflated)} or more, over ${most} times as many; ` +
        'if this is intended, decompress the file first (gunzip)',
    ),
  idxHeader: (file: string, found: string) =>
    failure(`${file}: not an IDX file: ${found}; expected 0 0 8 (unsigned bytes) and the number of dimensions`),
  idxType: (file: string, type: number) =>
    failure(
      `${file}: IDX type 0x${type.toString(16).padStart(2, '0')}; expected 0x08 (unsigned bytes); convert the file`,
    ),
  idxDimensions: (file: string, found: readonly number[], expected: string) =>
    failure(`${file}: dimensions ${shape(found)}; expected ${expected}`),
  idxTargets: (file: string, found: number, expected: number) =>
    failure(
      `${file}: ${found === 0 ? 'classes' : `${found} numbers per image`}; expected ${expected === 0 ? 'classes' : `${expected} numbers per image`}, as in the training labels`,
    ),
  idxNotFinite: (file: string, position: number, found: number) =>
    failure(`${file}: the label of sample ${position} is ${found}; expected a finite number`),
  idxTooLarge: (file: string, dimensions: readonly number[], most: number) =>
    failure(`${file}: the header (${shape(dimensions)}) declares more than ${gibibytes(most)}, the maximum of a run`),
  idxLength: (file: string, found: number | string, dimensions: readonly number[], expected: number) =>
    failure(
      `${file}: ${typeof found === 'number' ? grouped(found) : found} bytes of data; the header (${shape(
        dimensions,
      )}) declares ${grouped(expected)}; the file ${
        typeof found === 'number' && found < expected ? 'is truncated' : 'does not match its header'
      }: download it again`,
    ),
  dataChecksum: (file: string, found: string, expected: string) =>
    failure(`${file}: SHA-256 ${found}; expected ${expected}; the file is damaged: install it again`),
  countsDiffer: (images: string, imageCount: number, labels: string, labelCount: number) =>
    failure(
      `${images} has ${grouped(imageCount)} images, but ${labels} has ${grouped(labelCount)} labels; ` +
        'expected one label per image: check that the files belong together',
    ),
  imageSize: (file: string, found: number, expected: number) =>
    failure(`${file}: ${found} pixels per image; expected ${expected}, as in the training images`),
  labelOutOfRange: (file: string, position: number, found: number, classes: number, what: string) =>
    failure(`${file}: label ${found} of sample ${position}; expected 0 to ${classes - 1}, ${what}`),
  oneClass: (file: string) => failure(`${file}: every label is 0; expected at least two classes, 0 and 1`),

  // Tables: wrong usage, then status 1.
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
  notInCv: (flag: string) =>
    usage(`--${flag}: not available with lockstep cv, which trains a network for each fold; omit this option`),
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
  notInFindLr: (flag: string) =>
    usage(
      `--${flag}: not available with lockstep find-lr, which trains some steps with many learning rates; omit this option`,
    ),
  notInEnsemble: (flag: string) => usage(`--${flag}: not available with --ensemble; omit this option`),
  controlOfEnsemble: (name: string) =>
    usage(`\`${name}\`: not available with \`ensemble\`, whose networks are trained at the same time; omit it`),
  resumedEnsemble: () =>
    usage('--resume: with --ensemble, the options of the first run must be given again, such as --data mnist'),
  ensembleFile: (file: string) =>
    usage(
      `--resume ${shown(file)}: with --ensemble, expected the folder with the checkpoints of all networks, not a file`,
    ),
  holdsEnsemble: (folder: string) =>
    usage(
      `--resume ${shown(folder)}: contains the networks of an ensemble; repeat the options of the first run, with --ensemble and --resume`,
    ),
  ensembleFolders: (resume: string, folder: string) =>
    usage(
      `--resume ${shown(resume)}: with --ensemble, expected the same folder as --checkpoint-dir ${shown(folder)}; omit one of them`,
    ),
  memberFailed: (member: number, seed: number, cause: unknown) =>
    failure(`network ${member} of the ensemble (seed ${seed}): ${reason(cause)}`, cause),
  otherMember: (member: number, flag: string, found: string, expected: string) =>
    usage(
      `network ${member} of the ensemble has --${flag} ${shown(found)}, but network 1 has ${shown(expected)}; ` +
        'resume with all options of the first run, or start again in another folder',
    ),
  notOfEnsemble: (file: string, members: number) =>
    usage(`${file} is an ensemble of ${members} networks; expected a single network (train without --ensemble)`),
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
  labelAndTarget: () =>
    usage('--target and --label are mutually exclusive: --label is for classes, --target for regression'),
  twoRoles: (found: string, other: string) =>
    usage(`${found}: this column is also given by ${other}; choose another column`),
  weightsOfNumbers: (flag: string) =>
    usage(`--${flag}: only for classes, but --target is for regression; omit this option`),
  weightOfNoClass: (given: string, names: readonly string[]) =>
    usage(`--class-weights ${shown(given)}: no such class; the classes are ${shown(names.join(', '))}`),
  weightTwice: (name: string) => usage(`--class-weights: class ${shown(name)} is given twice; give each class once`),
  dropoutLayers: (given: number | readonly number[], layers: number) =>
    usage(`--dropout ${shown(given)}: expected one number, or ${layers}, one for each hidden layer`),
  lossOfClasses: (loss: string) => usage(`--loss ${loss}: only for regression; specify --target, or omit this option`),
  labelMissing: (file: string, columns: string) =>
    usage(
      `${file}: requires --label, the name or number of the class column, or --target, the columns of regression targets; its columns are ${columns}`,
    ),
  noSuchColumn: (flag: string, file: string, column: string, columns: string, hasHeader: boolean) =>
    usage(
      `--${flag} ${shown(column)}: ${file} has no such column; its columns are ${columns}` +
        (hasHeader ? '' : ' (if the first row holds column names, add --header yes)'),
    ),
  notAnInput: (flag: string, file: string, column: string) =>
    usage(`--${flag}: ${column} of ${file} is not an input anyway; omit it from --${flag}`),
  inputIsLabel: (file: string, column: string) =>
    usage(
      `${file}: ${column} is the label, a target, the weight or the group, which cannot be an input; omit it from --columns and --types`,
    ),
  headerOfObjects: (file: string) =>
    usage(`--header no: the rows of ${file} are objects, whose field names are the columns; omit this option`),
  allSplitOff: (fraction: number, rows: number) =>
    usage(`--test-split ${fraction}: leaves none of ${grouped(rows)} rows for training; choose a smaller fraction`),
  noTestTable: (data: string, found: string) => otherTable('test-data', data, found),
  noPublicTable: (data: string, found: string) => otherTable('public-data', data, found),
  notATable: (file: string) =>
    failure(
      `${file}: not a table (it contains null bytes); expected CSV or NDJSON in UTF-8 (or specify --encoding utf-16le), or a folder of IDX files`,
    ),
  emptyTable: (file: string) => failure(`${file}: empty; expected rows of numbers and a class`),
  headerOnly: (file: string) => failure(`${file}: a header but no rows; expected rows of numbers and a class`),
  oneColumn: (file: string) =>
    failure(
      `${file}: the first row has one column; expected a class and at least one number, ` +
        'separated by commas, semicolons or tabs',
    ),
  sameColumns: (file: string, name: string, first: number, second: number) =>
    failure(`${file}: columns ${first} and ${second} have the same name, ${shown(name)}; rename one of them`),
  otherColumns: (file: string, found: number, expected: number) =>
    failure(`${file}: ${found} columns; expected ${expected}, as in the training table`),
  noSuchInput: (file: string, name: string, columns: string) =>
    failure(`${file}: no column ${shown(name)}, which the training table has; its columns are ${columns}`),
  tableRow: (file: string, row: number, problem: string) => failure(`${file}: row ${row}: ${problem}`),
  tableNotUtf8: (file: string, row: number) =>
    failure(
      `${file}: row ${row}: invalid UTF-8 or UTF-16; save the table as UTF-8, or use --encoding windows-1252 if Excel wrote it`,
    ),
  rowTooLong: (file: string, row: number, bytes: number) =>
    failure(
      `${file}: row ${row}: longer than ${grouped(bytes)} bytes; expected one row per line (check for an unclosed quote)`,
    ),
  /** @param all  the number of such rows, and the first of the others, in tables that are read to the end */
  raggedRow: (
    file: string,
    row: number,
    found: number,
    expected: number,
    all?: { readonly count: number; readonly others: readonly { readonly row: number; readonly columns: number }[] },
  ) => {
    const what = `row ${row}: ${found} ${found === 1 ? 'column' : 'columns'}; expected ${expected}, as in the first row`;
    if (!all) return failure(`${file}: ${what}`);
    const others = all.others.map((other) => `row ${other.row} (${other.columns})`).join(', ');
    const more = all.count > all.others.length + 1 ? ', …' : '';
    const also = all.count > 1 ? `; ${grouped(all.count)} such rows: also ${others}${more}` : '';
    return failure(`${file}: ${what}${also}; quote cells that contain the delimiter, or specify --delimiter`);
  },
  mixedDecimals: (file: string, column: string) =>
    failure(
      `${file}: ${column}: some numbers have a decimal comma, others a decimal point; expected one of them, because the other may ` +
        'separate thousands',
    ),
  delimiterOfJson: (file: string, option: string) =>
    usage(`--${option}: only for CSV, and ${file} is JSON; omit this option`),
  tableCell: (file: string, row: number, column: string, found: string, expected: string) =>
    failure(`${file}: row ${row}, ${column}: ${found}; expected ${expected}`),
  badCells: (file: string, column: string, count: number, rows: number, kind: string, cells: string, advice: string) =>
    failure(
      `${file}: ${column}: ${grouped(count)} of ${grouped(rows)} cells ${count === 1 ? 'is' : 'are'} not ` +
        `${count === 1 ? `a ${kind}` : `${kind}s`} (${cells}${count > 3 ? '; …' : ''}); ${advice}`,
    ),
  missingCells: (file: string, count: number, cells: string) =>
    failure(
      `${file}: ${grouped(count)} missing ${count === 1 ? 'cell' : 'cells'} (${cells}${count > 3 ? '; …' : ''}); ` +
        'use --missing fill or --missing drop',
    ),
  noInputs: (file: string, leftOut: string, doubt: string) =>
    failure(
      `${file}: no input columns${leftOut === '' ? '' : ` (${leftOut})`}; expected at least one besides the label${doubt}`,
    ),
  noLabels: (file: string, column: string) =>
    failure(`${file}: ${column}: the label is missing in every row; choose another --label`),
  noRowsLeft: (file: string, why: 'label' | 'missing') =>
    failure(
      why === 'label'
        ? `${file}: no row has a label; check the label column`
        : `${file}: every row has missing cells; use --missing fill, or --drop the columns that lack most`,
    ),
  unknownClass: (file: string, row: number, column: string, name: string, classes: string) =>
    failure(`${file}: row ${row}, ${column}: ${shown(name)}; expected a class of the training table: ${classes}`),
  oneClassInTable: (file: string, column: string, name: string) =>
    failure(`${file}: ${column} holds only one class, ${shown(name)}; expected at least two`),
  tooManyClasses: (file: string, column: string, most: number) =>
    failure(
      `${file}: ${column} holds more than ${grouped(most)} classes; it may be a numeric target or an identifier: ` +
        'choose another --label',
    ),
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
  noTargets: (file: string) => failure(`${file}: no row has all targets; expected numbers in the columns of --target`),
  tableTooLarge: (file: string, row: number, columns: number) =>
    failure(
      `${file}: row ${grouped(row)}: with ${grouped(columns)} numbers per row, the table exceeds the available memory ` +
        'or the 4 GiB that a run can use; use fewer rows or columns',
    ),
  scaledTooLarge: (scale: string, column: string) =>
    failure(
      `--scale ${scale}: the values of ${column} are too far apart for float32 to hold them scaled; use --scale none`,
    ),
  dataInMemory: (option: string, problem: string) => usage(`\`${option}\`: ${problem}`),
  unknownField: (option: string, name: string, known: readonly string[]) =>
    usage(`\`${option}\`: no such field: ${shown(name)}; expected ${known.join(', ')}`),
  testImages: () =>
    usage(
      '`testData`: only for tables; pass test images in `data`: { images, shape, labels, test: { images, shape, labels } }',
    ),
  optionOfFiles: (option: string) =>
    usage(`\`${option}\`: only for files, but \`data\` is a table in memory; omit this option`),
  eventsUnseen: (option: string, found: unknown) =>
    usage(`\`${option}\` ${shown(found)}: requires \`onEvent\`, which receives these metrics`),
  givenTwice: (option: string) => usage(`\`${option}\`: given in \`data\` and as an option; give it once`),
  /** @param found  what has no meaning as a cell */
  cellInMemory: (data: string, row: number, column: string, found: unknown) =>
    failure(
      `${data}: row ${grouped(row)}, ${column}: ${withType(found)}; expected a number, string, boolean, Date, bigint, null or undefined`,
    ),
  rowInMemory: (data: string, row: number, found: unknown, expected: string) =>
    failure(`${data}: row ${grouped(row)}: ${withType(found)}; expected ${expected}`),
  memoryOfCheckpoint: (file: string) =>
    usage(
      `--resume: ${file} was trained on data in the memory of a program; provide the same data with --data and --test-data`,
    ),
  stdinOfCheckpoint: (file: string) =>
    usage(`--resume: ${file} was trained on data from stdin; provide the same data with --data`),

  // Checkpoints and models: status 1.
  nothingThere: (where: string) =>
    failure(`--resume ${where}: no such file or folder; expected a checkpoint or a folder of checkpoints`),
  notACheckpoint: (file: string, why: string) => failure(`${file}: not a usable checkpoint: ${why}`),
  otherWeights: (file: string, found: string, recorded: string) =>
    failure(
      `${file}: the SHA-256 of the weights is ${found}, but weights_sha256 says ${shown(recorded)}; ` +
        'the file is damaged, or a program changed the weights and kept the old weights_sha256',
    ),
  notAnAudit: (file: string) => failure(`${file}: not an audit; expected a file written by train --audit`),
  auditOfOthers: (file: string, row: number, data: string) =>
    failure(`${file}: sample ${row} is not in ${data}, or has another label; specify the data of the run with --data`),
  sheetOfTable: (output: string, data: string) =>
    usage(`--output ${output}: draws images, but ${data} is a table, whose rows go to stdout; omit this option`),
  auditWithoutData: () => usage('--data: missing; name the data set of the run, as for train: --data people.csv'),
  noSheet: (data: string) => usage(`--data ${data}: images; name a file for the sheet with --output sheet.png`),
  notAModel: (file: string, why: string) =>
    failure(`${file}: not a usable model: ${why}; expected a file written by train --save, or a checkpoint`),
  dataOfCheckpoint: (file: string, cause: unknown) =>
    failure(`${reason(cause)} (${file} was trained on this data; if it has moved, specify it with --data)`, cause),
  noneUsable: (folder: string, last: string) => failure(`--resume ${folder}: no usable checkpoint: ${last}`),
  otherShapes: (file: string, found: string, expected: string) =>
    failure(`${file}: the network has the layers ${expected}, but the data requires ${found}; provide other data`),
  kernelOfCheckpoint: (file: string, name: string, why: string) =>
    failure(
      `${file} was written with kernel ${name}: ${why}; resume on a machine that has it, ` +
        'or with another --kernel and --resume-anyway (the final weights will differ)',
    ),
  folderUnusable: (folder: string, cause: unknown) => inaccessible(`--checkpoint-dir ${folder}`, 'written', cause),
  tensorBoardUnusable: (folder: string, cause: unknown) => inaccessible(`--tensorboard ${folder}`, 'written', cause),
  tensorBoardFailed: (file: string, cause: unknown) =>
    failure(`${file} could not be written (${reason(cause)}); free disk space; the TensorBoard log has a gap`, cause),
  checkpointFailed: (file: string, cause: unknown, newest: string | undefined) =>
    failure(
      `${file} could not be written (${reason(cause)}); free disk space, or choose another --checkpoint-dir; ` +
        (newest === undefined ? 'there is no checkpoint yet' : `the newest checkpoint is ${newest}`),
      cause,
    ),
  auditIsModel: (file: string) => usage(`--audit ${file}: the same file as --save; choose another name`),
  auditFailed: (file: string, cause: unknown) =>
    failure(`--audit ${file}: could not be written (${reason(cause)}); free disk space, and run again`, cause),
  auditElsewhere: (file: string, cause: unknown, written: string) =>
    failure(`--audit ${file}: not replaced (${reason(cause)}); the audit was written to ${written}`, cause),
  saveFailed: (file: string, cause: unknown) =>
    failure(
      `--save ${file}: the model could not be written (${reason(cause)}); free disk space, and resume from the last checkpoint if there is one`,
      cause,
    ),
  savedElsewhere: (file: string, cause: unknown, saved: string) =>
    failure(`--save ${file}: not replaced (${reason(cause)}); the model was saved as ${saved}`, cause),

  noTestSamples: (data: string) => failure(`--data ${data}: no test samples; use --split train`),
  noSuchPart: (data: string, found: string, other: string) =>
    failure(`--data ${data}: no ${found} samples; use --split ${other}`),
  otherTable: (file: string, data: string, split: string) =>
    failure(
      `--split ${split}: ${file} was trained on other rows than those of ${data}, so the split is unknown; use --split all`,
    ),
  tableForImages: (file: string, data: string) =>
    failure(`--data ${data}: a table, but ${file} was trained on images; specify a folder of IDX files`),
  imagesForTable: (file: string, data: string) =>
    failure(`--data ${data}: not a table, but ${file} was trained on one; specify a CSV or NDJSON file`),
  errorsOfTable: (file: string) =>
    usage(`--errors: draws images, but ${file} was trained on a table; count its errors with lockstep evaluate`),
  trainedElsewhere: (file: string, name: string) =>
    usage(`${file} was trained on ${shown(name)}, which cannot be found; specify the data with --data`),
  predictOfNumbers: () =>
    failure('predict(): this is a regression network, which has no classes; use estimate() and evaluateNumbers()'),
  evaluateOfImages: () =>
    failure(
      'evaluate(): the model was trained on images; expected { images, shape, labels }, or use the command evaluate',
    ),
  imagesOfOtherKind: (found: number, expected: number) =>
    failure(
      `evaluate(): ${found === 0 ? 'labels' : `${found} targets per image`}; expected ${expected === 0 ? 'labels' : `${expected} targets per image`}, as in training`,
    ),
  otherKindOfModel: (file: string, found: string, remedy: string) =>
    failure(`${file}: the model ${found}; use ${remedy}`),
  estimateOfClasses: () => failure('estimate(): the network predicts classes; use predict() and evaluate()'),
  csvOfTables: () =>
    usage('--format csv: only for CSV tables, and networks that were trained on a table; use --format ndjson'),
  otherCsvColumns: (file: string, first: string) =>
    failure(
      `${file}: other columns than ${first}, whose rows --format csv writes to the same table; predict them apart`,
    ),
  topOfNumbers: (top: number) => usage(`--top ${top}: only for networks that predict classes; omit this option`),
  tooLargeSample: () => failure('the numbers of a sample are too large for the network: its outputs are not finite'),
  otherSize: (file: string, expected: number, data: string, found: number) =>
    failure(`${file} takes ${expected} inputs, but the images of ${data} have ${found} pixels; provide other images`),
  sampleLength: (found: unknown, expected: number) =>
    failure(
      typeof found === 'number'
        ? `a sample of ${found} numbers; expected ${expected}, the inputs of the network`
        : `not a sample; expected an array of ${expected} numbers, the inputs of the network`,
    ),
  sampleValue: (position: number, found: unknown) =>
    failure(`number ${position} of a sample is ${shown(found)}; expected a finite float32`),
  notARow: (found: unknown) =>
    failure(`a row of a table: expected an object with one field per column; found ${withType(found)}`),
  noColumns: () =>
    failure('the network has no column names; instead of an object, pass its cells as an array, in order'),
  noFieldOfRow: (columns: string) => failure(`a row without any column of the network; expected ${columns}`),
  cellOfRow: (column: string, found: string, expected: string) => failure(`${column}: ${found}; expected ${expected}`),
  rowLength: (found: unknown, expected: number) =>
    failure(
      typeof found === 'number'
        ? `a row of ${found} cells; expected ${expected}, the input columns of the network`
        : `not a row; expected an array of ${expected} cells, the input columns of the network`,
    ),
  picturesOfTable: (flag: string) =>
    usage(`--${flag}: only for networks trained on images; this one was trained on a table`),
  noSuchClass: (found: unknown, classes: number) =>
    failure(`class ${shown(found)}; expected 0 to ${classes - 1}, the classes of the network`),

  // Plots: wrong usage, then status 1.
  pictureEnding: (file: string) => extension('--output', file, '.svg or .png'),
  noMetrics: () =>
    usage('no metrics to plot; name files, or pipe them in (train | tee run.ndjson | lockstep plot -o live.svg)'),
  stdinTwice: () => usage('-: stdin can be read only once'),
  noEpochs: (source: string, lines: number) =>
    failure(
      `${source}: no epoch event in ${grouped(lines)} lines; expected the NDJSON that train writes to a pipe, ` +
        'with --epochs 1 or more',
    ),
  noSuchMetric: (name: string) => failure(`--what ${name}: none of the runs has this metric; choose another`),
  tooManyRuns: (found: number, most: number) =>
    failure(
      `${grouped(found)} runs; expected at most ${most}, because more cannot be told apart; plot fewer files or lines`,
    ),
  noFont: (font: string | undefined) =>
    failure(
      font === undefined
        ? 'no font found for a PNG; install one (such as DejaVu Sans), specify --font, or write an SVG'
        : `--font ${font}: not a usable font; expected a TrueType or OpenType file`,
    ),

  // Samples to predict: status 1.
  /** @param where  `line 17`, or the position in a file */
  badSample: (where: string, cause: unknown) => failure(`${where}: ${reason(cause)}`, cause),
  lineTooLong: (bytes: number) => failure(`longer than ${grouped(bytes)} bytes; expected one JSON value per line`),
  notUtf8: () => failure('invalid UTF-8; expected JSON'),
  largeDocument: (file: string, cause: unknown) =>
    failure(`${file}: document too large (${reason(cause)}); write one sample per line, in a .ndjson file`, cause),
  notJson: (why: string) =>
    failure(`invalid JSON (${why}); expected an array of numbers, or {"id": …, "x": [numbers]}`),
  notASample: (found: unknown) =>
    failure(`${shown(found)}: not a sample; expected an array of numbers, or {"id": …, "x": [numbers]}`),
  sampleId: (found: unknown) =>
    failure(`id ${shown(found)}; expected a string, or a number that JSON keeps exactly; write it as a string`),
  pixelValue: (position: number, found: number) =>
    failure(`number ${position} of a sample is ${found}; expected 0 to 255 with --pixels`),
  notAPicture: (file: string, why: string) => failure(`${file}: not a usable image: ${why}`),
  unknownFile: (file: string) =>
    failure(
      `${file}: unsupported file type; expected PNG, PGM (P2 or P5), an IDX file of images (or one of these gzipped), ` +
        'or lines in a .ndjson, .jsonl or .json file',
    ),
  pictureTooLarge: (file: string, width: number, height: number, most: number) =>
    failure(`${file}: ${width}x${height} pixels; expected at most ${grouped(most)} in total; make the image smaller`),
  pictureSize: (file: string, width: number, height: number, expected: string) =>
    failure(`${file}: ${width}x${height} pixels; expected ${expected}; add --resize to fit the image`),
  notSquare: (inputs: number) => usage(`images of ${inputs} inputs are not square: requires --shape <width>x<height>`),
  shapeOfOthers: (shape: string, inputs: number) =>
    usage(`--shape ${shape}: expected ${inputs} pixels, the inputs of the network`),
  onlyForPictures: (flag: string) => requires(flag, true, 'image files as arguments'),
  onlyForLines: (flag: string) =>
    usage(`--${flag}: only for samples given as lines; image and IDX files always hold pixels`),

  // Files to write: status 2, then 1.
  fileExtension: (flag: string, file: string, expected: string) => extension(flag, file, expected),
  outputIsInput: (flag: string, file: string, input: string) =>
    usage(`${flag} ${shown(file)}: same file as ${shown(input)}, which this command reads; choose another output file`),
  outputIsStream: (flag: string, file: string, stream: string) =>
    usage(`${flag} ${shown(file)}: ${stream} is redirected to this file; choose another output file`),
  outputTaken: (flag: string, file: string, kind: string) =>
    usage(`${flag} ${shown(file)}: this file exists and is not ${kind}; choose another name, or remove the file first`),
  sameFile: (file: string) => usage(`--weights and --errors: both name ${shown(file)}; choose two different files`),
  withoutSheet: (flag: string, sheets: string) => requires(flag, true, sheets),
  sheetTooLarge: (pixels: number, most: number) =>
    usage(
      `--count and --scale: a sheet of ${grouped(pixels)} pixels; expected at most ${grouped(most)}: ` +
        'choose fewer or smaller images',
    ),
  outputUnusable: (flag: string, file: string, cause: unknown) => inaccessible(`${flag} ${file}`, 'written', cause),
  onnxOfColumns: (file: string, columns: string) =>
    failure(
      `${file}: --inputs matrix supports only columns of numbers, without missing cells in training; found ${columns}; use --inputs columns`,
    ),
  recipeAndPrivate: () => usage('--recipe and --private are mutually exclusive'),
  onnxOfScale: (file: string, scale: string) =>
    failure(`${file}: --inputs matrix does not support --scale ${scale}; use --inputs columns`),
  onnxWithoutColumns: (file: string) =>
    failure(`${file}: --inputs columns requires a model that was trained on a table; use --inputs matrix`),
  tooLargeForFormat: (file: string, bytes: number, format: string, most: number) =>
    failure(
      `${file}: ${gibibytes(bytes)} of parameters, but ${format} holds at most ${gibibytes(most)}; choose another format`,
    ),
  noFontFor: (file: string) =>
    failure(`${file}: no font found; install one (such as fonts-dejavu-core), or write .svg`),

  // MPI: status 2, then 1.
  exactOfCheckpoint: (file: string) =>
    usage(`--resume: ${file} was trained with --exact; add --mpi (without a launcher, this process is the only rank)`),
  privateWithout: (missing: string) => usage(`--private: requires ${missing}`),
  privateTable: () =>
    usage(
      '--private: a table requires --public-data, a table with the same columns and without private rows, ' +
        'from which the encoding of the columns is determined',
    ),
  notPrivate: (flag: string, why: string) => usage(`${flag}: not possible with --private, because ${why}`),
  publicIsPrivate: (file: string) =>
    usage(`--public-data ${shown(file)}: has the same rows as --data; expected a table without private rows`),
  privateUnlabeled: (file: string, what: string) =>
    failure(
      `${file}: some rows have no ${what}; with --private, no row may be left out, so remove these rows from the table`,
    ),
  largeDelta: (delta: number, samples: number) =>
    usage(
      `--dp-delta ${delta}: expected less than 1 / ${grouped(samples)}, the number of training samples; ` +
        'otherwise the guarantee would allow to publish one of them',
    ),
  noNoise: (epsilon: number) => usage(`--dp-epsilon ${epsilon}: no noise is strong enough; allow more, or train less`),
  noEpochWithin: (epsilon: number, spent: number) =>
    usage(
      `--dp-epsilon ${epsilon}: the first epoch would spend ${spent.toPrecision(4)}; ` +
        'allow more, or use a larger --dp-noise-multiplier',
    ),
  noiseBeyondLattice: (multiplier: number, parameters: number) =>
    usage(
      `--dp-noise-multiplier ${multiplier}: too large for a network of ${grouped(parameters)} parameters; ` +
        'use less noise or a smaller network',
    ),
  mpiStrategy: (strategy: unknown) => usage(`--strategy ${shown(strategy)}: expected sliced with --mpi`),
  mpiAudit: (file: unknown) =>
    usage(`--audit${file === true ? '' : ` ${shown(file)}`}: not available with --mpi; train on one machine to audit`),
  mpiStdin: () =>
    usage(
      '-: with --mpi every rank reads the table, but only the first has stdin; specify a file that all ranks can read',
    ),
  exactRanks: (ranks: number, shards: number) =>
    usage(`--exact: found ${ranks} ranks; expected a divisor of ${shards}: 1, 2, 4 or 8`),
  noKoffi: (cause: unknown) =>
    failure(
      `--mpi: cannot load the package koffi, which calls MPI (${firstLine(cause)}); install it: npm install koffi`,
      cause,
    ),
  noMpi: (tried: readonly string[]) =>
    failure(
      `--mpi: no MPI library found (looked for ${tried.map((each) => each.split(':')[0]).join(', ')}); ` +
        'install Open MPI (Debian and Ubuntu: apt install openmpi-bin), or specify a library: --mpi /path/to/libmpi.so',
    ),
  notMpi: (why: string) =>
    failure(`--mpi ${why}: expected an MPI library, such as /usr/lib/x86_64-linux-gnu/libmpi.so.40`),
  mpiThreads: (version: string) =>
    failure(
      `--mpi: ${version} was built without thread support; expected at least MPI_THREAD_SERIALIZED; install another build`,
    ),
  otherMpi: (launched: number, version: string) =>
    failure(
      `--mpi: the launcher started ${launched} ranks, but ${version} sees only this one, so the launcher belongs to another MPI library; ` +
        'use the launcher of this library (with Slurm: srun --mpi=pmix, or --mpi=pmi2 for MPICH), ' +
        'or specify the library of the launcher: --mpi /path/to/libmpi.so',
    ),
  /** @param launch  the launcher and the number of processes that it started */
  launchedWithoutMpi: (launch: string) =>
    usage(
      `${launch}; without --mpi, each would train the whole model and write the same files; ` +
        'add --mpi to train one model together, or --no-mpi to train one model in each process',
    ),
  mpiInUse: () =>
    failure(
      'mpi: another run with mpi is active in this process; finish that run, or leave its loop, before starting the next',
    ),
  mpiBegunElsewhere: (version: string) =>
    failure(
      `mpi: ${version} was initialized in this process by other code (or another thread); ` +
        'use mpi from one thread only, or in a separate process',
    ),
  mpiCall: (name: string, code: number) => failure(`${name} failed with error ${code}; see the output of MPI`),
  /** @param code  the code of that rank's error, if it has one */
  rankFailed: (rank: string, message: string, status: 1 | 2, cause: unknown, code?: string): Draft => ({
    message: onOneLine(`${rank}: ${message}`),
    status,
    cause,
    code,
  }),
  ranksDiffer: (what: string, rank: string, found: string, first: string, expected: string) =>
    failure(
      `${what}: ${rank} has ${found}, but ${first} has ${expected}; expected the same on all ranks: ` +
        'correct the difference, and start again',
    ),
  ranksDrifted: (rank: number, own: number) =>
    failure(
      `the weights of rank ${rank} differ from those of rank ${own}: a machine or its MPI computes incorrectly; ` +
        'resume from the last checkpoint without that machine',
    ),

  // The run: status 1.
  kernelUnavailable: (name: string, why: string) =>
    failure(`--kernel ${name}: ${why}; use --kernel auto, or another kernel`),
  outOfMemory: (bytes: number, cause: unknown) =>
    failure(`cannot allocate ${gibibytes(bytes)} of shared memory (${reason(cause)}); use a smaller run`, cause),
  diverged: (
    what: string,
    step: number,
    run: {
      /** The learning rate of this step. */
      readonly rate: number;
      readonly lr: number;
      readonly reduction: string;
      readonly hasCheckpoint: boolean;
    },
  ) =>
    failure(
      `${what} is not finite at step ${step} (learning rate ${run.rate}${run.rate === run.lr ? '' : ` by the schedule, --lr ${run.lr}`}): ` +
        'training diverged; try a smaller --lr' +
        (run.reduction === 'sum' ? ', or --reduction mean if the rate comes from another program' : '') +
        (run.hasCheckpoint ? ', perhaps from a checkpoint with --resume-anyway' : ''),
    ),
  notFiniteAtStart: (what: string, isTable: boolean) =>
    failure(
      `${what} is not finite before the first step: the inputs are too large for the network; ` +
        (isTable ? 'use --scale standard' : 'check the data'),
    ),
  addressSpace: (threads: number, needed: number, room: number) =>
    failure(
      `${threads} worker threads reserve up to ${gibibytes(needed)} of address space, but only ${gibibytes(room)} is available; ` +
        'use fewer --threads, or raise the limit (ulimit -v)',
    ),
  threadsUnavailable: (threads: number, cause: unknown) =>
    failure(`cannot start ${threads} worker threads (${reason(cause)}); use fewer --threads`, cause),
  threadDied: (worker: number, threads: number, where: string, cause: unknown) =>
    failure(
      `worker thread ${worker + 1} of ${threads} died ${where}: ${reason(cause)}; the run cannot continue without it`,
      cause,
    ),
  barrierStalled: (threads: number, steps: number, seconds: number) =>
    failure(
      `all ${threads} worker threads waited ${seconds.toFixed(0)} s at a barrier after step ${steps} for something already ` +
        'granted: a bug in Lockstep; please report it, and resume from the last checkpoint if there is one',
    ),
  threadStalled: (workers: readonly string[], threads: number, where: string, seconds: number) =>
    failure(
      `worker thread ${workers.join(' and ')} of ${threads} made no progress for ${seconds.toFixed(0)} s ${where}; ` +
        'the run cannot continue without it',
    ),
  dashboardPort: (port: number, cause: unknown, flag = '--dashboard') =>
    failure(
      `${flag} ${port}: ${
        hasCode(cause, 'EADDRINUSE')
          ? 'another program uses this port (perhaps the page of another run)'
          : `cannot serve the page (${reason(cause)})`
      }; choose another port, or 0 for any free port`,
      cause,
    ),
  tooLargeToExplain: (file: string, parameters: number, most: number) =>
    failure(`${file} has ${grouped(parameters)} parameters; explain can show networks of at most ${grouped(most)}`),
  explainWithoutTable: (file: string) =>
    usage(`${file} was trained on a table; use --data to name a table whose rows are to be shown`),
  explainElsewhere: () => usage('--port and -o are mutually exclusive'),
  dashboardOfRanks: () => usage('--dashboard and --mpi are mutually exclusive'),
  stdoutFailed: (cause: unknown) =>
    failure(`stdout cannot be written (${reason(cause)}); free disk space, or redirect the metrics`, cause),
  notPlain: (event: string, field: string, found: unknown) =>
    failure(`event "${event}": field ${field} is ${shown(found)}; expected a JSON value`),
});

function usage(message: string, inLibrary?: string): Draft {
  return {
    message: onOneLine(message),
    status: 2,
    ...(inLibrary !== undefined && { inLibrary: onOneLine(inLibrary) }),
  };
}

function failure(message: string, cause?: unknown): Draft {
  return { message: onOneLine(message), status: 1, cause };
}

/** An option as it was given: --keep 3. */
function given(flag: string, found: unknown): string {
  const value = Array.isArray(found) ? found.join(',') : found;
  return found === true ? `--${flag}` : `--${flag} ${shown(value)}`;
}

function requires(flag: string, found: unknown, needed: string): Draft {
  return usage(`${given(flag, found)}: requires ${needed}`);
}

function otherTable(flag: string, data: string, found: string): Draft {
  return failure(
    `--${flag} ${shown(data)}: ${found}; expected a table (CSV or NDJSON) with the same columns as the training table`,
  );
}

function extension(flag: string, file: string, expected: string): Draft {
  return usage(`${flag} ${shown(file)}: unsupported file type; expected a name that ends in ${expected}`);
}

function inaccessible(what: string, verb: 'read' | 'written', cause: unknown): Draft {
  return failure(`${what}: cannot be ${verb} (${reason(cause)}); check the path and its permissions`, cause);
}

/** Whether `error` is a system error with this code, such as ENOENT. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** The message of any thrown value, on one line, for the command line; with a remedy if a system limit was reached. */
export function reason(cause: unknown): string {
  if (cause instanceof LockstepError) return cause.inCommandWords;
  const message = onOneLine(cause instanceof Error ? cause.message : String(cause));
  const text = `${cause instanceof Error && 'code' in cause ? cause.code : ''} ${message}`;
  const limit = LIMITS.find(({ sign }) => sign.test(text));
  return limit ? `${message}; ${limit.remedy}` : message;
}

/** System and process limits, as Node and V8 report them. */
const LIMITS = [
  { sign: /\b(EMFILE|ENFILE)\b/, remedy: 'allow more open files (ulimit -n)' },
  {
    sign: /\bENOMEM\b|ERR_MEMORY_ALLOCATION_FAILED|allocation failed|could not allocate|out of memory/i,
    remedy: 'free memory, or raise the limit (ulimit -v)',
  },
  { sign: /\bEAGAIN\b/, remedy: 'allow more threads (ulimit -u)' },
] as const;

/** Some messages continue with the places that were searched. */
function firstLine(cause: unknown): string {
  return reason(cause instanceof Error ? cause.message.split('\n')[0] : cause);
}

const MOST_SHOWN = 200;

/** Any value, from a program or a file, as short text. */
export function shown(value: unknown): string {
  return shortened(shownWhole(value));
}

/** The value with its type, for programs: the string '0.1'. */
export function withType(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const type = Array.isArray(value) ? 'array' : typeof value;
  return shortened(`the ${type} ${inspected(value)}`);
}

function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

function shownWhole(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '""' : value;
  const isShortList = Array.isArray(value) && value.length > 0 && value.length <= MOST_SHOWN;
  return isShortList && [...value].every((each) => typeof each === 'number') ? value.join(',') : inspected(value);
}

function inspected(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, customInspect: false });
}

/** none, or 60000 × 28 × 28; only the first of very many dimensions. */
function shape(dimensions: readonly number[]): string {
  if (dimensions.length === 0) return 'none';
  const most = 8;
  const first = dimensions.slice(0, most).join(' × ');
  return dimensions.length > most ? `${first} × …, ${dimensions.length} dimensions` : first;
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
