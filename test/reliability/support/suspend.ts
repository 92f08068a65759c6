/** A run whose process is suspended (SIGSTOP) and continued (SIGCONT) until it ends. */
import { setTimeout } from 'node:timers/promises';
import type { Random } from '../../../src/model/random.js';
import { trainCommand } from '../../support/paths.js';
import { type Ended, finishOf, spawnQuiet } from '../../support/run-command.js';

/** Short beside a step's waits, and long beside a time slice. */
const MOST_MS = 12;

/** @param node  the program */
export async function suspendOften(
  node: string,
  args: readonly string[],
  random: Random,
): Promise<{ readonly run: Ended; readonly times: number }> {
  const child = spawnQuiet(node, [trainCommand, ...args]);
  let hasEnded = false;
  const finished = finishOf(child).finally(() => {
    hasEnded = true;
  });
  let times = 0;
  for (; !hasEnded; times++) {
    await setTimeout(random.fraction() * MOST_MS);
    child.kill('SIGSTOP');
    await setTimeout(random.fraction() * MOST_MS);
    child.kill('SIGCONT');
  }
  return { run: await finished, times };
}
