/** What is wrong in a state of the barrier's model: see explore.ts. */
import { isGone, type State, type Worker } from './state.js';

export function violationIn(s: State): string | undefined {
  return s.wrong ?? wrongMeeting(s) ?? wrongEnd(s) ?? wrongHold(s);
}

/** Whoever has passed a barrier must have met everybody there. */
function wrongMeeting({ workers, arrived }: State): string | undefined {
  if (arrived > workers.length) return 'more have arrived than there are workers';
  const living = workers.filter((worker) => !isGone(worker));
  for (const worker of living) {
    for (const other of living) {
      if (worker.round > other.round + 1) return 'a worker is a generation ahead';
      if (worker.round === other.round + 1 && isBefore(other)) {
        return 'a worker has passed a barrier before another arrived there';
      }
    }
  }
  return undefined;
}

function isBefore({ place }: Worker): boolean {
  return place === 'unborn' || place === 'loading' || place === 'read' || place === 'arrive';
}

function wrongEnd({ workers, rounds, isUnopened }: State): string | undefined {
  const living = workers.filter((worker) => !isGone(worker));
  const stopped = new Set(living.filter(({ place }) => place === 'stopped').map(({ round }) => round));
  if (stopped.size > 1) return 'workers stop at different rounds';
  const [stop] = stopped;
  if (stop !== undefined && living.some(({ round }) => round > stop)) return 'a worker goes on where another stops';
  if (stop !== undefined && rounds[stop]!.kind === 'gradients') return 'workers stop where a step is half done';
  if (isUnopened && (stop !== undefined || living.some(({ round }) => round > 0))) {
    return 'a worker has begun in a team that was aborted as one that has not';
  }
  return undefined;
}

/** Nobody passes a barrier that is held but by what it is held for. */
function wrongHold({ workers, rounds, loops, held, granted }: State): string | undefined {
  const serving = loops.find(({ place }) => place === 'serving');
  if (serving && (held?.kind !== serving.serves || held.number !== serving.ticket)) {
    return 'the barrier is not held for the service that is at work';
  }
  for (const worker of workers) {
    if (isGone(worker) || worker.round === 0) continue;
    const { kind, epoch, isServed } = rounds[worker.round - 1]!;
    if (kind === 'grant' && granted < epoch) return 'a worker has passed a barrier that was not granted';
    if ((kind === 'gradients' || kind === 'snapshot') && !isServed) {
      return 'a worker has passed a barrier whose service was not done';
    }
  }
  return undefined;
}
