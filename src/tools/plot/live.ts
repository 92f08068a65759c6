/** Redraws a plot as a run progresses, at a limited rate. */

const LEAST_MS = 1000;

export class Live {
  readonly #draw: () => Promise<void>;
  readonly #leastMs: number;
  #isNew = false;
  #isFinishing = false;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param draw     draws the current state
   * @param leastMs  minimum time between the end of a drawing and the beginning of the next
   */
  constructor(draw: () => Promise<void>, leastMs = LEAST_MS) {
    this.#draw = draw;
    this.#leastMs = leastMs;
  }

  /** Reports new data. The first report is drawn at once. */
  changed(): void {
    this.#isNew = true;
    if (!this.#running && !this.#timer) this.#start();
  }

  /**
   * Draws the final state if necessary.
   *
   * @throws the error of this drawing; errors of earlier drawings are ignored
   */
  async finish(): Promise<void> {
    this.#isFinishing = true;
    clearTimeout(this.#timer);
    await this.#running;
    if (this.#isNew) await this.#draw();
  }

  #start(): void {
    this.#isNew = false;
    this.#running = this.#draw()
      // A temporary error, such as a full disk, must not end the pipe.
      .catch(() => {
        this.#isNew = true;
      })
      .then(() => {
        this.#running = undefined;
        if (!this.#isFinishing) this.#timer = setTimeout(() => this.#again(), this.#leastMs);
      });
  }

  #again(): void {
    this.#timer = undefined;
    if (this.#isNew) this.#start();
  }
}
