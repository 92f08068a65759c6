/** Prints the evaluation of a network that estimates numbers, and its estimates. */
import path from 'node:path';
import type { NumbersEvaluationEvent } from '../../src/metrics/events.js';
import { objectiveNamed } from '../../src/model/objectives/index.js';
import { metricText } from '../../src/output/pretty.js';
import { grouped } from '../../src/text/grouped.js';
import { onOneLine, padEndTo, textsOnOneLine, truncated, wrapped } from '../../src/text/printable.js';
import type { EstimateLine } from '../../src/tools/predict/prediction-line.js';

const KINDS = { test: 'test ', train: 'training ', all: '' } as const;
const NAME_WIDTH = 28;

export function numbersText(given: NumbersEvaluationEvent, columns = Number.POSITIVE_INFINITY): string {
  const event = textsOnOneLine(given);
  const { model, dataset, kernel, weights_sha256, test_targets = [] } = event;
  const { metrics } = objectiveNamed(event.objective);
  const lineOf = (values: object, split?: 'test') =>
    metrics
      .map((metric) => [metric.name, metricText(values, metric, split)] as const)
      .flatMap(([name, text]) => (text === '' ? [] : [`${name} ${text}`]))
      .join(', ');
  const lines = [
    `${model} on ${grouped(dataset.samples)} ${KINDS[dataset.split]}samples of ${dataset.name}, kernel ${kernel}`,
    lineOf(event, 'test'),
    ...test_targets.map((each) => `${each.target}: ${lineOf(each)}`),
    '',
    `weights sha256 ${weights_sha256}`,
  ];
  return `${lines.map((line) => wrapped(line, columns)).join('\n')}\n`;
}

export function estimateHeading(names: readonly string[]): string {
  return `${'sample'.padEnd(NAME_WIDTH)}  ${names.map(onOneLine).join('  ')}\n`;
}

/** @param name  for a sample without an id */
export function estimateRow(name: string, line: EstimateLine, columns = Number.POSITIVE_INFINITY): string {
  const ofFile = line.file === undefined ? '' : `${path.basename(line.file)} `;
  const cells = [padEndTo(onOneLine(`${ofFile}${line.id ?? name}`), NAME_WIDTH)];
  for (const [target, value] of Object.entries(line.estimates)) {
    cells.push(String(Number(value.toPrecision(7))).padStart(onOneLine(target).length));
  }
  return `${truncated(cells.join('  '), columns)}\n`;
}
