/**
 * Every error that a user can meet, in one table. Each says what was found, what was expected and what to do, in the words of
 * the command line; `inLibraryWords` makes a program's of them.
 *
 * `status` is the exit status of the command: 2 for wrong usage, 1 for everything else.
 */
import { inspect } from 'node:util';
import { grouped } from './text/grouped.js';
import { nearest } from './text/nearest.js';
import { onOneLine } from './text/printable.js';
import { flagOf, inLibraryWords, type SnakeCase, snakeCase } from './text/words.js';

export class LockstepError extends Error {
  override readonly name = 'LockstepError';
  /** The kind of error, such as `data_not_found`. It stays the same between versions: docs/errors.md lists all codes. */
  readonly code: ErrorCode;
  /** The exit status of the command: 2 for wrong usage, 1 for everything else. */
  readonly status: 1 | 2;
  /** Under MPI, of what all ranks fail of alike: that another one says it. */
  isToldElsewhere = false;
  readonly #inCommandWords: string;

  constructor(code: ErrorCode, { message, inLibrary = inLibraryWords(message), status, cause }: Draft) {
    super(inLibrary, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status;
    this.#inCommandWords = message;
  }

  /** The message as the command says it: `--batch-size` where `message` says `batchSize`. */
  get inCommandWords(): string {
    return this.#inCommandWords;
  }
}

/** An error of the table, before it has its code. */
interface Draft {
  /** In the command's words. */
  readonly message: string;
  /** In a program's, where other names of options are not enough. */
  readonly inLibrary?: string;
  readonly status: 1 | 2;
  readonly cause?: unknown;
  /** Where it relays another's, perhaps of another process. */
  readonly code?: string | undefined;
}

export type ErrorCode = SnakeCase<keyof typeof errors>;

/** The table's entries as they are used: each gives its error the entry's name as its code. */
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

/** What `--data` may be. */
export const DATA_SOURCES =
  'mnist, fashion-mnist, a folder of IDX files, a table (CSV or NDJSON), or - for one on stdin';

export const errors = withCodes({
  // Usage: status 2, before any work starts.
  usage: (message: string, command = 'train') => usage(`${message}; see ${command} --help`),
  /** @param inLibrary  what is expected of a program, where that is something else */
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
  /** @param file  the checkpoint that has this batch, where nobody else has chosen it */
  batchBeyondData: (batchSize: number, samples: number, file?: string) =>
    usage(
      `${file === undefined ? '' : `${file} was written with `}--batch-size ${batchSize}: there are only ${grouped(samples)} training samples; ` +
        'choose a smaller batch or a larger --limit',
    ),
  allHeldOut: (fraction: number, samples: number) =>
    usage(
      `--validation-split ${fraction}: it leaves none of ${grouped(samples)} samples to train on; choose a smaller part`,
    ),
  limitBeyondData: (limit: number, samples: number) =>
    usage(`--limit ${limit}: there are only ${grouped(samples)} training samples; choose a smaller limit`),
  tooMuchMemory: (bytes: number, limit: number) =>
    usage(
      `this run needs ${gibibytes(bytes)} of shared memory, and WebAssembly can address ${gibibytes(limit)}; ` +
        'use a smaller --limit, --batch-size or --hidden, or fewer --threads',
    ),
  requiresOption: requires,
  needsFolder: requires,
  resumeWithoutFolder: () => usage('--resume: requires a checkpoint, a folder of checkpoints, or --checkpoint-dir'),
  nothingToResume: (folder: string) =>
    usage(
      `--resume: ${folder} holds no checkpoint, and no option says what to train; check the folder, ` +
        'or start a run with --data mnist, for example',
    ),
  resumeAnywayAlone: requires,
  folderTaken: (folder: string, name: string) =>
    usage(
      `--checkpoint-dir ${folder}: it holds checkpoints of another run (${name}); ` +
        'add --resume to go on with that, or choose another folder',
    ),
  folderBusy: (folder: string) =>
    usage(
      `--checkpoint-dir ${folder}: another run writes its checkpoints there; wait until it ends, or choose another folder`,
    ),
  folderChanged: (folder: string) =>
    usage(
      `--checkpoint-dir ${folder}: another run has written checkpoints there while this one was getting ready; start it again`,
    ),
  saveAmongCheckpoints: (file: string) =>
    usage(`--save ${file}: checkpoints in --checkpoint-dir have such names; choose another name`),
  newerCheckpoint: (file: string, newer: string) =>
    usage(
      `--resume ${file}: ${newer} in the same folder is newer, and would be mixed up with what this run writes; ` +
        'move it away, or choose another --checkpoint-dir',
    ),
  resumeDiffers: (file: string, found: string, expected: string, remedy: string) =>
    usage(
      `${found}: ${file} was written with ${expected}, and would not end in the same weights; ` +
        `${remedy}, or add --resume-anyway`,
    ),
  otherNetwork: (file: string, found: string, expected: string) =>
    usage(`${found}: ${file} holds a network with ${expected}; leave the option out, or start another run`),
  otherMoments: (file: string, found: string, expected: string) =>
    usage(
      `${found}: ${file} was written with ${expected}, and holds nothing that the other optimizer remembers; ` +
        'leave the option out, or start another run',
    ),
  withinEpoch: (file: string, found: string, expected: string) =>
    usage(
      `${found}: ${file} was written with ${expected} in the middle of an epoch, whose order depends on it; ` +
        'resume from the end of an epoch',
    ),
  epochsPassed: (epochs: number, file: string, done: number, step: number) =>
    usage(
      `--epochs ${epochs}: ${file} is at step ${step}, beyond that (epochs complete: ${done}); ` +
        'give more epochs, or an older checkpoint',
    ),

  // Data: status 1.
  dataNotFound: (data: string) => failure(`--data ${data}: no such file or folder; expected ${DATA_SOURCES}`),
  packageNotFound: (data: string, install: string) =>
    failure(`--data ${data}: not installed; run ${install}, or specify a folder of IDX files`),
  fileNotFound: (folder: string, name: string) =>
    failure(`${folder}: no ${name} nor ${name}.gz; the folder must hold IDX files under their canonical names`),
  unreadable: (file: string, cause: unknown) =>
    failure(`${file}: cannot be read (${reason(cause)}); check the path and its permissions`, cause),
  notGzip: (file: string, cause: unknown) =>
    failure(`${file}: not valid gzip data (${reason(cause)}); fetch or compress the file again`, cause),
  gzipBomb: (file: string, bytes: number, inflated: number, most: number) =>
    failure(
      `${file}: ${grouped(bytes)} compressed bytes become ${grouped(inflated)} and more, over ${most} times as many; ` +
        'if that is meant, decompress the file first (gunzip)',
    ),
  idxHeader: (file: string, found: string) =>
    failure(`${file}: not an IDX file: ${found}; expected 0 0 8 (unsigned bytes) and the number of dimensions`),
  idxType: (file: string, type: number) =>
    failure(
      `${file}: IDX type 0x${type.toString(16).padStart(2, '0')}; expected 0x08, unsigned bytes: convert the file`,
    ),
  idxDimensions: (file: string, found: readonly number[], expected: string) =>
    failure(`${file}: dimensions ${shape(found)}; expected ${expected}`),
  idxTooLarge: (file: string, dimensions: readonly number[], most: number) =>
    failure(`${file}: its header (${shape(dimensions)}) promises more than ${gibibytes(most)}, which no run can hold`),
  idxLength: (file: string, found: number | string, dimensions: readonly number[], expected: number) =>
    failure(
      `${file}: ${typeof found === 'number' ? grouped(found) : found} bytes of data; its header (${shape(
        dimensions,
      )}) promises ${grouped(expected)}: the file is ${
        typeof found === 'number' && found < expected ? 'truncated' : 'not what its header says'
      }, fetch it again`,
    ),
  dataChecksum: (file: string, found: string, expected: string) =>
    failure(`${file}: SHA-256 ${found}; expected ${expected}: the file is damaged, install it again`),
  countsDiffer: (images: string, imageCount: number, labels: string, labelCount: number) =>
    failure(
      `${images} holds ${grouped(imageCount)} images, but ${labels} ${grouped(labelCount)} labels; ` +
        'expected as many labels as images: the two files do not belong together',
    ),
  imageSize: (file: string, found: number, expected: number) =>
    failure(`${file}: ${found} pixels an image; expected ${expected}, as in the training images`),
  labelOutOfRange: (file: string, position: number, found: number, classes: number, what: string) =>
    failure(`${file}: label ${found} of sample ${position}; expected 0 to ${classes - 1}, ${what}`),
  oneClass: (file: string) => failure(`${file}: every label is 0; expected at least two classes, 0 and 1`),

  // Tables: wrong usage, then status 1.
  onlyForTables: (flag: string, found: unknown, data: string) =>
    usage(
      `${given(flag, found)}: only for tables (CSV or NDJSON), and --data ${data} is not a table; choose a table, or omit this option`,
    ),
  twoTests: () => usage('--test-split and --test-data are mutually exclusive'),
  labelMissing: (file: string, columns: string) =>
    usage(`${file}: which column is the class? Say it with --label, by name or number; its columns are ${columns}`),
  noSuchColumn: (file: string, label: string, columns: string, hasHeader: boolean) =>
    usage(
      `--label ${shown(label)}: ${file} has no such column; its columns are ${columns}` +
        (hasHeader ? '' : ' (if its first row is one of names, add --header yes)'),
    ),
  headerOfObjects: (file: string) =>
    usage(`--header no: the rows of ${file} are objects, whose fields are its columns; leave the option out`),
  allSplitOff: (fraction: number, rows: number) =>
    usage(`--test-split ${fraction}: it leaves none of ${grouped(rows)} rows to train on; choose a smaller part`),
  noTestTable: (data: string, found: string) =>
    failure(
      `--test-data ${data}: ${found}; expected a table (CSV or NDJSON) of the same columns as the training table`,
    ),
  notATable: (file: string) =>
    failure(`${file}: not a table: it holds zero bytes; expected CSV or NDJSON in UTF-8, or a folder of IDX files`),
  emptyTable: (file: string) => failure(`${file}: empty; expected rows of numbers and a class`),
  headerOnly: (file: string) => failure(`${file}: a header and no rows; expected rows of numbers and a class`),
  oneColumn: (file: string) =>
    failure(
      `${file}: its first row has one column; expected a class and one number at least, ` +
        'with commas, semicolons or tabs between them',
    ),
  sameColumns: (file: string, name: string, first: number, second: number) =>
    failure(`${file}: columns ${first} and ${second} are both called ${shown(name)}; give each a name of its own`),
  otherColumns: (file: string, found: number, expected: number) =>
    failure(`${file}: ${found} columns; expected ${expected}, as in the table that was trained on`),
  noSuchInput: (file: string, name: string, columns: string) =>
    failure(`${file}: no column ${shown(name)}, which the table that was trained on has; its columns are ${columns}`),
  tableRow: (file: string, row: number, problem: string) => failure(`${file}: row ${row}: ${problem}`),
  tableNotUtf8: (file: string, row: number) =>
    failure(`${file}: row ${row}: bytes that are not UTF-8; save the table as UTF-8`),
  rowTooLong: (file: string, row: number, bytes: number) =>
    failure(`${file}: row ${row}: longer than ${grouped(bytes)} bytes; expected a row of a table a line`),
  raggedRow: (file: string, row: number, found: number, expected: number) =>
    failure(
      `${file}: row ${row}: ${found} ${found === 1 ? 'column' : 'columns'}; expected ${expected}, as in the first row`,
    ),
  tableCell: (file: string, row: number, column: string, found: string, expected: string) =>
    failure(`${file}: row ${row}, ${column}: ${found}; expected ${expected}`),
  unknownClass: (file: string, row: number, column: string, name: string, classes: string) =>
    failure(`${file}: row ${row}, ${column}: ${shown(name)}; expected a class of the training table: ${classes}`),
  oneClassInTable: (file: string, column: string, name: string) =>
    failure(`${file}: ${column} holds one class only, ${shown(name)}; expected two at least`),
  tooManyClasses: (file: string, column: string, most: number) =>
    failure(
      `${file}: ${column} holds more than ${grouped(most)} classes; is the label a number to be estimated, ` +
        'or a name of each row? Choose another --label',
    ),
  tableTooLarge: (file: string, row: number, columns: number) =>
    failure(
      `${file}: row ${grouped(row)}: with ${grouped(columns)} numbers a row the table does not fit in memory, ` +
        'or in the 4 GiB that a run can have; use fewer rows or columns',
    ),
  scaledTooLarge: (scale: string, column: string) =>
    failure(
      `--scale ${scale}: ${column} has numbers so far apart that float32 cannot hold them scaled; use --scale none`,
    ),
  stdinOfCheckpoint: (file: string) =>
    usage(`--resume: ${file} had its data from stdin; give them again, with --data - or their place`),

  // Checkpoints and models: status 1.
  nothingThere: (where: string) =>
    failure(`--resume ${where}: no such file or folder; expected a checkpoint or a folder of them`),
  notACheckpoint: (file: string, why: string) => failure(`${file}: not a checkpoint that can be used: ${why}`),
  otherWeights: (file: string, found: string, recorded: string) =>
    failure(
      `${file}: its weights have the SHA-256 ${found}, and it says of them ${shown(recorded)}: it is damaged, ` +
        'or was changed by a program that should have left weights_sha256 out',
    ),
  notAModel: (file: string, why: string) =>
    failure(`${file}: not a model that can be used: ${why}; expected what train --save writes, or a checkpoint`),
  dataOfCheckpoint: (file: string, cause: unknown) =>
    failure(`${reason(cause)} (there ${file} had its data; if they have moved, give their place with --data)`, cause),
  noneUsable: (folder: string, last: string) =>
    failure(`--resume ${folder}: none of its checkpoints can be used: ${last}`),
  otherShapes: (file: string, found: string, expected: string) =>
    failure(`${file}: its network takes ${expected}; the data have ${found}: they do not belong together`),
  kernelOfCheckpoint: (file: string, name: string, why: string) =>
    failure(
      `${file} was written with kernel ${name}, and ${why}; resume it where there is one, ` +
        'or with another --kernel and --resume-anyway, which ends in other weights',
    ),
  folderUnusable: (folder: string, cause: unknown) =>
    failure(
      `--checkpoint-dir ${folder}: cannot be written (${reason(cause)}); check the path and its permissions`,
      cause,
    ),
  tensorBoardUnusable: (folder: string, cause: unknown) =>
    failure(`--tensorboard ${folder}: cannot be written (${reason(cause)}); check the path and its permissions`, cause),
  tensorBoardFailed: (file: string, cause: unknown) =>
    failure(`${file} could not be written (${reason(cause)}); make room: what TensorBoard shows has a gap`, cause),
  checkpointFailed: (file: string, cause: unknown, newest: string | undefined) =>
    failure(
      `${file} could not be written (${reason(cause)}); make room, or choose another --checkpoint-dir; ` +
        (newest === undefined ? 'there is no checkpoint yet' : `the newest checkpoint is ${newest}`),
      cause,
    ),
  saveFailed: (file: string, cause: unknown) =>
    failure(
      `--save ${file}: the model could not be written (${reason(cause)}); make room, and resume from the last checkpoint if there is one`,
      cause,
    ),
  savedElsewhere: (file: string, cause: unknown, saved: string) =>
    failure(`--save ${file}: not replaced (${reason(cause)}); the model was saved as ${saved}`, cause),

  noTestSamples: (data: string) => failure(`--data ${data}: it has no test pair; use --split train`),
  noSuchPart: (data: string, found: string, other: string) =>
    failure(`--data ${data}: it has no ${found} samples; use --split ${other}`),
  otherTable: (file: string, data: string, split: string) =>
    failure(
      `--split ${split}: ${file} was not trained on ${data}, or not with the same rows, whose parts it knows; use --split all`,
    ),
  tableForImages: (file: string, data: string) =>
    failure(`--data ${data}: a table, and ${file} was not trained on one; give a folder of IDX files`),
  imagesForTable: (file: string, data: string) =>
    failure(`--data ${data}: no table, and ${file} was trained on one; give a file of CSV or NDJSON`),
  errorsOfTable: (file: string) =>
    usage(
      `--errors: pictures of samples, and ${file} was trained on a table; lockstep evaluate tells how many there are`,
    ),
  trainedElsewhere: (file: string, name: string) =>
    usage(
      `${file} was trained on data that were called ${shown(name)}, and no data set of that name holds them: say where they are with --data`,
    ),
  tooLargeSample: () => failure('a sample whose numbers are too large for the network: its outputs are not finite'),
  otherSize: (file: string, expected: number, data: string, found: number) =>
    failure(
      `${file} takes ${expected} inputs, and the images of ${data} have ${found} pixels: they do not belong together`,
    ),
  sampleLength: (found: unknown, expected: number) =>
    failure(
      typeof found === 'number'
        ? `a sample of ${found} numbers; expected ${expected}, the network's inputs`
        : `no sample; expected an array of ${expected} numbers, the network's inputs`,
    ),
  sampleValue: (position: number, found: unknown) =>
    failure(`number ${position} of a sample is ${shown(found)}; expected a finite float32`),
  notARow: (found: unknown) =>
    failure(`a row of a table: expected an object whose fields are columns; found ${withType(found)}`),
  noColumns: () =>
    failure('a row by the names of its columns; the network knows none: give its numbers as an array, in order'),
  fieldOfRow: (name: string, cell: unknown, problem: string) =>
    failure(`column ${shown(name)}: ${cell === undefined ? problem : `${shown(cell)}, ${problem}`}; expected a number`),
  picturesOfTable: (flag: string) =>
    usage(`--${flag}: for networks of images; this one was trained on a table, and takes its numbers`),
  noSuchClass: (found: unknown, classes: number) =>
    failure(`class ${shown(found)}; expected 0 to ${classes - 1}, the network's classes`),

  // Pictures: wrong usage, then status 1.
  pictureEnding: (file: string) => usage(`--output ${file}: expected a name that ends in .svg or .png`),
  noMetrics: () =>
    usage('no metrics to read: name files, or pipe them in (train | tee run.ndjson | lockstep plot -o live.svg)'),
  stdinTwice: () => usage('-: stdin can be read once only'),
  noEpochs: (source: string, lines: number) =>
    failure(
      `${source}: no epoch event in ${grouped(lines)} lines; expected what train writes to a piped stdout ` +
        '(NDJSON) with --epochs 1 or more',
    ),
  tooManyRuns: (found: number, most: number) =>
    failure(
      `${grouped(found)} runs; expected ${most} at most, for more cannot be told apart: name fewer files, or pipe in only some of the lines`,
    ),
  noFont: (font: string | undefined) =>
    failure(
      font === undefined
        ? 'this system has no font to write with in a PNG; install one (such as DejaVu Sans), give --font, or write an SVG'
        : `--font ${font}: no font that can be used; expected a TrueType or OpenType file`,
    ),

  // Samples to predict: status 1.
  /** @param where  `line 17`, or a file's position */
  badSample: (where: string, cause: unknown) => failure(`${where}: ${reason(cause)}`, cause),
  lineTooLong: (bytes: number) => failure(`longer than ${grouped(bytes)} bytes; expected one JSON value a line`),
  notUtf8: () => failure('not UTF-8; expected JSON'),
  largeDocument: (file: string, cause: unknown) =>
    failure(
      `${file}: too large a document (${reason(cause)}); write one sample a line, in a file named .ndjson`,
      cause,
    ),
  notJson: (why: string) => failure(`not JSON (${why}); expected an array of numbers, or {"id": …, "x": [numbers]}`),
  notASample: (found: unknown) =>
    failure(`${shown(found)}: no sample; expected an array of numbers, or {"id": …, "x": [numbers]}`),
  sampleId: (found: unknown) =>
    failure(`id ${shown(found)}; expected a string, or a number that JSON readers keep: write it as a string`),
  pixelValue: (position: number, found: number) =>
    failure(`number ${position} of a sample is ${found}; expected pixels, 0 to 255, with --pixels`),
  notAPicture: (file: string, why: string) => failure(`${file}: not a picture that can be used: ${why}`),
  unknownFile: (file: string) =>
    failure(
      `${file}: of a kind not known; expected PNG, PGM (P2 or P5), an IDX file of images, gzipped or not, ` +
        'or lines in a file named .ndjson, .jsonl or .json',
    ),
  pictureTooLarge: (file: string, width: number, height: number, most: number) =>
    failure(`${file}: ${width}x${height} pixels; expected at most ${grouped(most)} in all: make it smaller`),
  pictureSize: (file: string, width: number, height: number, expected: string) =>
    failure(`${file}: ${width}x${height} pixels; the network takes ${expected}: add --resize to fit it`),
  notSquare: (inputs: number) =>
    usage(`pictures of ${inputs} inputs, which are no square: expected --shape <width>x<height> besides`),
  shapeOfOthers: (shape: string, inputs: number) =>
    usage(`--shape ${shape}: expected as many pixels as the network has inputs, ${inputs}`),
  onlyForPictures: (flag: string) => usage(`--${flag}: expected pictures besides, as further arguments`),
  onlyForLines: (flag: string) =>
    usage(`--${flag}: for lines of numbers, on stdin or in a file; pictures and IDX files hold pixels anyway`),
  // Export and pictures: status 2, and 1 where it is no matter of usage.
  fileExtension: (flag: string, file: string, expected: string) =>
    usage(`${flag} ${shown(file)}: expected a file name that ends in ${expected}, which says its format`),
  outputIsInput: (flag: string, file: string, input: string) =>
    usage(
      `${flag} ${shown(file)}: the same file as ${shown(input)}, which this command reads; choose another file to write`,
    ),
  outputIsStream: (flag: string, file: string, stream: string) =>
    usage(`${flag} ${shown(file)}: ${stream} is redirected to this file; choose another file to write`),
  outputTaken: (flag: string, file: string, kind: string) =>
    usage(`${flag} ${shown(file)}: this file exists and is not ${kind}; choose another name, or remove the file first`),
  sameFile: (file: string) =>
    usage(`--weights and --errors: both are to be ${shown(file)}; choose another file for one`),
  withoutSheet: (flag: string, sheets: string) => usage(`--${flag}: expected ${sheets} besides`),
  sheetTooLarge: (pixels: number, most: number) =>
    usage(
      `--count and --scale: a sheet of ${grouped(pixels)} pixels; expected ${grouped(most)} at most: ` +
        'choose fewer or smaller pictures',
    ),
  outputUnusable: (flag: string, file: string, cause: unknown) =>
    failure(`${flag} ${file}: cannot be written (${reason(cause)}); check the path and its permissions`, cause),
  tooLargeForFormat: (file: string, bytes: number, format: string, most: number) =>
    failure(
      `${file}: ${gibibytes(bytes)} of parameters, and ${format} holds ${gibibytes(most)}; choose another format`,
    ),
  noFontFor: (file: string) =>
    failure(`${file}: no font was found to write with; install one (fonts-dejavu-core, for one), or write .svg`),

  // Several processes, by MPI: status 2, then 1.
  exactOfCheckpoint: (file: string) =>
    usage(
      `--resume: ${file} is of a run with --exact; give --mpi besides (without a launcher, this process is the only rank)`,
    ),
  mpiStrategy: (strategy: unknown) => usage(`--strategy ${shown(strategy)}: expected sliced with --mpi`),
  mpiStdin: () =>
    usage(
      '-: stdin reaches the first rank alone, and with --mpi every rank reads the table; give a file that all of them can read',
    ),
  exactRanks: (ranks: number, shards: number) =>
    usage(`--exact: found ${ranks} ranks; expected a number that divides ${shards}: 1, 2, 4 or 8`),
  noKoffi: (cause: unknown) =>
    failure(
      `--mpi: the package koffi, which calls MPI, cannot be loaded (${firstLine(cause)}); install it: npm install koffi`,
      cause,
    ),
  noMpi: (tried: readonly string[]) =>
    failure(
      `--mpi: this system has no MPI library (looked for ${tried.map((each) => each.split(':')[0]).join(', ')}); ` +
        'install Open MPI (Debian and Ubuntu: apt install openmpi-bin), or name its library: --mpi /path/to/libmpi.so',
    ),
  notMpi: (why: string) =>
    failure(`--mpi ${why}: expected an MPI library, such as /usr/lib/x86_64-linux-gnu/libmpi.so.40`),
  mpiThreads: (version: string) =>
    failure(
      `--mpi: ${version} was built without support for threads; expected MPI_THREAD_SERIALIZED at least: install another build`,
    ),
  otherMpi: (launched: number, version: string) =>
    failure(
      `--mpi: the launcher started ${launched} ranks, and ${version} knows of this one alone: they are of different MPIs; ` +
        'use its own launcher (with Slurm: srun --mpi=pmix, or --mpi=pmi2 for MPICH), ' +
        'or name the library of the launcher: --mpi /path/to/libmpi.so',
    ),
  /** @param launch  what started the process, and how many */
  launchedWithoutMpi: (launch: string) =>
    usage(
      `${launch}, and without --mpi each would train the whole model and write the same files; ` +
        'add --mpi to train one model together, or --no-mpi to train one in each process',
    ),
  mpiInUse: () =>
    failure(
      'mpi: another run with mpi is under way in this process, and ranks can train one model at a time; ' +
        'finish that run, or leave its loop, before the next one begins',
    ),
  mpiBegunElsewhere: (version: string) =>
    failure(
      `mpi: ${version} has been initialized in this process by other code (or another thread); ` +
        'train with mpi from one thread only, or in a process of its own',
    ),
  mpiCall: (name: string, code: number) => failure(`${name} failed with error ${code}; see what MPI wrote`),
  /** @param code  of that rank's error, if it has one */
  rankFailed: (rank: string, message: string, status: 1 | 2, cause: unknown, code?: string): Draft => ({
    message: onOneLine(`${rank}: ${message}`),
    status,
    cause,
    code,
  }),
  ranksDiffer: (what: string, rank: string, found: string, first: string, expected: string) =>
    failure(
      `${what}: ${rank} has ${found}, and ${first} ${expected}; all ranks must have the same: ` +
        'bring them in line, and start again',
    ),
  ranksDrifted: (rank: number, own: number) =>
    failure(
      `the weights of rank ${rank} are no longer those of rank ${own}: a machine or its MPI computes wrongly; ` +
        'go on from the last checkpoint, without it',
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
      /** The step's own. */
      readonly rate: number;
      readonly lr: number;
      readonly reduction: string;
      readonly hasCheckpoint: boolean;
    },
  ) =>
    failure(
      `${what} is not finite at step ${step} (learning rate ${run.rate}${run.rate === run.lr ? '' : `, by the schedule; --lr ${run.lr}`}): ` +
        'training diverged; try a smaller --lr' +
        (run.reduction === 'sum' ? ', or --reduction mean if the rate is from another program' : '') +
        (run.hasCheckpoint ? ', perhaps from a checkpoint with --resume-anyway' : ''),
    ),
  notFiniteAtStart: (what: string, isTable: boolean) =>
    failure(
      `${what} is not finite before any step: the inputs are too large for the network; ` +
        (isTable ? 'use --scale standard' : 'check the data'),
    ),
  addressSpace: (threads: number, needed: number, room: number) =>
    failure(
      `${threads} worker threads reserve up to ${gibibytes(needed)} of addresses, and the system leaves ${gibibytes(room)}; ` +
        'use fewer --threads, or allow more (ulimit -v)',
    ),
  threadsUnavailable: (threads: number, cause: unknown) =>
    failure(`cannot start ${threads} worker threads (${reason(cause)}); use fewer --threads`, cause),
  threadDied: (worker: number, threads: number, where: string, cause: unknown) =>
    failure(
      `worker thread ${worker + 1} of ${threads} died ${where}: ${reason(cause)}; the run cannot go on without it`,
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
        'the run cannot go on without it',
    ),
  dashboardPort: (port: number, cause: unknown) =>
    failure(
      hasCode(cause, 'EADDRINUSE')
        ? `--dashboard ${port}: another program has this port (perhaps the page of another run); choose another, or 0 for any that is free`
        : `--dashboard ${port}: the page cannot be served there (${reason(cause)}); choose another port, or 0 for any that is free`,
      cause,
    ),
  dashboardOfRanks: () => usage('--dashboard: a page shows a process of its own; leave out --mpi, or the page'),
  stdoutFailed: (cause: unknown) =>
    failure(`stdout cannot be written (${reason(cause)}); make room, or send the metrics elsewhere`, cause),
  notPlain: (event: string, field: string, found: unknown) =>
    failure(`event "${event}": field ${field} is ${shown(found)}; expected what JSON can hold`),
});

function usage(message: string, inLibrary?: string): Draft {
  return {
    message: onOneLine(message),
    status: 2,
    ...(inLibrary !== undefined && { inLibrary: onOneLine(inLibrary) }),
  };
}

/** An option as it was given: --keep 3. */
function given(flag: string, found: unknown): string {
  return found === true ? `--${flag}` : `--${flag} ${shown(found)}`;
}

function requires(flag: string, found: unknown, needed: string): Draft {
  return usage(`${given(flag, found)}: requires ${needed}`);
}

function failure(message: string, cause?: unknown): Draft {
  return { message: onOneLine(message), status: 1, cause };
}

/** Whether it is the system's error of that code, such as ENOENT. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** What an unknown error says of itself, on one line, in the command's words; where the system's limits are its reason, with the remedy. */
export function reason(cause: unknown): string {
  if (cause instanceof LockstepError) return cause.inCommandWords;
  const message = onOneLine(cause instanceof Error ? cause.message : String(cause));
  const text = `${hasAnyCode(cause) ? cause.code : ''} ${message}`;
  const limit = LIMITS.find(({ sign }) => sign.test(text));
  return limit ? `${message}; ${limit.remedy}` : message;
}

/** Of the system and the process, as Node and V8 tell of them. */
const LIMITS = [
  { sign: /\b(EMFILE|ENFILE)\b/, remedy: 'allow more open files (ulimit -n)' },
  {
    sign: /\bENOMEM\b|ERR_MEMORY_ALLOCATION_FAILED|allocation failed|could not allocate|out of memory/i,
    remedy: 'free memory, or allow more (ulimit -v)',
  },
  { sign: /\bEAGAIN\b/, remedy: 'allow more threads (ulimit -u)' },
] as const;

function hasAnyCode(error: unknown): error is Error & { readonly code: unknown } {
  return error instanceof Error && 'code' in error;
}

/** Some messages go on with where it was looked for. */
function firstLine(cause: unknown): string {
  return reason(cause instanceof Error ? cause.message.split('\n')[0] : cause);
}

const MOST_SHOWN = 200;

/** Anything, in a few words: a program, or a file, may have given it. */
export function shown(value: unknown): string {
  return shortened(shownWhole(value));
}

/** The same with its type, for programs: the string '0.1'. */
function withType(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const type = Array.isArray(value) ? 'array' : typeof value;
  return shortened(`the ${type} ${inspected(value)}`);
}

function shortened(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

function shownWhole(value: unknown): string {
  if (typeof value === 'string') return value === '' ? '""' : value;
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MOST_SHOWN &&
    [...value].every((each) => typeof each === 'number')
  ) {
    return value.join(',');
  }
  return inspected(value);
}

function inspected(value: unknown): string {
  return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY, customInspect: false });
}

/** none, or 60000 × 28 × 28; of very many dimensions, the first. */
function shape(dimensions: readonly number[]): string {
  if (dimensions.length === 0) return 'none';
  const most = 8;
  const first = dimensions.slice(0, most).join(' × ');
  return dimensions.length > most ? `${first} × …, ${dimensions.length} dimensions` : first;
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
