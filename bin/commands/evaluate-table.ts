/** An evaluation for people: the figures, and the confusion matrix with precision and recall at its edges. */
import { grouped } from '../../src/grouped.js';
import type { EvaluationEvent } from '../../src/metrics/events.js';
import { textsOnOneLine } from '../../src/text.js';

/** Of a column: a count of five digits, and a space. */
const WIDTH = 7;
const KINDS = { test: 'test ', train: 'training ', all: '' } as const;

export function confusionTable(given: EvaluationEvent): string {
  const event = textsOnOneLine(given);
  const { model, dataset, test_loss, test_error, classes, confusion, kernel, weights_sha256 } = event;
  // What is too long for a column is cut, with a space before it.
  const cell = (value: string | number) => cut(String(value)).padStart(WIDTH);
  const labels = classes.map((each) => cell(each.class)).join('');
  const rows = confusion.map((row, label) => {
    const counts = row.map((count) => cell(count === 0 ? '·' : count)).join('');
    return `${cell(classes[label]!.class)} │${counts} │${cell(percent(classes[label]!.recall))}`;
  });
  const precisions = classes.map(({ precision }) => cell(percent(precision))).join('');
  return [
    `${model} on ${grouped(dataset.samples)} ${KINDS[dataset.split]}samples of ${dataset.name}, kernel ${kernel}`,
    `loss ${test_loss.toFixed(5)}, error ${(test_error * 100).toFixed(2)} %`,
    '',
    `${cell('class')} │${labels} │ recall   (columns: taken for)`,
    ...rows,
    `${cell('prec.')} │${precisions} │`,
    '',
    `weights sha256 ${weights_sha256}`,
    '',
  ].join('\n');
}

function cut(text: string): string {
  return text.length < WIDTH ? text : `${text.slice(0, WIDTH - 2)}…`;
}

function percent(fraction: number | null): string {
  return fraction === null ? '–' : `${(fraction * 100).toFixed(1)}%`;
}
