/** Limits how many runs train at the same time, while others are being prepared or evaluated. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param most  runs that train at the same time */
  constructor(most: number) {
    this.#free = most;
  }

  /**
   * Resolves when the run may train.
   *
   * @returns call it when the run has trained
   * @throws the reason of the signal
   */
  async next(signal: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    return () => this.#pass();
  }

  /** Gives the turn to the run that has waited the longest. */
  #pass(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }

  async #wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        reject(signal.reason as Error);
      };
      const begin = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(begin);
    });
  }
}
