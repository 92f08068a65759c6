/** An exponential moving average of the parameters, as PyTorch's AveragedModel with get_ema_multi_avg_fn has it. */
import type { Update } from '../kernels/kernel.js';

/** Name of the average in files: it is stored like a moment, behind those of the optimizer. */
export const AVERAGE = 'ema';

/**
 * A ← A + (1 − decay) · (W − A) after each step; after the first, A ← W.
 *
 * @param stepsDone  before this step
 */
export function averageUpdate(decay: number, stepsDone: number): Update {
  const share = stepsDone === 0 ? 1 : 1 - decay;
  return {
    apply(W, _, moments, from, to) {
      const A = moments.at(-1)!;
      for (let p = from; p < to; p++) A[p]! += share * (W[p]! - A[p]!);
    },
    keepsWeights: true,
    assembly: { name: 'averageUpdate', moments: -1, numbers: [share] },
  };
}
