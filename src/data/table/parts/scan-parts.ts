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
  const pause = pauser();
  const scan = async ({ index, bytes }: Claimed, meanwhile: () => void) => {
    const own = await bytes;
    meanwhile();
    scanning.take(index, own && scanBytes(task, own));
    await pause();
    signal?.throwIfAborted();
  };
  try {
    const ahead = new ReadAhead(task, file);
    let next = ahead.next(claim(task));
    while (next && !scanning.isInDoubt) {
      const own = next;
      await scan(own, () => {
        next = ahead.next(claim(task));
      });
    }
    await Promise.race([scanning.end, Promise.all(alive)]);
    signal?.throwIfAborted();
    for (const index of scanning.missing()) {
      if (!scanning.isInDoubt) await scan(ahead.next(index)!, () => undefined);
    }
  } finally {
    endClaims(task);
  }
  return { parts: scanning.isInDoubt ? undefined : scanning.parts, alive };
}

/** A part of this thread, and its bytes once they are read; undefined if the file has become too short. */
interface Claimed {
  readonly index: number;
  readonly bytes: Promise<Uint8Array | undefined>;
}

/** Reads a part while the one before is scanned. This thread never waits for the disk without letting others run. */
class ReadAhead {
  readonly #task: ScanTask;
  readonly #file: FileHandle;
  /** Of the next part and the one before. */
  #buffers = [new Uint8Array(0), new Uint8Array(0)];

  constructor(task: ScanTask, file: FileHandle) {
    this.#task = task;
    this.#file = file;
  }

  /** The bytes of the part before the last one are overwritten. */
  next(index: number | undefined): Claimed | undefined {
    if (index === undefined) return undefined;
    const bytes = this.#read(index);
    // (Nobody waits for it if the reading ends before.)
    bytes.catch(() => undefined);
    return { index, bytes };
  }

  async #read(index: number): Promise<Uint8Array | undefined> {
    const { cuts } = this.#task;
    const from = cuts[index]!;
    const length = cuts[index + 1]! - from;
    const [own, other] = this.#buffers as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];
    const buffer = own.length < length ? new Uint8Array(length) : own;
    this.#buffers = [other, buffer];
    for (let at = 0; at < length; ) {
      const { bytesRead } = await this.#file.read(buffer, at, length - at, from + at);
      if (bytesRead === 0) return undefined;
      at += bytesRead;
    }
    return buffer.subarray(0, length);
  }
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

function scanBytes(task: ScanTask, bytes: Uint8Array): ScannedPart | undefined {
  return scanPart(task, bytes.length, (to) => {
    to.set(bytes);
    return true;
  });
}
