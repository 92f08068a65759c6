/** What the coordinator's one thread can do next in a state of the barrier's model, one access at a time: see explore.ts. */
import type { Mistake } from './mistakes.js';
import {
  busyLoop,
  type Duty,
  end,
  hasEnded,
  isFree,
  type Loop,
  type Model,
  recordOf,
  type State,
  type Ticket,
  wake,
  withLoop,
  withRecord,
} from './state.js';

const IDLE: Duty = { at: 'idle' };

/**
 * It does one thing at a time, to its end or until it awaits something; which comes next of all that it could go on with, is
 * anybody's guess.
 */
export function coordinatorSteps(s: State, { mistake }: Model): State[] {
  const busy = busyLoop(s);
  if (busy >= 0) return loopStep(s, busy, mistake);
  if (s.duty.at !== 'idle') return [dutyStep(s, s.duty, mistake)];
  return [...deathsNoticed(s, mistake), ...ends(s), ...s.loops.flatMap((_, i) => loopStep(s, i, mistake))];
}

/** The coordinator may abort with all workers alive: a service has failed, or the watchdog takes a slow worker for a hung one. */
export function failures(s: State, { mayDie, mistake }: Model): State[] {
  return mayDie && isFree(s) && !s.isAborted && !s.isOver ? [abort(s, mistake)] : [];
}

/** A stop may come whenever the coordinator's thread is free, again too (as when the run is closed). */
export function stops(s: State, { mayStop, mistake }: Model): State[] {
  if (!mayStop || !isFree(s) || s.isOver) return [];
  if (mistake === 'stop by looking at the hold first' && s.command === 0) return [{ ...s, duty: { at: 'load held' } }];
  return [{ ...s, command: 1, duty: { at: 'abort unopened' } }];
}

/** A run that is over destroys its threads: the consumer has heard the last, or has left. */
export function destroys(s: State): State[] {
  const consumer = s.loops.findIndex(({ serves }) => serves === 'consumer');
  const isHeard = s.loops[consumer]!.place === 'over' || s.command === 1;
  if (!isFree(s) || !s.isOver || s.isDestroyed || !isHeard) return [];
  const left = withLoop(s, consumer, { place: 'over', isSignaled: false });
  return [{ ...left, state: s.state | 1, isDestroyed: true, duty: { at: 'wake aborted' } }];
}

/** A grant, a stop or an abort, once begun. */
function dutyStep(s: State, duty: Duty, mistake: Mistake): State {
  const go = (next: Duty, shared: Partial<State> = {}): State => ({ ...s, ...shared, duty: next });
  switch (duty.at) {
    case 'clear': {
      const { epoch } = duty;
      // The first two have no epoch before them.
      const cleared = epoch < 2 && !s.areStarted ? s : requireRead(s, epoch);
      const record = {
        epoch,
        owner: mistake === 'grant before clearing' ? 'running' : 'ungranted',
        isFinished: false,
      } as const;
      const next: Duty = mistake === 'grant before clearing' ? takeOf(epoch) : { at: 'store', epoch };
      return { ...withRecord(cleared, epoch, record), duty: next };
    }
    case 'store': {
      const { epoch } = duty;
      const granted = { ...s, granted: epoch };
      if (mistake === 'grant before clearing') return { ...granted, duty: { at: 'clear', epoch } };
      return { ...withRecord(granted, epoch, { owner: 'running' }), duty: takeOf(epoch) };
    }
    case 'abort unopened':
      if (s.hasMet || s.state !== 0) return go({ at: 'load held' });
      if (mistake === 'abort unopened by load then store') return go({ at: 'store the abort' });
      return go(mistake === 'abort unopened without waking' ? IDLE : { at: 'wake unopened' }, {
        state: 1,
        isUnopened: true,
      });
    case 'store the abort':
      return go({ at: 'wake unopened' }, { state: 1, isUnopened: true });
    case 'wake unopened':
      return { ...wake(s), duty: IDLE };
    case 'load held':
      return go(s.held?.kind === 'grant' ? { at: 'take', ticket: s.held, grants: false } : IDLE);
    case 'stop late':
      return go(duty.ticket ? { at: 'take', ticket: duty.ticket, grants: false } : IDLE, { command: 1 });
    case 'take': {
      const { ticket, grants } = duty;
      if (opens(s.held, ticket, mistake)) return go({ at: 'decide', grants }, { held: undefined });
      return afterDuty(s, grants, mistake);
    }
    case 'decide':
      return go({ at: 'open', grants: duty.grants }, { decision: s.command });
    case 'open':
      return go({ at: 'notify', grants: duty.grants }, { state: s.state + 2, hasMet: true });
    case 'notify':
      return afterDuty(wake(s), duty.grants, mistake);
    case 'wake aborted':
      return { ...end(wake(s)), duty: IDLE };
    case 'idle':
      return s;
  }
}

function takeOf(epoch: number): Duty {
  return { at: 'take', ticket: { kind: 'grant', number: epoch }, grants: true };
}

/** Whether `release` takes the hold. */
function opens(held: Ticket | undefined, ticket: Ticket, mistake: Mistake): boolean {
  if (mistake === 'release whatever is held') return held !== undefined;
  if (mistake === 'release any grant') return held?.kind === 'grant';
  return held?.kind === ticket.kind && held.number === ticket.number;
}

function requireRead(s: State, epoch: number): State {
  const record = recordOf(s, epoch);
  const isRead = record.epoch === epoch - 2 && record.owner === 'read';
  return isRead ? s : { ...s, wrong: 'a record is cleared that has not been read' };
}

/** What comes behind a grant: in the constructor another one, and then the threads; else the consumer goes on to the next epoch. */
function afterDuty(s: State, grants: boolean, mistake: Mistake): State {
  if (!grants) return { ...s, duty: IDLE };
  if (s.areStarted) return toNextEpoch({ ...s, duty: IDLE });
  if (s.granted === 0) return { ...s, duty: grantOf(1, mistake) };
  return { ...s, areStarted: true, duty: IDLE };
}

/** All epochs are counted from the next one on. */
function toNextEpoch(s: State): State {
  const earlier = (ticket: Ticket) => (ticket.kind === 'grant' ? { ...ticket, number: ticket.number - 1 } : ticket);
  const [even, odd] = s.records;
  return {
    ...s,
    rounds: s.rounds.map((round) => ({ ...round, epoch: round.epoch - 1 })),
    held: s.held && earlier(s.held),
    granted: s.granted - 1,
    records: [
      { ...odd, epoch: odd.epoch - 1 },
      { ...even, epoch: even.epoch - 1 },
    ],
  };
}

/** A loop's next access, if it does not wait for the wake-up word. */
function loopStep(s: State, i: number, mistake: Mistake): State[] {
  const { serves, place, isSignaled, ticket } = s.loops[i]!;
  const go = (to: Loop['place'], own: Partial<Loop> = {}, shared: Partial<State> = {}) => [
    withLoop({ ...s, ...shared }, i, { place: to, ...own }),
  ];
  const isLate = mistake === 'look before reading the wake-up word';
  const beforeSleep = isLate ? 'late read' : 'sleep';
  switch (place) {
    case 'ready':
      // (What the run has finished is read all the same.)
      return s.isOver && serves !== 'consumer' ? go('over') : go('look', { isSignaled: false });
    case 'look':
      if (serves === 'consumer') {
        const { epoch, isFinished } = recordOf(s, 0);
        if (!(epoch === 0 && isFinished)) return go(s.isOver ? 'over' : beforeSleep);
        return mistake === 'grant before reading' ? granting(s, i, mistake) : go('reading');
      }
      return isHeldFor(s, serves, mistake) ? go('serving', { ticket: s.held!.number }) : go(beforeSleep);
    case 'reading':
      return granting(withRecord(s, 0, { owner: 'read' }), i, mistake);
    case 'serving': {
      if (!isHeldFor(s, serves, mistake) || s.held!.number !== ticket) return go(beforeSleep, { ticket: 0 });
      const rounds = s.rounds.map((round, r) => (r === ticket ? { ...round, isServed: true } : round));
      return go('open', { ticket: 0 }, { held: undefined, rounds });
    }
    case 'open':
      return go('notify', {}, { state: s.state + 2, hasMet: true });
    case 'notify':
      return [wake(withLoop(s, i, { place: beforeSleep }))];
    case 'late read':
      return go('sleep', { isSignaled: false });
    case 'sleep': {
      const sleeps = mistake === 'sleep without comparing the wake-up word' || !isSignaled;
      return sleeps ? go('asleep') : go('ready', { isSignaled: false });
    }
    default:
      return [];
  }
}

/** The consumer has the record of its epoch, and grants the one after the next. */
function granting(s: State, i: number, mistake: Mistake): State[] {
  return [{ ...withLoop(s, i, { place: 'ready', isSignaled: false }), duty: grantOf(2, mistake) }];
}

export function grantOf(epoch: number, mistake: Mistake): Duty {
  return { at: mistake === 'grant before clearing' ? 'store' : 'clear', epoch };
}

function isHeldFor({ held }: State, serves: Loop['serves'], mistake: Mistake): boolean {
  return mistake === 'serve whatever is held' ? held !== undefined : held?.kind === serves;
}

/** A death is told to the coordinator as other things are, while its thread is free. */
function deathsNoticed(s: State, mistake: Mistake): State[] {
  return s.isAborted || s.workers.every(({ place }) => place !== 'dead') ? [] : [abort(s, mistake)];
}

function abort(s: State, mistake: Mistake): State {
  const aborted: State = { ...s, state: s.state | 1, isAborted: true };
  return mistake === 'abort without waking' ? end(aborted) : { ...aborted, duty: { at: 'wake aborted' } };
}

/** All workers have ended well, or none has begun; and the last snapshot, which takes a while, has been taken. */
function ends(s: State): State[] {
  const haveEnded = s.workers.every((worker) => hasEnded(worker) && worker.place !== 'dead');
  return !s.isOver && (haveEnded || s.isUnopened) ? [end(s)] : [];
}
