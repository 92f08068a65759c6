/** Which file a name stands for. */
import { fstatSync } from 'node:fs';
import { readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../errors.js';

/** As Linux has it. */
const MOST_LINKS = 40;

/**
 * The file that is to be written under a name, which need not be there yet: symbolic links are followed, also one whose target
 * is not there. Its folder must be.
 *
 * @throws the system's error; ELOOP where links lead in a circle
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
    // Not normalized: `..` behind a link is for the system to follow.
    at = path.isAbsolute(link) ? link : `${folder}${path.sep}${link}`;
  }
  throw Object.assign(new Error(`ELOOP: too many symbolic links, '${file}'`), { code: 'ELOOP' });
}

/** Where it points to; undefined if it is no link, or not there. */
async function linkIn(file: string): Promise<string | undefined> {
  try {
    return await readlink(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'EINVAL')) return undefined;
    throw error;
  }
}

/** By its name, or an open one by its descriptor. */
export type FileOrDescriptor = string | number;

/**
 * Whether both are one file, by whatever names: hard and symbolic links, the case of letters where that does not matter,
 * `/dev/stdin`. False where one of them is not there, or nobody can tell.
 */
export async function isSameFile(one: FileOrDescriptor, other: FileOrDescriptor): Promise<boolean> {
  const [a, b] = [await statOf(one), await statOf(other)];
  // (Some file systems do not number their files.)
  return a !== undefined && b !== undefined && a.ino !== 0n && a.ino === b.ino && a.dev === b.dev;
}

async function statOf(file: FileOrDescriptor) {
  try {
    return typeof file === 'number' ? fstatSync(file, { bigint: true }) : await stat(file, { bigint: true });
  } catch {
    return undefined;
  }
}
