/** Keeps a long computation from blocking the event loop. */

/** A server must answer meanwhile. */
const PAUSE_AFTER_MS = 10;

/** @returns a function that lets others run, if they have waited long enough */
export function pauser(afterMs = PAUSE_AFTER_MS): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < afterMs) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now();
        resolve();
      });
    });
  };
}
