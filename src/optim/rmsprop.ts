/** RMSprop (Tieleman and Hinton 2012), as PyTorch's RMSprop has it. */
import type { Update } from '../kernels/kernel.js';
import type { CommonNumbers, Rule, RuleOptions } from './rule.js';

/** With momentum, or centered, one function keeps both. */
const isPlain = ({ momentum, centered }: RuleOptions) => momentum === 0 && !centered;

export const RMSPROP: Rule = {
  moments: (options) => (isPlain(options) ? ['rmsprop_v'] : ['rmsprop_v', 'rmsprop_g', 'rmsprop_m']),
  update: (options, common) => {
    const { beta2, eps, momentum, centered } = options;
    const numbers = { ...common, beta2, eps };
    return isPlain(options) ? rmspropUpdate(numbers) : rmspropMomentumUpdate({ ...numbers, momentum, centered });
  },
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

export interface RmspropMomentumNumbers extends RmspropNumbers {
  readonly momentum: number;
  readonly centered: boolean;
}

/**
 * v as above;   h ← β₂ · h + (1 − β₂) · g;   m ← momentum · m + g / (√v + eps), centered g / (√(v − h²) + eps);   W ← W − rate · m
 *
 * Where rounding would make v − h² negative, it is 0.
 */
export function rmspropMomentumUpdate(numbers: RmspropMomentumNumbers): Update {
  const { scale, weightDecay, rate, beta2, eps, momentum, centered } = numbers;
  return {
    apply(W, G, [v, h, m], from, to) {
      for (let p = from; p < to; p++) {
        const g = scale * G[p]! + weightDecay * W[p]!;
        v![p] = beta2 * v![p]! + (1 - beta2) * (g * g);
        h![p] = beta2 * h![p]! + (1 - beta2) * g;
        const variance = centered ? Math.max(0, v![p]! - h![p]! * h![p]!) : v![p]!;
        m![p] = momentum * m![p]! + g / (Math.sqrt(variance) + eps);
        W[p]! -= rate * m![p]!;
      }
    },
    assembly: {
      name: 'rmspropMomentumUpdate',
      moments: 3,
      numbers: [scale, weightDecay, -rate, beta2, 1 - beta2, eps, momentum, Number(centered)],
    },
  };
}
