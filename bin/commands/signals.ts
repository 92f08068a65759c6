/** Signals that end a command in an orderly way. */
import process from 'node:process';

/** Exit status of a run that a signal ended: 128 + its number, as in shells. */
export const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * A second signal ends the process at once.
 *
 * @param stop  called at the first signal
 * @returns the exit status; 0 without a signal
 */
export function onSignals(stop: () => void): { readonly status: number } {
  const received = { status: 0 };
  for (const [signal, status] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      if (received.status !== 0) process.exit(status);
      received.status = status;
      stop();
    });
  }
  return received;
}
