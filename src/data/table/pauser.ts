/** Keeps a long computation from blocking the event loop. */

/** A server must answer meanwhile. */
const PAUSE_AFTER_MS = 10;

/**
 * Called often enough that the caller can let others run.
 *
 * @param afterMs  pause if this many milliseconds have passed since the last pause
 */
export type Pause = (afterMs?: number) => Promise<void> | undefined;

/** @returns a function that lets others run, if they have waited long enough */
export function pauser(usualMs = PAUSE_AFTER_MS): Pause {
  let since = performance.now();
  return (afterMs = usualMs) => {
    if (performance.now() - since < afterMs) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now();
        resolve();
      });
    });
  };
}
