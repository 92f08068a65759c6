/** Atomic writes: after a crash at any moment, a file is either complete or as it was before. */
import { type FileHandle, lstat, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, reason } from '../errors.js';
import { isOfKind, type Kind, kindName } from './kinds.js';
import { isGone, ownerName } from './owner.js';
import { targetOf } from './resolve-links.js';

/** Bytes per write: below the limits of Node and of all systems. */
const CHUNK_BYTES = 1 << 28;

/** Errors of file systems, such as some network ones, that cannot flush a folder; they are ignored. */
const CANNOT_FLUSH = ['EINVAL', 'ENOTSUP', 'ENOSYS'];

/** Maximum number of concurrent writes by one process to one name. */
const MOST_TEMPORARY = 100;

/** The name belongs to something that a new file must not replace. */
export class TakenError extends Error {
  override readonly name = 'TakenError';
}

/** The name belongs to a file of another kind. */
export class OtherKindError extends TakenError {}

/**
 * Writes a temporary file in the same folder, flushes it to disk, renames it, and flushes the folder. Readers see either the
 * old file or the complete new one. After an error, the old file is unchanged, unless only the last step failed: then the
 * new file is in place, but may not survive a power failure.
 *
 * The existing file is checked just before the renaming, because it may have appeared during the write. (No system call
 * does both; the gap is microseconds.)
 *
 * @param file   if it is a symbolic link, its target is written
 * @param kind   only a file of the same kind, or an empty file, is replaced
 * @param parts  the content
 * @param mode   permissions; @default those of the existing file, or the usual ones
 * @throws TakenError if something else has this name; or the system error
 */
export async function writeAtomically(
  file: string,
  kind: Kind,
  parts: readonly Uint8Array[],
  mode?: number,
): Promise<void> {
  const target = await targetOf(file);
  const { handle, temporary } = await openTemporary(target, kind, mode);
  try {
    try {
      for (const part of parts) await writeAll(handle, part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await requireReplaceable(target, kind);
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await flushFolder(path.dirname(target));
}

/** Permissions of the existing file, to be kept; undefined if there is none. */
async function modeOf(target: string): Promise<number | undefined> {
  try {
    return (await stat(target)).mode & 0o777;
  } catch {
    return undefined;
  }
}

async function writeAll(handle: FileHandle, part: Uint8Array): Promise<void> {
  for (let from = 0; from < part.length; ) {
    const { bytesWritten } = await handle.write(part, from, Math.min(CHUNK_BYTES, part.length - from));
    from += bytesWritten;
  }
}

/** Makes new names in the folder survive a power failure. */
export async function flushFolder(folder: string): Promise<void> {
  // Windows cannot open a folder as a file, and writes names through to disk itself.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!CANNOT_FLUSH.some((code) => hasCode(error, code))) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Checks that a file of this kind may replace the existing file, if any. Empty files may be replaced: mktemp and other
 * programs create them to reserve a name.
 *
 * @throws TakenError if it may not, or if the existing file cannot be read
 */
export async function requireReplaceable(target: string, kind: Kind): Promise<void> {
  let isRight: boolean;
  try {
    const info = await stat(target);
    if (!info.isFile()) throw new TakenError('it exists and is not a regular file');
    isRight = info.size === 0 || (await isOfKind(target, kind));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error instanceof TakenError ? error : new TakenError(`it exists and cannot be read: ${reason(error)}`);
  }
  if (!isRight) throw new OtherKindError(`it exists and is not ${kindName(kind)}`);
}

/**
 * Checks that `writeAtomically` can write the file, by creating and removing a temporary file.
 *
 * @throws the system error
 */
export async function tryToWrite(file: string, kind: Kind): Promise<void> {
  const { handle, temporary } = await openTemporary(await targetOf(file), kind);
  try {
    await handle.close();
  } finally {
    await unlink(temporary);
  }
}

/**
 * Its hidden name holds the program, the kind and the process, so that leftovers of killed processes can be recognized.
 */
async function openTemporary(target: string, kind: Kind, given?: number) {
  const mode = given ?? (await modeOf(target));
  const stem = path.join(path.dirname(target), `.${path.basename(target)}.lockstep-${kind}-${ownerName()}`);
  for (let number = 1; ; number++) {
    const temporary = `${stem}${number === 1 ? '' : `.${number}`}.tmp`;
    try {
      const handle = await open(temporary, 'wx', mode);
      // The umask may have removed permissions. (Some file systems have none.)
      if (mode !== undefined) await handle.chmod(mode).catch(() => undefined);
      return { handle, temporary };
    } catch (error) {
      // Another write of this process to the same name, or of an earlier process with the same pid.
      if (!hasCode(error, 'EEXIST') || number === MOST_TEMPORARY) throw error;
    }
  }
}

const TEMPORARY = /^\.(.+)\.lockstep-([a-z]+)-([0-9a-f]{8}-\w+-\d+)(?:\.\d+)?\.tmp$/;

/** The parts of a temporary file's name. */
export interface Leftover {
  /** Name of the file to be written. */
  readonly of: string;
  readonly kind: string;
  /** Whether the process that wrote it has certainly ended. */
  readonly isOrphan: boolean;
}

/**
 * Removes abandoned temporary files. Files that cannot be removed are harmless, and are left.
 *
 * @param isDead  whether a temporary file is abandoned
 */
export async function removeLeftovers(folder: string, isDead: (leftover: Leftover) => boolean): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, of, kind, owner] = TEMPORARY.exec(name) ?? [];
    if (of === undefined || kind === undefined || owner === undefined) continue;
    if (!isDead({ of, kind, isOrphan: isGone(owner) })) continue;
    const file = path.join(folder, name);
    try {
      if ((await lstat(file)).isFile()) await unlink(file);
    } catch {
      // Another process has removed it, or another user owns it.
    }
  }
}
