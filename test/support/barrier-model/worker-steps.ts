/** What workers can do next in a state of the barrier's model, one access at a time: see explore.ts. */
import { nextRounds } from './rounds.js';
import {
  hasEnded,
  type Model,
  type Place,
  recordOf,
  requireOwner,
  type State,
  signal,
  type Ticket,
  type Worker,
  wake,
  wakeLoops,
  withRecord,
  withWorker,
} from './state.js';

export function workerSteps(state: State, model: Model): State[] {
  return state.workers.flatMap((worker, i) => (isTwin(state.workers, i) ? [] : workerStep(state, worker, i, model)));
}

/** Whether a worker before it is just where it is, and would do the same. */
function isTwin(workers: readonly Worker[], i: number): boolean {
  const { place, round, seen } = workers[i]!;
  return workers.findIndex((m) => m.place === place && m.round === round && m.seen === seen) < i;
}

/** One worker may die, wherever it is. */
export function deaths(state: State, { mayDie }: Model): State[] {
  if (!mayDie || state.workers.some(({ place }) => place === 'dead')) return [];
  return state.workers.flatMap((worker, i) =>
    hasEnded(worker) || worker.place === 'unborn' ? [] : withWorker(state, i, { place: 'dead', round: 0, seen: 0 }),
  );
}

/** When its pool is destroyed, a thread ends wherever it is. */
export function destructions(state: State): State[] {
  if (!state.isDestroyed) return [];
  return state.workers.flatMap((worker, i) =>
    hasEnded(worker) ? [] : withWorker(state, i, { place: 'destroyed', round: 0, seen: 0 }),
  );
}

/** The worker's next access: none while it sleeps, several where the run may go on in several ways. */
function workerStep(s: State, { place, round, seen }: Worker, i: number, model: Model): State[] {
  const { workers, mistake } = model;
  const to = (next: Place, shared?: Partial<State>, own?: Partial<Worker>) =>
    withWorker(shared ? { ...s, ...shared } : s, i, { place: next, ...own });
  const go = (next: Place, shared?: Partial<State>, own?: Partial<Worker>) => [to(next, shared, own)];
  const current = s.rounds[round]!;
  const { kind, epoch, isLast } = current;
  const isGrant = kind === 'grant';
  const ticket: Ticket = { kind: kind as Ticket['kind'], number: isGrant ? epoch : round };
  // Both words only ever become true, so that reading one after the other is as good as reading them at once.
  const isReady = isGrant ? s.granted >= epoch || s.command === 1 : s.decision === 1;
  const isEarly = mistake === 'signal before holding';
  const isLate = mistake === 'read the state after arriving';
  const isSwapped = mistake === 'notify before the value changes';
  const finishesLate = mistake === 'finish after opening';
  const opening = isSwapped ? 'notify' : 'open';
  const judged = kind === 'plain' ? opening : 'look';
  switch (place) {
    case 'unborn':
      return s.areStarted ? go('loading') : [];
    case 'loading':
      return go('read');
    case 'read':
      // (The mistake reads later.)
      if (isLate) return go('arrive');
      return s.state & 1 ? go('aborted', undefined, { round: 0, seen: 0 }) : go('arrive', undefined, { seen: s.state });
    case 'arrive': {
      const arrived = s.arrived + 1;
      const next = arrived < workers ? (isLate ? 'late read' : 'wait') : 'reset';
      const arrives = to(next === 'reset' && mistake === 'reset after release' ? 'judge' : next, { arrived });
      // What it has done since the barrier before stands in the epoch's record.
      const writes = !isGrant || mistake === 'book time before the grant';
      return [
        writes ? requireOwner(arrives, epoch, 'running', 'a worker writes to a record that is not its own') : arrives,
      ];
    }
    case 'late read':
      return go('wait', undefined, { seen: s.state });
    case 'reset':
      return go('judge', { arrived: 0 });
    case 'judge': {
      if (isGrant) {
        // An epoch without a step is finished as soon as somebody asks for the next.
        const isUnfinished =
          epoch > 0 && recordOf(s, epoch - 1).owner === 'running' && recordOf(s, epoch - 1).epoch === epoch - 1;
        return isUnfinished ? go('finish') : go('look');
      }
      // A stop is not obeyed where a step is half done.
      const decision = kind === 'gradients' ? 0 : s.command;
      if (!isLast || decision !== 0) return go(judged, { decision });
      const next = finishesLate ? judged : 'finish';
      // An epoch may turn out to be the run's last: no better for too long, or the time is up.
      return kind === 'gradients' ? go(next, { decision }) : [to(next, { decision }), to(next, { decision: 1 })];
    }
    case 'finish': {
      const finished = isGrant ? epoch - 1 : epoch;
      const owned = requireOwner(s, finished, 'running', 'an epoch is finished that does not run');
      const next = finishesLate ? 'wait' : mistake === 'finish without signaling' ? judged : 'signal finish';
      return [withWorker(withRecord(owned, finished, { owner: 'finished', isFinished: true }), i, { place: next })];
    }
    case 'signal finish':
      return [signal(to('wake finish'))];
    case 'wake finish':
      return [wakeLoops(to(judged), mistake)];
    case 'look':
      if (isGrant) return go(isReady ? 'decide' : 'hold');
      return go(isReady ? opening : isEarly ? 'signal' : 'hold');
    case 'hold':
      // (DECISION is the last worker's own until it opens: where it goes by that, a second look shows nothing new.)
      if (!isGrant) return go(isEarly ? 'wait' : 'signal', { held: ticket });
      return go(mistake === 'hold without a second look' ? 'wait' : 'look again', { held: ticket });
    case 'look again':
      if (!isReady) return go('wait');
      if (mistake === 'open without taking the hold') return go('decide');
      if (mistake === 'decide before taking the hold') return go('take', { decision: s.command });
      return go('take');
    case 'signal':
      return [signal(to(mistake === 'signal without waking' ? 'wait' : 'wake coordinator'))];
    case 'wake coordinator':
      return [wakeLoops(to(isEarly ? 'hold' : 'wait'), mistake)];
    case 'take':
      return s.held?.kind === kind && s.held.number === ticket.number ? go('decide', { held: undefined }) : go('wait');
    case 'decide':
      return go(opening, { decision: s.command });
    case 'open': {
      const from = mistake === 'open by overwriting the abort' ? seen & ~1 : s.state;
      return go(isSwapped ? 'wait' : 'notify', { state: from + 2, hasMet: true });
    }
    case 'notify':
      if (isSwapped) return [wake(to('open'))];
      if (mistake === 'reset after release') return [wake(to('late reset'))];
      return [wake(to(finishesLate && isLast && !isGrant && s.decision === 0 ? 'finish' : 'wait'))];
    case 'late reset':
      return go('wait', { arrived: 0 });
    case 'wait':
      if (mistake === 'wait without comparing') return go('asleep');
      // (What it saw is of no more use: forgotten, there are fewer states.)
      return s.state === seen ? go('asleep') : go('check', undefined, { seen: 0 });
    case 'check':
      return s.state & 1 ? go('aborted', undefined, { round: 0 }) : go('obey');
    case 'obey': {
      if (s.decision === 1) return go('stopped');
      const known = s.rounds[round + 1];
      const ways = known ? [known] : nextRounds(current, s.firstRound + round, model);
      return ways.map((next) => {
        const rounds = known ? s.rounds : [...s.rounds, next];
        return to(next.kind === 'end' ? 'finished' : 'read', { rounds }, { round: round + 1 });
      });
    }
    default:
      return [];
  }
}
