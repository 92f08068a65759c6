/** What a state of the barrier's model is made of, and the mistakes that can be put into it: see barrier-model.ts. */

/** What a gang meets for: the reason in HELD, but for `plain`, where the barrier is never held (as after an evaluation). */
export const KINDS = ['grant', 'gradients', 'snapshot', 'plain'] as const;
export type Kind = (typeof KINDS)[number];

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
  'ring before holding',
  'look before reading the bell',
  'sleep without comparing the bell',
  'ring without waking',
  'wake only one loop',
  'release whatever is held',
  'serve whatever is held',
  'abort unopened by load then store',
  'abort unopened without waking',
] as const;
export type Mistake = (typeof MISTAKES)[number] | undefined;

export interface Model {
  readonly members: number;
  /** One barrier after another. */
  readonly rounds: readonly Kind[];
  readonly mayStop: boolean;
  /** Also whether the coordinator may abort for any other reason. */
  readonly mayDie: boolean;
  readonly mistake?: Mistake;
}

export const PLACES = [
  'read', // STATE, before arriving
  'arrive', // ARRIVED + 1
  'reset', // ARRIVED ← 0
  'judge', // DECISION ← COMMAND, or GO
  'look', // need it not be held?
  'hold', // HELD ← why
  'look again',
  'ring', // BELL + 1
  'wake coordinator',
  'take', // HELD why → 0, if it still is
  'decide', // DECISION ← COMMAND
  'open', // STATE + 2
  'notify',
  'late reset', // (a mistake's)
  'late read', // (a mistake's)
  'wait', // compare STATE with what was read, and sleep
  'asleep',
  'check', // aborted?
  'obey', // DECISION
  'stopped',
  'finished',
  'aborted',
  'dead',
] as const;
export type Place = (typeof PLACES)[number];

export const ENDS: ReadonlySet<Place> = new Set(['stopped', 'finished', 'aborted', 'dead']);

export interface Member {
  readonly place: Place;
  /** From 1 on: the barrier that it is at. */
  readonly round: number;
  readonly seen: number;
}

/** What the coordinator does in one go when it grants, stops or aborts. */
export const DUTIES = [
  'idle',
  'abort unopened', // STATE 0 → 1, if it still is
  'store the abort', // (a mistake's)
  'wake unopened',
  'take', // HELD grant → 0, if it is
  'decide',
  'open',
  'notify',
  'wake aborted',
] as const;
export type Duty = (typeof DUTIES)[number];

export const LOOP_PLACES = [
  'ready', // to go on: reads the bell, or ends
  'look', // is it held for what it serves?
  'serving', // awaits the work; then takes the hold
  'open',
  'notify',
  'late read', // (a mistake's)
  'sleep', // compare BELL with what was read
  'asleep',
  'over',
] as const;
export type LoopPlace = (typeof LOOP_PLACES)[number];

export interface Loop {
  readonly serves: Kind;
  readonly place: LoopPlace;
  /** Whether BELL differs from what it read. */
  readonly isRung: boolean;
}

/** Where a loop awaits something, so that the coordinator's thread is free for something else. */
export const AWAITS: ReadonlySet<LoopPlace> = new Set(['ready', 'serving', 'asleep', 'over']);

export interface State {
  readonly members: readonly Member[];
  readonly loops: readonly Loop[];
  readonly duty: Duty;
  // The words of shared memory (BELL is in the loops: what matters is whether it differs from what each has read).
  readonly state: number;
  readonly arrived: number;
  readonly held: Kind | '';
  readonly granted: number;
  readonly command: number;
  readonly decision: number;
  // What the coordinator knows:
  /** A death has been noticed, or something else has failed. */
  readonly isAborted: boolean;
  /** The gang was aborted as one that has never met. */
  readonly isUnopened: boolean;
  /** The outcome is known: the loops are to end. */
  readonly isOver: boolean;
  // What only the checks know:
  /** The last round that a loop has done its work for. */
  readonly served: number;
}

export function startOf({ members, rounds }: Model): State {
  const served = (['gradients', 'snapshot'] as const).filter((kind) => rounds.includes(kind));
  return {
    members: Array.from({ length: members }, () => ({ place: 'read', round: 1, seen: 0 })),
    loops: served.map((serves) => ({ serves, place: 'ready', isRung: false })),
    duty: 'idle',
    state: 0,
    arrived: 0,
    held: '',
    granted: 0,
    command: 0,
    decision: 0,
    isAborted: false,
    isUnopened: false,
    isOver: false,
    served: 0,
  };
}

/** How many of the rounds up to this one, which counts too, need a grant. */
export function grantsUntil(round: number, rounds: readonly Kind[]): number {
  return rounds.slice(0, round).filter((kind) => kind === 'grant').length;
}

/** Atomics.notify of STATE: whoever sleeps compares again. */
export function wake(s: State): State {
  return { ...s, members: s.members.map((m) => (m.place === 'asleep' ? { ...m, place: 'wait' } : m)) };
}

/** BELL + 1. (A loop that is about to read it will see no difference.) */
export function ring(s: State): State {
  const isDeaf = ({ place }: Loop) => place === 'ready' || place === 'over';
  return { ...s, loops: s.loops.map((loop) => (isDeaf(loop) ? loop : { ...loop, isRung: true })) };
}

/** Atomics.notify of BELL. */
export function wakeLoops(s: State, mistake: Mistake): State {
  const first = s.loops.findIndex(({ place }) => place === 'asleep');
  const isWoken = ({ place }: Loop, i: number) =>
    place === 'asleep' && (mistake !== 'wake only one loop' || i === first);
  return {
    ...s,
    loops: s.loops.map((loop, i) => (isWoken(loop, i) ? { ...loop, place: 'ready', isRung: false } : loop)),
  };
}

export function withMember(s: State, i: number, change: Partial<Member>): State {
  const members = s.members.slice();
  members[i] = { ...members[i]!, ...change };
  return { ...s, members };
}

export function withLoop(s: State, i: number, change: Partial<Loop>): State {
  return { ...s, loops: s.loops.map((loop, j) => (j === i ? { ...loop, ...change } : loop)) };
}
