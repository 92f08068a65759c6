/** The checkpoint folder: names, listing and locking. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { errors } from '../errors.js';
import { flushFolder, removeLeftovers } from '../files/atomic-write.js';
import { type FolderLock, isLocked, lockFolder } from '../files/folder-lock.js';
import { makeFolder, requireFolder } from '../files/make-folder.js';
import type { RunState } from '../metrics/run-state.js';
import { headerOfCheckpoint } from './checkpoint-file.js';

const NAME = /^(epoch|step)-\d{6,}\.safetensors$/;

/** `epoch-000012.safetensors` at the end of an epoch, `step-0007200.safetensors` within one. */
export function checkpointName({ epochs, stepsInEpoch, step }: RunState): string {
  const [what, count, digits] = stepsInEpoch === 0 ? ['epoch', epochs, 6] : ['step', step, 7];
  return `${what}-${String(count).padStart(digits as number, '0')}.safetensors`;
}

export interface Listed {
  readonly file: string;
  /** Number of steps done and name of the run, from the header; undefined if it cannot be read. */
  readonly step: number | undefined;
  readonly run: string | undefined;
}

/** Newest first; at the same step, `epoch-…` before `step-…`. Unreadable files come first. */
export async function listCheckpoints(folder: string): Promise<Listed[]> {
  const names = (await namesIn(folder)).filter((name) => NAME.test(name)).sort();
  const listed: Listed[] = [];
  for (const name of names) {
    const file = path.join(folder, name);
    listed.push({ file, ...(await headerOfCheckpoint(file)) });
  }
  const age = ({ step = Number.POSITIVE_INFINITY }: Listed) => step;
  return listed.sort((a, b) => (age(a) === age(b) ? 0 : age(b) - age(a)));
}

export function isCheckpointName(name: string): boolean {
  return NAME.test(name);
}

/**
 * Checks that a run could write its checkpoints there. Changes nothing.
 *
 * @returns whether the folder exists
 * @throws LockstepError
 */
export async function requireCheckpointFolder(folder: string): Promise<boolean> {
  let isBusy: boolean;
  try {
    if (!(await requireFolder(folder))) return false;
    isBusy = await isLocked(folder);
  } catch (error) {
    throw errors.folderUnusable(folder, error);
  }
  if (isBusy) throw errors.folderBusy(folder);
  return true;
}

/**
 * Creates the folder if necessary, locks it, and removes temporary files of killed runs.
 *
 * @throws LockstepError if another run holds it, or it is not writable
 */
export async function lockCheckpointFolder(folder: string): Promise<FolderLock> {
  let lock: FolderLock | undefined;
  try {
    const first = await makeFolder(folder);
    if (first !== undefined) await flushDown(path.dirname(first), path.resolve(folder));
    lock = await lockFolder(folder);
    if (lock) await removeLeftovers(folder, ({ of, kind }) => kind === 'checkpoint' && isCheckpointName(of));
  } catch (error) {
    lock?.[Symbol.dispose]();
    throw errors.folderUnusable(folder, error);
  }
  if (!lock) throw errors.folderBusy(folder);
  return lock;
}

/** Makes the new folders survive a power failure. */
async function flushDown(from: string, to: string): Promise<void> {
  for (let folder = to; folder.length >= from.length; folder = path.dirname(folder)) {
    await flushFolder(folder);
    if (folder === path.dirname(folder)) return;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw errors.unreadable(folder, error);
  }
}
