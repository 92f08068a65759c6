/** Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019), as PyTorch has them. */
import { power } from '../kernels/exact-math.js';
import type { Update } from '../kernels/kernel.js';
import type { CommonNumbers, Rule, RuleOptions } from './rule.js';

const moments = () => ['adam_m', 'adam_v'];

export const ADAM: Rule = { moments, update: (options, common, t) => adamUpdate(numbersOf(options, common, t)) };

export const ADAMW: Rule = {
  moments,
  update: (options, common, t) => {
    const keep = 1 - common.rate * common.weightDecay;
    return adamWUpdate({ ...numbersOf(options, { ...common, weightDecay: 0 }, t), keep });
  },
};

function numbersOf({ beta1, beta2, eps }: RuleOptions, common: CommonNumbers, t: number): AdamNumbers {
  return {
    ...common,
    rate: common.rate / (1 - power(beta1, t)),
    beta1,
    beta2,
    rootOfBias2: Math.sqrt(1 - power(beta2, t)),
    eps,
  };
}

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

export interface AdamWNumbers extends AdamNumbers {
  /** What a step leaves of the parameters: 1 − learning rate · λ. */
  readonly keep: number;
}

/** As Adam without an L2 penalty, but W ← keep · W before the step. */
export function adamWUpdate({ keep, ...numbers }: AdamWNumbers): Update {
  const { scale, rate, beta1, beta2, rootOfBias2, eps } = numbers;
  return {
    apply(W, G, [m, v], from, to) {
      for (let p = from; p < to; p++) {
        const g = scale * G[p]!;
        m![p] = beta1 * m![p]! + (1 - beta1) * g;
        v![p] = beta2 * v![p]! + (1 - beta2) * (g * g);
        W[p] = keep * W[p]! - (rate * m![p]!) / (Math.sqrt(v![p]!) / rootOfBias2 + eps);
      }
    },
    assembly: {
      name: 'adamWUpdate',
      moments: 2,
      numbers: [scale, keep, -rate, beta1, 1 - beta1, beta2, 1 - beta2, 1 / rootOfBias2, eps],
    },
  };
}
