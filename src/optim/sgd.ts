/** Stochastic gradient descent, plain or with momentum, as PyTorch's SGD has it. */
import type { Update } from '../kernels/kernel.js';
import type { CommonNumbers, Rule } from './rule.js';

export const SGD: Rule = {
  moments: ({ momentum }) => (momentum > 0 ? ['momentum'] : []),
  update: ({ momentum, nesterov }, common) =>
    momentum > 0 ? momentumUpdate({ ...common, momentum, nesterov }) : sgdUpdate(common),
};

/** W ← W − rate · g */
export function sgdUpdate({ scale, weightDecay, rate }: CommonNumbers): Update {
  return {
    apply(W, G, _, from, to) {
      for (let p = from; p < to; p++) W[p]! -= rate * (scale * G[p]! + weightDecay * W[p]!);
    },
    assembly: { name: 'sgdUpdate', moments: 0, numbers: [scale, weightDecay, -rate] },
  };
}

export interface MomentumNumbers extends CommonNumbers {
  readonly momentum: number;
  readonly nesterov: boolean;
}

/** m ← momentum · m + g;   W ← W − rate · m, or with Nesterov's momentum W ← W − rate · (g + momentum · m) */
export function momentumUpdate({ scale, weightDecay, rate, momentum, nesterov }: MomentumNumbers): Update {
  return {
    apply(W, G, [m], from, to) {
      for (let p = from; p < to; p++) {
        const g = scale * G[p]! + weightDecay * W[p]!;
        m![p] = momentum * m![p]! + g;
        W[p]! -= rate * (nesterov ? g + momentum * m![p]! : m![p]!);
      }
    },
    assembly: {
      name: 'momentumUpdate',
      moments: 1,
      numbers: [scale, weightDecay, -rate, momentum, nesterov ? 1 : 0],
    },
  };
}
