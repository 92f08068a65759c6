/** A name for this process, unique among live processes of all containers, to be used in names of files. */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { hasCode } from '../errors.js';

const OWNER = /^([0-9a-f]{8})-(\d+)-(\d+)$/;

/** Identifies the running system kernel: shared by its containers, and new after each boot. */
export function machineName(): string {
  return createHash('sha256').update(bootId()).digest('hex').slice(0, 8);
}

export function ownerName(): string {
  return `${machineName()}-${pidNamespace()}-${process.pid}`;
}

/** Whether this process has certainly ended. False if it belongs to another machine or PID namespace. */
export function isGone(owner: string): boolean {
  const [, machine, namespace, pid] = OWNER.exec(owner) ?? [];
  return machine === machineName() && namespace === pidNamespace() && !isAlive(Number(pid));
}

/** The host name on systems other than Linux. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  } catch {
    return hostname();
  }
}

/** If Linux hides the number, the result never matches in `isGone`. */
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
    // EPERM: it exists, and belongs to another user.
    return !hasCode(error, 'ESRCH');
  }
}
