/** A folder of checkpoints: their names, and which is the newest. */
import { constants } from 'node:fs';
import { access, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { errors } from '../errors.js';
import { removeLeftovers } from '../files/atomic-write.js';
import type { RunState } from '../state.js';
import { stepOfCheckpoint } from './checkpoint-file.js';

const NAME = /^(epoch|step)-\d{6,}\.safetensors$/;

/** `epoch-000012.safetensors` at the end of an epoch, `step-0007200.safetensors` within one. */
export function checkpointName({ epochs, stepsInEpoch, step }: RunState): string {
  const [what, count, digits] = stepsInEpoch === 0 ? ['epoch', epochs, 6] : ['step', step, 7];
  return `${what}-${String(count).padStart(digits as number, '0')}.safetensors`;
}

export interface Listed {
  readonly file: string;
  /** Steps done, as its header says. Undefined if that cannot be read. */
  readonly step: number | undefined;
}

/** Newest first; of the same step an epoch's, which is more complete, first. Those that cannot be read come first of all. */
export async function listCheckpoints(folder: string): Promise<Listed[]> {
  const names = (await namesIn(folder)).filter((name) => NAME.test(name)).sort();
  const listed: Listed[] = [];
  for (const name of names) {
    const file = path.join(folder, name);
    listed.push({ file, step: await stepOfCheckpoint(file) });
  }
  const age = ({ step = Number.POSITIVE_INFINITY }: Listed) => step;
  return listed.sort((a, b) => (age(a) === age(b) ? 0 : age(b) - age(a)));
}

/**
 * Makes the folder if it is not there, and removes what a process that was killed has left half written.
 *
 * @throws LockstepError if nothing can be written there
 */
export async function openFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    await removeLeftovers(folder);
  } catch (error) {
    throw errors.folderUnusable(folder, error);
  }
}

/**
 * Sees to it that the file can be written when the run is over: a typing error is not to cost hours. What a process that
 * was killed has left half written of it is removed.
 *
 * @throws LockstepError unless it can
 */
export async function requireWritable(file: string): Promise<void> {
  try {
    await access(path.dirname(path.resolve(file)), constants.W_OK | constants.X_OK);
    const info = await stat(file).catch(() => undefined);
    // A device would be replaced by a file.
    if (info && !info.isFile()) throw new Error('it is there, and not a regular file');
    const target = await realpath(file).catch(() => path.resolve(file));
    // It may be a folder that can be written and not be listed; and what is left there does no harm.
    await removeLeftovers(path.dirname(target), path.basename(target)).catch(() => undefined);
  } catch (error) {
    throw errors.saveUnusable(file, error);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw errors.unreadable(folder, error);
  }
}
