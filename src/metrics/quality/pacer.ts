/** Keeps a long computation from blocking the event loop. */
import { setImmediate } from 'node:timers/promises';

/** Milliseconds. Longer slices are not faster: one turn of the event loop takes a few microseconds. */
const SLICE = 12;

/** Samples between two calls of `pause`, in loops over samples: about a millisecond. */
export const CHUNK = 2 ** 14;

export class Pacer {
  #since = performance.now();

  get isDue(): boolean {
    return performance.now() - this.#since > SLICE;
  }

  /** Lets the event loop run once, if the computation has had its slice. */
  async pause(): Promise<void> {
    if (!this.isDue) return;
    await setImmediate();
    this.#since = performance.now();
  }
}
