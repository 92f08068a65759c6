/** Files that are either there whole or not there at all, whatever happens while they are written. */
import { type FileHandle, open, readdir, realpath, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../errors.js';

/** What is written at once: below every limit of Node's and of the systems'. */
const CHUNK_BYTES = 1 << 28;

/** What a file system says that cannot flush a folder, as some network ones cannot: then nobody can do more. */
const CANNOT_FLUSH = ['EINVAL', 'ENOTSUP', 'ENOSYS'];

/**
 * Writes to a temporary file in the same folder, flushes it to the disk, gives it its name, and flushes the folder. A
 * reader sees the file as it was before, or whole. After an error what was there before is still there, unless it was the
 * last step that failed: then the new file is in place, and may not outlive a loss of power.
 *
 * @param parts  its content, one after another
 * @throws the system's error
 */
export async function writeAtomically(file: string, parts: readonly Uint8Array[]): Promise<void> {
  // Of a symbolic link the file that it names is replaced, not the link.
  const target = await realpath(file).catch(() => file);
  const temporary = temporaryNameOf(target);
  try {
    const handle = await open(temporary, 'wx');
    try {
      for (const part of parts) await writeAll(handle, part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await flushFolder(path.dirname(target));
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
 * Tries whether `writeAtomically` could write the file, and leaves nothing behind.
 *
 * @throws the system's error
 */
export async function tryToWrite(file: string): Promise<void> {
  const temporary = temporaryNameOf(await realpath(file).catch(() => file));
  const handle = await open(temporary, 'w');
  try {
    await handle.close();
  } finally {
    await unlink(temporary);
  }
}

/** Hidden, and with the process in its name: what a killed process left can be told from what is being written. */
function temporaryNameOf(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}.tmp`);
}

/**
 * Removes what killed processes have left half written in a folder where this one is not writing yet: a temporary file of
 * this process's own number is an earlier one's, too. (In a container every process may be number 1.)
 *
 * @param file  only what was to become the file of that name
 * @throws the system's error
 */
export async function removeLeftovers(folder: string, file?: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, of, pid] = TEMPORARY.exec(name) ?? [];
    const isLeftover = pid !== undefined && (Number(pid) === process.pid || !isAlive(Number(pid)));
    if (isLeftover && (file === undefined || file === of)) await unlink(path.join(folder, name));
  }
}

const TEMPORARY = /^\.(.+)\.(\d+)\.tmp$/;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // There is one, but it is not ours.
    return hasCode(error, 'EPERM');
  }
}
