/** Prints an evaluation: metrics with their intervals, and the confusion matrix with precision and recall. */

import type { EvaluationEvent } from '../../src/metrics/events.js';
import type { Interval } from '../../src/metrics/quality/bootstrap.js';
import { objectiveNamed } from '../../src/model/objectives/index.js';
import { metricText } from '../../src/output/metric-text.js';
import { gainLines } from '../../src/output/pretty.js';
import { grouped } from '../../src/text/grouped.js';
import { columnsOf, padStartTo, textsOnOneLine, truncated, wrapped } from '../../src/text/printable.js';
import { metricName, shownMetrics } from '../../src/tools/report/metric-names.js';
import { warningsOf } from '../../src/tools/report/warnings.js';
import { intervalText, rowsOf, signed } from './metric-tables.js';

/** Width of a column: a space and a count of six digits. Longer names are cut. */
const WIDTH = 7;
/** Two bars, each after a space, and the space before the last heading. */
const SEPARATORS = 5;
const KINDS = { test: 'test ', train: 'training ', all: '' } as const;
/** Width of the names in the tables of metrics. */
const NAME_WIDTH = 14;
/** So that the table of classes has 79 columns. */
const CLASS_WIDTH = 11;

/** @param columns  of the terminal: what does not fit is left out */
export function evaluationText(given: EvaluationEvent, columns = Number.POSITIVE_INFINITY): string {
  const event = textsOnOneLine(given);
  const { model, dataset, kernel, weights_sha256, report } = event;
  const metrics = objectiveNamed(event.objective).metrics.map(
    (metric) => `${metric.name} ${metricText(event, metric, 'test')}`,
  );
  const parts = [
    [
      `${model} on ${grouped(dataset.samples)} ${KINDS[dataset.split]}samples of ${dataset.name}, kernel ${kernel}`,
      metrics.join(', '),
      ...gainLines(event, objectiveNamed(event.objective)),
      ...warningsOf(event).map((warning) => `note: ${warning}`),
    ].map((line) => wrapped(line, columns)),
    confusionTable(event, columns),
    overallTable(event, columns),
    classTable(event, columns),
    ...(event.importance ? [importanceTable(event.importance, columns)] : []),
    [...(report === undefined ? [] : [`report ${report}`]), `weights sha256 ${weights_sha256}`].map((line) =>
      wrapped(line, columns),
    ),
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function confusionTable({ classes, confusion }: EvaluationEvent, columns: number): string[] {
  const recalls = classes.map(({ recall }) => percent(recall));
  const precisions = classes.map(({ precision }) => percent(precision));
  const texts = [...confusion.flat().map(String), ...recalls, ...precisions, 'class', 'prec.'];
  const longest = texts.reduce((most, { length }) => Math.max(most, length), 0);
  const widthOf = (width: number) => (classes.length + 1) * width + SEPARATORS + 'recall'.length;
  const width = widthOf(WIDTH) <= columns ? WIDTH : Math.min(WIDTH, 1 + longest);
  const room = classes.length - Math.ceil(Math.max(0, widthOf(width) - columns) / width);
  const shown = classes.slice(0, Math.max(1, room));

  const cell = (value: string | number) => padStartTo(truncated(String(value), width - 1), width);
  const row = (head: string | number, cells: readonly (string | number)[], end: string) =>
    `${cell(head)} │${cells.slice(0, shown.length).map(cell).join('')} │${end}`;
  const heading = row(
    'class',
    classes.map((each) => each.class),
    ' recall',
  );
  const note = '   (columns: predicted class)';
  const hidden = classes.length - shown.length;
  return [
    ...(hidden > 0 ? [wrapped(`${hidden} more columns do not fit; --format ndjson has all of them`, columns)] : []),
    columnsOf(heading + note) <= columns ? heading + note : heading,
    ...confusion.map((counts, label) =>
      row(
        classes[label]!.class,
        counts.map((count) => (count === 0 ? '·' : count)),
        cell(recalls[label]!),
      ),
    ),
    row('prec.', precisions, ''),
  ];
}

function overallTable(event: EvaluationEvent, columns: number): string[] {
  const rows = shownMetrics(event).map((name) => {
    const interval = event.intervals[name];
    return [metricName(name, event), figure(event[name]), interval ? intervalText(interval, ' to ', figure) : ''];
  });
  const { resamples, level } = event.bootstrap;
  const heading = resamples > 0 ? `${level * 100}% interval (${grouped(resamples)} resamples)` : '';
  return rowsOf(['', 'value', heading], rows, columns, [-28, 9, 0]);
}

function classTable({ classes, bootstrap }: EvaluationEvent, columns: number): string[] {
  const short = (value: number) => value.toFixed(3);
  const cell = (value: number | null, interval: Interval | null) =>
    `${value === null ? '–' : short(value)}${interval ? ` (${intervalText(interval, '–', short)})` : ''}`;
  const rows = classes.map((each) => [
    String(each.class),
    grouped(each.samples),
    cell(each.f1, each.intervals.f1),
    cell(each.roc_auc, each.intervals.roc_auc),
    cell(each.average_precision, each.intervals.average_precision),
  ]);
  const width = bootstrap.resamples > 0 ? 20 : 14;
  return rowsOf(['class', 'samples', 'F1', 'ROC AUC', 'av. precision'], rows, columns, [
    -CLASS_WIDTH,
    8,
    width,
    width,
    width,
  ]);
}

function importanceTable(importance: NonNullable<EvaluationEvent['importance']>, columns: number): string[] {
  const names = importance.map(({ column }) => columnsOf(String(column)));
  const width = Math.min(30, Math.max(NAME_WIDTH, ...names.slice(0, 1000)));
  const rows = importance.map((each) => [
    String(each.column),
    `${signed(each.loss_increase, 4)} ± ${each.loss_increase_std.toFixed(4)}`,
    `${signed(100 * each.error_increase, 2)} ± ${(100 * each.error_increase_std).toFixed(2)} %`,
  ]);
  return rowsOf(['shuffled', 'increase of loss', 'increase of error'], rows, columns, [-width, 22, 22]);
}

function figure(value: number | null): string {
  return value === null ? '–' : value.toFixed(4);
}

function percent(fraction: number | null): string {
  return fraction === null ? '–' : `${(fraction * 100).toFixed(1)}%`;
}
