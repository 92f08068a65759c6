/** `lockstep evaluate`: metrics of a model on a test set. */
import { findSource, inputFilesOf } from '../../src/data/sources.js';
import { HEADERS } from '../../src/data/table/header.js';
import { atOnce } from '../../src/data/table/steps.js';
import { ENCODINGS } from '../../src/data/table/utf8.js';
import { errors, type LockstepError } from '../../src/errors.js';
import { requireOutput } from '../../src/files/output.js';
import type { EvaluationEvent, NumbersEvaluationEvent } from '../../src/metrics/events.js';
import { ndjsonLine } from '../../src/output/ndjson.js';
import { onOneLine } from '../../src/text/printable.js';
import { columnsOf, evaluateOn, importanceOn } from '../../src/tools/evaluation.js';
import { loadModel, type Network } from '../../src/tools/network.js';
import { evaluateNumbersOn, numbersImportanceOn } from '../../src/tools/number-evaluation.js';
import { reportAt } from '../../src/tools/report/report-file.js';
import { FORMAT_HELP, formatOf, newCommand, oneOf, parse } from '../parse.js';
import { dataFor } from './evaluation-data.js';
import { addMetricOptions, checkMetricOptions, positiveClass, type RawMetricOptions } from './evaluation-options.js';
import { type Split, type TablePart, tablePart } from './evaluation-table.js';
import { evaluationText } from './print-evaluation.js';
import { numbersText } from './print-numbers.js';

const SPLITS = ['test', 'train', 'all'] as const;

interface Options extends RawMetricOptions {
  readonly data?: string;
  readonly label?: string;
  readonly header: unknown;
  readonly encoding: unknown;
  readonly split?: unknown;
  readonly format?: unknown;
}

export async function evaluateCommand(args: readonly string[]): Promise<undefined> {
  const command = newCommand(
    'lockstep evaluate',
    'Measure how good a model is on a test set, with confidence intervals, and write a report.',
  )
    .argument('<model>', 'a file written by train --save, or a checkpoint')
    .option(
      '-d, --data <source>',
      'data set, specified as for train (default: the named data set used in training, or mnist)',
    )
    .option('--label <column>', 'label column of a table, by name or number (default: as in training)')
    .option('--header <h>', `whether the first row of a table holds column names: ${HEADERS.join(', ')}`, HEADERS[0])
    .option('--encoding <name>', `character encoding of a table: ${ENCODINGS.join(', ')}`, ENCODINGS[0])
    .option(
      '--split <name>',
      `samples to use: ${SPLITS.join(', ')} (tables only); the default is test, but train for the training table if it has no test split, and all for any other table`,
    )
    .option('--format <name>', FORMAT_HELP);
  addMetricOptions(command);
  if (!parse(command, args, 1)) return;
  const [file = ''] = command.args;
  const options = command.opts<Options>();
  const { importance, ...metricOptions } = checkMetricOptions(options);
  const output = options.output === undefined ? undefined : reportAt('-o', options.output);
  const { data, label } = options;
  const split = options.split === undefined ? undefined : oneOf('split', options.split, SPLITS);
  const header = oneOf('header', options.header, HEADERS);
  const encoding = oneOf('encoding', options.encoding, ENCODINGS);
  const format = formatOf(options.format);

  const network = await loadModel(file);
  const positive = positiveClass(options.positive, network.classNames);
  if (network.targets.length > 0 && options.topK !== undefined) {
    throw errors.invalidOption('topK', options.topK, 'a model of classes');
  }
  if (output) await requireOutput(output, [file, ...(data === undefined ? [] : inputFilesOf(data))]);
  const isOfTable = data !== undefined && findSource(data).kind === 'table';
  if (!isOfTable && label !== undefined) throw onlyForTables('label', label, data);
  if (!isOfTable && header !== HEADERS[0]) throw onlyForTables('header', header, data);
  if (!isOfTable && encoding !== ENCODINGS[0]) throw onlyForTables('encoding', encoding, data);
  if (!isOfTable && importance) throw onlyForTables('importance', true, data);
  const part = isOfTable
    ? await tablePart(file, network, data, split, { label, header, encoding })
    : await imagesOf(file, network, data, split ?? 'test');
  const { name, samples, remarks = [] } = part;
  for (const remark of remarks) process.stderr.write(`lockstep evaluate: ${onOneLine(remark)}\n`);
  const unseen = samples.table && atOnce(samples.table.unseen());
  const common = {
    event: 'evaluation',
    model: file,
    objective: network.objective,
    dataset: { name, split: part.split, samples: samples.count },
    ...(unseen && unseen.size > 0 && { unseen_levels: Array.from(unseen, ([column, cells]) => ({ column, cells })) }),
  } as const;
  const identity = {
    ...(output && { report: output.file }),
    kernel: network.kernel,
    weights_sha256: network.weightsSha256,
  };
  if (network.targets.length > 0) {
    const { evaluation, ...data } = await evaluateNumbersOn(network, samples, metricOptions);
    const event: NumbersEvaluationEvent = {
      ...common,
      ...evaluation,
      ...(importance && {
        importance: await numbersImportanceOn(network, samples, columnsOf(network), importance),
      }),
      ...identity,
    };
    if (output) {
      const [{ estimatesReport }, { writeReport }] = await Promise.all([
        import('../../src/tools/report/numbers-report.js'),
        import('../../src/tools/report/write-report.js'),
      ]);
      await writeReport(output, estimatesReport(event, data));
    }
    process.stdout.write(format === 'ndjson' ? ndjsonLine(event) : numbersText(event, process.stdout.columns));
    return;
  }
  const { evaluation, measured } = await evaluateOn(network, samples, { ...metricOptions, positive });
  const event: EvaluationEvent = {
    ...common,
    ...evaluation,
    ...(importance && { importance: await importanceOn(network, samples, columnsOf(network), importance) }),
    ...identity,
  };
  if (output) {
    const [{ classReport }, { writeReport }] = await Promise.all([
      import('../../src/tools/report/class-report.js'),
      import('../../src/tools/report/write-report.js'),
    ]);
    await writeReport(output, classReport(event, measured));
  }
  process.stdout.write(format === 'ndjson' ? ndjsonLine(event) : evaluationText(event, process.stdout.columns));
}

async function imagesOf(file: string, network: Network, data: string | undefined, split: Split): Promise<TablePart> {
  if (split === 'all') throw onlyForTables('split', split, data);
  return { ...(await dataFor(file, network, data, split)), split };
}

function onlyForTables(flag: string, value: string | true, data: string | undefined): LockstepError {
  if (data === undefined) return errors.requiresOption(flag, value, '--data and a table');
  return errors.onlyForTables(flag, value, data);
}
