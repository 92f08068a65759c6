/** The command as a child process whose lines can be followed while it runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { trainCommand } from './paths.js';

export interface Running {
  readonly child: ChildProcess;
  /** Its stdout, line by line, as it comes. Nothing is read before somebody asks for a line. */
  readonly lines: AsyncIterable<string>;
  readonly ended: Promise<{ readonly status: number | null; readonly stderr: string }>;
}

/** @param stdout  a file descriptor; `lines` are none then */
export function startTrain(args: readonly string[], stdout: 'pipe' | number = 'pipe'): Running {
  const child = spawn(process.execPath, [trainCommand, ...args], { stdio: ['ignore', stdout, 'pipe'] });
  let stderr = '';
  child.stderr!.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<{ status: number | null; stderr: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stderr }));
  });
  return { child, lines: linesOf(child.stdout ?? Readable.from([])), ended };
}

/** (node:readline's own iterator loses lines when its consumer is slow and the input ends meanwhile.) */
export async function* linesOf(stream: Readable): AsyncGenerator<string, void, undefined> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest) yield rest;
}
