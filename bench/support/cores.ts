/** Which cores this process may use, and how to keep a program to some of them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Numbers of the cores; where the system does not say, 0, 1, … for as many as there are. */
export function allowedCores(): readonly number[] {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    return list.split(',').flatMap((range) => {
      const [from = Number.NaN, to = from] = range.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
  } catch {
    return Array.from({ length: availableParallelism() }, (_, core) => core);
  }
}

let hasTaskset: boolean | undefined;

/** Whether `pinned` can keep its word. */
export function canPin(): boolean {
  hasTaskset ??= succeeds('taskset', ['--version']);
  return hasTaskset;
}

/** The command, kept to these cores where the system can. */
export function pinned(command: readonly string[], cores: readonly number[]): readonly string[] {
  return canPin() ? ['taskset', '-c', cores.join(','), ...command] : command;
}

/** Whether the program can be run, and ends with 0. */
export function succeeds(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
