/** The `train` command as a process that is waited for: its exit status, and all that it wrote. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { trainCommand } from './paths.js';

export interface Finished {
  /** Null if a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * @param environment  beside the tests' own, less DEBUG, which would show stack traces
 * @param nodeFlags    for Node itself
 */
export async function runTrain(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  nodeFlags: readonly string[] = [],
): Promise<Finished> {
  const { DEBUG: _, ...env } = process.env;
  const child = spawn(process.execPath, [...nodeFlags, trainCommand, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, ...environment },
  });
  const status = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await status, stdout, stderr };
}
