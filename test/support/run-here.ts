/** `lockstep` commands as main() calls them, without a process of their own, which takes most of the time. */
import process from 'node:process';
import { Readable } from 'node:stream';
import { vi } from 'vitest';
import { SIGNALS } from '../../bin/commands/signals.js';
import { LockstepError, reason } from '../../src/errors.js';
import type { Finished } from './run-command.js';

type Command = (args: readonly string[]) => Promise<number | undefined>;

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  audit: async () => (await import('../../bin/commands/audit.js')).auditCommand,
  cv: async () => (await import('../../bin/commands/cv.js')).cvCommand,
  evaluate: async () => (await import('../../bin/commands/evaluate.js')).evaluateCommand,
  export: async () => (await import('../../bin/commands/export.js')).exportCommand,
  'find-lr': async () => (await import('../../bin/commands/find-lr.js')).findLrCommand,
  inspect: async () => (await import('../../bin/commands/inspect.js')).inspectCommand,
  plot: async () => (await import('../../bin/commands/plot.js')).plotCommand,
  predict: async () => (await import('../../bin/commands/predict.js')).predictCommand,
  search: async () => (await import('../../bin/commands/search.js')).searchCommand,
};

let last: Promise<unknown> = Promise.resolve();

/**
 * Commands run one after another, because each takes the place of what this process writes and reads.
 *
 * @param input  on stdin, whole or piece by piece
 */
export async function runHere(
  args: readonly string[],
  input: string | Iterable<string | Uint8Array> = '',
): Promise<Finished> {
  const own = last.then(() => runAlone(args, input));
  last = own.catch(() => undefined);
  return await own;
}

async function runAlone(
  [name = '', ...args]: readonly string[],
  input: string | Iterable<string | Uint8Array>,
): Promise<Finished> {
  const command = await COMMANDS[name]!();
  const { stdout, stderr } = process;
  const written = { stdout: '', stderr: '' };
  const into = (stream: keyof typeof written) => (chunk: string | Uint8Array, done?: unknown) => {
    written[stream] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  const stdin = Readable.from(typeof input === 'string' ? [Buffer.from(input)] : input, { objectMode: false });
  const leave = listenersOf();
  const spies = [
    vi.spyOn(stdout, 'write').mockImplementation(into('stdout')),
    vi.spyOn(stderr, 'write').mockImplementation(into('stderr')),
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(stdin as typeof process.stdin),
  ];
  let status = 0;
  try {
    status = (await command(args)) ?? 0;
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    status = error.status;
    if (!error.isToldElsewhere) written.stderr += `lockstep ${name}: ${reason(error)}\n`;
  } finally {
    for (const spy of spies) spy.mockRestore();
    leave();
  }
  return { status, ...written };
}

/** A command listens for as long as its process lives. @returns removes the listeners that were added since */
function listenersOf(): () => void {
  const emitters = [[process.stdout, 'error'], ...Object.keys(SIGNALS).map((signal) => [process, signal] as const)];
  const before = (emitters as [NodeJS.EventEmitter, string][]).map(
    ([emitter, event]) => [emitter, event, emitter.listeners(event)] as const,
  );
  return () => {
    for (const [emitter, event, known] of before) {
      for (const each of emitter.listeners(event)) {
        if (!known.includes(each)) emitter.off(event, each as (...args: unknown[]) => void);
      }
    }
  };
}
