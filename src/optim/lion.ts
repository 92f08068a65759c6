/** Lion (Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023, algorithm 2). */
import type { Update } from '../kernels/kernel.js';
import type { CommonNumbers, Rule } from './rule.js';

export const LION: Rule = {
  moments: () => ['lion_m'],
  update: ({ beta1, beta2 }, { scale, weightDecay, rate }) =>
    lionUpdate({ scale, rate, keep: 1 - rate * weightDecay, beta1, beta2 }),
};

export interface LionNumbers extends Pick<CommonNumbers, 'scale' | 'rate'> {
  /** What a step leaves of the parameters: 1 − learning rate · λ. */
  readonly keep: number;
  readonly beta1: number;
  readonly beta2: number;
}

/** W ← keep · W − rate · sign(β₁ · m + (1 − β₁) · g);   m ← β₂ · m + (1 − β₂) · g */
export function lionUpdate({ scale, rate, keep, beta1, beta2 }: LionNumbers): Update {
  return {
    apply(W, G, [m], from, to) {
      for (let p = from; p < to; p++) {
        const g = scale * G[p]!;
        W[p] = keep * W[p]! - rate * Math.sign(beta1 * m![p]! + (1 - beta1) * g);
        m![p] = beta2 * m![p]! + (1 - beta2) * g;
      }
    },
    assembly: {
      name: 'lionUpdate',
      moments: 1,
      numbers: [scale, keep, -rate, beta1, 1 - beta1, beta2, 1 - beta2],
    },
  };
}
