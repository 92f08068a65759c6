/** stdout for commands that write much: at its reader's pace, and no further than its reader reads. */
export class LineOutput {
  readonly #stdout: NodeJS.WriteStream;
  #isClosed = false;

  /** @param onClosed  stdout can no longer be written. (What is said of it then is main's to say.) */
  constructor(stdout: NodeJS.WriteStream, onClosed: () => void) {
    this.#stdout = stdout;
    stdout.on('error', () => {
      this.#isClosed = true;
      onClosed();
      // Whoever waits for the reader to take more would wait for ever.
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
