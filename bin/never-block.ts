/**
 * Writing to a terminal without waiting for it.
 *
 * Node writes to a pipe in the background. To a terminal it writes in the foreground: if the terminal takes no more, the
 * main thread waits, hears no signal, and writes no checkpoint. A terminal stops taking output after Ctrl-S; and Open MPI's
 * mpirun gives its ranks terminals, which it no longer reads once it has been told to end.
 */
import { accessSync, constants, readlinkSync } from 'node:fs';

/** Node has no public way to do this: `setBlocking` is a method of its internal handles. */
interface InternalHandle {
  setBlocking?(isBlocking: boolean): number;
}

/** What is written waits in memory from now on, in order, and the process does not end before it has left. */
export function neverBlock(stream: NodeJS.WriteStream & { readonly fd: number }): void {
  if (!stream.isTTY || !canBeReopened(stream.fd)) return;
  const { _handle: handle } = stream as { _handle?: InternalHandle };
  handle?.setBlocking?.(false);
}

/**
 * Node opens a terminal again by its name, so that its settings are this process's alone. Where it cannot (after su, the
 * terminal is another user's), it shares them with other processes; and told not to block, it would try to write again and
 * again without a pause.
 */
function canBeReopened(descriptor: number): boolean {
  try {
    accessSync(readlinkSync(`/proc/self/fd/${descriptor}`), constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
