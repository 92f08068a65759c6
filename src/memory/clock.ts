/**
 * Milliseconds that mean the same on every thread. A worker's performance.now() counts from its own start;
 * with its time origin added all threads share one scale, to well under a millisecond.
 */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
