/** Files that are either there whole or not there at all, whatever happens while they are written. */
import { type FileHandle, lstat, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, reason } from '../errors.js';
import { isOfKind, type Kind, kindName } from './kinds.js';
import { isGone, ownerName } from './owner.js';
import { targetOf } from './target.js';

/** What is written at once: below every limit of Node's and of the systems'. */
const CHUNK_BYTES = 1 << 28;

/** What a file system says that cannot flush a folder, as some network ones cannot: then nobody can do more. */
const CANNOT_FLUSH = ['EINVAL', 'ENOTSUP', 'ENOSYS'];

/** So many may be written at once under one name by one process. */
const MOST_TEMPORARY = 100;

/** Under this name is what a new file must not replace. */
export class TakenError extends Error {
  override readonly name = 'TakenError';
}

/** It is of another kind than the new one. */
export class OtherKindError extends TakenError {}

/**
 * Writes to a temporary file in the same folder, flushes it to the disk, gives it its name, and flushes the folder. A
 * reader sees the file as it was before, or whole. After an error what was there before is still there, unless it was the
 * last step that failed: then the new file is in place, and may not outlive a loss of power.
 *
 * What is there is looked at last of all, for it may have come while the file was written. (Between the look and the renaming there
 * are microseconds: systems have no call that does both.)
 *
 * @param file   of a symbolic link its target is written
 * @param kind   only a file of the same kind is replaced, or an empty one
 * @param parts  its content, one after another
 * @throws TakenError if something else is there; or the system's error
 */
export async function writeAtomically(file: string, kind: Kind, parts: readonly Uint8Array[]): Promise<void> {
  const target = await targetOf(file);
  const { handle, temporary } = await openTemporary(target, kind);
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

/** Who may read the file that is replaced: the new one is as private. Undefined where there is none. */
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

/** Else a loss of power could take a new name in it back. */
export async function flushFolder(folder: string): Promise<void> {
  // Windows cannot open a folder as a file, and writes names through by itself.
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
 * Whether a file of that kind may take the place of what is there, if anything is. An empty file may be replaced: programs that make
 * names for others leave such.
 *
 * @throws TakenError if it may not, or cannot be looked at
 */
export async function requireReplaceable(target: string, kind: Kind): Promise<void> {
  let isRight: boolean;
  try {
    const info = await stat(target);
    // A device would be replaced by a file, and a pipe would be waited for.
    if (!info.isFile()) throw new TakenError('it exists and is not a regular file');
    isRight = info.size === 0 || (await isOfKind(target, kind));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error instanceof TakenError ? error : new TakenError(`it exists and cannot be read: ${reason(error)}`);
  }
  if (!isRight) throw new OtherKindError(`it exists and is not ${kindName(kind)}`);
}

/**
 * Tries whether `writeAtomically` could write the file, and leaves nothing behind.
 *
 * @throws the system's error
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
 * Hidden. The name says that Lockstep wrote it, what, and which process: so nobody else's file has such a name, and what a killed
 * process left can be told from what is being written.
 */
async function openTemporary(target: string, kind: Kind) {
  const mode = await modeOf(target);
  const stem = path.join(path.dirname(target), `.${path.basename(target)}.lockstep-${kind}-${ownerName()}`);
  for (let number = 1; ; number++) {
    const temporary = `${stem}${number === 1 ? '' : `.${number}`}.tmp`;
    try {
      const handle = await open(temporary, 'wx', mode);
      // The process's mask may have taken away what others may do. (Some file systems know no modes.)
      if (mode !== undefined) await handle.chmod(mode).catch(() => undefined);
      return { handle, temporary };
    } catch (error) {
      // Another write of this process to the same name, or an earlier process's of the same number.
      if (!hasCode(error, 'EEXIST') || number === MOST_TEMPORARY) throw error;
    }
  }
}

const TEMPORARY = /^\.(.+)\.lockstep-([a-z]+)-([0-9a-f]{8}-\w+-\d+)(?:\.\d+)?\.tmp$/;

/** A temporary file's name. */
export interface Leftover {
  /** Of the file that it was to become. */
  readonly of: string;
  readonly kind: string;
  /** Whether the process that wrote it is gone for certain. */
  readonly isOrphan: boolean;
}

/**
 * Removes temporary files that no process writes any more. One that cannot be removed is left: it is in nobody's way.
 *
 * @param isDead  whether the file of this name is such a one
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
      // Somebody else has removed it, or it is somebody else's.
    }
  }
}
