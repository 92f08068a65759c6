/** A pipe as shells make them, whose writing end can be given to a child process, and whose reader may take its time. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

export interface NamedPipe {
  /** For the child's stdio. */
  readonly writingEnd: number;
  /** The parent's writing end must be closed, or its reader would wait for its own process's lines. */
  readonly closeWritingEnd: () => void;
  /** Nothing is read before this is called. */
  readonly read: () => Readable;
}

/** @param path  not there yet */
export function makePipe(path: string): NamedPipe {
  execFileSync('mkfifo', [path]);
  // Without a reader the writing end could not be opened.
  const readingEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writingEnd = openSync(path, constants.O_WRONLY);
  return {
    writingEnd,
    closeWritingEnd: () => closeSync(writingEnd),
    read: () => new Socket({ fd: readingEnd, readable: true, writable: false }),
  };
}
