/**
 * A model of src/parallel/barrier.ts and of the coordinator's side of it, whose every interleaving can be visited.
 *
 * One transition is one access to shared memory, so that any order in which threads can run is a path through the
 * states: either side may stand still in front of any of them, for any time. The coordinator's constructor grants the first two
 * epochs, and then the threads are born, load and begin. Which barriers they meet at is chosen as they come to them: every list
 * of rounds, of any length, that a run can be made of. Some rounds are held until the coordinator grants an epoch; some for a
 * service of the coordinator's (the gradients' sum, a snapshot), which a loop of its own does when the wake-up word tells it that the
 * barrier is held for that. The consumer, another loop, reads a finished epoch's record, clears it, and grants the epoch after
 * the next, which uses it again. Grants, stops, aborts and all loops share the coordinator's one thread: each goes on until it
 * awaits something, and a service is awaited, so that anything else may come during one. The coordinator may say "stop" at any
 * moment, and aborts if the team has never met; a worker may die at any moment, which the coordinator notices later, and then
 * aborts; or it aborts at any moment for a reason of its own. When the run is over, it destroys the threads, wherever they are.
 *
 * An epoch's record has an owner: nobody's until it is granted, the workers' while it runs, the consumer's when it is finished,
 * and the coordinator's, for the next, when it is read. Nobody writes to one that is not theirs.
 */
import { violationIn } from './checks.js';
import { codeOf } from './code.js';
import { coordinatorSteps, destroys, failures, grantOf, stops } from './coordinator-steps.js';
import { firstRounds } from './rounds.js';
import { hasEnded, isFree, isGone, type Kind, type Model, type Round, type State } from './state.js';
import { deaths, destructions, workerSteps } from './worker-steps.js';

export interface Verdict {
  readonly states: number;
  /** What went wrong first, if anything, and the states that lead there. */
  readonly violation?: string;
  readonly path?: readonly State[];
}

interface Visit {
  readonly state: State;
  readonly before: Visit | undefined;
}

/** Visits every reachable state. */
export function explore(model: Model): Verdict {
  const visited = new Set<string>();
  const pending: Visit[] = [];
  const come = (state: State, before?: Visit) => {
    const next = normalized(state, model);
    const code = codeOf(next);
    if (visited.has(code)) return;
    visited.add(code);
    pending.push({ state: next, before });
  };
  const wrong = (violation: string, last: Visit): Verdict => ({ states: visited.size, violation, path: pathTo(last) });

  for (const first of firstRounds(model)) come(startOf(model, first));
  for (let visit = pending.pop(); visit; visit = pending.pop()) {
    const { state } = visit;
    const certain = [...workerSteps(state, model), ...coordinatorSteps(state, model)];
    // None of these need ever come.
    const chances = [...deaths(state, model), ...failures(state, model), ...stops(state, model), ...destroys(state)];
    const stuck = stuckIn(state, certain);
    if (stuck) return wrong(stuck, visit);
    for (const next of [...certain, ...chances, ...destructions(state)]) {
      const violation = violationIn(next);
      if (violation) return wrong(violation, { state: next, before: visit });
      come(next, visit);
    }
  }
  return { states: visited.size };
}

function pathTo(last: Visit): State[] {
  const path: State[] = [];
  for (let visit: Visit | undefined = last; visit; visit = visit.before) path.push(visit.state);
  return path.reverse();
}

/** @param certain  what can come next, and will */
function stuckIn(state: State, certain: readonly State[]): string | undefined {
  // After a stop nobody need read any more: a grant that would rescue the team is no excuse.
  const isLeft = state.command === 1 && isFree(state) && state.loops.some(({ place }) => place === 'reading');
  if (certain.length > (isLeft ? 1 : 0)) return undefined;
  if (!state.workers.every(hasEnded)) return 'deadlock';
  const open = state.loops.filter(({ place, serves }) => place !== 'over' && !(isLeft && serves === 'consumer'));
  return open.length > 0 ? 'a loop does not end' : undefined;
}

function startOf(model: Model, first: Round): State {
  const isUsed = (kind: Kind) => model.rounds === undefined || model.rounds.includes(kind);
  const services = (['gradients', 'snapshot'] as const).filter(isUsed);
  const unused = { owner: 'ungranted', isFinished: false } as const;
  return {
    rounds: [first],
    firstRound: 0,
    workers: Array.from({ length: model.workers }, () => ({ place: 'unborn', round: 0, seen: 0 })),
    loops: [...services, 'consumer' as const].map((serves) => ({
      serves,
      place: 'ready',
      isSignaled: false,
      ticket: 0,
    })),
    duty: grantOf(0, model.mistake),
    areStarted: false,
    state: 0,
    hasMet: false,
    arrived: 0,
    held: undefined,
    granted: -1,
    command: 0,
    decision: 0,
    records: [
      { ...unused, epoch: -2 },
      { ...unused, epoch: -1 },
    ],
    isAborted: false,
    isUnopened: false,
    isOver: false,
    isDestroyed: false,
    wrong: undefined,
  };
}

/** The same state, with the rounds counted from the first that a worker is at. */
function normalized(s: State, { rounds: given }: Model): State {
  const living = s.workers.filter((worker) => !isGone(worker));
  const base = living.length === 0 ? 0 : Math.min(...living.map(({ round }) => round));
  if (base === 0) return s;
  return {
    ...s,
    rounds: s.rounds.slice(base),
    firstRound: given ? s.firstRound + base : 0,
    workers: s.workers.map((m) =>
      isGone(m) ? m : { ...m, round: m.round - base, seen: m.seen === 0 ? 0 : m.seen - 2 * base },
    ),
    state: s.state - 2 * base,
    held: s.held && (s.held.kind === 'grant' ? s.held : { ...s.held, number: s.held.number - base }),
    loops: s.loops.map((loop) => (loop.place === 'serving' ? { ...loop, ticket: loop.ticket - base } : loop)),
  };
}
