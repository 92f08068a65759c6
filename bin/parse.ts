/** Parses arguments with commander, and throws LockstepError on wrong usage. */
import { Command, CommanderError } from 'commander';
import { errors } from '../src/errors.js';
import { packageVersion } from '../src/files/package-version.js';
import { FORMATS, type Format } from '../src/output/formats.js';
import { grouped } from '../src/text/grouped.js';

export function newCommand(name: string, description: string): Command {
  return new Command(name).description(description).version(packageVersion());
}

/**
 * @param most  positional arguments that the command takes
 * @returns false if help or the version was requested, and has been printed
 * @throws LockstepError (status 2) on wrong usage
 */
export function parse(command: Command, args: readonly string[], most: number): boolean {
  command
    // Commander's message would not name the argument.
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return false;
    throw errors.usage(error.message.replace(/^error: /, ''), command.name());
  }
  const stray = command.args[most];
  if (stray !== undefined) throw errors.usage(`unexpected argument '${stray}'`, command.name());
  return true;
}

/**
 * @param isLaunched  whether a launcher (mpirun, srun) reads stdout: some make it a terminal even if theirs is not one
 * @throws LockstepError (status 2)
 */
export function formatOf(format: unknown, isLaunched = false): Format {
  if (format === undefined) return process.stdout.isTTY && !isLaunched ? 'pretty' : 'ndjson';
  return oneOf('format', format, FORMATS);
}

/** @throws LockstepError (status 2) */
export function oneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw errors.invalidOption(name, value, `one of ${allowed.join(', ')}`);
}

/** A whole number. @throws LockstepError (status 2) */
export function wholeOf(name: string, text: string | undefined, most: number, least = 1): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= least && value <= most) return value;
  throw errors.invalidOption(name, text, `a whole number from ${least} to ${grouped(most)}`);
}

export const FORMAT_HELP = `output format: ${FORMATS.join(' or ')} (default: pretty if stdout is a terminal)`;
