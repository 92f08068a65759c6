/** Prints an evaluation: metrics, and the confusion matrix with precision and recall. */

import type { EvaluationEvent } from '../../src/metrics/events.js';
import { objectiveNamed } from '../../src/model/objectives/index.js';
import { metricText } from '../../src/output/pretty.js';
import { grouped } from '../../src/text/grouped.js';
import { columnsOf, padStartTo, textsOnOneLine, truncated, wrapped } from '../../src/text/printable.js';

/** Width of a column: a space and a count of six digits. Longer names are cut. */
const WIDTH = 7;
/** Two bars, each after a space, and the space before the last heading. */
const SEPARATORS = 5;
const KINDS = { test: 'test ', train: 'training ', all: '' } as const;

/** @param columns  of the terminal: classes that do not fit are left out */
export function confusionTable(given: EvaluationEvent, columns = Number.POSITIVE_INFINITY): string {
  const event = textsOnOneLine(given);
  const { model, dataset, classes, confusion, kernel, weights_sha256 } = event;
  const metrics = objectiveNamed(event.objective).metrics.map(
    (metric) => `${metric.name} ${metricText(event, metric, 'test')}`,
  );
  const recalls = classes.map(({ recall }) => percent(recall));
  const precisions = classes.map(({ precision }) => percent(precision));
  const texts = [...confusion.flat().map(String), ...recalls, ...precisions, 'class', 'prec.'];
  const longest = texts.reduce((most, { length }) => Math.max(most, length), 0);
  const widthOf = (width: number) => (classes.length + 1) * width + SEPARATORS + 'recall'.length;
  const width = widthOf(WIDTH) <= columns ? WIDTH : Math.min(WIDTH, 1 + longest);
  const room = classes.length - Math.ceil(Math.max(0, widthOf(width) - columns) / width);
  const shown = classes.slice(0, Math.max(1, room));
  const hidden = classes.length - shown.length;

  const cell = (value: string | number) => padStartTo(truncated(String(value), width - 1), width);
  const row = (head: string | number, cells: readonly (string | number)[], end: string) =>
    `${cell(head)} │${cells.slice(0, shown.length).map(cell).join('')} │${end}`;
  const heading = row(
    'class',
    classes.map((each) => each.class),
    ' recall',
  );
  const note = '   (columns: predicted class)';
  return [
    ...[
      `${model} on ${grouped(dataset.samples)} ${KINDS[dataset.split]}samples of ${dataset.name}, kernel ${kernel}`,
      metrics.join(', '),
      ...(hidden > 0 ? [`${hidden} more columns do not fit; --format ndjson has all of them`] : []),
    ].map((line) => wrapped(line, columns)),
    '',
    columnsOf(heading + note) <= columns ? heading + note : heading,
    ...confusion.map((counts, label) =>
      row(
        classes[label]!.class,
        counts.map((count) => (count === 0 ? '·' : count)),
        cell(recalls[label]!),
      ),
    ),
    row('prec.', precisions, ''),
    '',
    wrapped(`weights sha256 ${weights_sha256}`, columns),
    '',
  ].join('\n');
}

function percent(fraction: number | null): string {
  return fraction === null ? '–' : `${(fraction * 100).toFixed(1)}%`;
}
