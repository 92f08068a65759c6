/** From the gradients of a minibatch to one step. docs/mathematics.md, "Optimizers", has the formulas, which are PyTorch's. */
import type { Update } from '../kernels/kernel.js';
import type { LayerMemory } from '../memory/layer-memory.js';
import { ADAM, ADAMW } from './adam.js';
import { AVERAGE, averageUpdate } from './average.js';
import { LION } from './lion.js';
import { RMSPROP } from './rmsprop.js';
import type { Rule, RuleOptions } from './rule.js';
import { rateAt, type Schedule } from './schedule.js';
import { SGD } from './sgd.js';

/** How the gradients of a batch are combined. The reference uses the sum. */
export const REDUCTIONS = ['sum', 'mean'] as const;
export type Reduction = (typeof REDUCTIONS)[number];

/** Which thread sums the gradients: docs/design.md, "Two strategies". */
export const STRATEGIES = ['sliced', 'dense'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** All optimizers. */
const RULES = { sgd: SGD, adam: ADAM, adamw: ADAMW, rmsprop: RMSPROP, lion: LION } satisfies Readonly<
  Record<string, Rule>
>;
export type OptimizerName = keyof typeof RULES;
/** The default first. */
export const OPTIMIZERS = Object.keys(RULES) as readonly OptimizerName[];

/** Plain data: it is sent to the workers. */
export interface OptimizerOptions extends Schedule, RuleOptions {
  readonly optimizer: OptimizerName;
  readonly reduction: Reduction;
  /** λ: λ·θ is added to the gradient, or for `adamw` and `lion` rate · λ · θ is subtracted from θ. */
  readonly weightDecay: number;
  /** Decay factor of a moving average of the parameters; 0: none is kept. */
  readonly ema: number;
  /** Is added to the gradient, times the sign of each weight. Biases have no penalty. */
  readonly l1: number;
  /** Maximum norm of a unit's incoming weights, which are scaled down to it after each step. */
  readonly maxNorm: number | undefined;
  /** The maximum global norm of the gradient; a longer one is scaled down to it. */
  readonly clipNorm: number | undefined;
}

/** What the memory must hold for an optimizer. */
export interface OptimizerNeeds {
  /** Arrays as large as the parameters. */
  readonly moments: number;
  /** Whether the gradient must be in memory before it is applied. */
  readonly gradient: boolean;
  readonly norm: boolean;
}

/** @param isMeasured  whether the norm of the gradient is reported, which changes no step */
export function needsOf(options: OptimizerOptions, isMeasured = false): OptimizerNeeds {
  return {
    moments: momentNames(options).length,
    gradient: !isPlainSgd(options) || isMeasured,
    norm: options.clipNorm !== undefined || isMeasured,
  };
}

/** Whether a step is the sum of the batch's gradients times a rate. */
export function isPlainSgd(options: OptimizerOptions): boolean {
  const { optimizer, weightDecay, l1, clipNorm } = options;
  const isPenalized = weightDecay > 0 || l1 > 0;
  return optimizer === 'sgd' && momentNames(options).length === 0 && !isPenalized && clipNorm === undefined;
}

/** Names of the moments in files. */
export function momentNames(options: OptimizerOptions): readonly string[] {
  const moments = RULES[options.optimizer].moments(options);
  return options.ema > 0 ? [...moments, AVERAGE] : moments;
}

/** Squared norm of a layer's gradient, from the sums of squares of its rows, in their order. */
export function squaredGradientNorm({ rowSquares }: Pick<LayerMemory, 'rowSquares'>): number {
  let sum = 0;
  for (let i = 0; i < rowSquares.length; i++) sum += rowSquares[i]!;
  return sum;
}

/** Norm of the gradient, from the sums of squares of its rows, in their order. 0 if they are not kept. */
export function gradientNorm(layers: readonly Pick<LayerMemory, 'rowSquares'>[]): number {
  let sum = 0;
  for (const { rowSquares } of layers) for (let i = 0; i < rowSquares.length; i++) sum += rowSquares[i]!;
  return Math.sqrt(sum);
}

/** As in PyTorch's clip_grad_norm_; avoids a division by 0. */
const CLIP_EPSILON = 1e-6;

/** The position of a step in the run. */
export interface StepPosition {
  /** Steps before it, for Adam's bias correction. */
  readonly stepsDone: number;
  /** Index by epoch and step, for the schedule. Differs from `stepsDone` only if a run was resumed with another batch size. */
  readonly index: number;
  /** Sum of the weights of the batch's samples; without weights, their number. */
  readonly batch: number;
}

export class Optimizer {
  readonly #options: OptimizerOptions;
  readonly #totalSteps: number;
  readonly #stepsPerEpoch: number;
  readonly #plateau: ArrayLike<number>;

  /**
   * @param epochs   of the whole run
   * @param plateau  [what the rate is multiplied by], read for each step: see plateau.ts. Empty with other schedules
   */
  constructor(options: OptimizerOptions, epochs: number, stepsPerEpoch: number, plateau: ArrayLike<number> = []) {
    this.#options = options;
    this.#totalSteps = epochs * stepsPerEpoch;
    this.#stepsPerEpoch = stepsPerEpoch;
    this.#plateau = plateau;
  }

  /** The learning rate of a step, by its index in the run, from 0. */
  rate(index: number): number {
    const rate = rateAt(this.#options, index, this.#stepsPerEpoch, this.#totalSteps);
    return this.#plateau.length > 0 ? rate * this.#plateau[0]! : rate;
  }

  /** Plain SGD: the factor of the SUM of the gradients over the batch. */
  plainRate({ index, batch }: StepPosition): number {
    const rate = this.rate(index);
    if (this.#options.reduction !== 'mean') return rate;
    // A batch of weight 0 has gradient 0.
    return batch === 0 ? 0 : rate / batch;
  }

  /** @param sumNorm  norm of the sum of the gradients over the batch; used only for clipping */
  update({ stepsDone, index, batch }: StepPosition, sumNorm: number): Update {
    const { optimizer, reduction, weightDecay, l1, clipNorm, maxNorm } = this.#options;
    const mean = reduction === 'mean' ? (batch === 0 ? 0 : 1 / batch) : 1;
    const clip = clipNorm === undefined ? 1 : Math.min(1, clipNorm / (sumNorm * mean + CLIP_EPSILON));
    const scale = mean * clip;
    const rule = (scale: number) =>
      RULES[optimizer].update(this.#options, { scale, weightDecay, rate: this.rate(index) }, stepsDone + 1);
    // The penalty is added to a gradient that has been scaled.
    const update = l1 > 0 ? { ...rule(1), penalty: { scale, l1 } } : rule(scale);
    const next = maxNorm === undefined ? this.average(stepsDone) : undefined;
    return next ? { ...update, next } : update;
  }

  /** What the moving average does after a step, and after its weights have been limited to `maxNorm`. Undefined without an average. */
  average(stepsDone: number): Update | undefined {
    const { ema } = this.#options;
    return ema > 0 ? averageUpdate(ema, stepsDone) : undefined;
  }
}
