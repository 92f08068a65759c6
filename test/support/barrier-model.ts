/**
 * A model of src/threads/barrier.ts, and of the coordinator's side of it, whose every interleaving can be visited.
 *
 * One transition is one access to shared memory, so that any order in which threads can run is a path through the
 * states. Each round is held: either until the coordinator grants it, round after round and whenever it likes; or it is
 * "served", held for something that the coordinator does when it finds the barrier held (a snapshot, the gradients' sum), for
 * which it waits on the bell. The coordinator may say "stop" at any moment; a member may die at any moment, which the
 * coordinator notices later, and then aborts.
 */

/** Mistakes of a round that is served. */
export const SERVICE_MISTAKES = [
  'ring before holding',
  'look before reading the bell',
  'sleep without comparing the bell',
  'ring without waking',
] as const;

/** Mistakes that look harmless. Each must be caught, or the model proves nothing. */
export const MISTAKES = [
  'reset after release',
  'notify before the value changes',
  'wait without comparing',
  'read the state after arriving',
  'hold without a second look',
  'open without taking the hold',
  'decide before taking the hold',
  'abort without waking',
  'open by overwriting the abort',
  ...SERVICE_MISTAKES,
] as const;
export type Mistake = (typeof MISTAKES)[number] | undefined;

export interface Model {
  readonly members: number;
  readonly rounds: number;
  readonly mayStop: boolean;
  readonly mayDie: boolean;
  /** Whether rounds are served, not granted. @default false */
  readonly isServed?: boolean;
  readonly mistake?: Mistake;
}

type Place =
  | 'read' // STATE, before arriving
  | 'arrive' // ARRIVED + 1
  | 'reset' // ARRIVED ← 0
  | 'judge' // DECISION ← COMMAND, where the round is served
  | 'look' // is the round granted, or a stop asked for?
  | 'hold' // HELD ← 1
  | 'look again'
  | 'ring' // BELL + 1
  | 'wake coordinator'
  | 'take' // HELD 1 → 0, if it still is
  | 'decide' // DECISION ← COMMAND
  | 'open' // STATE + 2
  | 'notify'
  | 'late reset' // (a mistake's)
  | 'late read' // (a mistake's)
  | 'wait' // compare STATE with what was read, and sleep
  | 'asleep'
  | 'check' // aborted?
  | 'obey' // DECISION
  | 'stopped'
  | 'finished'
  | 'aborted'
  | 'dead';

const ENDS: ReadonlySet<Place> = new Set(['stopped', 'finished', 'aborted', 'dead']);

interface Member {
  readonly place: Place;
  /** From 1 on: the barrier that it is at. */
  readonly round: number;
  readonly seen: number;
}

type Duty =
  | 'idle'
  | 'take'
  | 'decide'
  | 'open'
  | 'notify'
  | 'wake aborted'
  // Where rounds are served, its loop:
  | 'read bell'
  | 'look' // is it held?
  | 'sleep' // compare BELL with what was read
  | 'asleep';

interface State {
  readonly members: readonly Member[];
  readonly state: number;
  readonly arrived: number;
  readonly held: number;
  readonly granted: number;
  readonly command: number;
  readonly decision: number;
  /** What the coordinator is at: after a grant or a stop it looks whether the barrier is held. */
  readonly duty: Duty;
  readonly isAborted: boolean;
  readonly bell: number;
  /** What the coordinator has read of it. */
  readonly heard: number;
}

export interface Verdict {
  readonly states: number;
  /** What went wrong first, if anything. */
  readonly violation?: string;
}

/** Visits every reachable state. */
export function explore(model: Model): Verdict {
  const start: State = {
    members: Array.from({ length: model.members }, () => ({ place: 'read', round: 1, seen: 0 })),
    state: 0,
    arrived: 0,
    held: 0,
    granted: 0,
    command: 0,
    decision: 0,
    duty: model.isServed ? 'read bell' : 'idle',
    isAborted: false,
    bell: 0,
    heard: 0,
  };
  const visited = new Set<string>([keyOf(start)]);
  const pending = [start];
  for (let state = pending.pop(); state; state = pending.pop()) {
    const violation = violationIn(state);
    if (violation) return { states: visited.size, violation };
    // Neither a stop nor a death need ever come: one that would rescue the gang is no excuse.
    const certain = [...memberSteps(state, model), ...coordinatorSteps(state, model)];
    const next = [...certain, ...deaths(state, model), ...stops(state, model)];
    if (certain.length === 0 && state.members.some(({ place }) => !ENDS.has(place))) {
      return { states: visited.size, violation: 'deadlock' };
    }
    for (const each of next) {
      const key = keyOf(each);
      if (visited.has(key)) continue;
      visited.add(key);
      pending.push(each);
    }
  }
  return { states: visited.size };
}

/** Members are alike: states that differ in their order alone are one. */
function keyOf({ members, ...rest }: State): string {
  const sorted = members.map(({ place, round, seen }) => `${place}/${round}/${seen}`).sort();
  return `${sorted.join()};${Object.values(rest).join()}`;
}

/** Wrong in any state. */
function violationIn({ members }: State): string | undefined {
  const living = members.filter(({ place }) => place !== 'dead');
  const passed = (member: Member) => member.round - 1;
  for (const member of living) {
    // Whoever has passed a barrier must have met everybody there.
    for (const other of members) {
      if (passed(member) > passed(other) + 1) return 'a member is a generation ahead';
      if (passed(member) === passed(other) + 1 && (other.place === 'read' || other.place === 'arrive')) {
        return 'a member has passed a barrier before another arrived there';
      }
    }
  }
  const stopped = new Set(living.filter(({ place }) => place === 'stopped').map(({ round }) => round));
  const finished = living.filter(({ place }) => place === 'finished');
  if (stopped.size > 1) return 'members stop at different rounds';
  const [stop] = stopped;
  if (stop !== undefined && (finished.length > 0 || living.some(({ round }) => round > stop))) {
    return 'a member goes on where another stops';
  }
  return undefined;
}

function memberSteps(state: State, model: Model): State[] {
  return state.members.flatMap((member, i) => memberStep(state, member, i, model) ?? []);
}

/** One member may die, wherever it is. */
function deaths(state: State, { mayDie }: Model): State[] {
  if (!mayDie || state.members.some(({ place }) => place === 'dead')) return [];
  return state.members.flatMap(({ place }, i) => (ENDS.has(place) ? [] : withMember(state, i, { place: 'dead' })));
}

/** The coordinator may say stop once it has nothing else in hand: it is one thread. */
function stops(state: State, { mayStop, isServed }: Model): State[] {
  if (!mayStop || state.command !== 0) return [];
  // (A served round is not released by a stop: the service comes in any case. Its loop is left at its waits alone.)
  if (isServed) return ['asleep', 'sleep'].includes(state.duty) ? [{ ...state, command: 1 }] : [];
  return state.duty === 'idle' ? [{ ...state, command: 1, duty: 'take' }] : [];
}

/** The member's next access, or undefined while it sleeps. */
function memberStep(
  s: State,
  { place, round, seen }: Member,
  i: number,
  { members, rounds, mistake, isServed }: Model,
): State | undefined {
  const go = (to: Place, shared: Partial<State> = {}, own: Partial<Member> = {}) =>
    withMember({ ...s, ...shared }, i, { place: to, ...own });
  const isReady = isServed ? s.decision === 1 : s.granted >= round || s.command === 1;
  const isEarly = mistake === 'ring before holding';
  const isLate = mistake === 'read the state after arriving';
  switch (place) {
    case 'read':
      // (The mistake reads later.)
      if (isLate) return go('arrive');
      return s.state & 1 ? go('aborted') : go('arrive', {}, { seen: s.state });
    case 'arrive': {
      const arrived = s.arrived + 1;
      if (arrived < members) return go(isLate ? 'late read' : 'wait', { arrived });
      return go(mistake === 'reset after release' ? 'look' : 'reset', { arrived });
    }
    case 'late read':
      return go('wait', {}, { seen: s.state });
    case 'reset':
      return go(isServed ? 'judge' : 'look', { arrived: 0 });
    case 'judge':
      return go('look', { decision: s.command });
    case 'look':
      if (isServed) return go(isReady ? 'open' : isEarly ? 'ring' : 'hold');
      return go(isReady ? 'decide' : 'hold');
    case 'hold':
      if (isServed) return go(isEarly ? 'wait' : 'ring', { held: 1 });
      return go(mistake === 'hold without a second look' ? 'wait' : 'look again', { held: 1 });
    case 'look again':
      if (!isReady) return go('wait');
      if (mistake === 'open without taking the hold') return go('decide');
      if (mistake === 'decide before taking the hold') return go('take', { decision: s.command });
      return go('take');
    case 'ring':
      return go(mistake === 'ring without waking' ? 'wait' : 'wake coordinator', { bell: s.bell + 1 });
    case 'wake coordinator':
      return go(isEarly ? 'hold' : 'wait', s.duty === 'asleep' ? { duty: 'sleep' } : {});
    case 'take':
      return s.held === 1 ? go('decide', { held: 0 }) : go('wait');
    case 'decide':
      return go(mistake === 'notify before the value changes' ? 'notify' : 'open', { decision: s.command });
    case 'open': {
      const opened = mistake === 'open by overwriting the abort' ? (seen & ~1) + 2 : s.state + 2;
      if (mistake === 'notify before the value changes') return go('wait', { state: opened });
      return go('notify', { state: opened });
    }
    case 'notify':
      if (mistake === 'notify before the value changes') return wake(go('open'));
      return wake(go(mistake === 'reset after release' ? 'late reset' : 'wait'));
    case 'late reset':
      return go('wait', { arrived: 0 });
    case 'wait':
      if (mistake === 'wait without comparing') return go('asleep');
      return go(s.state === seen ? 'asleep' : 'check');
    case 'asleep':
      return undefined;
    case 'check':
      return go(s.state & 1 ? 'aborted' : 'obey');
    case 'obey':
      if (s.decision === 1) return go('stopped');
      return round === rounds ? go('finished', {}, { round: round + 1 }) : go('read', {}, { round: round + 1 });
    default:
      return undefined;
  }
}

function coordinatorSteps(s: State, { rounds, mistake, isServed }: Model): State[] {
  const isLate = mistake === 'look before reading the bell';
  const home = isServed ? 'sleep' : 'idle';
  const sleeps = mistake === 'sleep without comparing the bell' || s.bell === s.heard;
  switch (s.duty) {
    case 'read bell':
      return [{ ...s, heard: s.bell, duty: isLate ? 'sleep' : 'look' }];
    case 'look':
      if (s.held === 1) return [{ ...s, duty: 'take' }];
      return [{ ...s, duty: isLate ? 'read bell' : 'sleep' }];
    case 'sleep':
      return [{ ...s, duty: sleeps ? 'asleep' : isLate ? 'look' : 'read bell' }, ...aborts(s, mistake, home)];
    case 'asleep':
      return aborts(s, mistake, home);
    case 'take':
      if (s.held === 0) return [{ ...s, duty: home }];
      return [{ ...s, held: 0, duty: isServed ? 'open' : 'decide' }];
    case 'decide':
      return [{ ...s, decision: s.command, duty: 'open' }];
    case 'open':
      return [{ ...s, state: s.state + 2, duty: 'notify' }];
    case 'notify':
      return [wake({ ...s, duty: isServed && isLate ? 'read bell' : home })];
    case 'wake aborted':
      return [wake({ ...s, duty: home })];
    case 'idle': {
      const grants: State[] = s.granted < rounds ? [{ ...s, granted: s.granted + 1, duty: 'take' }] : [];
      return [...grants, ...aborts(s, mistake, home)];
    }
  }
}

/** A death is told to it as other things are, while it waits. */
function aborts(s: State, mistake: Mistake, home: Duty): State[] {
  if (s.isAborted || s.members.every(({ place }) => place !== 'dead')) return [];
  return [
    { ...s, state: s.state | 1, isAborted: true, duty: mistake === 'abort without waking' ? home : 'wake aborted' },
  ];
}

/** Atomics.notify: whoever sleeps compares again. */
function wake(s: State): State {
  return { ...s, members: s.members.map((m) => (m.place === 'asleep' ? { ...m, place: 'wait' } : m)) };
}

function withMember(s: State, i: number, change: Partial<Member>): State {
  return { ...s, members: s.members.map((member, j) => (j === i ? { ...member, ...change } : member)) };
}
