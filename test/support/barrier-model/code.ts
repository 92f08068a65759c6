/** A state as a short string: what is equal is the same state. See explore.ts. */
import type { Duty, EpochRecord, Loop, Place, Round, State, Ticket, Worker } from './state.js';

function codesOf<Name extends string>(...names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<Name, number>;
}

const KIND = codesOf<Round['kind']>('grant', 'gradients', 'snapshot', 'plain', 'end');
const OWNER = codesOf<EpochRecord['owner']>('ungranted', 'running', 'finished', 'read');
const PLACE = codesOf<Place>(
  ...(['unborn', 'loading', 'read', 'arrive', 'reset', 'judge', 'finish', 'signal finish', 'wake finish'] as const),
  ...(['look', 'hold', 'look again', 'signal', 'wake coordinator', 'take', 'decide', 'open', 'notify'] as const),
  ...(['late reset', 'late read', 'wait', 'asleep', 'check', 'obey'] as const),
  ...(['stopped', 'finished', 'aborted', 'dead', 'destroyed'] as const),
);
const LOOP = codesOf<Loop['place']>(
  ...(['ready', 'look', 'serving', 'reading', 'open', 'notify', 'late read', 'sleep', 'asleep', 'over'] as const),
);
const DUTY = codesOf<Duty['at']>(
  ...(['idle', 'clear', 'store', 'abort unopened', 'store the abort', 'wake unopened', 'load held'] as const),
  ...(['take', 'decide', 'open', 'notify', 'wake aborted', 'stop late'] as const),
);

/** Workers are alike: states that differ in their order alone have one code. */
export function codeOf(s: State): string {
  const [a, b, c] = s.rounds;
  const [d, e, f] = s.loops;
  const [even, odd] = s.records;
  return String.fromCharCode(
    pair(codeOfRound(a), codeOfRound(b)),
    pair(codeOfRound(c), s.firstRound),
    pair(codeOfLoop(d), codeOfLoop(e)),
    pair(codeOfLoop(f), codeOfDuty(s.duty)),
    pair(codeOfRecord(even), codeOfRecord(odd)),
    pair(flags(s.hasMet, s.areStarted, s.isAborted, s.isUnopened, s.isOver, s.isDestroyed), codeOfTicket(s.held)),
    // (Mistakes can take STATE below what it was.)
    pair((s.state + 8) * 8 + s.arrived, (s.granted + 2) * 4 + s.command * 2 + s.decision),
    ...s.workers.map(codeOfWorker).sort((x, y) => x - y),
  );
}

function pair(low: number, high: number): number {
  return high * 256 + low;
}

function flags(...values: readonly boolean[]): number {
  return values.reduce((bits, value) => bits * 2 + Number(value), 0);
}

function codeOfRound(round: Round | undefined): number {
  if (!round) return 0;
  return ((KIND[round.kind] + 1) * 8 + round.epoch + 2) * 4 + Number(round.isLast) * 2 + Number(round.isServed);
}

function codeOfLoop(loop: Loop | undefined): number {
  return loop ? ((LOOP[loop.place] + 1) * 2 + Number(loop.isSignaled)) * 4 + loop.ticket : 0;
}

function codeOfRecord({ epoch, owner, isFinished }: EpochRecord): number {
  return ((epoch + 4) * 4 + OWNER[owner]) * 2 + Number(isFinished);
}

function codeOfTicket(ticket: Ticket | undefined): number {
  return ticket ? (KIND[ticket.kind] + 1) * 8 + ticket.number + 2 : 0;
}

function codeOfDuty(duty: Duty): number {
  const number = 'ticket' in duty && duty.ticket ? duty.ticket.number : 'epoch' in duty ? duty.epoch : 0;
  return (DUTY[duty.at] * 8 + number + 2) * 2 + Number('grants' in duty && duty.grants);
}

function codeOfWorker({ place, round, seen }: Worker): number {
  return (PLACE[place] * 4 + round) * 16 + seen + 8;
}
