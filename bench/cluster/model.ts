/**
 * A model of what a step costs on several machines, so that a few measurements say something of many.
 *
 *   one machine    fixed₀ + perSample₀ · B
 *   N machines     fixed + perSample · B / N  +  all-reduce(N, gradients)  +  all-gather(N, losses)
 *
 * The first line is measured without MPI, where reduction and step are one pass, the second with it, on one rank; so `fixed`
 * holds what the gradient's way through memory costs. Collectives are those of Thakur, Rabenseifner and Gropp, "Optimization
 * of Collective Communication Operations in MPICH" (2005): with α seconds a message, β seconds a byte, γ seconds to add a
 * byte, of n bytes on N ranks,
 *
 *   recursive doubling         ⌈log₂ N⌉ · (α + n·β + n·γ)
 *   Rabenseifner's             2 ⌈log₂ N⌉ · α + 2 (N − 1)/N · n·β + (N − 1)/N · n·γ
 *   ring                       2 (N − 1) · α + 2 (N − 1)/N · n·β + (N − 1)/N · n·γ
 *   all-gather (ring)          (N − 1) · (α + n·β), n bytes from each rank
 *
 * of which an MPI takes about the cheapest. Left out: that ranks wait for the slowest of them, that a network's links are
 * shared, and any overlap of communication with computation, of which there is none.
 */

/** Seconds of a step: a constant, and so many a sample. */
export interface StepCost {
  readonly fixed: number;
  readonly perSample: number;
}

export interface Network {
  /** Seconds a message. */
  readonly alpha: number;
  /** Seconds a byte. */
  readonly beta: number;
}

export interface Machine {
  /** Without MPI, and with it. */
  readonly alone: StepCost;
  readonly ranked: StepCost;
  /** Seconds to add a byte to a byte. */
  readonly gamma: number;
  /** Bytes of all gradients. */
  readonly gradientBytes: number;
}

const LOSS_BYTES = 8;

/** Seconds of an all-reduce by the cheapest of the three. */
export function allReduceSeconds({ alpha, beta }: Network, gamma: number, ranks: number, bytes: number): number {
  if (ranks === 1) return 0;
  const rounds = Math.ceil(Math.log2(ranks));
  const part = (ranks - 1) / ranks;
  const whole = 2 * part * bytes * beta + part * bytes * gamma;
  return Math.min(
    rounds * (alpha + bytes * beta + bytes * gamma),
    2 * rounds * alpha + whole,
    2 * (ranks - 1) * alpha + whole,
  );
}

export function allGatherSeconds({ alpha, beta }: Network, ranks: number, bytes: number): number {
  return (ranks - 1) * (alpha + bytes * beta);
}

/** Seconds of a step of B samples on one machine, without MPI. */
export function aloneSeconds({ alone }: Machine, batch: number): number {
  return alone.fixed + alone.perSample * batch;
}

/** Seconds of a step of B samples on so many ranks. @param slowdown  of the computing, where ranks share processors */
export function ranksSeconds(machine: Machine, network: Network, ranks: number, batch: number, slowdown = 1): number {
  const { ranked, gamma, gradientBytes } = machine;
  const share = Math.ceil(batch / ranks);
  return (
    slowdown * (ranked.fixed + ranked.perSample * share) +
    allReduceSeconds(network, gamma, ranks, gradientBytes) +
    allGatherSeconds(network, ranks, LOSS_BYTES * share)
  );
}

export function speedUp(machine: Machine, network: Network, ranks: number, batch: number): number {
  return aloneSeconds(machine, batch) / ranksSeconds(machine, network, ranks, batch);
}

/** The least batch from which on `ranks` machines are so many times as fast as one; Infinity if they never are. */
export function leastBatch(machine: Machine, network: Network, ranks: number, factor: number): number {
  const most = 2 ** 24;
  if (speedUp(machine, network, ranks, most) < factor) return Number.POSITIVE_INFINITY;
  let [low, high] = [0, most];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (speedUp(machine, network, ranks, middle) >= factor) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * Seconds to a given loss, for each step that it would take without noise: with batches of B it takes 1 + noise / B times as many.
 *
 * @param ranks  undefined for one machine without MPI
 * @param noise  gradient noise scale, in samples (docs/per-sample.md)
 */
export function secondsToLoss(
  machine: Machine,
  network: Network,
  ranks: number | undefined,
  batch: number,
  noise: number,
): number {
  const step = ranks === undefined ? aloneSeconds(machine, batch) : ranksSeconds(machine, network, ranks, batch);
  return (1 + noise / batch) * step;
}

/**
 * The batch that takes the least time to a given loss, to 5 %.
 *
 * @param least  smallest batch that was measured: the line of the costs says nothing below
 */
export function fastestBatch(
  machine: Machine,
  network: Network,
  ranks: number | undefined,
  noise: number,
  least: number,
): number {
  const batches = Array.from({ length: 200 }, (_, i) => Math.round(least * 1.05 ** i));
  const secondsOf = (batch: number) => secondsToLoss(machine, network, ranks, batch, noise);
  return batches.reduce((best, batch) => (secondsOf(batch) < secondsOf(best) ? batch : best));
}

/** The line through measured points, by least squares of the relative errors. */
export function fitStep(points: readonly { readonly batch: number; readonly seconds: number }[]): StepCost {
  let [ww, wb, wbb, ws, wbs] = [0, 0, 0, 0, 0];
  for (const { batch, seconds } of points) {
    const weight = 1 / seconds ** 2;
    ww += weight;
    wb += weight * batch;
    wbb += weight * batch * batch;
    ws += weight * seconds;
    wbs += weight * batch * seconds;
  }
  const perSample = (ww * wbs - wb * ws) / (ww * wbb - wb * wb);
  // (A measurement may put the line's begin below nothing.)
  const fixed = Math.max(0, (ws - perSample * wb) / ww);
  return { fixed, perSample };
}
