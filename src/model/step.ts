/** How a minibatch's gradients become one step: θ ← θ − rate · Σ over the batch. */

/** Of the batch's gradients: their sum, as the reference has it, or their mean. */
export const REDUCTIONS = ['sum', 'mean'] as const;
export type Reduction = (typeof REDUCTIONS)[number];

/** Who adds the gradients up: docs/design.md, "Two strategies". */
export const STRATEGIES = ['sliced', 'dense'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** What the SUM of the gradients over a batch is multiplied with. */
export function stepRate(learningRate: number, reduction: Reduction, batch: number): number {
  return reduction === 'mean' ? learningRate / batch : learningRate;
}
