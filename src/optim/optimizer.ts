/**
 * How a minibatch's gradients become one step: the numbers of it. The arithmetic is the kernels'; docs/mathematics.md,
 * "Optimizers", has the formulas, which are PyTorch's.
 */
import { power } from '../kernels/elementary.js';
import type { Update } from '../kernels/kernel.js';
import type { LayerMemory } from '../memory/layout.js';
import { rateAt, type Schedule } from './schedule.js';

/** Of the batch's gradients: their sum, as the reference has it, or their mean. */
export const REDUCTIONS = ['sum', 'mean'] as const;
export type Reduction = (typeof REDUCTIONS)[number];

/** Who adds the gradients up: docs/design.md, "Two strategies". */
export const STRATEGIES = ['sliced', 'dense'] as const;
export type Strategy = (typeof STRATEGIES)[number];

export const OPTIMIZERS = ['sgd', 'adam'] as const;
export type OptimizerName = (typeof OPTIMIZERS)[number];

/** Plain data: the workers are told it. */
export interface OptimizerOptions extends Schedule {
  readonly optimizer: OptimizerName;
  readonly reduction: Reduction;
  /** Of sgd: 0 for none. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** λ: λ·θ is added to the gradient. 0 for none. */
  readonly weightDecay: number;
  /** Of adam. */
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** The most that the whole gradient's norm may be; what is longer is shortened to it. */
  readonly clipNorm: number | undefined;
}

/** What the memory must hold for an optimizer. */
export interface OptimizerNeeds {
  /** Arrays as large as the parameters that it remembers from step to step. */
  readonly moments: 0 | 1 | 2;
  /** Whether the batch's gradient must stand somewhere before it is applied. */
  readonly gradient: boolean;
  /** Whether its norm is asked for. */
  readonly norm: boolean;
}

export function needsOf({ optimizer, momentum, weightDecay, clipNorm }: OptimizerOptions): OptimizerNeeds {
  const ofSgd = momentum > 0 ? 1 : 0;
  const moments = optimizer === 'adam' ? 2 : ofSgd;
  return { moments, gradient: moments > 0 || weightDecay > 0 || clipNorm !== undefined, norm: clipNorm !== undefined };
}

/** What the moments are called in files. */
export function momentNames({ optimizer, momentum }: Pick<OptimizerOptions, 'optimizer' | 'momentum'>): string[] {
  if (optimizer === 'adam') return ['adam_m', 'adam_v'];
  return momentum > 0 ? ['momentum'] : [];
}

/** Of the gradient, from its rows' sums of squares, in their order. 0 where they are not kept. */
export function gradientNorm(layers: readonly Pick<LayerMemory, 'rowSquares'>[]): number {
  let sum = 0;
  for (const { rowSquares } of layers) for (let i = 0; i < rowSquares.length; i++) sum += rowSquares[i]!;
  return Math.sqrt(sum);
}

/** As PyTorch's clip_grad_norm_ has it, so that a norm of 0 divides nothing. */
const CLIP_EPSILON = 1e-6;

/** Where a run is with its steps, for the numbers of the next. */
export interface StepPosition {
  /** Steps of the run before it: for Adam's bias correction. */
  readonly stepsDone: number;
  /** The same as the epochs of this length make it: for the schedule. They differ only if a run was resumed with other batches. */
  readonly index: number;
  /** Samples of the batch. */
  readonly batch: number;
}

export class Optimizer {
  readonly #options: OptimizerOptions;
  readonly #totalSteps: number;
  readonly #stepsPerEpoch: number;

  /** @param epochs  of the whole run */
  constructor(options: OptimizerOptions, epochs: number, stepsPerEpoch: number) {
    this.#options = options;
    this.#totalSteps = epochs * stepsPerEpoch;
    this.#stepsPerEpoch = stepsPerEpoch;
  }

  /** The learning rate of a step, by its index in the run, from 0. */
  rate(index: number): number {
    return rateAt(this.#options, index, this.#stepsPerEpoch, this.#totalSteps);
  }

  /** Plain SGD: what the SUM of the gradients over the batch is multiplied with. */
  plainRate({ index, batch }: StepPosition): number {
    const rate = this.rate(index);
    return this.#options.reduction === 'mean' ? rate / batch : rate;
  }

  /**
   * The numbers of a step.
   *
   * @param sumNorm  of the sum of the gradients over the batch; not read where nothing is clipped
   */
  update({ stepsDone, index, batch }: StepPosition, sumNorm: number): Update {
    const { optimizer, reduction, momentum, nesterov, weightDecay, beta1, beta2, eps, clipNorm } = this.#options;
    const mean = reduction === 'mean' ? 1 / batch : 1;
    const clip = clipNorm === undefined ? 1 : Math.min(1, clipNorm / (sumNorm * mean + CLIP_EPSILON));
    const common = { scale: mean * clip, weightDecay, rate: this.rate(index) };
    if (optimizer === 'adam') {
      const t = stepsDone + 1;
      return {
        rule: 'adam',
        ...common,
        rate: common.rate / (1 - power(beta1, t)),
        beta1,
        beta2,
        rootOfBias2: Math.sqrt(1 - power(beta2, t)),
        eps,
      };
    }
    return momentum > 0 ? { rule: 'momentum', ...common, momentum, nesterov } : { rule: 'sgd', ...common };
  }
}
