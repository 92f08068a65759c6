/** Points of the curves, and validation of untrusted events. */

import { type Fields, isRecord } from '../../files/type-guards.js';
import type { StartEvent } from '../../metrics/events.js';
import type { GradientFigures } from '../../metrics/gradient-noise.js';
import type { EpochMetrics } from '../../metrics/run-state.js';
import { isValueOf, type Metrics, metricIn, type Split } from '../../metrics/sums.js';
import { OBJECTIVES, objectiveNamed } from '../../model/objectives/index.js';

interface Place {
  readonly epoch: number;
  readonly step: number;
}

/** Whatever these fields contain: they are not checked. */
type Unchecked = { readonly [name in keyof GradientFigures]?: unknown };

export type EpochPoint = Place & EpochMetrics & Unchecked;
export type StepPoint = Place & Metrics & Unchecked;

export function isStart(value: Fields): value is Fields & StartEvent {
  return value.event === 'start' && isRecord(value.config) && isRecord(value.dataset);
}

export function isEpoch(value: Fields): value is Fields & EpochPoint {
  const { event, epoch, step } = value;
  return (
    event === 'epoch' &&
    [epoch, step].every(isCount) &&
    // A private run has none.
    (hasMetrics(value, 'train') || (typeof value.epsilon === 'number' && hasNoMetrics(value, 'train'))) &&
    (['validation', 'test'] as const).every((split) => hasMetrics(value, split) || hasNoMetrics(value, split))
  );
}

export function isStep(value: Fields): value is Fields & StepPoint {
  const { event, epoch, step } = value;
  return event === 'step' && [epoch, step].every(isCount) && hasMetrics(value);
}

const OF_OBJECTIVES = Object.keys(OBJECTIVES).map((name) => objectiveNamed(name).metrics);

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** No loss of float32 weights is larger, and float64 has no round numbers near its limit. */
export const MOST_VALUE = 1e300;

/** Those of one of the objectives. */
function hasMetrics(value: Fields, split?: Split): boolean {
  return OF_OBJECTIVES.some((metrics) =>
    metrics.every((metric) => {
      const found = metricIn(value, metric, split);
      return isValueOf(metric, found) && (found === null || found <= MOST_VALUE);
    }),
  );
}

function hasNoMetrics(value: Fields, split: Split): boolean {
  return OF_OBJECTIVES.flat().every((metric) => metricIn(value, metric, split) === undefined);
}
