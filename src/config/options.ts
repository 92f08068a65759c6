/** A run's options: their defaults, which are the reference's run, and what each may be. */
import { availableParallelism } from 'node:os';
import { HEADERS, type Header } from '../data/table/columns.js';
import { SCALES, type Scale } from '../data/table/scaling.js';
import { DATA_SOURCES, errors, snakeCase } from '../errors.js';
import { type Fields, isRecord } from '../files/record.js';
import { KERNEL_NAMES, type KernelName } from '../kernels/kernel.js';
import {
  OPTIMIZERS,
  type OptimizerName,
  type OptimizerOptions,
  REDUCTIONS,
  type Reduction,
  STRATEGIES,
  type Strategy,
} from '../optim/optimizer.js';
import { SCHEDULES, type ScheduleName } from '../optim/schedule.js';
import { flagOf, OPTION_NAMES, type OptionName } from '../text/words.js';
import {
  fraction,
  MAX_COUNT,
  oneOf,
  positive,
  rate,
  rateOrNone,
  text,
  textOrYes,
  whole,
  widths,
  yesOrNo,
} from './checks.js';

export interface TrainOptions {
  /** Worker threads, 1 to 1,024. @default the cores available */
  readonly threads?: number;
  /**
   * `mnist`, `fashion-mnist`, a folder of IDX files, a table (a file of CSV or NDJSON), or `-` for a table on stdin; gzipped or
   * not. @default 'mnist'
   */
  readonly data?: string;
  /** Of a table, which needs it: the column that holds the classes, by its name or its number, from 1. All others are inputs. */
  readonly label?: string | undefined;
  /** Of a table: whether its first row holds the columns' names. @default 'auto', which looks whether it does */
  readonly header?: Header;
  /** Of a table: how each column becomes comparable with the others, fitted on the samples that are trained on. @default 'none' */
  readonly scale?: Scale;
  /** Of a table: this fraction of its rows, more than 0 and less than 1, chosen by the seed, is the test set. @default none */
  readonly testSplit?: number | undefined;
  /** Of a table: another one, of the same columns, that is the test set. @default none */
  readonly testData?: string | undefined;
  /** Widths of the hidden layers, input to output; empty for softmax regression. @default [1000] */
  readonly hidden?: readonly number[];
  /** 0 evaluates the initial weights. @default 100 */
  readonly epochs?: number;
  /** Samples a minibatch; the last of an epoch may be smaller. @default 100, or all training samples if there are fewer */
  readonly batchSize?: number;
  /** Learning rate. @default 0.001 */
  readonly lr?: number;
  /** The batch's gradient: the sum over its samples, or their mean. @default 'sum' */
  readonly reduction?: Reduction;
  /** What a gradient does to the parameters. @default 'sgd' */
  readonly optimizer?: OptimizerName;
  /** Of sgd, below 1: what a step leaves of the steps before it. @default 0 */
  readonly momentum?: number;
  /** Nesterov's momentum. @default false */
  readonly nesterov?: boolean;
  /** Of adam: how much of its means of the gradients and of their squares a step leaves, each below 1. @default 0.9 */
  readonly beta1?: number;
  /** @default 0.999 */
  readonly beta2?: number;
  /** Of adam: added to the root of the mean square. @default 1e-8 */
  readonly eps?: number;
  /** So many times the parameters, biases too, are added to their gradient. @default 0 */
  readonly weightDecay?: number;
  /** The most that the norm of the whole (reduced) gradient may be: a longer one is shortened. @default none */
  readonly clipNorm?: number | undefined;
  /** How the learning rate falls: see docs/mathematics.md. @default 'constant' */
  readonly schedule?: ScheduleName;
  /** Steps over which the learning rate rises to `lr` in a straight line. @default 0 */
  readonly warmupSteps?: number;
  /** Of schedule `step`: epochs between two drops. @default 30 */
  readonly lrStepSize?: number;
  /** Of schedule `step`: what a drop leaves of the rate. @default 0.1 */
  readonly lrGamma?: number;
  /**
   * This fraction of the training samples, more than 0 and less than 1, chosen by the seed, is not trained on: the loss over
   * them says after each epoch how well the network does on what it has not seen. @default none
   */
  readonly validationSplit?: number | undefined;
  /** The run is complete when the validation loss has not become less for so many epochs. @default none */
  readonly patience?: number | undefined;
  /** Whether the weights that remain are those of the epoch with the least validation loss. @default false */
  readonly keepBest?: boolean;
  /** The run is complete with the epoch in which so many seconds are over, since it began or was resumed. @default none */
  readonly maxTime?: number | undefined;
  /** How gradients are reduced: see docs/design.md. @default 'sliced' */
  readonly strategy?: Strategy;
  /** Of the initial values and of the order, 0 to 2^53 − 1. @default 1 */
  readonly seed?: number;
  /** Train on the first so many samples only. @default all */
  readonly limit?: number | undefined;
  /** @default 'auto', the fastest that this machine can run */
  readonly kernel?: KernelName | 'auto';
  /** A `step` event every so many steps. @default none */
  readonly logEvery?: number | undefined;
  /** File that the model is written to when the run ends, also if it is interrupted. @default none */
  readonly save?: string | undefined;
  /** Folder for checkpoints; made if it is not there. @default none, or where the one lies that is resumed */
  readonly checkpointDir?: string | undefined;
  /** Epochs between two checkpoints. @default 1 */
  readonly checkpointEvery?: number;
  /** Besides, steps between two checkpoints. @default none */
  readonly checkpointEverySteps?: number | undefined;
  /** How many checkpoints are kept, the newest. @default 3 */
  readonly keep?: number;
  /** Whether a checkpoint that cannot be written ends the run, which otherwise goes on with a warning. @default false */
  readonly checkpointRequired?: boolean;
  /**
   * Go on from a checkpoint, a file or the newest of a folder; true stands for `checkpointDir`. Options that are not given
   * are then the checkpoint's; those given must be the same, but for threads, epochs and where output goes. Where there is no
   * checkpoint yet, a run starts if an option says what to train: docs/reliability.md.
   */
  readonly resume?: string | boolean | undefined;
  /** Resume also with options or data that differ from the checkpoint's, where that can be. @default false */
  readonly resumeAnyway?: boolean;
  /**
   * Train as one of the processes that an MPI launcher has started, each with a share of every batch; the file of the MPI
   * library, or true for the system's. All ranks yield the same events; what is written to files, rank 0 writes. A rank that
   * fails ends all of them, and their processes, a second later. Without it, each process trains by itself, whoever started
   * it. See docs/cluster.md. @default false
   */
  readonly mpi?: string | boolean | undefined;
  /** With `mpi`: the same weights for 1, 2, 4 and 8 ranks, at the cost that docs/cluster.md has. @default false */
  readonly exact?: boolean;
}

export const MAX_THREADS = 1024;

/** What a run is made of: every option, checked. Whether it resumes another is told apart. */
export interface Config extends OptimizerOptions {
  readonly threads: number;
  readonly data: string;
  readonly label: string | undefined;
  readonly header: Header;
  readonly scale: Scale;
  readonly testSplit: number | undefined;
  readonly testData: string | undefined;
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  readonly validationSplit: number | undefined;
  readonly patience: number | undefined;
  readonly keepBest: boolean;
  readonly maxTime: number | undefined;
  readonly strategy: Strategy;
  readonly exact: boolean;
  readonly seed: number;
  readonly limit: number | undefined;
  readonly kernel: KernelName | 'auto';
  readonly logEvery: number | undefined;
  readonly save: string | undefined;
  readonly checkpointDir: string | undefined;
  readonly checkpointEvery: number;
  readonly checkpointEverySteps: number | undefined;
  readonly keep: number;
  readonly checkpointRequired: boolean;
}

/** Those options that were given, checked. */
export type CheckedOptions = { readonly [name in keyof Config]?: Config[name] } & ResumeOptions;

interface ResumeOptions {
  readonly resume?: string | true;
  readonly resumeAnyway?: boolean;
  readonly mpi?: string | true;
}

/** An option that a program gives may be anything, whatever its type says. */
export type Given = { readonly [name in keyof TrainOptions]?: unknown };

type Checked<Name> = Name extends keyof Config
  ? Config[Name]
  : Name extends 'resumeAnyway'
    ? boolean
    : string | boolean;

/** What each option may be: gives the value, or refuses it. */
const CHECKS: { readonly [name in OptionName]: (value: unknown) => Checked<name> } = {
  threads: (value) => whole('threads', value, 1, MAX_THREADS),
  data: (value) => text('data', value, DATA_SOURCES),
  label: (value) => text('label', value, "a column's name or number"),
  header: (value) => oneOf('header', value, HEADERS),
  scale: (value) => oneOf('scale', value, SCALES),
  testSplit: (value) => fraction('testSplit', value, 'above 0'),
  testData: (value) => text('testData', value, 'a table (CSV or NDJSON), or - for one on stdin'),
  hidden: (value) => widths('hidden', value),
  epochs: (value) => whole('epochs', value, 0, MAX_COUNT),
  batchSize: (value) => whole('batchSize', value, 1, MAX_COUNT),
  lr: (value) => rate('lr', value),
  reduction: (value) => oneOf('reduction', value, REDUCTIONS),
  optimizer: (value) => oneOf('optimizer', value, OPTIMIZERS),
  momentum: (value) => fraction('momentum', value),
  nesterov: (value) => yesOrNo('nesterov', value),
  beta1: (value) => fraction('beta1', value),
  beta2: (value) => fraction('beta2', value),
  eps: (value) => rate('eps', value),
  weightDecay: (value) => rateOrNone('weightDecay', value),
  clipNorm: (value) => rate('clipNorm', value),
  schedule: (value) => oneOf('schedule', value, SCHEDULES),
  warmupSteps: (value) => whole('warmupSteps', value, 0, MAX_COUNT),
  lrStepSize: (value) => whole('lrStepSize', value, 1, MAX_COUNT),
  lrGamma: (value) => rate('lrGamma', value),
  validationSplit: (value) => fraction('validationSplit', value, 'above 0'),
  patience: (value) => whole('patience', value, 1, MAX_COUNT),
  keepBest: (value) => yesOrNo('keepBest', value),
  maxTime: (value) => positive('maxTime', value),
  strategy: (value) => oneOf('strategy', value, STRATEGIES),
  exact: (value) => yesOrNo('exact', value),
  seed: (value) => whole('seed', value, 0, Number.MAX_SAFE_INTEGER),
  limit: (value) => whole('limit', value, 1, MAX_COUNT),
  kernel: (value) => oneOf('kernel', value, ['auto', ...KERNEL_NAMES]),
  logEvery: (value) => whole('logEvery', value, 1, MAX_COUNT),
  save: (value) => text('save', value, 'a file, such as model.safetensors'),
  checkpointDir: (value) => text('checkpointDir', value, 'a folder'),
  checkpointEvery: (value) => whole('checkpointEvery', value, 1, MAX_COUNT),
  checkpointEverySteps: (value) => whole('checkpointEverySteps', value, 1, MAX_COUNT),
  keep: (value) => whole('keep', value, 1, MAX_COUNT),
  checkpointRequired: (value) => yesOrNo('checkpointRequired', value),
  resume: (value) => textOrYes('resume', value, 'a checkpoint or a folder of them'),
  resumeAnyway: (value) => yesOrNo('resumeAnyway', value),
  mpi: (value) => textOrYes('mpi', value, 'the file of an MPI library'),
};

/** Those that say something about checkpoints, and nothing where there are none. */
const OF_CHECKPOINTS = ['checkpointEvery', 'checkpointEverySteps', 'keep', 'checkpointRequired'] as const;

/**
 * @returns what is given and defined
 * @throws LockstepError (status 2) that names the first option out of range, or without the one that it needs
 */
export function checkOptions(given: Given): CheckedOptions {
  const checked = checkEach(given);
  const { resume, checkpointDir, resumeAnyway } = checked;
  if (resume === undefined && checkpointDir === undefined) {
    const lonely = OF_CHECKPOINTS.find((name) => checked[name]);
    if (lonely) throw errors.needsFolder(flagOf(lonely), checked[lonely]);
  }
  if (resume === true && checkpointDir === undefined) throw errors.resumeWithoutFolder();
  if (resumeAnyway && resume === undefined) throw errors.resumeAnywayAlone();
  return checked;
}

/**
 * For programs, which a compiler does not always read: `epoch: 5` would else be the default 100 epochs, and so would 5.
 *
 * @throws LockstepError (status 2) if it is no object of options, or that names the first that is none
 */
export function requireOptions(given: unknown, others: readonly string[]): void {
  if (!isPlain(given)) throw errors.notOptions(given);
  const known: readonly string[] = [...OPTION_NAMES, ...others];
  const stray = Object.keys(given).find((name) => given[name] !== undefined && !known.includes(name));
  if (stray !== undefined) throw errors.unknownOption(stray, known);
}

/** An instance of a class, a Map or a Date, has other things to say than options; so has what an object inherits. */
function isPlain(value: unknown): value is Fields {
  if (!isRecord(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function checkEach(given: Given): CheckedOptions {
  const checked: Record<string, unknown> = {};
  for (const [name, check] of Object.entries(CHECKS)) {
    const value = given[name as keyof Given];
    if (value !== undefined) checked[name] = check(value);
  }
  if (checked.resume === false) delete checked.resume;
  if (checked.mpi === false) delete checked.mpi;
  return checked;
}

/** The defaults, which are the reference's run, for what is not given. */
export function withDefaults(given: CheckedOptions): Config {
  return {
    threads: given.threads ?? Math.min(availableParallelism(), MAX_THREADS),
    data: given.data ?? 'mnist',
    label: given.label,
    header: given.header ?? 'auto',
    scale: given.scale ?? 'none',
    testSplit: given.testSplit,
    testData: given.testData,
    hidden: given.hidden ?? [1000],
    epochs: given.epochs ?? 100,
    batchSize: given.batchSize ?? 100,
    lr: given.lr ?? 0.001,
    reduction: given.reduction ?? 'sum',
    optimizer: given.optimizer ?? 'sgd',
    momentum: given.momentum ?? 0,
    nesterov: given.nesterov ?? false,
    beta1: given.beta1 ?? 0.9,
    beta2: given.beta2 ?? 0.999,
    eps: given.eps ?? 1e-8,
    weightDecay: given.weightDecay ?? 0,
    clipNorm: given.clipNorm,
    schedule: given.schedule ?? 'constant',
    warmupSteps: given.warmupSteps ?? 0,
    lrStepSize: given.lrStepSize ?? 30,
    lrGamma: given.lrGamma ?? 0.1,
    validationSplit: given.validationSplit,
    patience: given.patience,
    keepBest: given.keepBest ?? false,
    maxTime: given.maxTime,
    strategy: given.strategy ?? 'sliced',
    exact: given.exact ?? false,
    seed: given.seed ?? 1,
    limit: given.limit,
    kernel: given.kernel ?? 'auto',
    logEvery: given.logEvery,
    save: given.save,
    checkpointDir: given.checkpointDir,
    checkpointEvery: given.checkpointEvery ?? 1,
    checkpointEverySteps: given.checkpointEverySteps,
    keep: given.keep ?? 3,
    checkpointRequired: given.checkpointRequired ?? false,
  };
}

/** @throws LockstepError (status 2), as `checkOptions` and `requireTogether` */
export function resolveOptions(given: Given): Config {
  const checked = checkOptions(given);
  const config = withDefaults(checked);
  requireTogether(checked, config);
  return config;
}

/** Options that say nothing without others. */
const TOGETHER: readonly (readonly [
  names: readonly (keyof Config)[],
  with_: string,
  isThere: (config: Config) => boolean,
])[] = [
  [['momentum'], '--optimizer sgd', ({ optimizer, momentum }) => optimizer === 'sgd' || momentum === 0],
  [['nesterov'], '--momentum', ({ momentum, nesterov }) => momentum > 0 || !nesterov],
  [['beta1', 'beta2', 'eps'], '--optimizer adam', ({ optimizer }) => optimizer === 'adam'],
  [['patience', 'keepBest'], '--validation-split', ({ validationSplit }) => validationSplit !== undefined],
  [['lrStepSize', 'lrGamma'], '--schedule step', ({ schedule }) => schedule === 'step'],
];

/**
 * @param given   what was asked for
 * @param config  what came of it, with the defaults or a checkpoint's options
 * @throws LockstepError (status 2) that names the first that was given in vain
 */
export function requireTogether(given: CheckedOptions, config: Config): void {
  for (const [names, needed, isThere] of TOGETHER) {
    const lonely = names.find((name) => given[name] !== undefined);
    if (lonely && !isThere(config)) throw errors.requiresOption(flagOf(lonely), given[lonely], needed);
  }
  if (config.testSplit !== undefined && config.testData !== undefined) throw errors.twoTests();
}

/** What says something of tables alone. */
const OF_TABLES = ['label', 'header', 'scale', 'testSplit', 'testData'] as const;

/** @throws LockstepError (status 2) that names the first option that asks of the data what only a table has */
export function requireNothingOfTables(config: Config): void {
  const plain = withDefaults({});
  const stray = OF_TABLES.find((name) => config[name] !== plain[name]);
  if (stray) throw errors.onlyForTables(flagOf(stray), config[stray], config.data);
}

/** Of a configuration, what makes the steps: plain data, which the threads are told. */
export function optimizerOf(config: Config): OptimizerOptions {
  const { lr, reduction, optimizer, momentum, nesterov, weightDecay, beta1, beta2, eps, clipNorm } = config;
  const { schedule, warmupSteps, lrStepSize, lrGamma } = config;
  const update = { reduction, optimizer, momentum, nesterov, weightDecay, beta1, beta2, eps, clipNorm };
  return { ...update, lr, schedule, warmupSteps, lrStepSize, lrGamma };
}

/** The options as metrics and files name them: null for what is not set. */
export interface ConfigRecord {
  readonly threads: number;
  readonly data: string;
  readonly label: string | null;
  readonly header: Header;
  readonly scale: Scale;
  readonly test_split: number | null;
  readonly test_data: string | null;
  readonly hidden: readonly number[];
  readonly epochs: number;
  readonly batch_size: number;
  readonly lr: number;
  readonly reduction: Reduction;
  readonly optimizer: OptimizerName;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weight_decay: number;
  readonly clip_norm: number | null;
  readonly schedule: ScheduleName;
  readonly warmup_steps: number;
  readonly lr_step_size: number;
  readonly lr_gamma: number;
  readonly validation_split: number | null;
  readonly patience: number | null;
  readonly keep_best: boolean;
  readonly max_time: number | null;
  readonly strategy: Strategy;
  readonly exact: boolean;
  readonly seed: number;
  readonly limit: number | null;
  readonly kernel: KernelName | 'auto';
  readonly log_every: number | null;
  readonly save: string | null;
  readonly checkpoint_dir: string | null;
  readonly checkpoint_every: number;
  readonly checkpoint_every_steps: number | null;
  readonly keep: number;
  readonly checkpoint_required: boolean;
}

export function recordOfConfig(config: Config): ConfigRecord {
  const entries = Object.entries(config).map(([name, value]) => [snakeCase(name), value ?? null]);
  return Object.fromEntries(entries) as ConfigRecord;
}

/** @throws LockstepError if it is no record of ours, whatever wrote it */
export function configOfRecord(record: Readonly<Record<string, unknown>>): Config {
  const names = Object.keys(CHECKS) as (keyof Given)[];
  return withDefaults(checkEach(Object.fromEntries(names.map((name) => [name, record[snakeCase(name)] ?? undefined]))));
}
