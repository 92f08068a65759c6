/** Creates folders. */
import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../errors.js';

/**
 * Creates the folder and its parents if necessary. (`mkdir` with `recursive` loops forever in some versions of Node if the
 * file system refuses new folders with ENOENT, as /proc does.)
 *
 * @returns the topmost folder that was created, or undefined
 * @throws the system error
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let at = path.resolve(folder); !(await isFolder(at)); at = path.dirname(at)) {
    missing.push(at);
    if (at === path.dirname(at)) break;
  }
  let first: string | undefined;
  for (const each of missing.reverse()) {
    if (await make(each)) first ??= each;
  }
  return first;
}

/**
 * Checks that the folder is writable, or could be created. Changes nothing.
 *
 * @returns whether it exists
 * @throws the system error
 */
export async function requireFolder(folder: string): Promise<boolean> {
  const wanted = path.resolve(folder);
  let at = wanted;
  while (!(await isFolder(at)) && at !== path.dirname(at)) at = path.dirname(at);
  // Read permission is needed to list and to flush it.
  await access(at, constants.R_OK | constants.W_OK | constants.X_OK);
  return at === wanted;
}

/** @throws the system error if it is something else than a folder, or cannot be examined */
async function isFolder(folder: string): Promise<boolean> {
  try {
    const info = await stat(folder);
    if (info.isDirectory()) return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
  throw Object.assign(new Error(`ENOTDIR: not a folder, '${folder}'`), { code: 'ENOTDIR' });
}

/** @returns false if another process has created it */
async function make(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST') && (await isFolder(folder))) return false;
    throw error;
  }
}
