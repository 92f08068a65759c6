/** The columns of the table that has a row for each epoch. */
import type { EpochEvent } from '../metrics/events.js';
import type { Split } from '../metrics/sums.js';
import type { Metric, Objective } from '../model/objectives/objective.js';
import { grouped } from '../text/grouped.js';
import { metricText, percent } from './metric-text.js';

export interface Column {
  readonly head: string;
  /** Including the space before it. */
  readonly width: number;
  readonly cell: (event: EpochEvent) => string;
}

/** At most 79 columns in total: terminals have 80. */
export function columnsFor(
  objective: Objective,
  hasValidation: boolean,
  hasTest: boolean,
  hasNoise: boolean,
  isPrivate: boolean,
): readonly Column[] {
  const narrow = hasValidation && hasTest ? 1 : 0;
  const column = (head: string, width: number, cell: Column['cell']): Column => ({ head, width, cell });
  const isOfNumbers = objective.metrics.some(({ unit }) => unit === 'ratio');
  const metrics = (split: Split, prefix: string) =>
    metricsOfTable(objective, narrow > 0).map((metric, i) => {
      const usual = i === 0 ? 11 : (split === 'train' ? 11 : 12) - narrow;
      const width = metric.unit === 'ratio' ? 10 : usual;
      return column(`${prefix}${metric.name}`, width, (event) => metricText(event, metric, split));
    });
  return [
    column('epoch', 5, ({ epoch }) => `${epoch}`),
    ...(isPrivate ? [column('epsilon', 11, ({ epsilon = 0 }) => epsilon.toFixed(4))] : metrics('train', '')),
    ...(hasValidation ? metrics('validation', 'val. ') : []),
    ...(hasTest ? metrics('test', 'test ') : []),
    // (No room for more.)
    ...(narrow || isOfNumbers
      ? [hasNoise ? column('noise', 9, noiseText) : column('seconds', 9, ({ seconds }) => seconds.toFixed(2))]
      : [
          column('seconds', 9, ({ seconds }) => seconds.toFixed(2)),
          ...(hasNoise ? [column('noise scale', 13, noiseText)] : []),
        ]),
    ...(narrow || isOfNumbers || hasNoise
      ? []
      : [
          column('samples/s', 11, ({ samples_per_second }) => grouped(Math.round(samples_per_second))),
          column('waiting', 9, ({ wait_fraction }) => percent(wait_fraction, 1)),
        ]),
  ];
}

function noiseText({ noise_scale: noise }: EpochEvent): string {
  if (noise == null) return '–';
  return noise < 1e6 ? grouped(Number(noise.toPrecision(3))) : noise.toExponential(1);
}

/** The summary at the end has all metrics. */
export function metricsOfTable({ metrics }: Objective, isNarrow: boolean): readonly Metric[] {
  return metrics.filter(({ unit }, i) => i < 2 || (unit === 'ratio' && !isNarrow));
}

/** The cells that have room, from the left. */
export function row(cells: readonly (readonly [text: string, width: number])[], room: number) {
  let line = '';
  for (const [i, [text, width]] of cells.entries()) {
    const longer = line + text.padStart(width);
    if (i > 0 && longer.length > room) return { text: line, cells: i };
    line = longer;
  }
  return { text: line, cells: cells.length };
}
