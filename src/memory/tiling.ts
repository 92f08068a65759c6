/** How a layer's weights are divided: outputs into panels, inputs into blocks. No division changes a bit of any result. */
import type { InputBlocks, KernelNeeds, Plan } from './plan.js';

/** Numbers of a vector in the kernels' SIMD code: a panel's columns are whole vectors, or pairs of them (`KernelNeeds.lanes`). */
export const LANES = 4;

/** Columns of a layer with padding. */
export function padded(outputs: number, { lanes }: Pick<KernelNeeds, 'lanes'>): number {
  return Math.ceil(outputs / lanes) * lanes;
}

/** Columns in whole vectors: for decisions that must not depend on how far a kernel build pads. */
export function inVectors(outputs: number): number {
  return padded(outputs, { lanes: LANES });
}

/** Minimum columns of a panel when there are more panels than `panelWidth` asks for, so that threads have equal work. */
const NARROWEST_PANEL = 8;

/** As few panels as `panelWidth` allows; in the first layer an equal number for each thread, unless they get too narrow. */
export function panelCount(
  { panelWidth, threads }: Pick<Plan, 'panelWidth' | 'threads'>,
  l: number,
  paddedOutputs: number,
): number {
  const fewest = Math.max(1, Math.ceil(paddedOutputs / panelWidth));
  if (l > 0 || fewest === 1) return fewest;
  const even = Math.ceil(fewest / threads) * threads;
  return even * NARROWEST_PANEL <= paddedOutputs ? even : fewest;
}

/**
 * The first column of a panel; for `panel` = `count`, the number of columns. Panels are as equal as multiples of `lanes` allow,
 * and the wider ones are spread evenly among the others.
 */
export function panelStart(panel: number, count: number, paddedOutputs: number, lanes: number): number {
  return Math.floor((panel * (paddedOutputs / lanes)) / count) * lanes;
}

/** @param nonzeros  mean nonzero inputs of a sample */
export function inputBlocksOf(inputs: number, nonzeros: number, block: InputBlocks): number {
  return Math.max(1, Math.min(Math.floor(inputs / block.inputs), Math.round(nonzeros / block.nonzeros)));
}
