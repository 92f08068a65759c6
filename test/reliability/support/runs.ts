/** Many short runs at once: what they are given, and what must be true of each. */
import { access } from 'node:fs/promises';
import path from 'node:path';
import type { StartEvent, WarningEvent } from '../../../src/metrics/events.js';
import type { Finished } from '../../support/run-command.js';
import {
  announcedIn,
  endOf,
  eventsOf,
  namesIn,
  problemsIn,
  temporariesIn,
  type Undisturbed,
} from '../../support/undisturbed.js';

/** A number that keeps all. */
export const ALL = 100_000;

/** As many at once as told, in their order. */
export async function inParallel<T>(
  items: Iterable<T>,
  atOnce: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await act(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** What is wrong with a run that went to its end, and with what it left. */
export async function problemsOfEnd(
  { status, stdout, stderr }: Finished,
  folder: string,
  expected: Undisturbed,
  announced: Iterable<string>,
  keep: number,
): Promise<string[]> {
  const problems = await problemsIn(folder, expected, announced, keep);
  if (status !== 0 || stderr !== '') problems.push(`it ended with ${status}: ${stderr.trim() || 'no reason'}`);
  const sha256 = endOf(stdout)?.weights_sha256;
  if (sha256 !== expected.sha256) problems.push(`its weights are ${sha256}, not ${expected.sha256}`);
  for (const name of await temporariesIn(folder)) problems.push(`${name} is left`);
  const found = (await namesIn(folder)).filter((name) => name.endsWith('.safetensors')).sort();
  const newest = [...expected.checkpoints.keys()].slice(-keep);
  // A run that finds itself complete writes none and prunes none: what a kill kept from being pruned is still there.
  const isIdle = announcedIn(stdout).length === 0;
  const isRight = newest.every((name) => found.includes(name)) && (isIdle || found.length === newest.length);
  if (!isRight) problems.push(`the folder holds ${found.join(' ')}, not ${newest.join(' ')}`);
  return problems;
}

/** What a run says of its data, or of its result, as an undisturbed one does. */
const EXPECTED: readonly string[] = [
  ...[
    'nothing_to_resume',
    'columns_left_out',
    'rows_left_out',
    'text_like_numbers',
    'mixed_columns',
    'class_without_rows',
    'no_better_than_constant',
  ],
];

/** What is wrong with how a run went on from where another was killed. Nothing if it did not come to say so. */
export function problemsOfStart(stdout: string, newest: string | undefined): string[] {
  const events = eventsOf(stdout);
  const [start] = events.filter((event): event is StartEvent => event.event === 'start');
  const warnings = events.filter((event): event is WarningEvent => event.event === 'warning');
  const problems = warnings.filter(({ code }) => !EXPECTED.includes(code)).map(({ message }) => message);
  const from = start?.resumed && path.basename(start.resumed.file);
  if (start && from !== newest) problems.push(`it went on from ${from ?? 'nothing'}, not from ${newest ?? 'nothing'}`);
  return problems;
}

/** The newest checkpoint of a folder. */
export async function newestIn(folder: string, { checkpoints }: Undisturbed): Promise<string | undefined> {
  const names = await namesIn(folder);
  return [...checkpoints.keys()].findLast((name) => names.includes(name));
}

export async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
