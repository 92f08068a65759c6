/** Training as an async generator of events. */
import { now } from './clock.js';
import { errors } from './errors.js';
import type { Progress, TrainEvent } from './metrics/events.js';
import { World } from './mpi/world.js';
import { type CheckedOptions, checkOptions, requireKnown, type TrainOptions } from './options.js';
import { prepare } from './prepare.js';
import { live } from './run/life.js';
import { untilTheEnd } from './run/until-the-end.js';
import type { RunView } from './view.js';

export interface TrainControls {
  /** Ends the run after the step it is in; the `end` event says `interrupted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called about ten times a second while the gang trains. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Called once, before the first event, with what lets a program look at the run while it goes on. */
  readonly onView?: ((view: RunView) => void) | undefined;
}

/**
 * Trains a network and yields what happens: `start`, then `step`, `epoch`, `checkpoint` and `warning` events, then `end`.
 *
 * The threads run at most one epoch ahead of the event that is being handled. Leaving the loop early ends the run as an
 * aborted `signal` does: its threads end, a last checkpoint and the model are written where that was asked for, and what the run
 * has failed of is thrown. A generator that is neither finished nor left keeps them, and the process, waiting.
 *
 * @example
 * for await (const event of train({ epochs: 5, threads: 2 })) {
 *   if (event.event === 'epoch') console.log(event.epoch, event.train_loss);
 * }
 *
 * @throws LockstepError before `start` if the options or data cannot be used; after an `end` event whose status
 *   is `failed` if a loss is no longer finite, a thread died, or a file could not be written that was required
 */
export async function* train(options: TrainOptions & TrainControls = {}): AsyncGenerator<TrainEvent, void, undefined> {
  const beganAt = now();
  const { signal, onProgress, onView, ...given } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw errors.option('signal', signal, 'an AbortSignal');
  requireKnown(given);
  const checked = checkOptions(given);
  const world = worldOf(checked);
  world?.begin();
  const run = await prepare(checked, world);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  signal?.addEventListener('abort', stop);
  try {
    if (signal?.aborted) stop();
    const events = live(run, { beganAt, world, onProgress, onView, stop: stopping.signal });
    yield* untilTheEnd(events, stop);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** All ranks, under MPI. */
function worldOf({ mpi }: CheckedOptions): World | undefined {
  if (mpi === undefined) return undefined;
  return World.join(mpi === true ? undefined : mpi);
}
