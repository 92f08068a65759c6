/** Short paths for sockets: systems limit them to 104 or 108 bytes, and the path of a folder may be longer. */
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Below the limit of all systems. */
const MOST_BYTES = 100;
/** Links to the open files of this process. */
const OPEN_FILES = '/proc/self/fd';

export interface SocketFolder {
  readonly pathOf: (name: string) => string;
  /** Invalidates the paths; sockets stay open. */
  readonly close: () => void;
}

/** @throws the system error */
export function socketFolder(folder: string, longestName: string): SocketFolder {
  const full = path.join(folder, longestName);
  if (Buffer.byteLength(full) <= MOST_BYTES) return at(folder, () => undefined);
  if (existsSync(OPEN_FILES)) {
    const descriptor = openSync(folder, 'r');
    return at(path.join(OPEN_FILES, String(descriptor)), () => closeSync(descriptor));
  }
  const own = mkdtempSync(path.join(tmpdir(), 'lockstep-'));
  const link = path.join(own, 'f');
  symlinkSync(folder, link);
  return at(link, () => rmSync(own, { recursive: true }));
}

function at(folder: string, close: () => void): SocketFolder {
  return { pathOf: (name) => path.join(folder, name), close };
}
