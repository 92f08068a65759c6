/** All objectives, by name. */
import type { Objective } from './objective.js';
import { softmaxCrossEntropy } from './softmax-cross-entropy.js';

export const OBJECTIVES = { [softmaxCrossEntropy.name]: softmaxCrossEntropy };

/** Names of the metrics of all objectives. */
export type MetricName = (typeof OBJECTIVES)[keyof typeof OBJECTIVES]['metrics'][number]['name'];

/** @param name  default: the objective of every run so far; events and files do not name it */
export function objectiveNamed(name: string = softmaxCrossEntropy.name): Objective {
  return (OBJECTIVES as Readonly<Record<string, Objective>>)[name]!;
}
