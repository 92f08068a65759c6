/**
 * A model of src/threads/barrier.ts, and of the coordinator's side of it, whose every interleaving can be visited.
 *
 * One transition is one access to shared memory, so that any order in which threads can run is a path through the
 * states. Some rounds are held until the coordinator grants them, which it does one after another and whenever it likes;
 * some are held for a service of the coordinator's (the gradients' sum, a snapshot), which a loop of its own does when
 * the bell tells it that the barrier is held for that. Grants, stops, aborts and both loops share the coordinator's one
 * thread: each goes on until it awaits something, and a service is awaited, so that anything else may come during one.
 * The coordinator may say "stop" at any moment, and aborts if the gang has never met; a member may die at any moment,
 * which the coordinator notices later, and then aborts; or it aborts at any moment for a reason of its own.
 */
import { ENDS, grantsUntil, type Member, type Model, type State, startOf } from './barrier-model-state.js';
import { coordinatorSteps, deaths, failures, grants, memberSteps, stops } from './barrier-model-steps.js';

export { type Kind, MISTAKES, type Model } from './barrier-model-state.js';

export interface Verdict {
  readonly states: number;
  /** What went wrong first, if anything. */
  readonly violation?: string;
}

/** Visits every reachable state. */
export function explore(model: Model): Verdict {
  const start = startOf(model);
  const visited = new Set<string>([keyOf(start)]);
  const pending = [start];
  for (let state = pending.pop(); state; state = pending.pop()) {
    const violation = violationIn(state, model);
    if (violation) return { states: visited.size, violation };
    const certain = [...memberSteps(state, model), ...coordinatorSteps(state, model)];
    const granted = grants(state, model);
    // None of these need ever come, nor a grant after a stop: one that would rescue the gang is no excuse.
    const chances = [...deaths(state, model), ...failures(state, model), ...stops(state, model)];
    const stuck = certain.length === 0 && (granted.length === 0 || state.command === 1);
    if (stuck && state.members.some(({ place }) => !ENDS.has(place))) {
      return { states: visited.size, violation: 'deadlock' };
    }
    if (stuck && state.loops.some(({ place }) => place !== 'over')) {
      return { states: visited.size, violation: 'a loop does not end' };
    }
    for (const each of [...certain, ...granted, ...chances]) {
      const key = keyOf(each);
      if (visited.has(key)) continue;
      visited.add(key);
      pending.push(each);
    }
  }
  return { states: visited.size };
}

/** One short string for each state. Members are alike: states that differ in their order alone are one. */
function keyOf(s: State): string {
  const members = s.members.map(({ place, round, seen }) => (codeOf(place) * 32 + round) * 32 + seen).sort(ascending);
  const loops = s.loops.map(({ place, isRung }) => codeOf(place) * 2 + Number(isRung));
  const flags = Number(s.isAborted) + Number(s.isUnopened) * 2 + Number(s.isOver) * 4;
  const words = [s.state, s.arrived, codeOf(s.held), s.granted, s.command, s.decision];
  return String.fromCharCode(...members, ...loops, ...words, codeOf(s.duty), flags, s.served);
}

/** Its number, in the order in which they turn up. */
function codeOf(name: string): number {
  const code = codes.get(name) ?? codes.size;
  codes.set(name, code);
  return code;
}
const codes = new Map<string, number>();

function ascending(a: number, b: number): number {
  return a - b;
}

/** Wrong in any state. */
function violationIn(state: State, model: Model): string | undefined {
  return wrongMeeting(state) ?? wrongEnd(state, model) ?? wrongHold(state, model);
}

/** Whoever has passed a barrier must have met everybody there. */
function wrongMeeting({ members }: State): string | undefined {
  for (const member of members) {
    if (member.place === 'dead') continue;
    for (const other of members) {
      if (passed(member) > passed(other) + 1) return 'a member is a generation ahead';
      if (passed(member) === passed(other) + 1 && (other.place === 'read' || other.place === 'arrive')) {
        return 'a member has passed a barrier before another arrived there';
      }
    }
  }
  return undefined;
}

function wrongEnd({ members, isUnopened }: State, { rounds }: Model): string | undefined {
  const living = members.filter(({ place }) => place !== 'dead');
  const stopped = new Set(living.filter(({ place }) => place === 'stopped').map(({ round }) => round));
  if (stopped.size > 1) return 'members stop at different rounds';
  const [stop] = stopped;
  if (stop !== undefined && living.some(({ round }) => round > stop)) return 'a member goes on where another stops';
  if (stop !== undefined && rounds[stop - 1] === 'gradients') return 'members stop where a step is half done';
  if (isUnopened && (stop !== undefined || members.some((member) => passed(member) > 0))) {
    return 'a member has begun in a gang that was aborted as one that has not';
  }
  return undefined;
}

/** Nobody passes a barrier that is held but by what it is held for. */
function wrongHold({ members, loops, held, granted, served }: State, { rounds }: Model): string | undefined {
  if (loops.some(({ place, serves }) => place === 'serving' && held !== serves)) {
    return 'the barrier is not held for the service that is at work';
  }
  const most = Math.max(...members.map(passed));
  if (granted < grantsUntil(most, rounds)) return 'a member has passed a barrier that was not granted';
  const last = Math.max(rounds.lastIndexOf('gradients', most - 1), rounds.lastIndexOf('snapshot', most - 1)) + 1;
  if (most > 0 && served < last) return 'a member has passed a barrier whose service was not done';
  return undefined;
}

function passed({ round }: Member): number {
  return round - 1;
}
