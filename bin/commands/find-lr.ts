/** `lockstep find-lr`: a learning-rate range test. */
import process from 'node:process';
import { checkOptions } from '../../src/config/options.js';
import { errors } from '../../src/errors.js';
import { ndjsonLine, requirePlain } from '../../src/output/ndjson.js';
import { DEFAULT_RANGE, FIND_LR_GROUPS, findLr, LEAST_STEPS, MOST_STEPS } from '../../src/tools/find-lr/find-lr.js';
import { LineOutput } from '../line-output.js';
import { FORMAT_HELP, formatOf, newCommand, parse, wholeOf } from '../parse.js';
import { FindLrText } from './print-find-lr.js';
import { onSignals } from './signals.js';
import { addOptions } from './train-options.js';

interface Own {
  readonly from?: string;
  readonly to?: string;
  readonly steps?: string;
  readonly output?: string;
  readonly format?: unknown;
}

/** @returns the exit status */
export async function findLrCommand(args: readonly string[]): Promise<number> {
  const command = newCommand(
    'lockstep find-lr',
    'Find a learning rate: train some steps with a rate that grows exponentially, and propose a rate.',
  );
  command
    .optionsGroup('Learning rates:')
    .option('--from <rate>', `first learning rate (default: ${DEFAULT_RANGE.from})`)
    .option('--to <rate>', `last learning rate (default: ${DEFAULT_RANGE.to})`)
    .option('--steps <n>', `number of steps (default: ${DEFAULT_RANGE.steps})`)
    .option('-o, --output <file>', 'draw the loss by learning rate in this .svg or .png file')
    .option('--format <name>', FORMAT_HELP);
  addOptions(command, FIND_LR_GROUPS);
  command.addHelpText('after', HELP_END);
  if (!parse(command, args, 0)) return 0;
  const { from, to, steps, output, format: givenFormat, ...options } = command.opts<Own>();
  const settings = {
    from: rateOf('from', from) ?? DEFAULT_RANGE.from,
    to: rateOf('to', to) ?? DEFAULT_RANGE.to,
    steps: wholeOf('steps', steps, MOST_STEPS, LEAST_STEPS) ?? DEFAULT_RANGE.steps,
    output,
  };
  const format = formatOf(givenFormat);
  const checked = checkOptions(options);
  const abort = new AbortController();
  const signals = onSignals(() => abort.abort());
  const lines = new LineOutput(process.stdout, () => abort.abort());
  const text = new FindLrText(() => process.stdout.columns);
  try {
    for await (const event of findLr(checked, settings, { signal: abort.signal })) {
      requirePlain(event);
      await lines.write(format === 'pretty' ? text.format(event) : ndjsonLine(event));
    }
  } catch (error) {
    // Interrupted while the data were read.
    if (error !== abort.signal.reason) throw error;
  }
  return signals.status;
}

function rateOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : 0;
  if (value >= 1e-30 && value <= 1e30) return value;
  throw errors.invalidOption(name, text, 'a number from 1e-30 to 1e30');
}

const HELP_END = `
The last line has the proposal:
  lockstep find-lr --data iris.csv --label species | jq 'select(.event=="find_lr_end") | .lr'`;
