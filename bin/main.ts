/** What all commands have in common: how they end, and what they say then. */
import process from 'node:process';
import { errors, LockstepError, reason } from '../src/errors.js';
import { neverBlock } from './never-block.js';

/** 128 + SIGPIPE: whoever read stdout has gone. */
export const CLOSED_PIPE = 141;

/**
 * Runs a command to its exit status. Nothing here ends the process: every line is to reach its reader.
 *
 * @param name     for messages
 * @param command  returns the exit status, or nothing for 0
 */
export async function main(name: string, command: () => Promise<number | undefined>): Promise<void> {
  try {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      process.exitCode = error.code === 'EPIPE' ? CLOSED_PIPE : report(name, errors.stdoutFailed(error));
    });
    for (const stream of [process.stdout, process.stderr]) neverBlock(stream);
    // A terminal that has gone takes the progress bar with it, and the run goes on.
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
