/** `train`: options in, events out. */
import process from 'node:process';
import { errors } from '../../src/errors.js';
import type { Progress, TrainEvent } from '../../src/metrics/events.js';
import { Output } from '../../src/output/output.js';
import type { TrainControls } from '../../src/run/train.js';
import type { OnCount } from '../../src/tools/several-runs/count-runs.js';
import { CLOSED_PIPE, report } from '../main.js';
import { LivePage } from './live-page.js';
import { parseTrainCommand, type TrainCommand } from './train-options.js';

/** Exit status of a run that a signal ended: 128 + its number, as in shells. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * @param name  the command as the user typed it: `train` or `lockstep train`
 * @returns the exit status
 */
export async function trainCommand(args: readonly string[], name: string): Promise<number> {
  const command = parseTrainCommand(args, name);
  return command ? await run(command, name) : 0;
}

/** Trains, and returns the exit status. Nothing here ends the process: every line is to reach its reader. */
async function run({ options, format, progress, tensorboard, dashboard }: TrainCommand, name: string): Promise<number> {
  const { stdout, stderr } = process;
  // A closed stdout ends the run in an orderly way: see onClosed.
  stdout.removeAllListeners('error');
  const abort = new AbortController();
  let interruption = 0;
  let hasBegun = false;
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
  const page = dashboard === undefined ? undefined : await LivePage.open(dashboard);
  for (const [signal, status] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (page?.leave()) return;
      // A second signal ends the process at once.
      if (interruption !== 0 || page?.isOver) process.exit(status);
      interruption = status;
      abort.abort();
    });
  }

  let status = 0;
  try {
    // Under MPI, only rank 0 writes.
    let isSilent = false;
    const { onProgress: show } = output;
    const onProgress = show && ((progress: Progress) => (isSilent ? undefined : show(progress)));
    const controls = { signal: abort.signal, onProgress, ...page?.controls(onProgress) };
    const began = performance.now();
    const onCount: OnCount = (count) =>
      output.showCount({ ...count, unit: 'networks', seconds: (performance.now() - began) / 1000 });
    const events = await eventsOf(options, controls, onCount);
    for await (const event of tensorboard === undefined ? events : await forTensorBoard(events, tensorboard)) {
      hasBegun = true;
      page?.show(event);
      if (event.event === 'start') isSilent = (event.rank ?? 0) > 0;
      if (!isSilent) await output.write(event);
      if (event.event === 'end' && event.status === 'interrupted') status = interruption;
    }
  } catch (error) {
    // Interrupted while reading the data: no run to end in an orderly way.
    if (!hasBegun && abort.signal.aborted) status = interruption;
    else if (!page?.isOver) throw error;
    else {
      // Reported now, not when the page is closed.
      output.hideProgress();
      status = report(name, error);
    }
  } finally {
    output.hideProgress();
    await output.flushed();
    if (!page?.isOver) await page?.close();
  }
  if (page?.isOver) {
    // The page does not stay if the run was ended remotely, or if stdout was closed.
    const isAlone = interruption !== 0 && !(interruption === SIGNALS.SIGINT && process.stderr.isTTY);
    if (!closed && !isAlone) await page.stay();
    await page.close();
  }
  if (status !== 0 || !closed) return status;
  if (closed.code === 'EPIPE') return CLOSED_PIPE;
  throw errors.stdoutFailed(closed);
}

/** The code is loaded here, so that --help and wrong usage do not wait for it. */
async function eventsOf(options: TrainCommand['options'], controls: TrainControls, onCount: OnCount) {
  if ((options.ensemble ?? 1) > 1) {
    const { trainEnsemble } = await import('../../src/tools/ensemble/train-ensemble.js');
    return trainEnsemble(options, { signal: controls.signal }, { onCount });
  }
  const { trainAsCommand } = await import('../../src/run/train.js');
  return trainAsCommand(options, controls);
}

async function forTensorBoard(events: AsyncIterable<TrainEvent>, folder: string): Promise<AsyncIterable<TrainEvent>> {
  const { withTensorBoard } = await import('../../src/output/tensorboard/with-tensorboard.js');
  return withTensorBoard(events, folder);
}
