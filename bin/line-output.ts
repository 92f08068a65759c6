/** stdout for commands with much output: it waits for a slow reader, and stops when the reader has gone. */
export class LineOutput {
  readonly #stdout: NodeJS.WriteStream;
  #isClosed = false;

  /** @param onClosed  called when stdout can no longer be written. (main() reports the error.) */
  constructor(stdout: NodeJS.WriteStream, onClosed: () => void) {
    this.#stdout = stdout;
    stdout.on('error', () => {
      this.#isClosed = true;
      onClosed();
      // A pending write() would wait forever.
      stdout.emit('drain');
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when the reader can take more. */
  async write(text: string): Promise<void> {
    if (this.#isClosed || this.#stdout.write(text)) return;
    await new Promise<void>((resolve) => this.#stdout.once('drain', resolve));
  }
}
