/** Output files named by an option: checks before any work, and writing. */
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
import { type FileOrDescriptor, isSameFile, targetOf } from './resolve-links.js';

export interface Output {
  /** The option, such as `--save`. */
  readonly flag: string;
  readonly file: string;
  readonly kind: Kind;
}

const OWN_OUTPUTS = [
  { descriptor: 1, name: 'stdout' },
  { descriptor: 2, name: 'stderr' },
] as const;

/**
 * Checks that the file may be written, before any work. Changes nothing.
 *
 * @param inputs  files that the same command reads
 * @throws LockstepError
 */
export async function requireOutput(output: Output, inputs: readonly FileOrDescriptor[]): Promise<void> {
  const { flag, file, kind } = output;
  for (const input of inputs) {
    if (!(await isSameFile(file, input))) continue;
    throw errors.outputIsInput(flag, file, typeof input === 'number' ? 'stdin' : input);
  }
  try {
    // path.resolve() would remove the slash.
    if (file.endsWith('/') || file.endsWith(path.sep)) throw new Error('the name is that of a folder');
    const target = await targetOf(file);
    await requireReplaceable(target, kind);
    // Read permission is needed to flush it.
    await access(path.dirname(target), constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw refusalOf(output, error);
  }
  for (const { descriptor, name } of OWN_OUTPUTS) {
    if (await isSameFile(file, descriptor)) throw errors.outputIsStream(flag, file, name);
  }
}

/**
 * Checks by writing a temporary file, and removes leftovers of killed processes.
 *
 * @throws LockstepError
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

/** Also removes leftovers of killed processes. @throws LockstepError */
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

/** Whether both paths name the same file or folder, which need not exist yet. */
export async function isSameOutput(one: string, other: string): Promise<boolean> {
  if (await isSameFile(one, other)) return true;
  const [a, b] = await Promise.all([one, other].map((file) => targetOf(file).catch(() => path.resolve(file))));
  return a === b;
}

export interface Written {
  readonly file: string;
  /** Why another name had to be chosen. */
  readonly problem?: unknown;
}

/**
 * Writes a file that must not be lost. If something else has taken the name, the file is written as `model-2.safetensors`.
 *
 * @throws the system error
 */
export async function writeInAnyCase(file: string, kind: Kind, parts: readonly Uint8Array[]): Promise<Written> {
  let problem: unknown;
  const { dir, name: stem, ext } = path.parse(file);
  for (let number = 1; ; number++) {
    const name = number === 1 ? file : path.join(dir, `${stem}-${number}${ext}`);
    if (number > 1 && (await exists(name))) continue;
    try {
      await writeAtomically(name, kind, parts);
      // Afterwards, and ignoring errors: nothing may prevent the write.
      await removeLeftoversOf(name).catch(() => undefined);
      return { file: name, problem };
    } catch (error) {
      if (!(error instanceof TakenError || hasCode(error, 'ELOOP'))) throw error;
      problem ??= error;
    }
  }
}

/** True for dangling symbolic links, too. @throws the system error */
export async function exists(file: string): Promise<boolean> {
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
