/** Mutual exclusion of processes that share only a folder, in which each can show a sign that it is alive. */

export interface Arena {
  /**
   * The signs of other live contenders. A sign that appears or disappears during the call may be missed, as in the listing
   * of a folder.
   */
  readonly others: () => Promise<readonly string[]>;
  /** @returns the name of the sign, which is unique forever */
  readonly show: () => Promise<string>;
  readonly hide: () => void | Promise<void>;
  /** @returns false after the time limit */
  readonly wait: () => Promise<boolean>;
}

/**
 * The sign of the winner stays until the winner hides it, or dies.
 *
 * At most one wins: each shows its sign before its last look, so the later of any two sees the other. If several contend at
 * the same time, the smallest name waits for the others to leave, and wins. It gives up after the time limit, because
 * another contender may have looked before its sign appeared, and won. Signs of dead contenders may be removed by anyone at
 * any time, because names are never reused.
 *
 * @returns whether this contender has won
 */
export async function contend(arena: Arena): Promise<boolean> {
  if ((await arena.others()).length > 0) return false;
  const name = await arena.show();
  try {
    for (;;) {
      const others = await arena.others();
      if (others.length === 0) return true;
      if (others.some((other) => other < name) || !(await arena.wait())) break;
    }
  } catch (error) {
    await arena.hide();
    throw error;
  }
  await arena.hide();
  return false;
}
