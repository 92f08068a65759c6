/** Agreement of the ranks before training: all can train, with the same options and data. */
import { errors, LockstepError, reason } from '../../errors.js';
import { ownHost, rankName, type World } from './world.js';

interface Failure {
  readonly message: string;
  readonly status: 1 | 2;
  readonly host: string;
  readonly code: string | undefined;
}

/**
 * Runs `work` on every rank, and waits for all. If it fails on any rank, all ranks throw the error of the first such rank.
 * Without a world, only runs `work`.
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

/** Values that must agree on all ranks, with their names for messages. */
export type Identity = readonly (readonly [what: string, value: string])[];

/** @throws LockstepError, on every rank, that names the first difference */
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

/** The error as this rank reports it. @param isEverywhere  whether all ranks have the same error */
export function asTold(world: World | undefined, failure: unknown, isEverywhere: boolean): unknown {
  if (!world || world.isFirst) return failure;
  if (isEverywhere && failure instanceof LockstepError) return toldOnce(world, failure);
  const code = failure instanceof LockstepError ? failure.code : undefined;
  return errors.rankFailed(rankName(world.rank, ownHost), reason(failure), 1, failure, code);
}

/** For an error of all ranks: only rank 0 reports it. */
function toldOnce(world: World, error: LockstepError): LockstepError {
  error.isToldElsewhere = !world.isFirst;
  return error;
}
