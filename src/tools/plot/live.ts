/** A picture that follows a run: drawn again when there is something new, but not more often than one can look. */

const LEAST_MS = 1000;

export class Live {
  readonly #draw: () => Promise<void>;
  readonly #leastMs: number;
  #isNew = false;
  #isFinishing = false;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param draw     draws all that is known
   * @param leastMs  between the end of one drawing and the beginning of the next
   */
  constructor(draw: () => Promise<void>, leastMs = LEAST_MS) {
    this.#draw = draw;
    this.#leastMs = leastMs;
  }

  /** There is something new. The first time it is drawn at once. */
  changed(): void {
    this.#isNew = true;
    if (!this.#running && !this.#timer) this.#start();
  }

  /**
   * Draws what has not been drawn. After that it must not change.
   *
   * @throws what that drawing throws. Of those that failed before and have been made up for nothing is said.
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
      // A disk may be full for a while, and whoever pipes a run in here wants that to go on.
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
