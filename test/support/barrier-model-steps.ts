/** What members and coordinator can do next in a state of the barrier's model, one access at a time: see barrier-model.ts. */
import {
  AWAITS,
  ENDS,
  grantsUntil,
  type Loop,
  type Member,
  type Mistake,
  type Model,
  type Place,
  ring,
  type State,
  wake,
  wakeLoops,
  withLoop,
  withMember,
} from './barrier-model-state.js';

export function memberSteps(state: State, model: Model): State[] {
  return state.members.flatMap((member, i) =>
    isTwin(state.members, i) ? [] : (memberStep(state, member, i, model) ?? []),
  );
}

/** Whether a member before it is just where it is, and would do the same. */
function isTwin(members: readonly Member[], i: number): boolean {
  const { place, round, seen } = members[i]!;
  return members.findIndex((m) => m.place === place && m.round === round && m.seen === seen) < i;
}

/** One member may die, wherever it is. */
export function deaths(state: State, { mayDie }: Model): State[] {
  if (!mayDie || state.members.some(({ place }) => place === 'dead')) return [];
  return state.members.flatMap(({ place }, i) => (ENDS.has(place) ? [] : withMember(state, i, { place: 'dead' })));
}

/** The coordinator may abort with all members alive: a service has failed, or the watchdog takes a slow member for a hung one. */
export function failures(state: State, { mayDie, mistake }: Model): State[] {
  return mayDie && isFree(state) && !state.isAborted && !state.isOver ? [abort(state, mistake)] : [];
}

/** A stop may come whenever the coordinator's thread is free, again too (as when the run is closed). */
export function stops(state: State, { mayStop }: Model): State[] {
  return mayStop && isFree(state) && !state.isOver ? [{ ...state, command: 1, duty: 'abort unopened' }] : [];
}

/** Grants come, one after another, at any moment: `nextEpoch`. */
export function grants(state: State, { rounds }: Model): State[] {
  if (!isFree(state) || state.isOver || state.granted === grantsUntil(rounds.length, rounds)) return [];
  return [{ ...state, granted: state.granted + 1, duty: 'take' }];
}

function isFree({ duty, loops }: State): boolean {
  return duty === 'idle' && loops.every(({ place }) => AWAITS.has(place));
}

/** The member's next access, or undefined while it sleeps. */
function memberStep(
  s: State,
  { place, round, seen }: Member,
  i: number,
  { members, rounds, mistake }: Model,
): State | undefined {
  const go = (to: Place, shared?: Partial<State>, own?: Partial<Member>) =>
    withMember(shared ? { ...s, ...shared } : s, i, { place: to, ...own });
  const kind = rounds[round - 1]!;
  const isGrant = kind === 'grant';
  // Both words only ever become true, so that reading one after the other is as good as reading them at once.
  const isReady = isGrant ? s.granted >= grantsUntil(round, rounds) || s.command === 1 : s.decision === 1;
  const isEarly = mistake === 'ring before holding';
  const isLate = mistake === 'read the state after arriving';
  const isSwapped = mistake === 'notify before the value changes';
  const opening = isSwapped ? 'notify' : 'open';
  switch (place) {
    case 'read':
      // (The mistake reads later.)
      if (isLate) return go('arrive');
      return s.state & 1 ? go('aborted') : go('arrive', undefined, { seen: s.state });
    case 'arrive': {
      const arrived = s.arrived + 1;
      if (arrived < members) return go(isLate ? 'late read' : 'wait', { arrived });
      if (mistake === 'reset after release') return go(isGrant ? 'look' : 'judge', { arrived });
      return go('reset', { arrived });
    }
    case 'late read':
      return go('wait', undefined, { seen: s.state });
    case 'reset':
      return go(isGrant ? 'look' : 'judge', { arrived: 0 });
    case 'judge':
      // A stop is not obeyed where a step is half done.
      return go(kind === 'plain' ? opening : 'look', { decision: kind === 'gradients' ? 0 : s.command });
    case 'look':
      if (isGrant) return go(isReady ? 'decide' : 'hold');
      return go(isReady ? opening : isEarly ? 'ring' : 'hold');
    case 'hold':
      // (DECISION is the last member's own until it opens: where it goes by that, a second look shows nothing new.)
      if (!isGrant) return go(isEarly ? 'wait' : 'ring', { held: kind });
      return go(mistake === 'hold without a second look' ? 'wait' : 'look again', { held: kind });
    case 'look again':
      if (!isReady) return go('wait');
      if (mistake === 'open without taking the hold') return go('decide');
      if (mistake === 'decide before taking the hold') return go('take', { decision: s.command });
      return go('take');
    case 'ring':
      return ring(go(mistake === 'ring without waking' ? 'wait' : 'wake coordinator'));
    case 'wake coordinator':
      return wakeLoops(go(isEarly ? 'hold' : 'wait'), mistake);
    case 'take':
      return s.held === kind ? go('decide', { held: '' }) : go('wait');
    case 'decide':
      return go(opening, { decision: s.command });
    case 'open': {
      const from = mistake === 'open by overwriting the abort' ? seen & ~1 : s.state;
      return go(isSwapped ? 'wait' : 'notify', { state: from + 2 });
    }
    case 'notify':
      if (isSwapped) return wake(go('open'));
      return wake(go(mistake === 'reset after release' ? 'late reset' : 'wait'));
    case 'late reset':
      return go('wait', { arrived: 0 });
    case 'wait':
      if (mistake === 'wait without comparing') return go('asleep');
      // (What it saw is of no more use: forgotten, there are fewer states.)
      return s.state === seen ? go('asleep') : go('check', undefined, { seen: 0 });
    case 'asleep':
      return undefined;
    case 'check':
      return go(s.state & 1 ? 'aborted' : 'obey');
    case 'obey':
      if (s.decision === 1) return go('stopped');
      return go(round === rounds.length ? 'finished' : 'read', undefined, { round: round + 1 });
    default:
      return undefined;
  }
}

/**
 * What the coordinator's one thread can do next, of itself. It does one thing at a time, to its end or until it awaits
 * something; which comes next of all that it could go on with, is anybody's guess.
 */
export function coordinatorSteps(s: State, { mistake }: Model): State[] {
  const busy = s.loops.findIndex(({ place }) => !AWAITS.has(place));
  if (busy >= 0) return loopStep(s, busy, mistake);
  if (s.duty !== 'idle') return [dutyStep(s, mistake)];
  return [...aborts(s, mistake), ...ends(s), ...s.loops.flatMap((_, i) => loopStep(s, i, mistake))];
}

/** A grant, a stop or an abort, once begun. */
function dutyStep(s: State, mistake: Mistake): State {
  switch (s.duty) {
    case 'abort unopened':
      if (s.state !== 0) return { ...s, duty: 'take' };
      if (mistake === 'abort unopened by load then store') return { ...s, duty: 'store the abort' };
      return {
        ...s,
        state: 1,
        isUnopened: true,
        duty: mistake === 'abort unopened without waking' ? 'idle' : 'wake unopened',
      };
    case 'store the abort':
      return { ...s, state: 1, isUnopened: true, duty: 'wake unopened' };
    case 'wake unopened':
      return { ...wake(s), duty: 'idle' };
    case 'take': {
      const isHeld = mistake === 'release whatever is held' ? s.held !== '' : s.held === 'grant';
      return isHeld ? { ...s, held: '', duty: 'decide' } : { ...s, duty: 'idle' };
    }
    case 'decide':
      return { ...s, decision: s.command, duty: 'open' };
    case 'open':
      return { ...s, state: s.state + 2, duty: 'notify' };
    case 'notify':
      return { ...wake(s), duty: 'idle' };
    case 'wake aborted':
      return { ...end(wake(s)), duty: 'idle' };
    case 'idle':
      return s;
  }
}

/** A loop's next access, if it does not wait for the bell. */
function loopStep(s: State, i: number, mistake: Mistake): State[] {
  const { serves, place, isRung } = s.loops[i]!;
  const go = (to: Loop['place'], shared: Partial<State> = {}, own: Partial<Loop> = {}) => [
    withLoop({ ...s, ...shared }, i, { place: to, ...own }),
  ];
  const isLate = mistake === 'look before reading the bell';
  const isHeld = mistake === 'serve whatever is held' ? s.held !== '' : s.held === serves;
  const beforeSleep = isLate ? 'late read' : 'sleep';
  switch (place) {
    case 'ready':
      return s.isOver ? go('over') : go('look', {}, { isRung: false });
    case 'look':
      return go(isHeld ? 'serving' : beforeSleep);
    case 'serving':
      return isHeld ? go('open', { held: '', served: (s.state >> 1) + 1 }) : go(beforeSleep);
    case 'open':
      return go('notify', { state: s.state + 2 });
    case 'notify':
      return [wake(withLoop(s, i, { place: beforeSleep }))];
    case 'late read':
      return go('sleep', {}, { isRung: false });
    case 'sleep': {
      const sleeps = mistake === 'sleep without comparing the bell' || !isRung;
      return sleeps ? go('asleep') : go('ready', {}, { isRung: false });
    }
    default:
      return [];
  }
}

/** A death is told to the coordinator as other things are, while its thread is free. */
function aborts(s: State, mistake: Mistake): State[] {
  return s.isAborted || s.members.every(({ place }) => place !== 'dead') ? [] : [abort(s, mistake)];
}

function abort(s: State, mistake: Mistake): State {
  const aborted: State = { ...s, state: s.state | 1, isAborted: true };
  return mistake === 'abort without waking' ? end(aborted) : { ...aborted, duty: 'wake aborted' };
}

/** All members have ended well, or none has begun; and the last snapshot, which takes a while, has been taken. */
function ends(s: State): State[] {
  const haveEnded = s.members.every(({ place }) => ENDS.has(place) && place !== 'dead');
  return !s.isOver && (haveEnded || s.isUnopened) ? [end(s)] : [];
}

/** The outcome is known. (The bell has no listeners but this thread's: to ring and to wake are one step to them.) */
function end(s: State): State {
  return wakeLoops(ring({ ...s, isOver: true }), undefined);
}
