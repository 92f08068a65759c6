/** `lockstep evaluate`: a model's figures on a test set. */
import { evaluateOn } from '../../src/evaluation.js';
import type { EvaluationEvent } from '../../src/metrics/events.js';
import { loadModel } from '../../src/network.js';
import { FORMAT_HELP, formatOf, newCommand, oneOf, parse } from '../parse.js';
import { confusionTable } from './evaluate-table.js';
import { dataFor } from './trained-on.js';

const SPLITS = ['test', 'train'] as const;

interface Options {
  readonly data?: string;
  readonly split: unknown;
  readonly format?: unknown;
}

export async function evaluateCommand(args: readonly string[]): Promise<undefined> {
  const command = newCommand('lockstep evaluate', 'Loss, error, precision and recall of a model on a test set.')
    .argument('<model>', 'what train --save wrote, or a checkpoint')
    .option(
      '-d, --data <source>',
      'as of train (default: the data set it was trained on, if that has a name, else mnist)',
    )
    .option('--split <name>', `${SPLITS.join(' or ')} samples`, 'test')
    .option('--format <name>', FORMAT_HELP);
  if (!parse(command, args, 1)) return;
  const [file = ''] = command.args;
  const options = command.opts<Options>();
  const split = oneOf('split', options.split, SPLITS);
  const format = formatOf(options.format);

  const network = await loadModel(file);
  const { name, samples } = await dataFor(file, network, options.data, split);
  const event: EvaluationEvent = {
    event: 'evaluation',
    model: file,
    dataset: { name, split, samples: samples.count },
    ...evaluateOn(network, samples),
    kernel: network.kernel,
    weights_sha256: network.weightsSha256,
  };
  process.stdout.write(format === 'ndjson' ? `${JSON.stringify(event)}\n` : confusionTable(event));
}
