/** Adam (Kingma and Ba 2015, algorithm 1), as PyTorch's Adam has it. */
import { power } from '../kernels/exact-math.js';
import type { Update } from '../kernels/kernel.js';
import type { CommonNumbers, Rule } from './rule.js';

export const ADAM: Rule = {
  moments: () => ['adam_m', 'adam_v'],
  update: ({ beta1, beta2, eps }, common, t) =>
    adamUpdate({
      ...common,
      rate: common.rate / (1 - power(beta1, t)),
      beta1,
      beta2,
      rootOfBias2: Math.sqrt(1 - power(beta2, t)),
      eps,
    }),
};

export interface AdamNumbers extends CommonNumbers {
  /** Divided by 1 − β₁ᵗ. */
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  /** √(1 − β₂ᵗ) */
  readonly rootOfBias2: number;
  readonly eps: number;
}

/** m ← β₁ · m + (1 − β₁) · g;   v ← β₂ · v + (1 − β₂) · g²;   W ← W − rate · m / (√v / rootOfBias2 + eps) */
export function adamUpdate({ scale, weightDecay, rate, beta1, beta2, rootOfBias2, eps }: AdamNumbers): Update {
  return {
    apply(W, G, [m, v], from, to) {
      for (let p = from; p < to; p++) {
        const g = scale * G[p]! + weightDecay * W[p]!;
        m![p] = beta1 * m![p]! + (1 - beta1) * g;
        v![p] = beta2 * v![p]! + (1 - beta2) * (g * g);
        W[p]! -= (rate * m![p]!) / (Math.sqrt(v![p]!) / rootOfBias2 + eps);
      }
    },
    assembly: {
      name: 'adamUpdate',
      moments: 2,
      numbers: [scale, weightDecay, -rate, beta1, 1 - beta1, beta2, 1 - beta2, 1 / rootOfBias2, eps],
    },
  };
}
