/** Prints the evaluation of a regression network, and its estimates. */
import path from 'node:path';
import type { NumbersEvaluationEvent } from '../../src/metrics/events.js';
import { objectiveNamed } from '../../src/model/objectives/index.js';
import { metricText } from '../../src/output/metric-text.js';
import { gainLines } from '../../src/output/pretty.js';
import { grouped } from '../../src/text/grouped.js';
import { onOneLine, padEndTo, textsOnOneLine, truncated, wrapped } from '../../src/text/printable.js';
import type { EstimateLine } from '../../src/tools/predict/prediction-line.js';
import { intervalText, rowsOf, signed } from './metric-tables.js';

const KINDS = { test: 'test ', train: 'training ', all: '' } as const;
const NAME_WIDTH = 28;

export function numbersText(given: NumbersEvaluationEvent, columns = Number.POSITIVE_INFINITY): string {
  const event = textsOnOneLine(given);
  const {
    model,
    dataset,
    kernel,
    weights_sha256,
    test_targets = [],
    target_intervals = [],
    importance,
    report,
  } = event;
  const all = { rmse: event.test_rmse!, mae: event.test_mae!, r2: event.test_r2 ?? null };
  const rows = [
    { target: test_targets.length > 0 ? 'mean' : '', ...all, intervals: event.intervals },
    ...test_targets.map((each, t) => ({ ...each, intervals: target_intervals[t]! })),
  ];
  const objective = objectiveNamed(event.objective);
  const { metrics } = objective;
  const lineOf = (values: object, split?: 'test') =>
    metrics
      .map((metric) => [metric.name, metricText(values, metric, split)] as const)
      .flatMap(([name, text]) => (text === '' ? [] : [`${name} ${text}`]))
      .join(', ');
  const parts = [
    [
      `${model} on ${grouped(dataset.samples)} ${KINDS[dataset.split]}samples of ${dataset.name}, kernel ${kernel}`,
      lineOf(event, 'test'),
      ...gainLines(event, objective),
      ...test_targets.map((each) => `${each.target}: ${lineOf(each)}`),
    ].map((line) => wrapped(line, columns)),
    rowsOf(
      [
        '',
        'value',
        event.bootstrap.resamples > 0 ? `95% interval (${grouped(event.bootstrap.resamples)} resamples)` : '',
      ],
      rows.flatMap(({ target, intervals, ...values }) =>
        (['rmse', 'mae', 'r2'] as const).map((name) => [
          `${NAMES[name]}${target === '' ? '' : ` of ${target}`}`,
          figure(values[name]),
          intervals[name] ? intervalText(intervals[name], ' to ', figure) : '',
        ]),
      ),
      columns,
      [-NAME_WIDTH, 12, 0],
    ),
    ...(importance
      ? [
          rowsOf(
            ['shuffled', 'increase of loss', 'increase of MAE'],
            importance.map((each) => [
              String(each.column),
              `${signed(each.loss_increase, 4)} ± ${each.loss_increase_std.toFixed(4)}`,
              `${each.mae_increase > 0 ? '+' : ''}${figure(each.mae_increase)} ± ${figure(each.mae_increase_std)}`,
            ]),
            columns,
            [-20, 22, 26],
          ),
        ]
      : []),
    [...(report === undefined ? [] : [`report ${report}`]), `weights sha256 ${weights_sha256}`].map((line) =>
      wrapped(line, columns),
    ),
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

const NAMES = { rmse: 'RMSE', mae: 'MAE', r2: 'R²' } as const;

function figure(value: number | null): string {
  if (value === null) return '–';
  const size = Math.abs(value);
  const text = size >= 1e6 || (size > 0 && size < 1e-4) ? size.toExponential(4) : String(Number(size.toPrecision(5)));
  return value < 0 ? `−${text}` : text;
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
