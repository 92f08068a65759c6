/** How a layer is cut: its outputs into panels, and its inputs into blocks. No cut changes a bit of any result. */
import type { Plan } from './plan.js';

/** Columns of a vector: panels are whole vectors. */
export const LANES = 4;

/** Columns with padding to whole vectors; the reference kernel has neither vectors nor padding. */
export function padded(outputs: number, { realBytes }: Pick<Plan, 'realBytes'>): number {
  return realBytes === 4 ? Math.ceil(outputs / LANES) * LANES : outputs;
}

/** Columns that a panel keeps at least when panels are made narrower so that threads have equal work. */
const NARROWEST_PANEL = 8;

/** As few panels as the kernel's width allows; of the first layer as many for each thread, unless they get too narrow. */
export function panelCount(
  { panelWidth, threads, realBytes }: Pick<Plan, 'panelWidth' | 'threads' | 'realBytes'>,
  l: number,
  paddedOutputs: number,
): number {
  const fewest = Math.max(1, Math.ceil(paddedOutputs / panelWidth));
  if (l > 0 || realBytes === 8 || fewest === 1) return fewest;
  const even = Math.ceil(fewest / threads) * threads;
  return even * NARROWEST_PANEL <= paddedOutputs ? even : fewest;
}

/**
 * The first column of a panel; of the one behind the last, all columns. Panels are as equal as whole vectors can be, and the
 * wider ones spread evenly among the others.
 */
export function panelStart(panel: number, count: number, paddedOutputs: number): number {
  // (The reference kernel's single panel need not be whole vectors.)
  return count === 1 ? panel * paddedOutputs : Math.floor((panel * (paddedOutputs / LANES)) / count) * LANES;
}

/**
 * A block's end costs a mispredicted branch a sample, so it must have enough nonzeros to be worth it; and of 160 inputs the
 * weights in a panel take 20 KB, which no nearest cache is too small for. Chosen by bench/operations.ts, on MNIST (two
 * blocks) and Fashion-MNIST (four): docs/performance.md.
 */
const NONZEROS_OF_BLOCK = 80;
const SMALLEST_BLOCK = 160;

/** @param nonzeros  of a sample, on average */
export function inputBlocksOf(inputs: number, nonzeros: number): number {
  return Math.max(1, Math.min(Math.floor(inputs / SMALLEST_BLOCK), Math.round(nonzeros / NONZEROS_OF_BLOCK)));
}
