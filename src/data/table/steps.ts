/** Long computations in short steps, between which a server's event loop can run. */
import { pauser } from './pauser.js';

/** Yields where it can be interrupted: after about `ROWS_A_STEP` rows of one column. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** At 100 ns a row, the slowest of all, a few milliseconds. */
export const ROWS_A_STEP = 1 << 15;

/** Runs a computation without interruption. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { value, done } = steps.next();
    if (done) return value;
  }
}

/**
 * Runs a computation so that the event loop is never blocked for long.
 *
 * @param signal  ends the computation
 * @throws the reason of the signal
 */
export async function inTurns<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  const pause = pauser();
  for (;;) {
    signal?.throwIfAborted();
    const { value, done } = steps.next();
    const pausing = pause(done ? 1 : undefined);
    if (pausing !== undefined) await pausing;
    if (done) return value;
  }
}

/** Visits the rows part by part. @param visit  is called with the begin and the end of each part */
export function* inParts(count: number, visit: (from: number, to: number) => void, size = ROWS_A_STEP): Steps<void> {
  for (let from = 0; from < count; from += size) {
    visit(from, Math.min(count, from + size));
    yield;
  }
}
