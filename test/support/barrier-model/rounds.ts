/** Which rounds may come: of a given list, or of any. */
import { KINDS, type Kind, type Model, type Round } from './state.js';

const END: Round = { kind: 'end', epoch: 0, isLast: false, isServed: false };

function roundOf(kind: Kind, epoch: number, isLast: boolean): Round {
  return { kind, epoch, isLast, isServed: false };
}

/**
 * What the first round may be, each a beginning of the window. (A run that only evaluates has no grant.)
 */
export function firstRounds({ rounds }: Model): Round[] {
  const kinds = rounds ? rounds.slice(0, 1) : KINDS;
  return kinds.flatMap((kind) => lasts(rounds, 0).map((isLast) => roundOf(kind, 0, isLast)));
}

/**
 * What may follow a round: an epoch that is not finished goes on; behind one that is, there is the next one's grant, or the end.
 *
 * @param place  of the round, counted from the run's first: matters where the list is given
 */
export function nextRounds({ kind, epoch, isLast }: Round, place: number, { rounds }: Model): Round[] {
  if (kind === 'end') return [];
  const next = rounds?.[place + 1];
  if (rounds && next === undefined) return [END];
  const kinds = next ? [next] : isLast ? (['grant'] as const) : KINDS.filter((each) => each !== 'grant');
  const following = kinds.flatMap((each) =>
    lasts(rounds, place + 1).map((last) => roundOf(each, each === 'grant' ? epoch + 1 : epoch, last)),
  );
  return isLast && !rounds ? [...following, END] : following;
}

/** Whether the round may be its epoch's last, or another. */
function lasts(rounds: readonly Kind[] | undefined, place: number): readonly boolean[] {
  if (!rounds) return [false, true];
  const next = rounds[place + 1];
  return [next === undefined || next === 'grant'];
}
