/** `lockstep predict` and `lockstep evaluate` as main() calls them, without a process of their own, which takes most of the time. */
import process from 'node:process';
import { Readable } from 'node:stream';
import { vi } from 'vitest';
import { evaluateCommand } from '../../bin/commands/evaluate.js';
import { predictCommand } from '../../bin/commands/predict.js';
import { LockstepError, reason } from '../../src/errors.js';
import type { Finished } from './run-command.js';

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  evaluate: (args) => evaluateCommand(args).then(() => 0),
  predict: predictCommand,
};

/**
 * One at a time: it takes the place of what this process writes and reads.
 *
 * @param input  on stdin
 */
export async function runHere([name = '', ...args]: readonly string[], input = ''): Promise<Finished> {
  const { stdout, stderr } = process;
  const listeners = stdout.listeners('error');
  const written = { stdout: '', stderr: '' };
  const into = (stream: keyof typeof written) => (chunk: string | Uint8Array) => {
    written[stream] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  };
  const spies = [
    vi.spyOn(stdout, 'write').mockImplementation(into('stdout')),
    vi.spyOn(stderr, 'write').mockImplementation(into('stderr')),
    vi
      .spyOn(process, 'stdin', 'get')
      .mockReturnValue(Readable.from([Buffer.from(input)], { objectMode: false }) as typeof process.stdin),
  ];
  let status = 0;
  try {
    status = await COMMANDS[name]!(args);
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    status = error.status;
    written.stderr += `lockstep ${name}: ${reason(error)}\n`;
  } finally {
    for (const spy of spies) spy.mockRestore();
    // The command listens for as long as its process lives.
    for (const each of stdout.listeners('error'))
      if (!listeners.includes(each)) stdout.off('error', each as (error: Error) => void);
  }
  return { status, ...written };
}
