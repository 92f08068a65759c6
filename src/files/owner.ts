/** The name of this process, for the names of its files: no two that live at once have the same, in whatever container. */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { hasCode } from '../errors.js';

const OWNER = /^([0-9a-f]{8})-(\d+)-(\d+)$/;

/** The running kernel: the same in all its containers, and another after each boot. */
export function machineName(): string {
  return createHash('sha256').update(bootId()).digest('hex').slice(0, 8);
}

export function ownerName(): string {
  return `${machineName()}-${pidNamespace()}-${process.pid}`;
}

/** Whether the process of that name is gone for certain. One of another machine or PID namespace cannot be told. */
export function isGone(owner: string): boolean {
  const [, machine, namespace, pid] = OWNER.exec(owner) ?? [];
  return machine === machineName() && namespace === pidNamespace() && !isAlive(Number(pid));
}

/** Systems other than Linux do not tell: their machines are told apart by their names. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  } catch {
    return hostname();
  }
}

/** Its number. Other systems than Linux have none. Where Linux does not tell it, the name is one that `isGone` does not know. */
function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0];
  } catch {
    return process.platform === 'linux' ? 'unknown' : '0';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is one, and it is somebody else's.
    return !hasCode(error, 'ESRCH');
  }
}
