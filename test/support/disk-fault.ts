/**
 * Makes operations on a folder fail, or the process die at one: loaded with `node --import dist/test/support/disk-fault.js …`.
 *
 * DISK_FAULT is a DiskFault in JSON. Counted are the operations that write: a file of the folder is opened to be written,
 * which begins the count anew, and what is done then until the next. Without DISK_FAULT nothing is changed.
 */
import { appendFileSync, promises } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { root } from './paths.js';

export const ERRORS = { ENOSPC: 'no space left on device', EACCES: 'permission denied', EIO: 'i/o error' } as const;
export type ErrorCode = keyof typeof ERRORS;

/** `within`: half of a write is done. `short`: a write that says it has written less than it was given. */
export type Manner = 'killed before' | 'killed within' | 'killed after' | 'short' | ErrorCode;

export interface DiskFault {
  readonly folder: string;
  /** Each operation is written to it, a line, before it is done. */
  readonly log?: string;
  readonly manner?: Manner;
  /** Which fail. @default none */
  readonly at?: readonly Place[];
}

/** Both counted from 1. */
export interface Place {
  /** Of those that are opened to be written in the folder. */
  readonly file: number;
  /** Of that file's; its opening is the first. */
  readonly operation: number;
}

/** Arguments and environment for a process with that fault. */
export function withDiskFault(fault: DiskFault): {
  readonly nodeArgs: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
} {
  const module = pathToFileURL(path.join(root, 'dist/test/support/disk-fault.js')).href;
  return { nodeArgs: ['--import', module], environment: { DISK_FAULT: JSON.stringify(fault) } };
}

const given = process.env.DISK_FAULT;
if (given !== undefined && isMainThread) install(JSON.parse(given) as DiskFault);

function install({ folder, log, manner, at = [] }: DiskFault): void {
  const { open, rename, unlink } = promises;
  const isWithin = (file: unknown) => path.dirname(path.resolve(String(file))) === folder;
  let file = 0;
  let count = 0;

  /** @param half  does a part of it */
  async function operation<T>(name: string, act: () => Promise<T>, half: () => Promise<T> = act): Promise<T> {
    if (name === 'open') {
      file++;
      count = 0;
    }
    count++;
    if (log !== undefined) appendFileSync(log, `${name}\n`);
    const isFaulty = at.some((place) => place.file === file && place.operation === count);
    if (manner === undefined || !isFaulty) return act();
    if (manner === 'short') return half();
    if (manner === 'killed within') await half();
    if (manner === 'killed after') await act();
    if (manner.startsWith('killed')) process.kill(process.pid, 'SIGKILL');
    const text = manner in ERRORS ? ERRORS[manner as ErrorCode] : manner;
    throw Object.assign(new Error(`${manner}: ${text}, ${name}`), { code: manner });
  }

  function watch(handle: promises.FileHandle, what: string): promises.FileHandle {
    const write = handle.write.bind(handle) as WriteBytes;
    const sync = handle.sync.bind(handle);
    const close = handle.close.bind(handle);
    const watchedWrite: WriteBytes = (bytes, from, length) =>
      operation(
        `write${what}`,
        () => write(bytes, from, length),
        () => write(bytes, from, Math.ceil(length / 2)),
      );
    return Object.assign(handle, {
      write: watchedWrite,
      sync: () => operation(`sync${what}`, sync),
      // The descriptor is gone, as after a close(2) that failed.
      close: () => operation(`close${what}`, close).catch((error) => close().then(() => Promise.reject(error))),
    });
  }

  Object.assign(promises, {
    open: async (...args: Parameters<typeof open>) => {
      const [file, flags] = args;
      const isFolder = path.resolve(String(file)) === folder;
      if (!isFolder && !(isWithin(file) && flags === 'wx')) return open(...args);
      const what = isFolder ? ' folder' : '';
      return watch(await operation(`open${what}`, () => open(...args)), what);
    },
    rename: (from: string, to: string) =>
      isWithin(from) ? operation('rename', () => rename(from, to)) : rename(from, to),
    unlink: (file: string) => (isWithin(file) ? operation('unlink', () => unlink(file)) : unlink(file)),
  });
  syncBuiltinESMExports();
}

type WriteBytes = (bytes: Uint8Array, from: number, length: number) => Promise<{ bytesWritten: number }>;
