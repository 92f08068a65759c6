/** Sums of scores, always in the order of the samples, so that threads cannot change them; and the metrics made of them. */
import type { Scores } from '../memory/layout.js';
import { type Plan, summedScores } from '../memory/plan.js';
import type { MetricName } from '../model/objectives/index.js';
import type { Metric, Objective, Sums } from '../model/objectives/objective.js';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** By name: `loss`, `error`. */
export type Metrics = { readonly [M in MetricName]: number };

/** By name in epoch events: `test_loss`, `test_error`. */
export type SplitMetrics<S extends Split> = { readonly [M in MetricName as `${S}_${M}`]: number };

export function noSums(plan: Pick<Plan, 'scores'>): Sums {
  return { samples: 0, ...Object.fromEntries(summedScores(plan).map(({ name }) => [name, 0])) } as Sums;
}

/** These sums, and the scores at positions [from, to) added one by one. */
export function addScores({ samples, ...sums }: Sums, scores: Scores, from: number, to: number): Sums {
  const added: Record<string, number> = {};
  for (const [name, sum] of Object.entries(sums)) {
    const values = scores[name]!;
    let total = sum;
    for (let i = from; i < to; i++) total += values[i]!;
    added[name] = total;
  }
  return { samples: samples + Math.max(0, to - from), ...added } as Sums;
}

/** NaN for no samples. */
export function metricsOf({ metrics }: Objective, sums: Sums): Metrics {
  return Object.fromEntries(metrics.map((metric) => [metric.name, metric.of(sums)])) as Metrics;
}

export function splitMetricsOf<S extends Split>({ metrics }: Objective, split: S, sums: Sums): SplitMetrics<S> {
  return Object.fromEntries(metrics.map((metric) => [`${split}_${metric.name}`, metric.of(sums)])) as SplitMetrics<S>;
}

/** The reverse: the metric in an event, if it is there. */
export function metricIn(event: object, { name }: Metric, split?: Split): number | undefined {
  return (event as Readonly<Record<string, unknown>>)[split ? `${split}_${name}` : name] as number | undefined;
}

/** Whether the metric can have this value. */
export function isValueOf({ unit }: Metric, value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0 && (unit !== 'fraction' || (value as number) <= 1);
}
