/** Scans the parts of a file, in this thread and in others that help. */
import type { FileHandle } from 'node:fs/promises';
import { pauser } from '../pauser.js';
import type { Reader } from './readers.js';
import { claim, endClaims, type ScanTask } from './scan-claimed.js';
import { type ScannedPart, scanPart } from './scan-part.js';

export interface ScannedParts {
  /** In order; undefined if anything is wrong with one. */
  readonly parts: readonly ScannedPart[] | undefined;
  /** The helpers, each as soon as it has nothing to scan; undefined if it has failed. */
  readonly alive: readonly Promise<Reader | undefined>[];
}

/**
 * No helper is needed: what one has not done when it ends, this thread does.
 *
 * @throws the reason of the signal; Error if the file cannot be read
 */
export async function scanParts(
  task: ScanTask,
  file: FileHandle,
  helpers: readonly Reader[],
  signal: AbortSignal | undefined,
): Promise<ScannedParts> {
  const { length } = task.cuts;
  const scanning = new Scanning(length - 1);
  const alive = helpers.map((reader) =>
    reader
      .scan(task, (index, part) => scanning.take(index, part))
      .then(
        () => reader,
        () => undefined,
      ),
  );
  try {
    const scan = scannerOf(task, file);
    const pause = pauser();
    const scanOne = async (index: number) => {
      scanning.take(index, await scan(index));
      await pause();
      signal?.throwIfAborted();
    };
    for (let index = claim(task); index !== undefined && !scanning.isInDoubt; index = claim(task)) await scanOne(index);
    await Promise.race([scanning.end, Promise.all(alive)]);
    signal?.throwIfAborted();
    for (const index of scanning.missing()) if (!scanning.isInDoubt) await scanOne(index);
  } finally {
    endClaims(task);
  }
  return { parts: scanning.isInDoubt ? undefined : scanning.parts, alive };
}

/** The parts so far. */
class Scanning {
  readonly parts: ScannedPart[];
  isInDoubt = false;
  /** Resolves when all parts are there, or one is in doubt. */
  readonly end: Promise<void>;
  #left: number;
  #resolve: () => void = () => undefined;

  constructor(count: number) {
    this.parts = new Array<ScannedPart>(count);
    this.#left = count;
    this.end = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  take(index: number, part: ScannedPart | undefined): void {
    if (part) {
      this.parts[index] = part;
      this.#left--;
    } else this.isInDoubt = true;
    if (this.isInDoubt || this.#left === 0) this.#resolve();
  }

  missing(): number[] {
    return Array.from(this.parts.keys()).filter((index) => this.parts[index] === undefined);
  }
}

/** Scans a part in this thread, which waits neither for the disk nor for anything else. */
function scannerOf(task: ScanTask, file: FileHandle): (index: number) => Promise<ScannedPart | undefined> {
  let buffer = new Uint8Array(0);
  return async (index) => {
    const from = task.cuts[index]!;
    const length = task.cuts[index + 1]! - from;
    if (buffer.length < length) buffer = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const { bytesRead } = await file.read(buffer, at, length - at, from + at);
      if (bytesRead === 0) return undefined;
      at += bytesRead;
    }
    return scanPart(task, length, (bytes) => {
      bytes.set(buffer.subarray(0, length));
      return true;
    });
  };
}
