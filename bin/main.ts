/** Runs a command: exit status and error message. */
import process from 'node:process';
import { errors, LockstepError, reason } from '../src/errors.js';
import { neverBlock } from './never-block.js';

/** 128 + SIGPIPE: the reader of stdout has gone. */
export const CLOSED_PIPE = 141;

/**
 * Runs a command and sets the exit status. It never calls process.exit(), which could lose output.
 *
 * @param name     for messages
 * @param command  returns the exit status, or nothing for 0
 */
export async function main(name: string, command: () => Promise<number | undefined>): Promise<void> {
  try {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      process.exitCode = error.code === 'EPIPE' ? CLOSED_PIPE : report(name, errors.stdoutFailed(error));
    });
    for (const stream of [process.stdout, process.stderr]) {
      neverBlock(stream);
      // Each thread's output leads there, with listeners of its own.
      stream.setMaxListeners(0);
    }
    // If the terminal closes, the run continues without a progress bar.
    process.stderr.on('error', () => undefined);
    const status = await command();
    if (status) process.exitCode = status;
  } catch (error) {
    process.exitCode = report(name, error);
  }
}

/** One line on stderr. @returns the exit status */
export function report(name: string, error: unknown): number {
  if (!(error instanceof LockstepError && error.isToldElsewhere)) process.stderr.write(`${name}: ${reason(error)}\n`);
  if (process.env.DEBUG) console.error(error);
  return error instanceof LockstepError ? error.status : 1;
}
