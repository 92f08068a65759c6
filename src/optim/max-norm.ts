/** A maximum norm of the units' weights, and their moving average after it. */
import type { Kernel, Range, Update } from '../kernels/kernel.js';
import type { LayerMemory } from '../memory/layer-memory.js';

/**
 * Limits the norms of some panels, all of whose rows have been stepped.
 *
 * @param average  of the step; undefined: none is kept
 */
export function limitNorms(
  kernel: Kernel,
  l: number,
  { inputs }: LayerMemory,
  panels: Range,
  maxNorm: number,
  average: Update | undefined,
): void {
  if (panels.from === panels.to) return;
  kernel.limitNorms(l, panels, maxNorm);
  if (average) kernel.update(l, { from: 0, to: inputs + 1 }, panels, average);
}
