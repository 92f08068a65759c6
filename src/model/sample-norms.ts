/**
 * Norms of the samples' gradients, from their factors. The gradient of a layer for one sample is the outer product of the layer's
 * input, with a 1 for the bias, and δ: its squared norm is (‖x‖² + 1) · ‖δ‖². docs/per-sample.md
 *
 * δ is that of the loss times the sample's weight, if it has one (objectives/weighted.ts), and so is the gradient.
 */
import type { LayerMemory } from '../memory/layer-memory.js';
import { LANES } from '../memory/tiling.js';

type Squares = Pick<LayerMemory, 'inputSquares' | 'deltaSquares'>;

/** Squared norm of the gradient of a layer for the sample in a slot. `Kernel.squareSamples` must have been called. */
export function squaredNorm({ inputSquares, deltaSquares }: Squares, slot: number): number {
  let sum = 0;
  for (let i = LANES * slot; i < LANES * (slot + 1); i++) sum += deltaSquares[i]!;
  return (inputSquares[slot]! + 1) * sum;
}

/** The same for all layers together. */
export function squaredSampleNorm(layers: readonly Squares[], slot: number): number {
  let sum = 0;
  for (const layer of layers) sum += squaredNorm(layer, slot);
  return sum;
}
