/** How the learning rate changes over a run. */
import { cosineOfHalfTurn, power } from '../kernels/elementary.js';

export const SCHEDULES = ['constant', 'step', 'cosine'] as const;
export type ScheduleName = (typeof SCHEDULES)[number];

export interface Schedule {
  /** The rate that the schedule is a fraction of. */
  readonly lr: number;
  readonly schedule: ScheduleName;
  /** Steps over which the rate rises to `lr` in a straight line; the schedule begins behind them. */
  readonly warmupSteps: number;
  /** Of `step`: after every so many epochs the rate is multiplied by `lrGamma`. */
  readonly lrStepSize: number;
  readonly lrGamma: number;
}

/**
 * The rate of step `index`, from 0. With W warm-up steps of N in all, s = index − W and S = N − W:
 *
 *   warm-up    lr · (index + 1) / W                        for index < W
 *   constant   lr
 *   step       lr · γ^⌊e / size⌋, e the epochs since the run's start (PyTorch's StepLR)
 *   cosine     lr · (1 + cos(π · s / S)) / 2                (Loshchilov and Hutter 2017, without restarts, down to 0)
 *
 * Powers and the cosine are our own (kernels/elementary.ts): an engine's may differ from another's in the last bit.
 */
export function rateAt(schedule: Schedule, index: number, stepsPerEpoch: number, totalSteps: number): number {
  const { lr, warmupSteps } = schedule;
  if (index < warmupSteps) return (lr * (index + 1)) / warmupSteps;
  switch (schedule.schedule) {
    case 'constant':
      return lr;
    case 'step':
      return lr * power(schedule.lrGamma, Math.floor(Math.floor(index / stepsPerEpoch) / schedule.lrStepSize));
    case 'cosine': {
      const steps = totalSteps - warmupSteps;
      return (lr * (1 + cosineOfHalfTurn(Math.min(1, (index - warmupSteps) / steps)))) / 2;
    }
  }
}
