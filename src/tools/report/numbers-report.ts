/** The report on a regression network. */
import type { NumbersEvaluationEvent } from '../../metrics/events.js';
import type { Interval } from '../../metrics/quality/bootstrap.js';
import type { RegressionMetrics, RegressionValues } from '../../metrics/quality/regression.js';
import { grouped } from '../../text/grouped.js';
import type { EvaluatedNumbers } from '../number-evaluation.js';
import { figureText } from '../plot/notation.js';
import { estimateCharts } from './estimate-charts.js';
import { footerOf, samplesOf, titleOf } from './heading.js';
import { type Bar, importanceChart } from './importance-chart.js';
import type { Cell, Report } from './model.js';

export interface NumbersReportData {
  readonly title: string;
  readonly subtitle: string;
  /** As `Report.footer`. */
  readonly footer: string;
  readonly warnings: readonly string[];
  readonly metrics: RegressionMetrics;
  /** (targets) of (samples), in the targets' units. */
  readonly predicted: readonly Float64Array[];
  readonly targets: readonly Float64Array[];
  /** With `--importance`: what is measured, and the columns. */
  readonly importance?: { readonly what: string; readonly bars: readonly Bar[] };
}

/** The report of `lockstep evaluate`. */
export function estimatesReport(
  event: NumbersEvaluationEvent,
  { metrics, predicted, truth }: Pick<EvaluatedNumbers, 'metrics' | 'predicted' | 'truth'>,
): Report {
  const bars = event.importance?.map(({ column, loss_increase, loss_increase_std }) => ({
    ...{ name: String(column), value: loss_increase, std: loss_increase_std },
  }));
  return numbersReport({
    ...{
      title: titleOf(event),
      subtitle: samplesOf(event),
      footer: footerOf(event),
      metrics,
      predicted,
      targets: truth,
    },
    warnings:
      event.dataset.split === 'train'
        ? ['The network was trained on these samples. Expect worse metrics on new samples.']
        : [],
    ...(bars && { importance: { what: 'increase of the loss', bars } }),
  });
}

/** Targets with charts; the table has all of them. */
const MOST_CHARTED = 6;

export function numbersReport(data: NumbersReportData): Report {
  const { title, subtitle, footer, metrics, predicted, targets, importance } = data;
  const rows =
    metrics.targets.length > 1 ? [{ target: 'the targets (mean)', ...metrics }, ...metrics.targets] : metrics.targets;
  const hidden = metrics.targets.length - MOST_CHARTED;
  return {
    title,
    subtitle,
    footer,
    warnings: [
      ...data.warnings,
      ...metrics.targets.flatMap(({ target, r2, intervals }) => {
        if (r2 === null) return [`The target “${target}” has the same value in all samples; it has no R².`];
        if ((intervals.r2?.[0] ?? r2) > 0) return [];
        return [`For “${target}”, the network is not clearly better than a constant prediction of the mean.`];
      }),
      ...(hidden > 0 ? [`Charts of ${grouped(hidden)} more targets are not shown.`] : []),
    ],
    headline: METRICS.map((metric) => ({
      name: NAMES[metric],
      text: figure(metrics[metric]),
      detail: intervalText(metrics.intervals[metric]),
    })),
    parts: [
      {
        kind: 'table',
        title: 'Metrics',
        note: `RMSE and MAE are in the unit of the target.${metrics.bootstrap.resamples > 0 ? ' With 95% intervals.' : ''}`,
        columns: [
          { head: 'metric', isNumber: false, width: 260 },
          { head: 'value', isNumber: true, width: 260 },
        ],
        rows: rows.flatMap((each) =>
          METRICS.map((metric): Cell[] => [
            { text: rows.length > 1 ? `${NAMES[metric]} of ${each.target}` : NAMES[metric] },
            cellOf(each, metric),
          ]),
        ),
      },
      ...metrics.targets
        .slice(0, MOST_CHARTED)
        .flatMap(({ target }, t) => estimateCharts(target, predicted[t]!, targets[t]!)),
      ...(importance ? [importanceChart(importance.bars, importance.what)] : []),
    ],
  };
}

const METRICS = ['rmse', 'mae', 'r2'] as const;
const NAMES = { rmse: 'RMSE', mae: 'MAE', r2: 'R²' } as const;

function cellOf(values: RegressionValues, metric: keyof typeof NAMES): Cell {
  const interval = values.intervals[metric];
  return { text: figure(values[metric]), ...(interval && { detail: intervalText(interval) }) };
}

function figure(value: number | null): string {
  if (value === null) return '–';
  return value < 0 ? `−${figureText(-value)}` : figureText(value);
}

function intervalText(interval: Interval | null): string {
  return interval ? `${figure(interval[0])} to ${figure(interval[1])}` : '–';
}
