/** Limits how often something is done: so many times per second, and as many at once after a pause. */
export class Budget {
  readonly #most: number;
  #left: number;
  #at = performance.now();

  constructor(mostPerSecond: number) {
    this.#most = mostPerSecond;
    this.#left = mostPerSecond;
  }

  /** Whether it may be done now. */
  take(): boolean {
    const now = performance.now();
    this.#left = Math.min(this.#most, this.#left + ((now - this.#at) / 1000) * this.#most);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
