/** Figures as people read them. */
import { metricIn, type Split } from '../metrics/sums.js';
import type { Metric } from '../model/objectives/objective.js';
import { grouped } from '../text/grouped.js';

/** Training samples are many: a percentage of them has another digit. */
export function metricText(event: object, metric: Metric, split?: Split): string {
  const value = metricIn(event, metric, split);
  if (value === undefined) return '';
  if (value === null) return '–';
  if (metric.unit === 'ratio') return value > -100 ? value.toFixed(4) : value.toExponential(1);
  if (metric.unit === 'target') return value > 0 && value < 1e-3 ? value.toExponential(3) : value.toPrecision(6);
  if (metric.unit === 'fraction') return percent(value, split === 'validation' || split === 'test' ? 2 : 3);
  return value < 1000 ? value.toFixed(5) : value.toPrecision(6);
}

export function percent(fraction: number, digits: number): string {
  return `${(fraction * 100).toFixed(digits)} %`;
}

/** `1 epoch`, `2,000 epochs`. */
export function plural(count: number, what: string): string {
  return `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;
}
