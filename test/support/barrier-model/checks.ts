/** What is wrong in a state of the barrier's model: see explore.ts. */
import { isGone, type Member, type State } from './state.js';

export function violationIn(s: State): string | undefined {
  return s.wrong ?? wrongMeeting(s) ?? wrongEnd(s) ?? wrongHold(s);
}

/** Whoever has passed a barrier must have met everybody there. */
function wrongMeeting({ members, arrived }: State): string | undefined {
  if (arrived > members.length) return 'more have arrived than there are members';
  const living = members.filter((member) => !isGone(member));
  for (const member of living) {
    for (const other of living) {
      if (member.round > other.round + 1) return 'a member is a generation ahead';
      if (member.round === other.round + 1 && isBefore(other)) {
        return 'a member has passed a barrier before another arrived there';
      }
    }
  }
  return undefined;
}

function isBefore({ place }: Member): boolean {
  return place === 'unborn' || place === 'loading' || place === 'read' || place === 'arrive';
}

function wrongEnd({ members, rounds, isUnopened }: State): string | undefined {
  const living = members.filter((member) => !isGone(member));
  const stopped = new Set(living.filter(({ place }) => place === 'stopped').map(({ round }) => round));
  if (stopped.size > 1) return 'members stop at different rounds';
  const [stop] = stopped;
  if (stop !== undefined && living.some(({ round }) => round > stop)) return 'a member goes on where another stops';
  if (stop !== undefined && rounds[stop]!.kind === 'gradients') return 'members stop where a step is half done';
  if (isUnopened && (stop !== undefined || living.some(({ round }) => round > 0))) {
    return 'a member has begun in a gang that was aborted as one that has not';
  }
  return undefined;
}

/** Nobody passes a barrier that is held but by what it is held for. */
function wrongHold({ members, rounds, loops, held, granted }: State): string | undefined {
  const serving = loops.find(({ place }) => place === 'serving');
  if (serving && (held?.kind !== serving.serves || held.number !== serving.ticket)) {
    return 'the barrier is not held for the service that is at work';
  }
  for (const member of members) {
    if (isGone(member) || member.round === 0) continue;
    const { kind, epoch, isServed } = rounds[member.round - 1]!;
    if (kind === 'grant' && granted < epoch) return 'a member has passed a barrier that was not granted';
    if ((kind === 'gradients' || kind === 'snapshot') && !isServed) {
      return 'a member has passed a barrier whose service was not done';
    }
  }
  return undefined;
}
