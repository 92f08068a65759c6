/** The `train` command's arguments, read with commander. */
import type { Command } from 'commander';
import { type CheckedOptions, checkOptions } from '../../src/config/options.js';
import { DEFAULT_PORT, isPort, PORT_RANGE } from '../../src/dashboard/port.js';
import { HEADERS } from '../../src/data/table/columns.js';
import { SCALES } from '../../src/data/table/scaling.js';
import { errors } from '../../src/errors.js';
import { KERNEL_NAMES } from '../../src/kernels/builds.js';
import { OPTIMIZERS, REDUCTIONS, STRATEGIES } from '../../src/optim/optimizer.js';
import { SCHEDULES } from '../../src/optim/schedule.js';
import type { Format } from '../../src/output/formats.js';
import { launchOf, launchText } from '../../src/parallel/mpi/launcher.js';
import { FORMAT_HELP, formatOf, newCommand, parse } from '../parse.js';

export interface TrainCommand {
  /** Those that were given. */
  readonly options: CheckedOptions;
  readonly format: Format;
  readonly progress: boolean;
  /** Folder for what TensorBoard shows. */
  readonly tensorboard: string | undefined;
  /** The port of the page, 0 for any that is free; undefined where none is wanted. */
  readonly dashboard: number | undefined;
}

/**
 * @param name  the command as the user typed it, for help and messages
 * @returns undefined where help or the version was asked for, and has been printed
 * @throws LockstepError (status 2) on wrong usage
 */
export function parseTrainCommand(args: readonly string[], name = 'train'): TrainCommand | undefined {
  const command = trainCommand(name);
  if (!parse(command, args, 0)) return undefined;
  const { format, progress, tensorboard, dashboard, ...options } = command.opts<{
    format?: unknown;
    progress: boolean;
    tensorboard?: string;
    dashboard?: unknown;
    mpi?: unknown;
  }>();
  if (tensorboard === '') throw errors.invalidOption('tensorboard', tensorboard, 'a folder');
  const checked = checkOptions(options);
  if (dashboard !== undefined && checked.mpi !== undefined) throw errors.dashboardOfRanks();
  const launch = launchOf(process.env);
  if (options.mpi === undefined && launch && launch.processes > 1) throw errors.launchedWithoutMpi(launchText(launch));
  const isLaunched = options.mpi !== undefined && launch !== undefined;
  const told = { format: formatOf(format, isLaunched), progress, tensorboard, dashboard: portOf(dashboard) };
  return { options: checked, ...told };
}

function trainCommand(name: string): Command {
  return newCommand(
    name,
    'Train a fully connected classifier on all cores, the same weights for any number of threads.',
  )
    .optionsGroup('Data and network:')
    .option(
      '-d, --data <source>',
      'mnist (default), fashion-mnist, a folder of IDX files, or a table (CSV or NDJSON; - is stdin), gzipped or not',
    )
    .option('--limit <n>', 'train on the first n samples only (the test set stays whole)', numberOrText)
    .option('--hidden <widths>', 'hidden layers: "1000" (default), "512,256", or "none"', widthsOrText)
    .optionsGroup('Of a table:')
    .option('--label <column>', 'the column with the classes, by name or number (from 1)')
    .option('--header <h>', `whether its first row holds names: ${HEADERS.join(', ')}; default ${HEADERS[0]}`)
    .option('--scale <how>', `of its columns: ${SCALES.join(', ')}; default ${SCALES[0]}`)
    .option('--test-split <f>', 'fraction of its rows to test on (default: none)', numberOrText)
    .option('--test-data <table>', 'another one, of the same columns, to test on')
    .optionsGroup('Training:')
    .option('-e, --epochs <n>', 'default 100; 0 evaluates the initial weights', numberOrText)
    .option('-b, --batch-size <n>', 'default 100, or all samples if there are fewer', numberOrText)
    .option('--lr <rate>', 'learning rate, default 0.001', numberOrText)
    .option(
      '--reduction <kind>',
      `the batch's gradient: ${REDUCTIONS.join(' (default) or ')}; other programs' learning rates are for the mean`,
    )
    .option('--seed <n>', 'of initial values and order, default 1', numberOrText)
    .optionsGroup('Optimizer (default: plain SGD with a constant learning rate):')
    .option('--optimizer <name>', `${OPTIMIZERS.join(' (default) or ')}`)
    .option('--momentum <m>', 'of sgd, default 0', numberOrText)
    .option('--nesterov', "Nesterov's momentum")
    .option('--beta1 <b>', 'of adam, default 0.9', numberOrText)
    .option('--beta2 <b>', 'of adam, default 0.999', numberOrText)
    .option('--eps <e>', 'of adam, default 1e-8', numberOrText)
    .option('--weight-decay <l>', 'l times the parameters is added to their gradient, default 0', numberOrText)
    .option('--clip-norm <n>', "the most that the whole gradient's norm may be (default: whatever it is)", numberOrText)
    .option('--schedule <name>', `of the learning rate: ${SCHEDULES.join(', ')}; default ${SCHEDULES[0]}`)
    .option('--warmup-steps <n>', 'steps over which the rate rises to --lr, default 0', numberOrText)
    .option('--lr-step-size <epochs>', 'of schedule step: epochs between two drops, default 30', numberOrText)
    .option('--lr-gamma <factor>', 'of schedule step: what a drop leaves of the rate, default 0.1', numberOrText)
    .optionsGroup('When to stop, and what to keep:')
    .option(
      '--validation-split <f>',
      'fraction of the training samples to judge the run by (default: none)',
      numberOrText,
    )
    .option(
      '--patience <epochs>',
      'stop when the validation loss has not fallen for so long (default: never)',
      numberOrText,
    )
    .option('--keep-best', 'keep the weights of the epoch with the least validation loss, not the last')
    .option('--max-time <seconds>', 'the epoch in which these are over is the last (default: none)', numberOrText)
    .optionsGroup('How it is computed:')
    .option('-t, --threads <n>', 'worker threads (default: the cores available)', numberOrText)
    .option('--kernel <name>', `auto (default), ${KERNEL_NAMES.join(', ')}`)
    .option('--strategy <name>', `${STRATEGIES.join(' (default) or ')}`)
    .option('--mpi [library]', 'share each batch with the other processes that mpirun or srun has started')
    .option('--no-mpi', 'train a model in each of them, where mpirun or srun has started several')
    .option('--exact', 'with --mpi: the same weights for 1, 2, 4 and 8 processes (slower)')
    .optionsGroup('Checkpoints and the model:')
    .option('--save <file>', 'write the model there when the run ends (safetensors)')
    .option('--checkpoint-dir <folder>', 'write checkpoints there; one that holds some needs --resume')
    .option('--checkpoint-every <epochs>', 'epochs between two checkpoints, default 1', numberOrText)
    .option(
      '--checkpoint-every-steps <steps>',
      'besides, steps between two (default: none within epochs)',
      numberOrText,
    )
    .option('--keep <n>', 'the newest n checkpoints stay, older ones are deleted, default 3', numberOrText)
    .option('--checkpoint-required', 'end the run if a checkpoint cannot be written (default: warn)')
    .option('--resume [path]', 'go on from a checkpoint, or the newest of a folder (default: --checkpoint-dir)')
    .option('--resume-anyway', 'resume also with options or data that end in other weights')
    .optionsGroup('Output:')
    .option('--log-every <steps>', 'also a metric line every so many steps (default: epochs only)', numberOrText)
    .option('--format <name>', FORMAT_HELP)
    .option('--tensorboard <folder>', 'also write what TensorBoard shows there')
    .option(
      '--dashboard [port]',
      `a page on this machine that shows the run live (default port: ${DEFAULT_PORT}; 0: any free one)`,
      numberOrText,
    )
    .option('--no-progress', 'no progress bar (it is on stderr, and only where that is a terminal)')
    .addHelpText('after', helpEnd(name));
}

/** @throws LockstepError (status 2) if it is none */
function portOf(given: unknown): number | undefined {
  if (given === undefined) return undefined;
  if (given === true) return DEFAULT_PORT;
  if (isPort(given)) return given;
  throw errors.invalidOption('dashboard', given, PORT_RANGE);
}

const helpEnd = (name: string) => `
Metrics leave stdout as NDJSON, one object a line:
  ${name} --epochs 2 | jq -c 'select(.event=="epoch") | [.epoch,.train_loss,.test_error]'

Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 143 terminated, 129 hung up,
141 stdout closed by its reader.`;

/**
 * A decimal number, or else the text as it is, for the check of the options to complain about. (One way to match it alone:
 * `\d+\.?\d*` takes half a minute to refuse a hundred thousand digits.)
 */
function numberOrText(text: string): number | string {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

function widthsOrText(text: string): (number | string)[] | string {
  if (text === 'none') return [];
  const widths = text.split(',').map(numberOrText);
  return widths.every((width) => typeof width === 'number') ? widths : text;
}
