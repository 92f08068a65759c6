/** The proposal of a learning-rate range test (Smith, "Cyclical Learning Rates for Training Neural Networks", 2017). */
import type { RateEvent } from '../../metrics/find-lr-events.js';

export interface Proposal {
  readonly lr: number | null;
  readonly reason: string;
  /** The rate at which the smoothed loss falls fastest. */
  readonly steepest: number | null;
  /** The rate at which it is lowest. */
  readonly lowest: number | null;
}

/** Steps on both sides whose losses make the slope, as a fraction of all steps: two or three neighbors would follow noise. */
const WINDOW = 1 / 30;
/** A loss that falls by less than this fraction of the first says nothing. */
const LEAST_FALL = 0.02;
/** Of the rate with the lowest loss: beyond, the next steps diverge. */
const [LEAST_SHARE, MOST_SHARE] = [1 / 30, 1 / 3];

export const NO_PROPOSAL = { lr: null, steepest: null, lowest: null };

/** @param points  in order, with rates that grow exponentially */
export function proposalOf(points: readonly RateEvent[]): Proposal {
  const losses = points.map((point) => point.smoothed_loss);
  const least = losses.indexOf(Math.min(...losses));
  const first = losses[0];
  if (first === undefined || least < 1 || first - losses[least]! < LEAST_FALL * Math.abs(first))
    return { ...NO_PROPOSAL, reason: 'the loss has not fallen: try a wider range, more steps, or other options' };
  const half = Math.max(2, Math.round(points.length * WINDOW));
  const slopes = losses
    .slice(0, least + 1)
    .map((_, i) => slopeOf(losses, Math.max(0, i - half), Math.min(least, i + half)));
  const steepest = points[slopes.indexOf(Math.min(...slopes))]!.lr;
  const lowest = points[least]!.lr;
  const within = Math.min(lowest * MOST_SHARE, Math.max(lowest * LEAST_SHARE, steepest));
  // Not below the rates that were tried.
  const lr = rounded(Math.max(points[0]!.lr, within));
  const places = `the loss falls fastest at ${rounded(steepest)} and is lowest at ${rounded(lowest)}`;
  const why =
    steepest > lowest * MOST_SHARE
      ? 'a third of the rate with the lowest loss, because larger rates are often unstable'
      : steepest < lowest * LEAST_SHARE
        ? 'a thirtieth of the rate with the lowest loss, because smaller rates would be slow'
        : 'the rate at which the loss falls fastest';
  return {
    lr,
    reason: `${why}: ${places}`,
    steepest,
    lowest,
  };
}

/** Of the least-squares line through the losses [from, to]. */
function slopeOf(losses: readonly number[], from: number, to: number): number {
  const n = to - from + 1;
  if (n < 2) return 0;
  const middle = (to + from) / 2;
  let [products, squares] = [0, 0];
  for (let i = from; i <= to; i++) {
    products += (i - middle) * losses[i]!;
    squares += (i - middle) ** 2;
  }
  return products / squares;
}

/** Two significant digits: the test says no more. */
function rounded(rate: number): number {
  return Number(rate.toPrecision(2));
}
