/** Parts of a file that several threads scan: each thread claims one after the other, so that no thread waits. */
import { readSync } from 'node:fs';
import { type PartFormat, type ScannedPart, scanPart } from './scan-part.js';

/** The next part that nobody has claimed. */
export type Claims = Int32Array<SharedArrayBuffer>;

export interface ScanTask extends PartFormat {
  readonly kind: 'scan';
  /** An open file. */
  readonly fd: number;
  /** Where the parts begin (at the begin of a row), and where the last one ends. */
  readonly cuts: readonly number[];
  readonly claims: Claims;
}

export function newClaims(): Claims {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** @returns the number of a part; undefined if no part is left */
export function claim({ claims, cuts }: Pick<ScanTask, 'claims' | 'cuts'>): number | undefined {
  const part = Atomics.add(claims, 0, 1);
  return part < cuts.length - 1 ? part : undefined;
}

/** Leaves no part to claim. */
export function endClaims({ claims, cuts }: Pick<ScanTask, 'claims' | 'cuts'>): void {
  Atomics.store(claims, 0, cuts.length);
}

/** In a thread of its own. @param take  is called with each part */
export function scanClaimed(task: ScanTask, take: (index: number, part: ScannedPart | undefined) => void): void {
  const { cuts, fd } = task;
  for (let index = claim(task); index !== undefined; index = claim(task)) {
    const [from, to] = [cuts[index]!, cuts[index + 1]!];
    take(
      index,
      scanPart(task, to - from, (bytes) => readAll(fd, bytes, from)),
    );
  }
}

/** @returns whether the file has so many bytes */
function readAll(fd: number, bytes: Uint8Array, position: number): boolean {
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(fd, bytes, at, bytes.length - at, position + at);
    if (count === 0) return false;
    at += count;
  }
  return true;
}
