/** The `train` command's arguments, read with commander. */
import type { Command } from 'commander';
import type { Option } from '../../src/config/option.js';
import {
  type CheckedOptions,
  checkOptions,
  conditionsText,
  defaultText,
  flagsOf,
  GROUPS,
} from '../../src/config/options.js';
import { DEFAULT_PORT, isPort, PORT_RANGE } from '../../src/dashboard/port.js';
import { errors } from '../../src/errors.js';
import type { Format } from '../../src/output/formats.js';
import { launchOf, launchText } from '../../src/parallel/mpi/launcher.js';
import { flagOf } from '../../src/text/words.js';
import { FORMAT_HELP, formatOf, newCommand, parse } from '../parse.js';

export interface TrainCommand {
  /** The options that were given. */
  readonly options: CheckedOptions;
  readonly format: Format;
  readonly progress: boolean;
  /** Folder for TensorBoard event files. */
  readonly tensorboard: string | undefined;
  /** Port of the live page, 0 for any free port; undefined for no page. */
  readonly dashboard: number | undefined;
}

/**
 * @param name  the command as the user typed it, for help and messages
 * @returns undefined if help or the version was requested, and has been printed
 * @throws LockstepError (status 2) on wrong usage
 */
export function parseTrainCommand(args: readonly string[], name = 'train'): TrainCommand | undefined {
  const command = newTrainCommand(name);
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
  if ((checked.ensemble ?? 1) > 1 && dashboard !== undefined) throw errors.notInEnsemble('dashboard');
  if ((checked.ensemble ?? 1) > 1 && tensorboard !== undefined) throw errors.notInEnsemble('tensorboard');
  const launch = launchOf(process.env);
  if (options.mpi === undefined && launch && launch.processes > 1) throw errors.launchedWithoutMpi(launchText(launch));
  const isLaunched = options.mpi !== undefined && launch !== undefined;
  const told = { format: formatOf(format, isLaunched), progress, tensorboard, dashboard: portOf(dashboard) };
  return { options: checked, ...told };
}

export function newTrainCommand(name: string): Command {
  const command = newCommand(
    name,
    'Train a fully connected network on all cores. The weights are the same regardless of the number of threads.',
  );
  addOptions(command, GROUPS);
  return command
    .option('--format <name>', FORMAT_HELP)
    .option('--tensorboard <folder>', 'write TensorBoard event files to this folder')
    .option(
      '--dashboard [port]',
      `serve a live page on this machine (default port: ${DEFAULT_PORT}; 0 for any free port)`,
      numberOrText,
    )
    .option('--no-progress', 'do not show the progress bar (by default, it is shown on stderr if stderr is a terminal)')
    .addHelpText('after', helpEnd(name));
}

/** Converts the text of an argument to the value of an option. */
export type ParseText = (text: string) => unknown;

export function parserOf({ kind: { type } }: Option<unknown>): ParseText {
  if (type === 'integer' || type === 'number') return numberOrText;
  if (type === 'number or number[]') return numbersOrText;
  return type === 'integer[]' ? widthsOrText : type === 'string[]' ? listed : String;
}

/**
 * Groups of the table of options, for a command that takes them.
 *
 * @param parserFor  of an option that is not a switch
 */
export function addOptions(
  command: Command,
  groups: typeof GROUPS,
  parserFor: (name: string, entry: Option<unknown>) => ParseText = (_, entry) => parserOf(entry),
): void {
  for (const { heading, options } of groups) {
    command.optionsGroup(`${heading}:`);
    for (const [name, entry] of Object.entries(options)) {
      if (entry.kind.type === 'boolean') command.option(flagsOf(name, entry), helpOf(entry));
      else command.option(flagsOf(name, entry), helpOf(entry), parserFor(name, entry));
      if (entry.negatedHelp !== undefined) command.option(`--no-${flagOf(name)}`, entry.negatedHelp);
    }
  }
}

/** `learning rate schedule: constant, step or cosine (default: constant)`. */
function helpOf(entry: Option<unknown>): string {
  const { help, kind, needs = [] } = entry;
  const { values } = kind;
  const choices = typeof values === 'string' ? '' : `: ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
  const hasDefault =
    entry.defaultText !== undefined ||
    entry.tableDefault !== undefined ||
    (entry.default !== undefined && entry.default !== false);
  const remarks = [
    hasDefault && `default: ${defaultText(entry)}`,
    needs.length > 0 && `requires ${needs.map(({ anyOf }) => conditionsText(anyOf)).join(', and ')}`,
  ].filter(Boolean);
  return `${help}${choices}${remarks.length > 0 ? ` (${remarks.join('; ')})` : ''}`;
}

/** @throws LockstepError (status 2) if it is not a port */
function portOf(given: unknown): number | undefined {
  if (given === undefined) return undefined;
  if (given === true) return DEFAULT_PORT;
  if (isPort(given)) return given;
  throw errors.invalidOption('dashboard', given, PORT_RANGE);
}

const helpEnd = (name: string) => `
Metrics are written to stdout as NDJSON, one object per line:
  ${name} --epochs 2 | jq -c 'select(.event=="epoch") | [.epoch,.train_loss,.test_error]'

Exit status: 0 success, 1 failure, 2 wrong usage, 130 interrupted, 143 terminated, 129 hung up,
141 stdout closed by its reader.`;

/**
 * A decimal number, or else the text itself, which the option's check refuses. (The pattern matches in one way only:
 * `\d+\.?\d*` takes half a minute to reject a hundred thousand digits.)
 */
function numberOrText(text: string): number | string {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

function listed(text: string): string[] {
  return text.split(',').map((each) => each.trim());
}

/** A number, or several that commas separate. */
function numbersOrText(text: string): number | string | number[] {
  const numbers = text.split(',').map(numberOrText);
  if (numbers.length === 1) return numbers[0]!;
  return numbers.every((each) => typeof each === 'number') ? numbers : text;
}

function widthsOrText(text: string): (number | string)[] | string {
  if (text === 'none') return [];
  const widths = text.split(',').map(numberOrText);
  return widths.every((width) => typeof width === 'number') ? widths : text;
}
