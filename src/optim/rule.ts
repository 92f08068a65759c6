/** What an optimizer is: how a gradient becomes a step. */
import type { Update } from '../kernels/kernel.js';

export interface Rule {
  /** The names in files of the arrays, as large as the parameters, that it keeps from step to step. */
  readonly moments: (options: RuleOptions) => readonly string[];
  /** @param t  the step's number, from 1 */
  readonly update: (options: RuleOptions, common: CommonNumbers, t: number) => Update;
}

/** The options that only some optimizers read. */
export interface RuleOptions {
  /** sgd, rmsprop: 0 for none. */
  readonly momentum: number;
  readonly nesterov: boolean;
  /** rmsprop */
  readonly centered: boolean;
  /** adam, adamw, lion; rmsprop has β₂ and eps */
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
}

/** With G the sum of the gradients over the batch, a rule applies g = scale · G + weightDecay · W. */
export interface CommonNumbers {
  /** For the reduction and the clipping. */
  readonly scale: number;
  readonly weightDecay: number;
  readonly rate: number;
}
