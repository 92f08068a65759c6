/** Waits for what has no event to wait for, such as a file that another process writes. */
import { setTimeout } from 'node:timers/promises';

/** A condition that never comes true fails by the test's time limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(10);
}
