/** Resuming: which checkpoint, with which options, and whether it is allowed. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { TableTraits } from '../config/option.js';
import {
  type CheckedOptions,
  CONFIG_NAMES,
  type Config,
  changesNoStep,
  flagText,
  OPTIONS,
  requireTogether,
  valueText,
  withDefaults,
} from '../config/options.js';
import { errors, hasCode, LockstepError, reason } from '../errors.js';
import type { FolderLock } from '../files/folder-lock.js';
import { isSameOutput } from '../files/output.js';
import { problemOf } from '../kernels/builds.js';
import type { WarningEvent } from '../metrics/events.js';
import { momentNames } from '../optim/optimizer.js';
import { type Checkpoint, readCheckpoint } from './checkpoint-file.js';
import { memberFolder } from './ensemble.js';
import { type Listed, listCheckpoints, lockCheckpointFolder, requireCheckpointFolder } from './folder.js';
import type { DatasetRecord } from './model-file.js';

export interface Resumed {
  readonly file: string;
  readonly checkpoint: Checkpoint;
  /** Whether it is the newest usable checkpoint of a folder, not a file named by `--resume`. */
  readonly isNewest: boolean;
}

export interface Found {
  readonly resumed: Resumed | undefined;
  readonly warnings: readonly WarningEvent[];
}

export interface Beginning {
  readonly config: Config;
  /** Undefined: a new run. */
  readonly resumed: Resumed | undefined;
  readonly warnings: readonly WarningEvent[];
}

/**
 * Combines the given options with those of the checkpoint. The checkpoint folder is checked, but not changed.
 *
 * @param table   of a new run on a table
 * @param writes  whether this process writes the checkpoints
 * @throws LockstepError if the options do not allow to resume, or checkpoints of two runs would be mixed
 */
export async function beginRun(
  given: CheckedOptions,
  table: TableTraits | undefined,
  found: Found,
  writes: boolean,
): Promise<Beginning> {
  const warnings = [...found.warnings];
  const { resumed } = found;
  const config = resumed
    ? configFor(given, resumed, warnings)
    : withDefaults({ ...given, checkpointDir: folderOf(given) }, table);
  requireTogether(given, config);
  const { checkpointDir } = config;
  if (checkpointDir !== undefined && writes && (await requireCheckpointFolder(checkpointDir))) {
    requireRoom(checkpointDir, await listCheckpoints(checkpointDir), resumed);
  }
  return { config, resumed, warnings };
}

export interface OpenFolder {
  readonly lock: FolderLock;
  /** Newest first. */
  readonly checkpoints: readonly Listed[];
}

/**
 * Locks the folder for this run.
 *
 * @throws LockstepError if another run holds it, or has changed it since it was checked
 */
export async function openFolder(folder: string, resumed: Resumed | undefined): Promise<OpenFolder> {
  const lock = await lockCheckpointFolder(folder);
  try {
    const checkpoints = await listCheckpoints(folder);
    if (!(await isAsFound(folder, checkpoints, resumed))) throw errors.folderChanged(folder);
    return { lock, checkpoints };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/** Whether the run would still resume from the same checkpoint. */
async function isAsFound(folder: string, listed: readonly Listed[], resumed: Resumed | undefined): Promise<boolean> {
  if (!resumed || !isIn(folder, resumed)) return listed.length === 0;
  if (!resumed.isNewest) return newerThan(resumed, listed) === undefined;
  for (const { file } of listed) {
    if (path.basename(file) === path.basename(resumed.file)) return true;
    // Newer checkpoints are expected only if they are unusable.
    if (await isUsable(file)) return false;
  }
  return false;
}

async function isUsable(file: string): Promise<boolean> {
  try {
    await readCheckpoint(file);
    return true;
  } catch (error) {
    if (error instanceof LockstepError) return false;
    throw error;
  }
}

/** @throws LockstepError if there is nothing to resume */
export async function findCheckpoint(given: CheckedOptions): Promise<Found> {
  const warnings: WarningEvent[] = [];
  const resumed = await find(given, warnings);
  return { resumed, warnings };
}

async function find(given: CheckedOptions, warnings: WarningEvent[]): Promise<Resumed | undefined> {
  const { resume, checkpointDir } = given;
  if (resume === undefined) return undefined;
  let where = resume === true ? checkpointDir! : resume;
  const info = await statOf(where);
  if (info === undefined && resume !== true) throw errors.nothingThere(where);
  const folder = info?.isFile() ? path.dirname(where) : info?.isDirectory() ? where : undefined;
  if (folder !== undefined && (checkpointDir === undefined || (await isSameOutput(folder, checkpointDir)))) {
    // If another run writes there, it may remove the checkpoint before it is read.
    await requireCheckpointFolder(folder);
    // With symbolic links, the folder may have several names. One of them is used from here on.
    const own = checkpointDir ?? folder;
    where = info?.isFile() ? path.join(own, path.basename(where)) : own;
  }
  if (info?.isFile()) return { file: where, checkpoint: await readCheckpoint(where), isNewest: false };

  const listed = info ? await listCheckpoints(where) : [];
  if (listed.length === 0) {
    if (await statOf(path.join(where, memberFolder(0)))) throw errors.holdsEnsemble(where);
    if (!saysWhatToTrain(given)) throw errors.nothingToResume(where);
    warnings.push(warning('nothing_to_resume', `no checkpoint in ${where}; starting a new run`));
    return undefined;
  }
  for (const { file } of listed) {
    try {
      return { file, checkpoint: await readCheckpoint(file), isNewest: true };
    } catch (error) {
      if (!(error instanceof LockstepError)) throw error;
      warnings.push(warning('checkpoint_unusable', `${reason(error)}; trying an older checkpoint`));
    }
  }
  throw errors.noneUsable(where, warnings.at(-1)!.message);
}

/**
 * Whether these options say what to train, where there is no checkpoint: at least one of them affects the weights. Options that
 * may change on a resume do not: `--resume runs/a --epochs 200` means an existing run.
 */
export function saysWhatToTrain(given: CheckedOptions): boolean {
  return CONFIG_NAMES.some((name) => given[name] !== undefined && !changesNoStep(name));
}

function configFor(given: CheckedOptions, { file, checkpoint }: Resumed, warnings: WarningEvent[]): Config {
  const { resume: _, mpi: __, resumeAnyway = false, ...own } = given;
  const { state } = checkpoint;
  // `auto` may choose another kernel on this machine, with other results.
  const stored: Config = { ...checkpoint.config, kernel: checkpoint.kernel };
  // A checkpoint, which may be untrusted, must not decide which file is written.
  const config = { ...stored, save: undefined, audit: false, checkpointDir: path.dirname(file), ...own };

  // Where both differ, an option is named before those whose rules depend on it.
  const isDependent = (name: keyof Config) => Number(Array.isArray(OPTIONS[name].resume));
  for (const name of [...CONFIG_NAMES].sort((a, b) => isDependent(a) - isDependent(b))) {
    const { resume: rule = 'same' } = OPTIONS[name];
    const [found, agreed] = [valueText(config[name]), valueText(stored[name])];
    if (rule === 'free' || rule === 'by-content' || found === agreed || (name === 'kernel' && found === 'auto'))
      continue;
    const [other, ...values] = typeof rule === 'string' ? [] : rule;
    const value = config[other as keyof Config];
    if (other !== undefined && !values.some((each) => each === value)) continue;
    const difference = flagText(name, config[name]);
    const expected = other === undefined ? agreed : `${agreed} (${other} ${valueText(value)})`;
    const isMoments = ['optimizer', 'momentum', 'centered', 'ema'].includes(name);
    if (isMoments && String(momentNames(config)) !== String(momentNames(stored)))
      throw errors.otherMoments(file, difference, expected);
    if (rule === 'network') throw errors.otherNetwork(file, difference, expected);
    const isTooLate = rule === 'between-epochs' && state.stepsInEpoch > 0;
    allow(difference, expected, file, resumeAnyway, isTooLate, warnings);
  }
  if (state.epochs + (state.stepsInEpoch > 0 ? 1 : 0) > config.epochs) {
    throw errors.epochsPassed(config.epochs, file, state.epochs, state.step);
  }
  return config;
}

/** As on the command line. */
export function requireSameData(
  found: DatasetRecord,
  { file, checkpoint }: Resumed,
  resumeAnyway: boolean,
): readonly WarningEvent[] {
  const { dataset: stored, state } = checkpoint;
  const warnings: WarningEvent[] = [];
  const isWithin = state.stepsInEpoch > 0;
  if (found.train_sha256 !== stored.train_sha256) {
    allow(`training data (${found.name})`, `other data (${stored.name})`, file, resumeAnyway, isWithin, warnings);
  } else if (found.train !== stored.train) {
    allow(`--limit ${found.train}`, `${stored.train}`, file, resumeAnyway, isWithin, warnings);
  }
  if (found.test_sha256 !== stored.test_sha256) {
    allow(`test data (${found.name})`, `other data (${stored.name})`, file, resumeAnyway, false, warnings);
  }
  return warnings;
}

/** @throws LockstepError if `--kernel auto` chose another kernel than the checkpoint has, without --resume-anyway */
export function requireSameKernel(
  kernel: string,
  { file, checkpoint }: Resumed,
  resumeAnyway: boolean,
): readonly WarningEvent[] {
  const warnings: WarningEvent[] = [];
  if (kernel !== checkpoint.kernel) {
    const problem = problemOf(checkpoint.kernel);
    if (problem !== undefined && !resumeAnyway) throw errors.kernelOfCheckpoint(file, checkpoint.kernel, problem);
    allow(`--kernel ${kernel}`, checkpoint.kernel, file, resumeAnyway, false, warnings);
  }
  return warnings;
}

/** Adds a warning if the difference is allowed. @throws LockstepError if it is not */
function allow(
  difference: string,
  expected: string,
  file: string,
  isAllowed: boolean,
  isTooLate: boolean,
  warnings: WarningEvent[],
): void {
  const remedy = difference.startsWith('--') ? 'omit this option' : 'provide the same data with --data';
  if (!isAllowed) throw errors.resumeDiffers(file, difference, expected, remedy);
  if (isTooLate) throw errors.withinEpoch(file, difference, expected);
  warnings.push(warning('resumed_anyway', `${difference}: ${file} was written with ${expected}`));
}

/**
 * @throws LockstepError if checkpoints of two runs would be mixed in one folder, where the wrong one could be resumed
 */
function requireRoom(folder: string, listed: readonly Listed[], resumed: Resumed | undefined): void {
  if (!resumed || !isIn(folder, resumed)) {
    const [newest] = listed;
    if (newest) throw errors.folderTaken(folder, path.basename(newest.file));
    return;
  }
  if (resumed.isNewest) return;
  const newer = newerThan(resumed, listed);
  if (newer) throw errors.newerCheckpoint(resumed.file, path.basename(newer.file));
}

function isIn(folder: string, { file }: Resumed): boolean {
  return path.resolve(path.dirname(file)) === path.resolve(folder);
}

/** @returns any newer checkpoint */
function newerThan({ checkpoint }: Resumed, listed: readonly Listed[]): Listed | undefined {
  return listed.find(({ step }) => step !== undefined && step > checkpoint.state.step);
}

/** By default, a run continues in the folder that it resumes from. */
function folderOf({ checkpointDir, resume }: CheckedOptions): string | undefined {
  return checkpointDir ?? (typeof resume === 'string' ? resume : undefined);
}

function warning(code: WarningEvent['code'], message: string): WarningEvent {
  return { event: 'warning', code, message };
}

async function statOf(file: string) {
  try {
    return await stat(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw errors.unreadable(file, error);
  }
}
