/** All objectives, by name. */
import { NO_FACTS, type ObjectiveFacts, type Plan } from '../../memory/plan.js';
import type { Objective } from './objective.js';
import { absoluteError, huber, squaredError } from './regression.js';
import { smoothedCrossEntropy } from './softmax-cross-entropy.js';
import { hasWeights, weighted } from './weighted.js';

/** Each gives the objective for certain data. */
export const OBJECTIVES = {
  'softmax-cross-entropy': smoothedCrossEntropy,
  'squared-error': squaredError,
  'absolute-error': absoluteError,
  huber,
} satisfies Readonly<Record<string, (facts: ObjectiveFacts) => Objective>>;

export type ObjectiveName = keyof typeof OBJECTIVES;

/** For classes, and for events and files that name no objective. */
export const DEFAULT_OBJECTIVE: ObjectiveName = 'softmax-cross-entropy';

/** Objectives for numbers, by the names that users give them. The default first. */
const OF_LOSSES = {
  mse: 'squared-error',
  mae: 'absolute-error',
  huber: 'huber',
} as const satisfies Readonly<Record<string, ObjectiveName>>;
export type LossName = keyof typeof OF_LOSSES;
export const LOSSES = Object.keys(OF_LOSSES) as readonly LossName[];

export function objectiveOfLoss(loss: LossName = 'mse'): ObjectiveName {
  return OF_LOSSES[loss];
}

export function isObjectiveName(name: unknown): name is ObjectiveName {
  return typeof name === 'string' && Object.hasOwn(OBJECTIVES, name);
}

/**
 * @param name   an unknown name, perhaps from an untrusted event, gives the default
 * @param facts  not needed for the names and units of metrics
 */
export function objectiveNamed(name: string = DEFAULT_OBJECTIVE, facts: ObjectiveFacts = NO_FACTS): Objective {
  const objective = OBJECTIVES[isObjectiveName(name) ? name : DEFAULT_OBJECTIVE](facts);
  return hasWeights(facts) ? weighted(objective, facts) : objective;
}

export function objectiveOf({ objective, facts }: Pick<Plan, 'objective' | 'facts'>): Objective {
  return objectiveNamed(objective, facts);
}
