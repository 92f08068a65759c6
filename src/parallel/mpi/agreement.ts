/** What ranks settle before they train: that all can, and that all are about to do the same. */
import { errors, LockstepError, reason } from '../../errors.js';
import { ownHost, rankName, type World } from './world.js';

interface Failure {
  readonly message: string;
  readonly status: 1 | 2;
  readonly host: string;
  readonly code: string | undefined;
}

/**
 * Does the work on every rank, and meets: if it failed on any, it has failed on all, for the reason of the first that it
 * failed on. Without a world it is done, and that is all.
 */
export async function together<T>(world: World | undefined, work: () => Promise<T>): Promise<T> {
  if (!world) return await work();
  let result: T | undefined;
  let failure: unknown;
  try {
    result = await work();
  } catch (error) {
    failure = error;
  }
  const failures = world.gather<Failure | null>(failure === undefined ? null : failureOf(failure));
  const first = failures.findIndex((each) => each !== null);
  if (first < 0) return result as T;
  world.agreeToEnd();
  const { message, status, host, code } = failures[first]!;
  const isEverywhere = failures.every((each) => each?.message === message);
  const own = isEverywhere && failure instanceof LockstepError ? failure : undefined;
  throw toldOnce(world, own ?? errors.rankFailed(rankName(first, host), message, status, failure, code));
}

function failureOf(error: unknown): Failure {
  const { status, code } = error instanceof LockstepError ? error : { status: 1 as const, code: undefined };
  return { message: reason(error), status, host: ownHost, code };
}

/** What must be the same on all ranks, by what messages call it. */
export type Identity = readonly (readonly [what: string, value: string])[];

/** @throws LockstepError, on every rank, that names the first thing that is not the same */
export function requireSame(world: World, identity: Identity): void {
  const all = world.gather({ host: ownHost, identity });
  const [first] = all as [(typeof all)[number]];
  for (const [i, [what, expected]] of first.identity.entries()) {
    const other = all.findIndex(({ identity: its }) => its[i]?.[1] !== expected);
    if (other < 0) continue;
    const { host, identity: its } = all[other]!;
    const found = its[i]?.[1] ?? 'nothing';
    world.agreeToEnd();
    throw toldOnce(world, errors.ranksDiffer(what, rankName(other, host), found, rankName(0, first.host), expected));
  }
}

/** What a rank's run failed of, as that rank is to tell it. @param isEverywhere  whether all ranks fail of the same */
export function asTold(world: World | undefined, failure: unknown, isEverywhere: boolean): unknown {
  if (!world || world.isFirst) return failure;
  if (isEverywhere && failure instanceof LockstepError) return toldOnce(world, failure);
  const code = failure instanceof LockstepError ? failure.code : undefined;
  return errors.rankFailed(rankName(world.rank, ownHost), reason(failure), 1, failure, code);
}

/** An error that all ranks have: rank 0 alone tells it. */
function toldOnce(world: World, error: LockstepError): LockstepError {
  error.isToldElsewhere = !world.isFirst;
  return error;
}
