/**
 * Writes to a terminal without blocking.
 *
 * Node's writes to a terminal are synchronous. If the terminal accepts no more output, the main thread blocks: it handles no
 * signal and writes no checkpoint. This happens after Ctrl-S, and under Open MPI's mpirun, which gives its ranks terminals
 * and stops reading them when it is told to end.
 */
import { accessSync, constants, readlinkSync } from 'node:fs';

/** Node has no public API for this: `setBlocking` is a method of its internal handles. */
interface InternalHandle {
  setBlocking?(isBlocking: boolean): number;
}

/** From now on, output is queued in memory, in order; the process does not exit before it is written. */
export function neverBlock(stream: NodeJS.WriteStream & { readonly fd: number }): void {
  if (!stream.isTTY || !canBeReopened(stream.fd)) return;
  const { _handle: handle } = stream as { _handle?: InternalHandle };
  handle?.setBlocking?.(false);
}

/**
 * Node reopens a terminal by name, so that other processes do not share its settings. If it cannot (after su, the terminal
 * belongs to another user), a non-blocking descriptor would make Node retry writes in a busy loop.
 */
function canBeReopened(descriptor: number): boolean {
  try {
    accessSync(readlinkSync(`/proc/self/fd/${descriptor}`), constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
