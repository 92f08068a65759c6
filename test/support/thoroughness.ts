/**
 * How much of a set of cases is tried. `npm test` tries one of each kind, within minutes; with LOCKSTEP_TESTS=all, as the long
 * suites run the same tests (scripts/long-suites.mjs), every combination is tried.
 */
export const TRIES_ALL = process.env.LOCKSTEP_TESTS === 'all';

/** @param isOneOfAKind  whether a case stands for its kind, and is always tried */
export function casesOf<T>(all: readonly T[], isOneOfAKind: (each: T, number: number) => boolean): T[] {
  return TRIES_ALL ? [...all] : all.filter(isOneOfAKind);
}

/** For the name of what is tried only in full. */
export const inFull = TRIES_ALL ? '' : ' (only with LOCKSTEP_TESTS=all)';

/** Of a parameter that is only repeated: all its values, or a few of them. */
export function valuesOf<T>(all: T, few: T): T {
  return TRIES_ALL ? all : few;
}
