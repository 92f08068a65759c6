/** How the learning rate changes over a run. */
import { cosineOfHalfTurn, power } from '../kernels/exact-math.js';

export interface Schedule extends CurveOptions {
  readonly schedule: ScheduleName;
}

interface CurveOptions {
  /** The rate that the schedule is a fraction of. */
  readonly lr: number;
  /** Steps over which the rate rises to `lr` in a straight line; the schedule begins behind them. */
  readonly warmupSteps: number;
  /** For `step`: epochs between two multiplications of the rate by `lrGamma`. */
  readonly lrStepSize: number;
  readonly lrGamma: number;
}

/** A schedule: the rate at a step behind the warm-up, of `steps` such steps. A schedule is one entry of CURVES. */
type Curve = (
  schedule: CurveOptions,
  at: { readonly step: number; readonly steps: number; readonly epoch: number },
) => number;

const CURVES = {
  constant: ({ lr }) => lr,
  /** lr · γ^⌊e / size⌋, e the epochs since the run's start (PyTorch's StepLR) */
  step: ({ lr, lrGamma, lrStepSize }, { epoch }) => lr * power(lrGamma, Math.floor(epoch / lrStepSize)),
  /** lr · (1 + cos(π · s / S)) / 2 (Loshchilov and Hutter 2017, without restarts, down to 0) */
  cosine: ({ lr }, { step, steps }) => (lr * (1 + cosineOfHalfTurn(Math.min(1, step / steps)))) / 2,
} satisfies Readonly<Record<string, Curve>>;
export type ScheduleName = keyof typeof CURVES;
/** The default first. */
export const SCHEDULES = Object.keys(CURVES) as readonly ScheduleName[];

/**
 * The rate of step `index`, from 0. During the warm-up it is lr · (index + 1) / warmupSteps; then the schedule begins.
 *
 * Powers and the cosine are our own (kernels/exact-math.ts): an engine's may differ from another's in the last bit.
 */
export function rateAt(schedule: Schedule, index: number, stepsPerEpoch: number, totalSteps: number): number {
  const { lr, warmupSteps } = schedule;
  if (index < warmupSteps) return (lr * (index + 1)) / warmupSteps;
  const at = { step: index - warmupSteps, steps: totalSteps - warmupSteps, epoch: Math.floor(index / stepsPerEpoch) };
  return CURVES[schedule.schedule](schedule, at);
}
