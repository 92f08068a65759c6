/** RMSprop (Tieleman and Hinton 2012), as PyTorch's RMSprop has it, without momentum. */
import type { Update } from '../kernels/kernel.js';
import type { CommonNumbers, Rule } from './rule.js';

export const RMSPROP: Rule = {
  moments: () => ['rmsprop_v'],
  update: ({ beta2, eps }, common) => rmspropUpdate({ ...common, beta2, eps }),
};

export interface RmspropNumbers extends CommonNumbers {
  /** PyTorch's alpha. */
  readonly beta2: number;
  readonly eps: number;
}

/** v ← β₂ · v + (1 − β₂) · g²;   W ← W − rate · g / (√v + eps) */
export function rmspropUpdate({ scale, weightDecay, rate, beta2, eps }: RmspropNumbers): Update {
  return {
    apply(W, G, [v], from, to) {
      for (let p = from; p < to; p++) {
        const g = scale * G[p]! + weightDecay * W[p]!;
        v![p] = beta2 * v![p]! + (1 - beta2) * (g * g);
        W[p]! -= (rate * g) / (Math.sqrt(v![p]!) + eps);
      }
    },
    assembly: {
      name: 'rmspropUpdate',
      moments: 1,
      numbers: [scale, weightDecay, -rate, beta2, 1 - beta2, eps],
    },
  };
}
