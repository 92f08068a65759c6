/** `lockstep evaluate`: metrics of a model on a test set. */
import { findSource } from '../../src/data/sources.js';
import { HEADERS } from '../../src/data/table/header.js';
import { errors, type LockstepError } from '../../src/errors.js';
import type { EvaluationEvent, NumbersEvaluationEvent } from '../../src/metrics/events.js';
import { ndjsonLine } from '../../src/output/ndjson.js';
import { onOneLine } from '../../src/text/printable.js';
import { evaluateOn } from '../../src/tools/evaluation.js';
import { loadModel, type Network } from '../../src/tools/network.js';
import { evaluateNumbersOn } from '../../src/tools/number-evaluation.js';
import { FORMAT_HELP, formatOf, newCommand, oneOf, parse } from '../parse.js';
import { dataFor } from './evaluation-data.js';
import { type Split, type TablePart, tablePart } from './evaluation-table.js';
import { confusionTable } from './print-evaluation.js';
import { numbersText } from './print-numbers.js';

const SPLITS = ['test', 'train', 'all'] as const;

interface Options {
  readonly data?: string;
  readonly label?: string;
  readonly header: unknown;
  readonly delimiter?: string;
  readonly comment?: string;
  readonly split?: unknown;
  readonly format?: unknown;
}

export async function evaluateCommand(args: readonly string[]): Promise<undefined> {
  const command = newCommand(
    'lockstep evaluate',
    'Compute the loss, error, precision and recall of a model on a test set.',
  )
    .argument('<model>', 'a file written by train --save, or a checkpoint')
    .option(
      '-d, --data <source>',
      'data set, specified as for train (default: the named data set used in training, or mnist)',
    )
    .option('--label <column>', 'label column of a table, by name or number (default: as in training)')
    .option('--header <h>', `whether the first row of a table holds column names: ${HEADERS.join(', ')}`, HEADERS[0])
    .option('--delimiter <character>', 'what separates the cells of CSV (default: detected)')
    .option('--comment <character>', 'skip lines of CSV that begin with this character')
    .option(
      '--split <name>',
      `samples to use: ${SPLITS.join(', ')} (tables only); the default is test, but train for the training table if it has no test split, and all for any other table`,
    )
    .option('--format <name>', FORMAT_HELP);
  if (!parse(command, args, 1)) return;
  const [file = ''] = command.args;
  const options = command.opts<Options>();
  const { data, label, delimiter, comment } = options;
  const split = options.split === undefined ? undefined : oneOf('split', options.split, SPLITS);
  const header = oneOf('header', options.header, HEADERS);
  const format = formatOf(options.format);

  const network = await loadModel(file);
  const isOfTable = data !== undefined && findSource(data).kind === 'table';
  for (const [flag, given] of Object.entries({ label, delimiter, comment })) {
    if (!isOfTable && given !== undefined) throw onlyForTables(flag, given, data);
  }
  if (!isOfTable && header !== HEADERS[0]) throw onlyForTables('header', header, data);
  const part = isOfTable
    ? await tablePart(file, network, data, split, { label, header, delimiter, comment })
    : await imagesOf(file, network, data, split ?? 'test');
  const { name, samples, remarks = [] } = part;
  for (const remark of remarks) process.stderr.write(`lockstep evaluate: ${onOneLine(remark)}\n`);
  const unseen = samples.table?.unseen();
  const common = {
    event: 'evaluation',
    model: file,
    objective: network.objective,
    dataset: { name, split: part.split, samples: samples.count },
    ...(unseen && unseen.size > 0 && { unseen_levels: Array.from(unseen, ([column, cells]) => ({ column, cells })) }),
  } as const;
  const identity = { kernel: network.kernel, weights_sha256: network.weightsSha256 };
  if (network.targets.length > 0) {
    const event: NumbersEvaluationEvent = { ...common, ...evaluateNumbersOn(network, samples), ...identity };
    process.stdout.write(format === 'ndjson' ? ndjsonLine(event) : numbersText(event, process.stdout.columns));
    return;
  }
  const event: EvaluationEvent = { ...common, ...evaluateOn(network, samples), ...identity };
  process.stdout.write(format === 'ndjson' ? ndjsonLine(event) : confusionTable(event, process.stdout.columns));
}

async function imagesOf(file: string, network: Network, data: string | undefined, split: Split): Promise<TablePart> {
  if (split === 'all') throw onlyForTables('split', split, data);
  return { ...(await dataFor(file, network, data, split)), split };
}

function onlyForTables(flag: string, value: string, data: string | undefined): LockstepError {
  if (data === undefined) return errors.requiresOption(flag, value, '--data and a table');
  return errors.onlyForTables(flag, value, data);
}
