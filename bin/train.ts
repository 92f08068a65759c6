#!/usr/bin/env node
/** The `train` command: options in, events out. */
import process from 'node:process';
import { errors, LockstepError, reason } from '../src/errors.js';
import { Output } from '../src/metrics/output.js';
import { train } from '../src/train.js';
import { parseTrainCommand, type TrainCommand } from './command-line.js';

/** Exit status of a run that a signal ended: 128 + its number, as shells have it. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/** 128 + SIGPIPE: whoever read stdout has gone. */
const CLOSED_PIPE = 141;

try {
  // For --help and --version, which commander prints; a run has its own way with a stdout that fails.
  process.stdout.once('error', reportClosed);
  // A terminal that has gone takes the progress bar with it, and the run goes on.
  process.stderr.on('error', () => undefined);
  const command = parseTrainCommand(process.argv.slice(2));
  if (command) process.exitCode = await run(command);
} catch (error) {
  process.exitCode = report(error);
}

/** Trains, and returns the exit status. Nothing here ends the process: every line is to reach its reader. */
async function run({ options, format, progress }: TrainCommand): Promise<number> {
  const { stdout, stderr } = process;
  stdout.off('error', reportClosed);
  const abort = new AbortController();
  let interruption = 0;
  let closed: NodeJS.ErrnoException | undefined;

  const output = new Output({
    stdout,
    stderr,
    format: format ?? (stdout.isTTY ? 'pretty' : 'ndjson'),
    progress,
    onClosed: (error) => {
      closed = error;
      abort.abort();
    },
  });
  for (const [signal, status] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      // The second time somebody does not want to wait.
      if (interruption !== 0) process.exit(status);
      interruption = status;
      abort.abort();
    });
  }

  let status = 0;
  try {
    for await (const event of train({ ...options, signal: abort.signal, onProgress: output.onProgress })) {
      await output.write(event);
      if (event.event === 'end' && event.status === 'interrupted') status = interruption;
    }
  } finally {
    output.hideProgress();
    await output.flushed();
  }
  if (status !== 0 || !closed) return status;
  if (closed.code === 'EPIPE') return CLOSED_PIPE;
  throw errors.output(closed);
}

function reportClosed(error: NodeJS.ErrnoException): void {
  process.exitCode = error.code === 'EPIPE' ? CLOSED_PIPE : report(errors.output(error));
}

/** One line on stderr, and the exit status. */
function report(error: unknown): number {
  process.stderr.write(`train: ${reason(error)}\n`);
  if (process.env.DEBUG) console.error(error);
  return error instanceof LockstepError ? error.status : 1;
}
