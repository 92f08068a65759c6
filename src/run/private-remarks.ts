/** Warnings about a private run that is valid, but probably not intended. They depend only on options and public figures. */
import type { Config } from '../config/options.js';
import type { WarningEvent } from '../metrics/events.js';
import type { PrivateRun } from './private-run.js';

/** e^10 is 22,026: beyond that, the bound on the probabilities says little. */
const WEAK_EPSILON = 10;

/**
 * A gradient of a batch has at most the norm C, so this limits how far all steps together can move the weights. Below 1, the
 * reference network had a test error above 66 % after an epoch on MNIST, with C = 1.
 */
const LEAST_DISTANCE = 1;

export function privateRemarks(config: Config, privacy: PrivateRun | undefined): WarningEvent[] {
  if (!privacy) return [];
  const { epsilon } = privacy.planned;
  const remarks = {
    weak_privacy:
      epsilon > WEAK_EPSILON
        ? `epsilon ${epsilon.toPrecision(3)} after all epochs is a weak guarantee; use a larger --dp-noise-multiplier, ` +
          'a smaller --dp-epsilon, a smaller --batch-size or fewer --epochs'
        : undefined,
    small_lr: remarkOnRate(config, privacy),
  };
  return (['weak_privacy', 'small_lr'] as const).flatMap((code) => {
    const message = remarks[code];
    return message === undefined ? [] : [{ event: 'warning', code, message }];
  });
}

function remarkOnRate(
  { optimizer, lr, momentum, reduction, batchSize }: Config,
  { planned }: PrivateRun,
): string | undefined {
  // Adam's steps do not depend on the norm.
  if (optimizer !== 'sgd' || planned.steps === 0) return undefined;
  const perStep = (lr * planned.clip_norm * (reduction === 'sum' ? batchSize : 1)) / (1 - momentum);
  const distance = perStep * planned.steps;
  if (distance >= LEAST_DISTANCE) return undefined;
  return (
    `--lr ${lr}: with gradients of norm ${planned.clip_norm} at most, all ${planned.steps} steps together move the weights ` +
    `by about ${distance.toPrecision(2)} at most, so the network learns hardly anything; use a larger --lr`
  );
}
