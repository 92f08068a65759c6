/** The time that a program may take: when it is over, it begins nothing more, and says what it has not tried. */

export interface Budget {
  readonly isOver: () => boolean;
  /** Counts a case that is not tried, for want of time. */
  readonly skip: () => void;
  /** Says how many those were, if any. */
  readonly tell: () => void;
}

/** @param seconds  from now on; undefined: without an end */
export function budgetOf(seconds = Number.POSITIVE_INFINITY): Budget {
  const end = performance.now() + 1000 * seconds;
  let skipped = 0;
  return {
    isOver: () => performance.now() >= end,
    skip: () => {
      skipped++;
    },
    tell: () => {
      if (skipped > 0) console.log(`${skipped} cases not tried: ${seconds} seconds were over`);
    },
  };
}
