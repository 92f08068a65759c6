/** The `train` command as a process that is waited for: its exit status, and all that it wrote. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { modularTrainCommand, trainCommand } from './paths.js';

/** A process whose output is read here. */
export type Child = ChildProcessByStdio<null, Readable, Readable>;

export interface Finished {
  /** Null if a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Ended extends Finished {
  /** That ended it, if one did. */
  readonly signal: NodeJS.Signals | null;
}

/**
 * @param environment  beside the tests' own
 * @param nodeArgs     before the command
 */
export async function runTrain(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  nodeArgs: readonly string[] = [],
): Promise<Finished> {
  // What is imported changes modules.
  const command = nodeArgs.includes('--import') ? modularTrainCommand : trainCommand;
  const child = spawnQuiet(process.execPath, [...nodeArgs, command, ...args], environment);
  const { status, stdout, stderr } = await finishOf(child);
  return { status, stdout, stderr };
}

/** Starts a process with the tests' environment, less DEBUG, which would show stack traces. */
export function spawnQuiet(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  cwd?: string,
): Child {
  const { DEBUG: _, ...env } = process.env;
  return spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...env, ...environment }, cwd });
}

/** Waits for its end. */
export async function finishOf(child: Child): Promise<Ended> {
  const end = new Promise<Pick<Ended, 'status' | 'signal'>>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal }));
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { ...(await end), stdout, stderr };
}
