/** How one of several contenders wins, who share nothing but a place where each can show that it lives. */

export interface Arena {
  /**
   * The others whose sign is there and who live. A sign that is there from the beginning of the look to its end is seen; one
   * that comes or goes meanwhile may be missed, as in a folder that is listed.
   */
  readonly others: () => Promise<readonly string[]>;
  /** @returns the name of the sign, which no other sign ever has */
  readonly show: () => Promise<string>;
  readonly hide: () => void | Promise<void>;
  /** @returns false if it has been waited for long enough */
  readonly wait: () => Promise<boolean>;
}

/**
 * The winner's sign stays until the winner hides it, or dies.
 *
 * No two win: each shows its sign before its last look, so of any two the later one to show sees the other. Of several that show
 * themselves at the same time the smallest name stays, and waits for the others to leave; so one of them wins. It gives up if
 * that takes too long, for an other may have looked before it came, and won. Nothing depends on a dead contender's sign: names
 * are used once, so it can be removed by anybody, at any time.
 *
 * @returns whether it has won
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
