/** Time that the workers spent in each phase. */
import { recordIndex, type WorkerScratch } from '../memory/layout.js';
import type { PhaseFractions } from '../metrics/events.js';
import { Phase } from './task.js';

/** Milliseconds of one thread in the training of an epoch, so far. */
export interface ThreadTimes {
  /** Forward and back-propagation. */
  readonly gradients: number;
  /** Reduction and step. */
  readonly update: number;
  readonly wait: number;
}

/** By worker. */
export function threadTimes(workers: readonly WorkerScratch[], epoch: number): ThreadTimes[] {
  return workers.map(({ phaseTimes }) => {
    const time = phaseTimes[recordIndex(epoch)];
    return {
      gradients: time[Phase.FORWARD]! + time[Phase.GRADIENTS]!,
      update: time[Phase.ACCUMULATE]! + time[Phase.UPDATE]!,
      wait: time[Phase.WAIT]!,
    };
  });
}

/** Fractions of the training time of an epoch, over all workers, without evaluation. */
export function phaseFractions(workers: readonly WorkerScratch[], epoch: number): PhaseFractions {
  const timeIn = (...phases: readonly Phase[]) => {
    const times = workers.map(({ phaseTimes }) => phaseTimes[recordIndex(epoch)]);
    return times.reduce((sum, time) => phases.reduce((partial, phase) => partial + time[phase]!, sum), 0);
  };
  const forward = timeIn(Phase.FORWARD);
  const gradients = timeIn(Phase.GRADIENTS);
  const update = timeIn(Phase.ACCUMULATE, Phase.UPDATE);
  const wait = timeIn(Phase.WAIT);
  const exchange = timeIn(Phase.EXCHANGE);
  // 0 if an earlier process has trained the epoch.
  const all = forward + gradients + update + wait + exchange || 1;
  return {
    forward: forward / all,
    gradients: gradients / all,
    update: update / all,
    ...(exchange > 0 && { exchange: exchange / all }),
    wait: wait / all,
  };
}
