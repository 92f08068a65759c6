/** The `lockstep` command as a process with something on its stdin. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { root } from './paths.js';
import type { Finished } from './run-command.js';

export const lockstepCommand = path.join(root, 'dist/bundle/lockstep.js');

/**
 * @param input     whole, or piece by piece
 * @param nodeArgs  before the command
 */
export async function runLockstep(
  args: readonly string[],
  input: string | Iterable<string | Uint8Array> = '',
  nodeArgs: readonly string[] = [],
): Promise<Finished> {
  const { DEBUG: _, ...env } = process.env;
  const child = spawn(process.execPath, [...nodeArgs, lockstepCommand, ...args], { stdio: 'pipe', env });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // It may end before it has read all.
  child.stdin.on('error', () => undefined);
  if (typeof input === 'string') child.stdin.end(input);
  else Readable.from(input, { objectMode: false }).pipe(child.stdin);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { status: await ended, stdout, stderr };
}
