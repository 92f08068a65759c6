/** A folder, and those above it, folder by folder. */
import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../errors.js';

/**
 * Makes the folder if it is not there. (Not by `mkdir` with `recursive`: where a file system refuses new folders with ENOENT, as
 * /proc does, some Nodes go on trying for ever.)
 *
 * @returns the first folder that was made, of those that had to be; undefined if none
 * @throws the system's error
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let at = path.resolve(folder); !(await isThere(at)); at = path.dirname(at)) {
    missing.push(at);
    // Not even the root.
    if (at === path.dirname(at)) break;
  }
  let first: string | undefined;
  for (const each of missing.reverse()) {
    if (await make(each)) first ??= each;
  }
  return first;
}

/**
 * Whether the folder is there and can be written in, or could be made: nothing is touched.
 *
 * @returns whether it is there
 * @throws the system's error if it can not
 */
export async function requireFolder(folder: string): Promise<boolean> {
  const wanted = path.resolve(folder);
  let at = wanted;
  while (!(await isThere(at)) && at !== path.dirname(at)) at = path.dirname(at);
  // (Read: it is listed, and flushed.)
  await access(at, constants.R_OK | constants.W_OK | constants.X_OK);
  return at === wanted;
}

/** @throws the system's error, where nobody can tell, or it is no folder */
async function isThere(folder: string): Promise<boolean> {
  try {
    const info = await stat(folder);
    if (info.isDirectory()) return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
  throw Object.assign(new Error(`ENOTDIR: not a folder, '${folder}'`), { code: 'ENOTDIR' });
}

/** @returns false where another process has been faster */
async function make(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST') && (await isThere(folder))) return false;
    throw error;
  }
}
