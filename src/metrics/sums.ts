/** Sums of scores, always in the order of the samples, so that threads cannot change them; and the metrics made of them. */
import type { Scores } from '../memory/epoch-record.js';
import { type Plan, summedScores } from '../memory/plan.js';
import type { Metric, Objective, Sums, TargetMetrics } from '../model/objectives/objective.js';
import { weightsOfScore } from '../model/objectives/weighted.js';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** All metrics that there are, by name. A run has those of its objective. */
export interface Metrics {
  readonly loss: number;
  /** Classes only: fraction of the samples that are misclassified. */
  readonly error?: number;
  /** Numbers only, in their unit; the mean over the targets if there are several. */
  readonly rmse?: number;
  readonly mae?: number;
  /** Numbers only: null if all targets are the same. */
  readonly r2?: number | null;
}

export type MetricName = keyof Metrics;

/** By name in epoch events: `test_loss`, `test_error`. */
export type SplitMetrics<S extends Split> = { readonly [M in keyof Metrics as `${S}_${M}`]: Metrics[M] } & {
  /** The metrics of each target, if there are several. */
  readonly [T in S as `${T}_targets`]?: readonly TargetMetrics[];
};

export function noSums(plan: Pick<Plan, 'scores'>): Sums {
  return { samples: 0, ...Object.fromEntries(summedScores(plan).map(({ name }) => [name, 0])) } as Sums;
}

/** These sums, and the scores at positions [from, to) added one by one, each multiplied by its weight. */
export function addScores({ samples, ...sums }: Sums, scores: Scores, from: number, to: number): Sums {
  const added: Record<string, number> = {};
  for (const [name, sum] of Object.entries(sums)) {
    const values = scores[name]!;
    const weights = weightsOfScore(name, scores);
    let total = sum;
    if (weights) for (let i = from; i < to; i++) total += weights[i]! * values[i]!;
    else for (let i = from; i < to; i++) total += values[i]!;
    added[name] = total;
  }
  return { samples: samples + Math.max(0, to - from), ...added } as Sums;
}

/** NaN for no samples. */
export function metricsOf({ metrics }: Objective, sums: Sums): Metrics {
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric.of(sums)])) as unknown as Metrics;
}

export function splitMetricsOf<S extends Split>(
  { metrics, byTarget }: Objective,
  split: S,
  sums: Sums,
): SplitMetrics<S> {
  return {
    ...Object.fromEntries(metrics.map((metric) => [`${split}_${metric.name}`, metric.of(sums)])),
    ...(byTarget && { [`${split}_targets`]: byTarget(sums) }),
  } as SplitMetrics<S>;
}

/** The reverse: the metric in an event, if it is there. */
export function metricIn(event: object, { name }: Metric, split?: Split): number | null | undefined {
  const found = (event as Readonly<Record<string, unknown>>)[split ? `${split}_${name}` : name];
  return found as number | null | undefined;
}

/** Whether the metric can have this value. */
export function isValueOf({ unit }: Pick<Metric, 'unit'>, value: unknown): value is number | null {
  if (unit === 'ratio') return value === null || (Number.isFinite(value) && (value as number) <= 1);
  return Number.isFinite(value) && (value as number) >= 0 && (unit !== 'fraction' || (value as number) <= 1);
}
