/** `train`: options in, events out. */
import process from 'node:process';
import { errors } from '../../src/errors.js';
import type { Progress } from '../../src/metrics/events.js';
import { Output } from '../../src/metrics/output.js';
import { train } from '../../src/train.js';
import { CLOSED_PIPE } from '../main.js';
import { parseTrainCommand, type TrainCommand } from './train-options.js';

/** Exit status of a run that a signal ended: 128 + its number, as shells have it. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** @returns the exit status */
export async function trainCommand(args: readonly string[]): Promise<number> {
  const command = parseTrainCommand(args);
  return command ? await run(command) : 0;
}

/** Trains, and returns the exit status. Nothing here ends the process: every line is to reach its reader. */
async function run({ options, format, progress }: TrainCommand): Promise<number> {
  const { stdout, stderr } = process;
  // A run has its own way with a stdout that fails.
  stdout.removeAllListeners('error');
  const abort = new AbortController();
  let interruption = 0;
  let closed: NodeJS.ErrnoException | undefined;

  const output = new Output({
    stdout,
    stderr,
    format,
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
    // Of several ranks, the first speaks.
    let isSilent = false;
    const { onProgress: show } = output;
    const onProgress = show && ((progress: Progress) => (isSilent ? undefined : show(progress)));
    for await (const event of train({ ...options, signal: abort.signal, onProgress })) {
      if (event.event === 'start') isSilent = (event.rank ?? 0) > 0;
      if (!isSilent) await output.write(event);
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
