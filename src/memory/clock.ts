/**
 * Milliseconds on a time scale that all threads share, to well under a millisecond. (A worker's performance.now() counts from
 * its own start.)
 */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
