/** Whether the system leaves a process the addresses for its threads. */
import { readFileSync } from 'node:fs';
import { errors } from '../errors.js';

/**
 * What V8 reserves for a thread, most of it never used. Measured: 0.62 GiB in Node 20, 22 and 24, 0.86 GiB in Node 26.
 */
const BYTES_A_THREAD = 2 ** 30;

/**
 * A thread that cannot reserve them ends the whole process, in the middle of V8, without a word of ours.
 *
 * @throws LockstepError where a limit (ulimit -v) leaves too few; only Linux tells of it
 */
export function requireAddressSpace(threads: number): void {
  const limit = numberIn('/proc/self/limits', /^Max address space +(\d+)/m);
  const usedKilobytes = numberIn('/proc/self/status', /^VmSize:\s+(\d+) kB/m);
  if (limit === undefined || usedKilobytes === undefined) return;
  const room = limit - 1024 * usedKilobytes;
  if (room < threads * BYTES_A_THREAD) throw errors.addressSpace(threads, threads * BYTES_A_THREAD, Math.max(0, room));
}

function numberIn(file: string, pattern: RegExp): number | undefined {
  try {
    const found = pattern.exec(readFileSync(file, 'latin1'))?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined;
  }
}
