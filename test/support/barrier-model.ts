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
import {
  DUTIES,
  ENDS,
  grantsUntil,
  KINDS,
  LOOP_PLACES,
  type Member,
  type Model,
  PLACES,
  type State,
  startOf,
} from './barrier-model-state.js';
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
  const visited = new States();
  visited.add(start);
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
      if (visited.add(each)) pending.push(each);
    }
  }
  return { states: visited.size };
}

/** The states that have been seen. Members are alike: states that differ in their order alone are one. */
class States {
  /** By what the members are at, then by all else: a number each, which is found sooner than a string. */
  readonly #seen = new Map<number, Set<number>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @returns false if it has been seen before */
  add(s: State): boolean {
    if (s.state > 15) throw new Error(`state ${s.state} has no code of its own`);
    const members = codeOfMembers(s);
    const others = this.#seen.get(members) ?? new Set();
    if (others.size === 0) this.#seen.set(members, others);
    const before = others.size;
    const isNew = others.add(codeOfOthers(s)).size > before;
    if (isNew) this.#size++;
    return isNew;
  }
}

/** 13 bits each: of four members that is a whole number still. */
function codeOfMembers({ members }: State): number {
  const sorted: number[] = [];
  for (const { place, round, seen } of members) {
    const code = (PLACE_CODES[place] * 16 + round) * 16 + seen;
    let at = sorted.length;
    for (; at > 0 && sorted[at - 1]! > code; at--) sorted[at] = sorted[at - 1]!;
    sorted[at] = code;
  }
  let all = 0;
  for (const code of sorted) all = all * 8192 + code;
  return all;
}

/** In 40 bits. */
function codeOfOthers(s: State): number {
  let code = DUTY_CODES[s.duty];
  for (const { place, isRung } of s.loops) code = (code * 16 + LOOP_CODES[place]) * 2 + Number(isRung);
  code = ((code * 16 + s.state) * 8 + s.arrived) * 8 + HELD_CODES[s.held];
  code = ((code * 8 + s.granted) * 8 + s.served) * 4 + s.command * 2 + s.decision;
  return code * 8 + Number(s.isAborted) * 4 + Number(s.isUnopened) * 2 + Number(s.isOver);
}

function codesOf<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<Name, number>;
}
const PLACE_CODES = codesOf(PLACES);
const LOOP_CODES = codesOf(LOOP_PLACES);
const DUTY_CODES = codesOf(DUTIES);
const HELD_CODES = codesOf(['', ...KINDS]);

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
