/** The loss of a batch along −gradient, from the present weights. */
import type { Step } from './asks.js';
import type { Derivation } from './derivation.js';

/** Points of the curve, besides the present weights. */
const POINTS = 16;
/** Where no rate is known, the curve ends where the first-order line is this often below 0. */
const BELOW_ZERO = 2;
/** The curve ends at this many times the run's rate, or is doubled this often, if the loss still falls there. */
const BEYOND = 4;
const MOST_DOUBLINGS = 5;

/** @param now  its samples have been run back; other samples may not be run until this is done */
export async function lossesAlong(
  now: Derivation,
  reduction: 'sum' | 'mean',
  rate: number | undefined,
): Promise<Omit<Step, 'version'>> {
  const scale = reduction === 'mean' ? 1 / now.count : 1;
  const loss = scale * now.losses;
  const gradient = now.gradient().map((sums) => sums.map((sum) => scale * sum));
  let squaredNorm = 0;
  for (const part of gradient) for (const each of part) squaredNorm += each * each;
  const at = (r: number) =>
    now.moved(r, gradient, () => {
      now.again(true);
      const moved = scale * now.losses;
      return Number.isFinite(moved) ? moved : null;
    });
  const known = rate !== undefined && rate > 0 ? rate : undefined;
  let end = known === undefined ? (squaredNorm > 0 ? (BELOW_ZERO * loss) / squaredNorm : 1) : BEYOND * known;
  for (let i = 0, last = loss; i < MOST_DOUBLINGS; i++, end *= 2) {
    const there = at(end);
    await pause();
    if (there === null || there >= last) break;
    last = there;
  }
  const even = Array.from({ length: POINTS + 1 }, (_, i) => (i * end) / POINTS);
  const rates = [...new Set([...even, ...(known === undefined ? [] : [known])])].sort((a, b) => a - b);
  const losses: (number | null)[] = [loss];
  for (const r of rates.slice(1)) {
    losses.push(at(r));
    await pause();
  }
  const atRate = known !== undefined && { atRate: { rate: known, loss: at(known) } };
  return { reduction, loss, squaredNorm, rates, losses, ...atRate };
}

/** A run's events are not to wait for all points. */
async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}
