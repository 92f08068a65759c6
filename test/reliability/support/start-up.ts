/** A run that is interrupted while its threads load: however early, it must end in order. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { linesOf } from '../../support/child.js';
import { trainCommand } from '../../support/paths.js';
import { endOf } from '../../support/undisturbed.js';

/** Runs without an end, with more threads than most machines have cores, and tables that are ready soon. */
export const startUpArgs = (data: string, threads: number): readonly string[] => [
  ...['--data', data, '--hidden', '10', '--batch-size', '20'],
  ...['--threads', String(threads), '--epochs', '1000000', '--format', 'ndjson'],
];

/**
 * Sends SIGINT so long after the first line.
 *
 * @param node  the program
 * @returns what went wrong; undefined if it ended as it should
 */
export async function interruptAfter(
  delayMs: number,
  node: string,
  args: readonly string[],
): Promise<string | undefined> {
  const { DEBUG: _, ...env } = process.env;
  const child = spawn(node, [trainCommand, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(String(status ?? signal)));
  });
  const stderr = text(child.stderr);
  let stdout = '';
  for await (const line of linesOf(child.stdout)) {
    if (stdout === '') setTimeout(() => child.kill('SIGINT'), delayMs);
    stdout += `${line}\n`;
  }
  const status = await ended;
  const end = endOf(stdout)?.status ?? 'no end event';
  const said = await stderr;
  if (status === '130' && end === 'interrupted' && said === '') return undefined;
  return `after ${delayMs} ms: status ${status}, ${end}: ${said.trim().split('\n').slice(0, 3).join(' | ')}`;
}
