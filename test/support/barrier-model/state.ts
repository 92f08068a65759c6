/** A state of the barrier's model: see explore.ts. */
import type { Mistake } from './mistakes.js';

/** Why the team meets: for a hold with that reason, or `plain`, where the barrier is never held. */
export const KINDS = ['grant', 'gradients', 'snapshot', 'plain'] as const;
export type Kind = (typeof KINDS)[number];

/** What the workers do at one barrier. */
export interface Round {
  /** `end`: the run is over, and nobody meets any more. */
  readonly kind: Kind | 'end';
  /** The epoch that it belongs to, or, of a grant, waits for: counted from the one whose end the consumer awaits. */
  readonly epoch: number;
  /** Whether the epoch is finished with it. */
  readonly isLast: boolean;
  /** Whether the coordinator has done what the barrier is held for. */
  readonly isServed: boolean;
}

export interface Model {
  readonly workers: number;
  /** The kinds of the rounds, one after another. Without them, every list of every length. */
  readonly rounds?: readonly Kind[];
  readonly mayStop: boolean;
  /** Also whether the coordinator may abort for any other reason. */
  readonly mayDie: boolean;
  readonly mistake?: Mistake;
}

export type Place =
  | 'unborn'
  | 'loading'
  | 'read' // STATE, before arriving
  | 'arrive' // ARRIVED + 1
  | 'reset' // ARRIVED ← 0
  | 'judge' // DECISION ← COMMAND, or GO
  | 'finish' // FINISHED ← 1
  | 'signal finish' // WAKE_UPS + 1
  | 'wake finish'
  | 'look' // need it not be held?
  | 'hold' // HELD ← ticket
  | 'look again'
  | 'signal' // WAKE_UPS + 1
  | 'wake coordinator'
  | 'take' // HELD ticket → 0, if it still is
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
  | 'dead'
  | 'destroyed';

/** Of those that will do nothing more. */
const ENDED: ReadonlySet<Place> = new Set<Place>(['stopped', 'finished', 'aborted', 'dead', 'destroyed']);
/** Of those whose round says nothing any more. */
const GONE: ReadonlySet<Place> = new Set<Place>(['aborted', 'dead', 'destroyed']);

export function hasEnded({ place }: Worker): boolean {
  return ENDED.has(place);
}

export function isGone({ place }: Worker): boolean {
  return GONE.has(place);
}

export interface Worker {
  readonly place: Place;
  /** Which of the state's rounds it is at. */
  readonly round: number;
  readonly seen: number;
}

/** What a hold waits for. */
export interface Ticket {
  readonly kind: Kind;
  /** Of a grant, the epoch, counted as a round's; else which of the state's rounds. */
  readonly number: number;
}

/** What the coordinator does in one go, step by step: it may lose its processor in front of each. */
export type Duty =
  | { readonly at: 'idle' }
  // A grant.
  | { readonly at: 'clear' | 'store'; readonly epoch: number }
  // A stop.
  | { readonly at: 'abort unopened' | 'store the abort' | 'wake unopened' | 'load held' }
  // Either; `grants` says which.
  | { readonly at: 'take'; readonly ticket: Ticket; readonly grants: boolean }
  | { readonly at: 'decide' | 'open' | 'notify'; readonly grants: boolean }
  | { readonly at: 'wake aborted' }
  | { readonly at: 'stop late'; readonly ticket: Ticket | undefined }; // (a mistake's)

/** What goes on beside each other in the coordinator's one thread: each awaits the wake-up word. */
export interface Loop {
  readonly serves: 'gradients' | 'snapshot' | 'consumer';
  readonly place:
    | 'ready' // to go on: reads the wake-up word, or ends
    | 'look' // is there anything to do?
    | 'serving' // awaits the work; then takes the hold
    | 'reading' // the consumer has the record; then grants
    | 'open'
    | 'notify'
    | 'late read' // (a mistake's)
    | 'sleep' // compare WAKE_UPS with what was read
    | 'asleep'
    | 'over';
  /** Whether WAKE_UPS differs from what it read. */
  readonly isSignaled: boolean;
  /** What it serves at the moment: which of the state's rounds. */
  readonly ticket: number;
}

/** Where a loop awaits something, so that the coordinator's thread is free for something else. */
const AWAITS: ReadonlySet<Loop['place']> = new Set<Loop['place']>(['ready', 'serving', 'reading', 'asleep', 'over']);

/** An epoch's record: who may write to it, and which epoch it is for. There are two, used in turn. */
export interface EpochRecord {
  readonly epoch: number;
  readonly owner: 'ungranted' | 'running' | 'finished' | 'read';
  /** FINISHED */
  readonly isFinished: boolean;
}

/** Rounds and epochs are counted from the first that still matters, so that a run of any length has few states. */
export interface State {
  /** From the earliest that a worker is at. */
  readonly rounds: readonly Round[];
  /** Which of a given list the first of them is; 0 where none is given. */
  readonly firstRound: number;
  readonly workers: readonly Worker[];
  readonly loops: readonly Loop[];
  readonly duty: Duty;
  /** Whether the coordinator's constructor has come so far as to start the threads. */
  readonly areStarted: boolean;
  // The words of shared memory (WAKE_UPS is in the loops: what matters is whether it differs from what each has read).
  /** From the first of the rounds on. */
  readonly state: number;
  /** Whether STATE has been opened before. */
  readonly hasMet: boolean;
  readonly arrived: number;
  readonly held: Ticket | undefined;
  readonly granted: number;
  readonly command: 0 | 1;
  readonly decision: 0 | 1;
  readonly records: readonly [EpochRecord, EpochRecord];
  // What the coordinator knows:
  /** A death has been noticed, or something else has failed. */
  readonly isAborted: boolean;
  /** The team was aborted as one that has never met. */
  readonly isUnopened: boolean;
  /** The outcome is known: the loops are to end. */
  readonly isOver: boolean;
  readonly isDestroyed: boolean;
  /** What the step before did that it may not. */
  readonly wrong: string | undefined;
}

/** Whether the coordinator's thread has nothing that it is in the middle of. */
export function isFree({ duty, loops }: State): boolean {
  return duty.at === 'idle' && loops.every(({ place }) => AWAITS.has(place));
}

export function busyLoop({ loops }: State): number {
  return loops.findIndex(({ place }) => !AWAITS.has(place));
}

export function recordOf({ records }: State, epoch: number): EpochRecord {
  return records[epoch & 1]!;
}

export function withRecord(s: State, epoch: number, change: Partial<EpochRecord>): State {
  const [even, odd] = s.records;
  const records: State['records'] = epoch & 1 ? [even, { ...odd, ...change }] : [{ ...even, ...change }, odd];
  return { ...s, records };
}

/** `wrong` unless it is the epoch's record, and in the state that whoever writes to it needs. */
export function requireOwner(s: State, epoch: number, owner: EpochRecord['owner'], what: string): State {
  const record = recordOf(s, epoch);
  return record.epoch === epoch && record.owner === owner ? s : { ...s, wrong: what };
}

export function withWorker(s: State, i: number, change: Partial<Worker>): State {
  const workers = s.workers.slice();
  workers[i] = { ...workers[i]!, ...change };
  return { ...s, workers };
}

export function withLoop(s: State, i: number, change: Partial<Loop>): State {
  return { ...s, loops: s.loops.map((loop, j) => (j === i ? { ...loop, ...change } : loop)) };
}

/** Atomics.notify of STATE: whoever sleeps compares again. */
export function wake(s: State): State {
  return { ...s, workers: s.workers.map((m) => (m.place === 'asleep' ? { ...m, place: 'wait' } : m)) };
}

/** WAKE_UPS + 1. (A loop that is about to read it will see no difference.) */
export function signal(s: State): State {
  const isDeaf = ({ place }: Loop) => place === 'ready' || place === 'reading' || place === 'over';
  return { ...s, loops: s.loops.map((loop) => (isDeaf(loop) ? loop : { ...loop, isSignaled: true })) };
}

/** Atomics.notify of WAKE_UPS. */
export function wakeLoops(s: State, mistake: Mistake): State {
  const first = s.loops.findIndex(({ place }) => place === 'asleep');
  const isWoken = ({ place }: Loop, i: number) =>
    place === 'asleep' && (mistake !== 'wake only one loop' || i === first);
  return {
    ...s,
    loops: s.loops.map((loop, i) => (isWoken(loop, i) ? { ...loop, place: 'ready', isSignaled: false } : loop)),
  };
}

/** The outcome is known. (The wake-up word has no listeners but this thread's: to signal and to wake are one step to them.) */
export function end(s: State): State {
  return wakeLoops(signal({ ...s, isOver: true }), undefined);
}
