/** The error of a run that has diverged. */
import type { Checkpointer } from '../checkpoints/checkpointer.js';
import { optimizerOf } from '../config/options.js';
import { errors, type LockstepError } from '../errors.js';
import { stepsPerEpoch } from '../memory/plan.js';
import { Optimizer } from '../optim/optimizer.js';
import type { Run } from './prepare.js';

interface Place {
  /** The value that is not finite. */
  readonly what: string;
  /** The step of the run, from 1; 0 before the first. */
  readonly step: number;
  /** Number of steps applied before. */
  readonly updates: number;
}

export function divergence(
  { config, plan, start, memory }: Run,
  { what, step, updates }: Place,
  checkpointer: Checkpointer | undefined,
): LockstepError {
  if (updates === 0) return errors.notFiniteAtStart(what, config.label !== undefined);
  // The schedule counts steps as if all epochs had the current length.
  const index = start.epochs * stepsPerEpoch(plan) + start.stepsInEpoch + (step - 1 - start.step);
  const optimizer = new Optimizer(optimizerOf(config), config.epochs, stepsPerEpoch(plan), memory.plateau);
  const rate = optimizer.rate(Math.max(0, index));
  const { lr, reduction } = config;
  return errors.diverged(what, step, { rate, lr, reduction, hasCheckpoint: checkpointer?.newest !== undefined });
}
