/** Resolves symbolic links, and compares files. */
import { fstatSync } from 'node:fs';
import { readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../errors.js';

/** The limit of Linux. */
const MOST_LINKS = 40;

/**
 * The path of the file to write: symbolic links are followed, even if the final target does not exist. Its folder must
 * exist.
 *
 * @throws the system error; ELOOP for circular links
 */
export async function targetOf(file: string): Promise<string> {
  let at = path.resolve(file);
  for (let links = 0; links <= MOST_LINKS; links++) {
    try {
      return await realpath(at);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
    const folder = await realpath(path.dirname(at));
    at = `${folder}${folder.endsWith(path.sep) ? '' : path.sep}${path.basename(at)}`;
    const link = await linkIn(at);
    if (link === undefined) return at;
    // Not normalized, because `..` after a link refers to the target of the link.
    at = path.isAbsolute(link) ? link : `${folder}${path.sep}${link}`;
  }
  throw Object.assign(new Error(`ELOOP: too many symbolic links, '${file}'`), { code: 'ELOOP' });
}

/** Undefined if it is not a link, or does not exist. */
async function linkIn(file: string): Promise<string | undefined> {
  try {
    return await readlink(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'EINVAL')) return undefined;
    throw error;
  }
}

/** A path, or the descriptor of an open file. */
export type FileOrDescriptor = string | number;

/**
 * Whether both are the same file, considering hard and symbolic links, case-insensitive file systems, and `/dev/stdin`.
 * False if one does not exist, or cannot be examined.
 */
export async function isSameFile(one: FileOrDescriptor, other: FileOrDescriptor): Promise<boolean> {
  const [a, b] = [await statOf(one), await statOf(other)];
  // Some file systems have no inode numbers.
  return a !== undefined && b !== undefined && a.ino !== 0n && a.ino === b.ino && a.dev === b.dev;
}

async function statOf(file: FileOrDescriptor) {
  try {
    return typeof file === 'number' ? fstatSync(file, { bigint: true }) : await stat(file, { bigint: true });
  } catch {
    return undefined;
  }
}
