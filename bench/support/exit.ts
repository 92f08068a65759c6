/** What must be undone however the benchmark ends: at its end, by an error, or by a signal. */

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const undoings = new Set<() => void>();
let isListening = false;

/** @returns takes it back */
export function atExit(undo: () => void): () => void {
  listen();
  undoings.add(undo);
  return () => undoings.delete(undo);
}

function listen(): void {
  if (isListening) return;
  isListening = true;
  process.on('exit', () => {
    for (const undo of undoings) undo();
  });
  for (const [signal, status] of Object.entries(SIGNALS)) process.on(signal, () => process.exit(status));
}
