/** Files that are asked for by name: what must not be written over, before any work and when they are written. */
import { constants } from 'node:fs';
import { access, lstat } from 'node:fs/promises';
import path from 'node:path';
import { errors, hasCode } from '../errors.js';
import {
  OtherKindError,
  removeLeftovers,
  requireReplaceable,
  TakenError,
  tryToWrite,
  writeAtomically,
} from './atomic-write.js';
import { type Kind, kindName } from './kinds.js';
import { type FileOrDescriptor, isSameFile, targetOf } from './target.js';

export interface Output {
  /** That names it, such as `--save`. */
  readonly flag: string;
  readonly file: string;
  readonly kind: Kind;
}

const OWN_OUTPUTS = [
  { descriptor: 1, name: 'stdout' },
  { descriptor: 2, name: 'stderr' },
] as const;

/**
 * Whether it may be written: nothing is touched. To be called before any work.
 *
 * @param inputs  what the same command reads, and must find as it is
 * @throws LockstepError unless it may
 */
export async function requireOutput(output: Output, inputs: readonly FileOrDescriptor[]): Promise<void> {
  const { flag, file, kind } = output;
  for (const input of inputs) {
    if (!(await isSameFile(file, input))) continue;
    throw errors.outputIsInput(flag, file, typeof input === 'number' ? 'stdin' : input);
  }
  try {
    // (Its end would be lost on the way.)
    if (file.endsWith('/') || file.endsWith(path.sep)) throw new Error('the name is that of a folder');
    const target = await targetOf(file);
    await requireReplaceable(target, kind);
    // (Read: it is flushed, too.)
    await access(path.dirname(target), constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw refusalOf(output, error);
  }
  for (const { descriptor, name } of OWN_OUTPUTS) {
    if (await isSameFile(file, descriptor)) throw errors.outputIsStream(flag, file, name);
  }
}

/**
 * Tries to write it, and removes its leftovers.
 *
 * @throws LockstepError if it cannot be written
 */
export async function openOutput(output: Output): Promise<void> {
  const { file, kind } = output;
  try {
    await removeLeftoversOf(file);
    await tryToWrite(file, kind);
  } catch (error) {
    throw refusalOf(output, error);
  }
}

/**
 * Writes it, and removes its leftovers.
 *
 * @throws LockstepError if it cannot be written
 */
export async function writeOutput(output: Output, parts: readonly Uint8Array[]): Promise<void> {
  try {
    await removeLeftoversOf(output.file);
    await writeAtomically(output.file, output.kind, parts);
  } catch (error) {
    throw refusalOf(output, error);
  }
}

/** Removes the temporary files of killed processes that were writing this file. */
async function removeLeftoversOf(file: string): Promise<void> {
  const target = await targetOf(file);
  await removeLeftovers(path.dirname(target), ({ of, isOrphan }) => isOrphan && of === path.basename(target));
}

/** Whether both names stand for one file or folder, which need not be there yet. */
export async function isSameOutput(one: string, other: string): Promise<boolean> {
  if (await isSameFile(one, other)) return true;
  const [a, b] = await Promise.all([one, other].map((file) => targetOf(file).catch(() => path.resolve(file))));
  return a === b;
}

export interface Written {
  readonly file: string;
  /** Why it is another one than was asked for, if it is. */
  readonly problem?: unknown;
}

/**
 * Writes what must not be lost: where something else has come under its name, it is written beside that, as `model-2.safetensors`.
 *
 * @throws the system's error
 */
export async function writeInAnyCase(file: string, kind: Kind, parts: readonly Uint8Array[]): Promise<Written> {
  let problem: unknown;
  const { dir, name: stem, ext } = path.parse(file);
  for (let number = 1; ; number++) {
    const name = number === 1 ? file : path.join(dir, `${stem}-${number}${ext}`);
    if (number > 1 && (await isThere(name))) continue;
    try {
      await writeAtomically(name, kind, parts);
      // Only afterwards, and whatever comes of it: nothing may keep the file from being written.
      await removeLeftoversOf(name).catch(() => undefined);
      return { file: name, problem };
    } catch (error) {
      if (!(error instanceof TakenError || hasCode(error, 'ELOOP'))) throw error;
      problem ??= error;
    }
  }
}

/** A link, too, wherever it points to. */
async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function refusalOf({ flag, file, kind }: Output, error: unknown): unknown {
  if (error instanceof OtherKindError) return errors.outputTaken(flag, file, kindName(kind));
  return errors.outputUnusable(flag, file, error);
}
