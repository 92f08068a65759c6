/** The report on a classifier. */

import type { EvaluationEvent } from '../../metrics/events.js';
import type { Interval } from '../../metrics/quality/bootstrap.js';
import type { MeasuredClasses, OverallMetric } from '../../metrics/quality/classification.js';
import { grouped } from '../../text/grouped.js';
import { calibrationChart } from './calibration-chart.js';
import { confusionChart, confusionTable } from './confusion-chart.js';
import { footerOf, samplesOf, titleOf } from './heading.js';
import { importanceChart } from './importance-chart.js';
import { metricName, shownMetrics } from './metric-names.js';
import type { Cell, Report, Table } from './model.js';
import { rankingCharts } from './ranking-charts.js';
import { warningsOf } from './warnings.js';

/** Classes in the table of classes: those with the lowest F1. */
const MOST_CLASSES = 100;

export function classReport(event: EvaluationEvent, measured: MeasuredClasses): Report {
  const { classes, importance } = event;
  const charts = [
    confusionChart(event),
    ...rankingCharts(event, measured),
    calibrationChart(event),
    importance &&
      importanceChart(
        importance.map(({ column, loss_increase, loss_increase_std }) => ({
          ...{ name: String(column), value: loss_increase, std: loss_increase_std },
        })),
        'increase of the loss (nats)',
      ),
  ];
  return {
    title: titleOf(event),
    subtitle: `${samplesOf(event)}, ${grouped(classes.length)} classes`,
    headline: (['accuracy', 'balanced_accuracy', 'roc_auc', 'log_loss'] as const).map((metric) => ({
      name: metricName(metric, event),
      text: figure(event[metric]),
      detail: intervalText(event.intervals[metric]),
    })),
    warnings: warningsOf(event),
    parts: [overallTable(event), ...charts, confusionTable(event), classTable(event)].filter(
      (part) => part !== undefined,
    ),
    footer: footerOf(event),
  };
}

function overallTable(event: EvaluationEvent): Table {
  const isFraction = (metric: OverallMetric) => metric !== 'log_loss' && metric !== 'brier_score';
  const hasIntervals = event.bootstrap.resamples > 0;
  return {
    kind: 'table',
    title: 'Metrics',
    note: hasIntervals ? 'With 95% intervals, which the lines show between 0 and 1.' : '',
    columns: [
      { head: 'metric', isNumber: false, width: 210 },
      { head: 'value', isNumber: true, width: 210 },
    ],
    rows: shownMetrics(event).map((metric): Cell[] => {
      const [value, interval] = [event[metric], event.intervals[metric]];
      const range = interval && isFraction(metric) ? { value: value!, low: interval[0], high: interval[1] } : undefined;
      return [
        { text: metricName(metric, event), ...(range && { range }) },
        { text: figure(value), ...(interval && { detail: intervalText(interval) }) },
      ];
    }),
  };
}

function classTable({ classes, bootstrap }: EvaluationEvent): Table {
  const shown =
    classes.length <= MOST_CLASSES
      ? classes
      : classes.toSorted((a, b) => (a.f1 ?? 2) - (b.f1 ?? 2)).slice(0, MOST_CLASSES);
  const width = bootstrap.resamples > 0 ? 118 : 70;
  const metrics = [
    ['precision', 'precision'],
    ['recall', 'recall'],
    ['f1', 'F1'],
    ['roc_auc', 'ROC AUC'],
    ['average_precision', 'av. precision'],
  ] as const;
  return {
    kind: 'table',
    title: 'Classes',
    note:
      'Each class against the rest, with 95% intervals.' +
      (shown.length < classes.length
        ? ` The ${MOST_CLASSES} of ${grouped(classes.length)} classes with the lowest F1.`
        : ''),
    columns: [
      { head: 'class', isNumber: false, width: 120 },
      { head: 'samples', isNumber: true, width: 70 },
      ...metrics.map(([, head]) => ({ head, isNumber: true, width })),
    ],
    rows: shown.map((each) => [
      { text: String(each.class) },
      { text: grouped(each.samples) },
      ...metrics.map(([metric]): Cell => {
        const interval = each.intervals[metric];
        return {
          text: each[metric]?.toFixed(3) ?? '–',
          ...(interval && { detail: `${short(interval[0])}–${short(interval[1])}` }),
        };
      }),
    ]),
  };
}

function short(value: number): string {
  return value.toFixed(3);
}

function figure(value: number | null): string {
  return value === null ? '–' : value.toFixed(4);
}

function intervalText(interval: Interval | null): string {
  return interval ? `${figure(interval[0])} to ${figure(interval[1])}` : '–';
}
