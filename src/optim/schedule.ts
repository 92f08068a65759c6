/** How the learning rate changes over a run. */
import { cosineOfHalfTurn, expOfNonPositive, logOfAtLeastOne, power } from '../kernels/exact-math.js';

export interface Schedule extends CurveOptions {
  readonly schedule: ScheduleName;
  /** Replaces the schedule by the rates of a range test. */
  readonly range?: RateRange | undefined;
}

/** Rates that grow exponentially from step to step. */
export interface RateRange {
  readonly from: number;
  readonly to: number;
  /** At least 2. */
  readonly steps: number;
}

/** The rate of step `index`, from 0; behind the last step, that of the last. */
export function rateInRange({ from, to, steps }: RateRange, index: number): number {
  const left = 1 - Math.min(1, index / (steps - 1));
  return Math.max(from, to * expOfNonPositive(-logOfAtLeastOne(to / from) * left));
}

interface CurveOptions {
  /** The rate that the schedule is a fraction of. */
  readonly lr: number;
  /** Steps over which the rate rises to `lr` in a straight line; the schedule begins behind them. */
  readonly warmupSteps: number;
  /** For `step`: epochs between two multiplications of the rate by `lrGamma`. */
  readonly lrStepSize: number;
  /** For `step` and `plateau`. */
  readonly lrGamma: number;
  /** For `plateau`: see plateau.ts. */
  readonly lrPatience: number;
}

/** A schedule: the rate at a step behind the warm-up, of `steps` such steps. A schedule is one entry of CURVES. */
type Curve = (
  schedule: CurveOptions,
  at: { readonly step: number; readonly steps: number; readonly epoch: number },
) => number;

/** Fraction of the steps in which `flat-cosine` is constant, as in fastai. */
const FLAT = 0.75;

/** Of `one-cycle`, as in PyTorch: the fraction of the steps in which the rate rises, and what its ends are divided by. */
const [RISING, FIRST_DIVISOR, LAST_DIVISOR] = [0.3, 25, 10_000];

/** From `first` to `last` by half a turn of a cosine: `done` of `length`. */
function between(first: number, last: number, done: number, length: number): number {
  if (done <= 0) return first;
  if (done >= length) return last;
  const rate = last + ((first - last) * (1 + cosineOfHalfTurn(done / length))) / 2;
  return Math.min(rate, Math.max(first, last));
}

const CURVES = {
  constant: ({ lr }) => lr,
  /** lr · γ^⌊e / size⌋, e the epochs since the run's start (PyTorch's StepLR) */
  step: ({ lr, lrGamma, lrStepSize }, { epoch }) => lr * power(lrGamma, Math.floor(epoch / lrStepSize)),
  /** lr, which is multiplied by a factor that depends on the losses: see plateau.ts */
  plateau: ({ lr }) => lr,
  /** lr · (1 − s / S) */
  linear: ({ lr }, { step, steps }) => lr * Math.max(0, 1 - step / steps),
  /** lr · (1 + cos(π · s / S)) / 2 (Loshchilov and Hutter 2017, without restarts, down to 0) */
  cosine: ({ lr }, { step, steps }) => (lr * (1 + cosineOfHalfTurn(Math.min(1, step / steps)))) / 2,
  /** lr for the first three quarters, then half a turn of a cosine down to 0 */
  'flat-cosine': ({ lr }, { step, steps }) => between(lr, 0, step / steps - FLAT, 1 - FLAT),
  /** From lr / 25 to lr, then to lr / 250,000 with the last step (Smith and Topin 2018; PyTorch's OneCycleLR) */
  'one-cycle': ({ lr }, { step, steps }) => {
    const peak = RISING * steps - 1;
    if (step <= peak) return between(lr / FIRST_DIVISOR, lr, step, peak);
    return between(lr, lr / (FIRST_DIVISOR * LAST_DIVISOR), step - peak, steps - 1 - peak);
  },
} satisfies Readonly<Record<string, Curve>>;
export type ScheduleName = keyof typeof CURVES;
/** Those that depend on the number of steps of the whole run. */
export const WHOLE_RUN_SCHEDULES = [
  'linear',
  'cosine',
  'flat-cosine',
  'one-cycle',
] as const satisfies readonly ScheduleName[];
/** The default first. */
export const SCHEDULES = Object.keys(CURVES) as readonly ScheduleName[];

/**
 * The rate of step `index`, from 0. During the warm-up it is lr · (index + 1) / warmupSteps; then the schedule begins.
 *
 * Powers and the cosine are our own (kernels/exact-math.ts): an engine's may differ from another's in the last bit.
 */
export function rateAt(schedule: Schedule, index: number, stepsPerEpoch: number, totalSteps: number): number {
  const { lr, warmupSteps, range } = schedule;
  if (range) return rateInRange(range, index);
  if (index < warmupSteps) return (lr * (index + 1)) / warmupSteps;
  const at = { step: index - warmupSteps, steps: totalSteps - warmupSteps, epoch: Math.floor(index / stepsPerEpoch) };
  return CURVES[schedule.schedule](schedule, at);
}
