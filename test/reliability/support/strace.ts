/**
 * The `train` command under strace, which sees (and can spoil) its system calls on some files alone. Node's calls on files
 * are made by one thread here (UV_THREADPOOL_SIZE=1), so that the n-th of a kind is the same one in every run.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ownerName } from '../../../src/files/owner.js';
import { trainCommand } from '../../support/paths.js';
import { type Ended, finishOf, spawnQuiet } from '../../support/run-command.js';

export interface Watched {
  /** Absolute. It is watched itself, and in it … */
  readonly folder: string;
  /** … the files of these names, and their temporary files. */
  readonly names: readonly string[];
}

const TEMPORARY_KINDS = ['checkpoint', 'model'] as const;

/** One that a run made. */
export interface Call {
  readonly syscall: string;
  /** Counted from 1, among those of that kind. */
  readonly nth: number;
  readonly on: 'folder' | 'temporary file' | 'file';
  /**
   * The file's name; of a temporary file, that of the file that it becomes. Of the folder, that of the file that it is
   * flushed for, which comes before, or that it is looked up for, which comes after.
   */
  readonly name: string | undefined;
  /** It asks what a path is, lists the folder for leftovers, or copies the old file's mode: if it fails, nothing need be lost. */
  readonly isLookUp: boolean;
}

/** @returns why it cannot be used, if it cannot */
export function problemOfStrace(): string | undefined {
  const { status, error, stderr } = spawnSync('strace', ['-f', '-e', 'trace=none', 'true']);
  if (error)
    return `strace is needed, and could not be started (${error.message}): install it, or use the other options`;
  return status === 0 ? undefined : `strace cannot trace here: ${String(stderr).trim()}`;
}

/** @param injections  as strace's `-e inject=`, such as `fsync:error=EIO:when=3` */
export function runTraced(
  args: readonly string[],
  { folder, names }: Watched,
  { injections = [], log = '/dev/null' }: { readonly injections?: readonly string[]; readonly log?: string },
): Promise<Ended> {
  // (With --seccomp-bpf, which would be faster, strace 6.1 injects nothing.) The shell becomes the command (the tracer is its grandchild), so that its process id is known beforehand.
  const owner = ownerName().replace(/-\d+$/, '');
  const files = names.flatMap((name) => [
    quote(path.join(folder, name)),
    // (The shell's process id becomes the command's.)
    ...TEMPORARY_KINDS.map((kind) => `${quote(path.join(folder, `.${name}.lockstep-${kind}-${owner}`))}-$$.tmp`),
  ]);
  const only = injections.length > 0 ? injections.map((each) => each.split(':')[0]).join() : '%file,%desc';
  const script = [
    'exec strace -D -f -qq -y -s 0',
    `-o ${quote(log)} -e trace=${only}`,
    ...[quote(folder), ...files].map((file) => `-P ${file}`),
    ...injections.map((each) => `-e inject=${each}`),
    [process.execPath, trainCommand, ...args].map(quote).join(' '),
  ].join(' ');
  return finishOf(spawnQuiet('sh', ['-c', script], { UV_THREADPOOL_SIZE: '1' }));
}

/** All calls of an undisturbed run on what is watched, in their order. */
export async function recordCalls(args: readonly string[], watched: Watched, log: string): Promise<Call[]> {
  const { status, stderr } = await runTraced(args, watched, { log });
  if (status !== 0) throw new Error(`the run to be recorded ended with ${status}: ${stderr}`);
  return callsOf(readFileSync(log, 'utf8'), watched);
}

function callsOf(log: string, { folder, names }: Watched): Call[] {
  const counts = new Map<string, number>();
  const threads = new Set<string>();
  const calls: Call[] = [];
  let last: string | undefined;
  for (const line of log.split('\n')) {
    const [, thread, syscall] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (thread === undefined || syscall === undefined) continue;
    threads.add(thread);
    const nth = (counts.get(syscall) ?? 0) + 1;
    counts.set(syscall, nth);
    const temporary = names.find((name) => line.includes(path.join(folder, `.${name}.`)));
    const file = names.find((name) => line.includes(path.join(folder, name)));
    last = temporary ?? file ?? last;
    calls.push({
      syscall,
      nth,
      on: temporary ? 'temporary file' : file ? 'file' : 'folder',
      name: temporary ?? file ?? last,
      // By a path, that is: what is asked of a descriptor belongs to reading the file.
      isLookUp: /^\d+ +(?:fchmod|(?:readlink|stat|statx|newfstatat)\((?!\d))/.test(line),
    });
  }
  for (const index of calls.keys()) markListing(calls, index);
  for (const [index, call] of calls.entries()) {
    if (call.on !== 'folder' || !call.isLookUp) continue;
    const next = calls.slice(index).find(({ on }) => on !== 'folder');
    calls[index] = { ...call, name: next?.name ?? call.name };
  }
  // strace counts by thread.
  if (threads.size !== 1) throw new Error(`${threads.size} threads touch the folder; expected one`);
  return calls;
}

/** If the call lists the folder: it, and the opening, asking and closing around it, are look-ups. */
function markListing(calls: Call[], index: number): void {
  if (calls[index]!.syscall !== 'getdents64') return;
  const isOn = (at: number, syscall: RegExp) => calls[at]?.on === 'folder' && syscall.test(calls[at].syscall);
  let first = index;
  while (isOn(first - 1, /^(newfstatat|getdents64)$/)) first--;
  if (isOn(first - 1, /^openat$/)) first--;
  let last = index;
  while (isOn(last + 1, /^(newfstatat|getdents64)$/)) last++;
  if (isOn(last + 1, /^close$/)) last++;
  for (let at = first; at <= last; at++) calls[at] = { ...calls[at]!, isLookUp: true };
}

/** Rows in the order of their first appearance: `openat temporary file`. */
export function kindOf({ syscall, on }: Call): string {
  return `${syscall}, ${on}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
